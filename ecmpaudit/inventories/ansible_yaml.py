"""Ansible inventories in YAML form, and what `ansible-inventory --list` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.ansible_groups import ALL, Groups
from ecmpaudit.inventories.lined_yaml import Mapping, line_of

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = frozenset({"hosts", "children", "vars"})
"""The keys of a group."""
META = "_meta"
_DEEPEST = 50


def is_yaml_inventory(document: Any) -> bool:
    """Return whether a document is a mapping of groups, as in an Ansible inventory in YAML form."""
    bodies = list(document.values()) if isinstance(document, dict) else []
    given = [body for body in bodies if body is not None]
    return (
        bool(bodies)
        and all(isinstance(b, dict) and b.keys() <= BODY for b in given)
        and (ALL in document or any(given))
    )


def is_list_output(document: Any) -> bool:
    """Return whether a document is what `ansible-inventory --list` or an inventory script prints."""
    if not isinstance(document, dict):
        return False
    return META in document or any(isinstance(b, dict) and isinstance(b.get("hosts"), list) for b in document.values())


def read_yaml_inventory(document: Any, name: str) -> Groups:
    """Return the groups and hosts of an inventory in YAML form."""
    groups = Groups(name)
    for group, body in document.items():
        _add_group(groups, group, body, f"{name}:{line_of(document, group)}", 0)
    return groups


def read_list_output(document: Any, name: str) -> Groups:
    """Return the groups and hosts that `ansible-inventory --list` printed."""
    groups = Groups(name)
    meta = document.get(META)
    own = _mapping(meta, f"{name}: {META}").get("hostvars") if meta is not None else None
    own = _mapping(own, f"{name}: hostvars")
    for group, body in document.items():
        if group == META:
            continue
        content = {"hosts": body} if isinstance(body, list) else _mapping(body, f"{name}: {group}")
        groups.group(group).variables.update(_mapping(content.get("vars"), f"{name}: {group}.vars"))
        for child in _names(content.get("children"), f"{name}: {group}.children"):
            groups.add_child(group, child)
        for host in _names(content.get("hosts"), f"{name}: {group}.hosts"):
            groups.add_host(host, group, {}, f"{name}: {host}")
    for host, variables in own.items():
        if host not in groups.places:
            groups.add_host(host, ALL, {}, f"{name}: {host}")
        groups.variables[host].update(_mapping(variables, f"{name}: {host}"))
    return groups


def _add_group(groups: Groups, name: str, body: Any, place: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise ConfigurationError(f"{place}: groups are nested too deeply, or one is in itself")
    content = _mapping(body, f"{place}: group {name}")
    unknown = content.keys() - BODY
    if unknown:
        raise ConfigurationError(f"{place}: group {name}: expected hosts, children or vars, found {min(unknown)}")
    groups.group(name).variables.update(_mapping(content.get("vars"), f"{place}: vars of {name}"))
    hosts = _mapping(content.get("hosts"), f"{place}: hosts of {name}")
    file = groups.source
    for host, variables in hosts.items():
        here = f"{file}:{line_of(hosts, host)}"
        groups.add_host(host, name, _mapping(variables, f"{here}: {host}"), here)
    children = _mapping(content.get("children"), f"{place}: children of {name}")
    for child, inner in children.items():
        groups.add_child(name, child)
        _add_group(groups, child, inner, f"{file}:{line_of(children, child)}", depth + 1)


def _mapping(value: Any, place: str) -> dict[str, Any]:
    """Return a mapping; an empty one where there is nothing."""
    if value is None:
        return Mapping()
    if not isinstance(value, dict):
        found = "a list" if isinstance(value, list) else f'"{value}"'
        raise ConfigurationError(f"{place}: expected a mapping, found {found}")
    return value


def _names(value: Any, place: str) -> Iterator[str]:
    if value is not None and not isinstance(value, list):
        raise ConfigurationError(f"{place}: expected a list of names")
    yield from map(str, value or ())
