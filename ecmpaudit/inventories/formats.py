"""Which form an inventory has, and its hosts. Nothing is run: a script's or plugin's output is given instead."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecmpaudit.configuration.home import in_home
from ecmpaudit.configuration.sections import Node, Router
from ecmpaudit.configuration.texts import STANDARD_INPUT
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.ansible_files import (
    has_variable_files,
    inventories_in,
    refuse_encrypted,
    with_variable_files,
)
from ecmpaudit.inventories.ansible_groups import RANGE
from ecmpaudit.inventories.ansible_ini import SECTION, read_ini
from ecmpaudit.inventories.ansible_variables import hosts_of
from ecmpaudit.inventories.ansible_yaml import is_list_output, is_yaml_inventory, read_list_output, read_yaml_inventory
from ecmpaudit.inventories.containerlab import is_topology, read_topology
from ecmpaudit.inventories.host_list import read_host_list
from ecmpaudit.inventories.hosts import OWN
from ecmpaudit.inventories.lined_yaml import read_lined
from ecmpaudit.inventories.nornir import DEFAULTS, GROUPS, is_nornir, read_nornir
from ecmpaudit.inventories.texts import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.inventories.ansible_groups import Groups
    from ecmpaudit.inventories.hosts import Host

_KEYS = (frozenset(Router.model_fields) | frozenset(Node.model_fields)) - {"labels"}
"""The words of a host list that are no labels."""
_VARIABLE = re.compile(rf"\s(?:ansible_|{OWN})\w+=")
_FILES = {GROUPS: "group_file", DEFAULTS: "defaults_file"}
"""What Nornir's own configuration calls the files beside the hosts."""


def hosts_in(path: Path, labels: Sequence[str]) -> list[Host]:
    """Return the hosts of a file, a folder or standard input (`-`), in its order.

    Raises:
        ConfigurationError: it cannot be read, or has no form that is known; the message says where and why.
    """
    if path.is_dir():
        return [host for file in inventories_in(path) if file.is_file() for host in _hosts(file, text_of(file), labels)]
    return _hosts(path, text_of(path), labels)


def _hosts(path: Path, text: str, labels: Sequence[str]) -> list[Host]:
    refuse_encrypted(text, path)
    name = "standard input" if path == STANDARD_INPUT else str(path)
    if text.startswith("#!"):
        raise ConfigurationError(f"inventory {name}: a program is not run: give what it prints with --list")
    lines = [line.strip() for line in text.splitlines() if line.strip() and line.strip()[0] not in "#;"]
    if not lines:
        raise ConfigurationError(f"inventory {name}: has no hosts")
    if _is_document(lines):
        return _of_document(_document(text, name), path, name, labels)
    if _is_ansible(lines, path):
        return _of_ansible(read_ini(text, name), path, labels)
    return list(read_host_list(text, name, _KEYS))


def _is_ansible(lines: list[str], path: Path) -> bool:
    """Return whether lines of hosts are of Ansible: by a section, a variable, a range, or what is beside the file."""
    if any(SECTION.fullmatch(line) or _VARIABLE.search(line) or RANGE.search(line.split()[0]) for line in lines):
        return True
    return path != STANDARD_INPUT and has_variable_files(path.parent)


def _is_document(lines: list[str]) -> bool:
    """Return whether a text is YAML or JSON, by its first line."""
    first = lines[0]
    if first[0] == "[":
        return not SECTION.fullmatch(first) and not first.startswith("[2") and first[1:2] in {"", '"', "{", "["}
    return (
        first[0] == "{" or first.startswith("---") or first.partition(" #")[0].rstrip().endswith(":") or ": " in first
    )


def _document(text: str, name: str) -> Any:
    if text.lstrip()[:1] == "{":
        try:
            return json.loads(text)  # quicker than YAML, and it may be indented with tabs
        except ValueError:
            pass
    return read_lined(text, name)


def _of_document(document: Any, path: Path, name: str, labels: Sequence[str]) -> list[Host]:
    if is_topology(document):
        return list(read_topology(document, name))
    if is_list_output(document):
        return list(hosts_of(read_list_output(document, name), labels))
    if is_yaml_inventory(document):
        return _of_ansible(read_yaml_inventory(document, name), path, labels)
    keys: dict[str, Any] = document if isinstance(document, dict) else {}
    if isinstance(keys.get("inventory"), dict):
        return _of_nornir_configuration(keys["inventory"].get("options") or {}, path, labels)
    if is_nornir(document):
        files = {part: _beside(path.parent / f"{part}.yaml") for part in _FILES}
        return list(read_nornir(document, name, files, labels))
    if "plugin" in keys:
        raise ConfigurationError(
            f"inventory {name}: Ansible's plugin {keys['plugin']} is not run: "
            f"give what `ansible-inventory -i {name} --list` prints"
        )
    if {"routers", "clusters", "ssh"} & keys.keys():
        raise ConfigurationError(f"inventory {name}: has the sections of ecmpaudit.yaml: give it with --config")
    raise ConfigurationError(
        f"inventory {name}: expected groups of Ansible, hosts of Nornir, a topology of containerlab, or one host a line"
    )


def _of_ansible(groups: Groups, path: Path, labels: Sequence[str]) -> list[Host]:
    if path != STANDARD_INPUT:
        groups = with_variable_files(groups, path.parent)
    return list(hosts_of(groups, labels))


def _of_nornir_configuration(options: dict[str, Any], path: Path, labels: Sequence[str]) -> list[Host]:
    """Return the hosts that Nornir's own configuration file names; its files are relative to it."""
    file = path.parent / in_home(Path(str(options.get("host_file", "hosts.yaml"))))
    document = read_lined(text_of(file), str(file))
    beside = {
        part: _beside(path.parent / in_home(Path(str(options.get(option, f"{part}.yaml")))))
        for part, option in _FILES.items()
    }
    if not is_nornir(document):
        raise ConfigurationError(f"inventory {file}: expected hosts of Nornir's SimpleInventory")
    return list(read_nornir(document, str(file), beside, labels))


def _beside(path: Path) -> Any:
    return read_lined(text_of(path), str(path)) if path.is_file() else None
