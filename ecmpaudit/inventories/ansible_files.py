"""The files around an Ansible inventory: `group_vars/` and `host_vars/` beside it, and a folder of inventories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.lined_yaml import is_vault, read_lined
from ecmpaudit.inventories.texts import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecmpaudit.inventories.ansible_groups import Groups

_ENDINGS = ("", ".yml", ".yaml", ".json")
_OF_GROUPS, _OF_HOSTS = "group_vars", "host_vars"
_SKIPPED = frozenset({"~", ".orig", ".bak", ".cfg", ".retry", ".pyc", ".pyo"})
"""Endings of files that Ansible skips in a folder of inventories."""


def with_variable_files(groups: Groups, folder: Path) -> Groups:
    """Return the groups with the variables of the files beside the inventory."""
    for name in [*groups.groups, *({"all"} - groups.groups.keys())]:
        for values in _variables(folder / _OF_GROUPS, name):
            groups.group(name).beside.update(values)
    for name in groups.places:
        for values in _variables(folder / _OF_HOSTS, name):
            groups.variables[name].update(values)
    return groups


def has_variable_files(folder: Path) -> bool:
    """Return whether an inventory in this folder has variables of Ansible beside it."""
    return any((folder / name).is_dir() for name in (_OF_GROUPS, _OF_HOSTS))


def inventories_in(folder: Path) -> list[Path]:
    """Return the inventories of a folder, in alphabetical order; ConfigurationError where it has none."""
    found = [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith(".") and not path.name.endswith(tuple(_SKIPPED))
    ]
    if not found:
        raise ConfigurationError(f"inventory {folder}: a folder without any inventory")
    return found


def refuse_encrypted(text: str, path: Path) -> None:
    """Raise ConfigurationError for a file that Ansible Vault has encrypted as a whole."""
    if is_vault(text):
        raise ConfigurationError(
            f"inventory {path}: encrypted with Ansible Vault: "
            "give what `ansible-inventory --list --ask-vault-pass` prints"
        )


def _variables(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield the variables of each file of a host or group, or of each file in the folder of its name."""
    if "/" in name or name in {".", ".."} or not folder.is_dir():
        return
    for ending in _ENDINGS:
        path = folder / f"{name}{ending}"
        if path.is_dir() and not ending:
            for inner in sorted(path.iterdir()):
                if inner.is_file() and inner.suffix in _ENDINGS and not inner.name.startswith("."):
                    yield _read(inner)
        elif path.is_file():
            yield _read(path)


def _read(path: Path) -> dict[str, Any]:
    text = text_of(path)
    refuse_encrypted(text, path)
    values = read_lined(text, str(path))
    if values is not None and not isinstance(values, dict):
        raise ConfigurationError(f"inventory {path}: expected variables as a mapping")
    return values or {}
