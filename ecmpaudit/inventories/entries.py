"""Hosts of inventories as entries of `routers:` and `nodes:`: what ecmpaudit.yaml says of a host goes before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from ecmpaudit.configuration.host_names import is_host_name
from ecmpaudit.configuration.problems import refusals
from ecmpaudit.configuration.sections import Node, Router, Section
from ecmpaudit.configuration.values import Name
from ecmpaudit.configuration.yaml_source import KeyPath, Problem
from ecmpaudit.inventories.selection import chosen
from ecmpaudit.model.addressing import is_address
from ecmpaudit.platforms.names import platform_called

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecmpaudit.configuration.sections import InventorySource
    from ecmpaudit.inventories.hosts import Host

ROUTERS, NODES = "routers", "nodes"
_TYPES: dict[str, type[Section]] = {ROUTERS: Router, NODES: Node}
_OF_OTHERS = {
    ROUTERS: Node.model_fields.keys() - Router.model_fields.keys(),
    NODES: Router.model_fields.keys() - Node.model_fields.keys(),
}
"""Keys of the other kind of host: an inventory may have them for hosts that are both."""
_SHORT = {ROUTERS: "host", NODES: "addresses"}
"""The key that the short form of an entry gives."""
_TEXTS = frozenset({"host", "user", "key", "jump", "known_hosts", "config", "command_prefix", "transport"})
_LISTS = frozenset({"addresses", "unavailable"})
_WORDS = {"true": True, "false": False}
_NAME: TypeAdapter[str] = TypeAdapter(Name)


@dataclass(slots=True)
class Entries:
    """The sections of a configuration while the hosts of inventories are put in."""

    values: dict[str, Any]
    """The content of ecmpaudit.yaml; `routers` and `nodes` get the hosts."""
    places: dict[KeyPath, str] = field(default_factory=dict)
    problems: dict[str, list[Problem]] = field(default_factory=dict)
    """By the name of the host."""

    def add(self, hosts: Sequence[Host], source: InventorySource) -> None:
        """Put in the hosts of one inventory."""
        for host, section in _in_sections(hosts, source):
            own_section = NODES if host.name in (self.values.get(NODES) or {}) else section
            self._add_host(host, own_section, source)

    def labels(self) -> dict[str, dict[str, str]]:
        """Return the labels of each host, of ecmpaudit.yaml too."""
        return {
            name: (entry.get("labels") or {} if isinstance(entry, dict) else {})
            for section in (ROUTERS, NODES)
            for name, entry in (self.values.get(section) or {}).items()
        }

    def without(self, names: Iterable[str]) -> None:
        """Take out what the faults of hosts are about: these are not asked."""
        for name in names:
            self.problems.pop(name, None)
            if isinstance(self.values.get(NODES), dict):
                self.values[NODES].pop(name, None)
            if name in (self.values.get(ROUTERS) or {}):
                self.values[ROUTERS][name] = None

    def _add_host(self, host: Host, section: str, source: InventorySource) -> None:
        of_section = dict(self.values.get(section) or {})
        own = _long_form(of_section.get(host.name), section)
        settings, refused = _with_platform(host, source)
        settings = {key: _typed(key, value) for key, value in settings.items() if key not in _OF_OTHERS[section]}
        if section == NODES and "addresses" not in settings and is_address(str(settings.get("host", host.name))):
            settings["addresses"] = [settings.get("host", host.name)]
        if section == NODES:
            settings.setdefault("host", host.name)
        problems = _problems(host, section, settings, {k: v for k, v in refused.items() if k not in own}, own)
        password = refused.get("password")
        if password and not {"password_env"} & ({*own} | {*(self.values.get("ssh") or {})}):
            problems.append(Problem(0, (section, host.name), password, host.place))
        of_section[host.name] = settings | own | _merged_labels(host, own)
        self.values = {**self.values, section: of_section}
        self.places[section, host.name] = host.place
        if problems:
            self.problems[host.name] = problems


def _in_sections(hosts: Sequence[Host], source: InventorySource) -> Iterable[tuple[Host, str]]:
    labels = {host.name: host.labels for host in hosts}
    nodes = chosen("inventory: nodes", source.nodes, labels) if source.nodes else frozenset()
    routers = chosen("inventory: routers", source.routers, labels) if source.routers else labels.keys() - nodes
    for host in hosts:
        if host.name in nodes:
            yield host, NODES
        elif host.name in routers:
            yield host, ROUTERS


def _long_form(entry: Any, section: str) -> dict[str, Any]:
    if entry is None:
        return {}
    return dict(entry) if isinstance(entry, dict) else {_SHORT[section]: entry}


def _with_platform(host: Host, source: InventorySource) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the settings and what is refused of them, with the platform that the inventory's word means."""
    settings, refused = dict(host.settings), dict(host.refused)
    word = settings.pop("platform", None)
    if word is None:
        return settings | ({"platform": source.platform} if source.platform else {}), refused
    known = source.platforms.get(str(word)) or platform_called(str(word))
    if known is None:
        refused["platform"] = (
            f'"{word}" is no known platform: set `platforms: {{{word}: NAME}}` of the inventory, with a name that '
            f"`ecmpaudit platforms` lists, or leave the host out with --limit '!{host.name}'"
        )
    return settings | ({"platform": known} if known else {}), refused


def _typed(key: str, value: Any) -> Any:
    """Return a value in the type that the key has: the texts of INI files and labels have only words."""
    if key in _TEXTS:
        return value if isinstance(value, (dict, list)) else str(value)
    if not isinstance(value, str):
        return value
    if key in _LISTS:
        return [word.strip() for word in value.split(",")]
    return _WORDS.get(value.lower(), value)


def _merged_labels(host: Host, own: Mapping[str, Any]) -> dict[str, Any]:
    labels = {**host.labels, **(own.get("labels") or {})}
    return {"labels": labels} if labels else {}


def _problems(
    host: Host, section: str, settings: dict[str, Any], refused: dict[str, str], own: Mapping[str, Any]
) -> list[Problem]:
    """Return what is wrong with a host, for keys that ecmpaudit.yaml does not have for it."""
    key = (section, host.name)
    found = [Problem(0, (*key, k), why, host.place) for k, why in refused.items() if k != "password"]
    try:
        _NAME.validate_python(host.name)
    except ValidationError as error:
        return [*found, *refusals(error, key, host.place)]
    if "host" not in {*settings, *refused, *own} and not is_host_name(host.name):
        message = f'expected a host name or an address, found "{host.name}"'
        found.append(Problem(0, key, message, host.place))
    if section == NODES and "addresses" not in {*settings, *own}:
        message = f"expected the addresses that routers have as next hop: set `nodes.{host.name}.addresses`"
        return [*found, Problem(0, key, message, host.place)]
    mine = {key: value for key, value in settings.items() if key not in own}
    addresses = {"addresses": own["addresses"]} if "addresses" in own else {}
    try:
        _TYPES[section].model_validate({**mine, **addresses, "labels": dict(host.labels)})
    except ValidationError as error:
        found += refusals(error, key, host.place)
    return found
