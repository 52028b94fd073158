"""Nornir's SimpleInventory: `hosts.yaml`, with `groups.yaml` and `defaults.yaml` beside it.

A host goes before its groups in their order, each with the groups that it is in, and these before the defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.ansible_variables import PASSWORD
from ecmpaudit.inventories.hosts import Host, labels_of, own_settings
from ecmpaudit.inventories.lined_yaml import line_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KEYS = frozenset({"hostname", "port", "username", "password", "platform", "groups", "data", "connection_options"})
"""The keys of a host."""
GROUPS, DEFAULTS = "groups", "defaults"
_OURS = {"hostname": "host", "port": "port", "username": "user", "platform": "platform", "password": "password"}
_DEEPEST = 20


def is_nornir(document: Any) -> bool:
    """Return whether a document is a mapping of hosts as in SimpleInventory."""
    bodies = [body for body in document.values() if body is not None] if isinstance(document, dict) else []
    return bool(bodies) and all(isinstance(body, dict) and body.keys() <= KEYS for body in bodies)


def read_nornir(document: Any, name: str, beside: dict[str, Any], labels: Iterable[str]) -> Iterator[Host]:
    """Yield the hosts; `beside` has the documents of the groups and of the defaults."""
    groups = beside.get(GROUPS) or {}
    chosen = tuple(labels)
    for host, body in document.items():
        place = f"{name}:{line_of(document, host)}"
        names, layers = _layers(body or {}, groups, place)
        layers.append(beside.get(DEFAULTS) or {})
        data = {key: value for layer in reversed(layers) for key, value in _data(layer, place).items()}
        settings = {
            ours: value
            for theirs, ours in _OURS.items()
            for value in [next((layer[theirs] for layer in layers if layer.get(theirs) is not None), None)]
            if value is not None
        }
        refused = {"password": f"password: {PASSWORD}"} if settings.pop("password", None) is not None else {}
        yield Host(host, place, settings | own_settings(data), labels_of(data, chosen, names), refused)


def _layers(body: Any, groups: Any, place: str, depth: int = 0) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the groups of a host or group, and what each says, the host itself first."""
    if not isinstance(body, dict) or not isinstance(groups, dict):
        raise ConfigurationError(f"{place}: expected a mapping with {', '.join(sorted(KEYS))}")
    if depth > _DEEPEST:
        raise ConfigurationError(f"{place}: groups are nested too deeply, or one is in itself")
    names, layers = [], [body]
    for group in body.get(GROUPS) or ():
        if group not in groups:
            raise ConfigurationError(f"{place}: there is no group {group} in the file of groups")
        above, further = _layers(groups[group] or {}, groups, place, depth + 1)
        names += [group, *above]
        layers += further
    return names, layers


def _data(layer: dict[str, Any], place: str) -> dict[str, Any]:
    data = layer.get("data") or {}
    if not isinstance(data, dict):
        raise ConfigurationError(f"{place}: data: expected a mapping")
    return data
