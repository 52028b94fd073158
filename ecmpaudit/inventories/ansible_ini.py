"""Ansible inventories in INI form: sections of hosts, of groups in groups, and of variables.

Written by hand because `configparser` takes a host line `tor1 ansible_host=192.0.2.1` for a key, and Ansible's own
reader brings all of Ansible with it.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.ansible_groups import UNGROUPED, Groups

if TYPE_CHECKING:
    from collections.abc import Callable

SECTION = re.compile(r"\[(?P<name>[^\[\]:\s]+)(?::(?P<kind>\w+))?\]\s*(?:[#;].*)?")
"""`[leafs]`, `[leafs:vars]`, `[site:children]`; an IPv6 address in brackets is none."""
_HOST = re.compile(r"\[(?P<six>[0-9A-Fa-f:.%\w-]*:[0-9A-Fa-f:.]*:[^\]]*)\](?::(?P<port>[0-9]+))?")
_WITH_PORT = re.compile(r"(?P<name>[^:]*(?:\[[^\]]*\][^:]*)*):(?P<port>[0-9]+)")


def read_ini(text: str, name: str) -> Groups:
    """Return the groups and hosts of an inventory; ConfigurationError with the line where it is none."""
    groups = Groups(name)
    section, add = UNGROUPED, _ADDING[None]
    for number, line in enumerate(text.splitlines(), 1):
        stripped, place = line.strip(), f"{name}:{number}"
        if not stripped or stripped[0] in "#;":
            continue
        header = SECTION.fullmatch(stripped)
        if header is None:
            add(groups, section, stripped, place)
            continue
        section = header["name"]
        groups.group(section)
        if header["kind"] not in _ADDING:
            raise ConfigurationError(f"{place}: [{section}:{header['kind']}]: expected :children or :vars")
        add = _ADDING[header["kind"]]
    return groups


def _add_host(groups: Groups, group: str, line: str, place: str) -> None:
    pattern, *words = _words(line, place)
    variables: dict[str, object] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise ConfigurationError(f'{place}: expected variables as key=value after the host, found "{word}"')
        variables[key] = value
    found = _HOST.fullmatch(pattern) or _WITH_PORT.fullmatch(pattern)
    if found is not None:
        pattern = found.groupdict().get("six") or found["name"]
        variables |= {"ansible_port": found["port"]} if found["port"] and "ansible_port" not in variables else {}
    groups.add_host(pattern, group, variables, place)


def _add_child(groups: Groups, group: str, line: str, place: str) -> None:
    child, *rest = _words(line, place)
    if rest:
        raise ConfigurationError(f'{place}: expected the name of one group, found "{line}"')
    groups.add_child(group, child)


def _add_variable(groups: Groups, group: str, line: str, place: str) -> None:
    key, equals, value = line.partition("=")
    if not equals:
        raise ConfigurationError(f'{place}: expected a variable as key=value, found "{line}"')
    value = value.strip()
    words = _words(value, place) if value[:1] in {'"', "'"} else [value]
    groups.group(group).variables[key.strip()] = words[0] if len(words) == 1 else value


_ADDING: dict[str | None, Callable[[Groups, str, str, str], None]] = {
    None: _add_host,
    "children": _add_child,
    "vars": _add_variable,
}


def _words(line: str, place: str) -> list[str]:
    try:
        return shlex.split(line, comments=True) or [""]
    except ValueError as error:
        raise ConfigurationError(f"{place}: cannot be split into words: {error}") from error
