"""Ansible's variables of a host, in the keys of `ecmpaudit.yaml`.

A value that is encrypted, or a template that only Ansible evaluates, is refused by its key: it is an error unless
ecmpaudit.yaml has the key for the host.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecmpaudit.inventories.hosts import OWN, Host, labels_of, own_settings
from ecmpaudit.inventories.lined_yaml import is_vault
from ecmpaudit.inventories.ssh_arguments import settings_of_arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecmpaudit.inventories.ansible_groups import Groups

_VARIABLES = {
    "host": ("ansible_host", "ansible_ssh_host"),
    "port": ("ansible_port", "ansible_ssh_port"),
    "user": ("ansible_user", "ansible_ssh_user"),
    "key": ("ansible_ssh_private_key_file", "ansible_private_key_file"),
    "platform": ("ansible_network_os",),
    "password": ("ansible_password", "ansible_ssh_pass", "ansible_ssh_password"),
}
_ARGUMENTS = ("ansible_ssh_common_args", "ansible_ssh_extra_args", "ansible_ssh_args")
_BY_SSH = re.compile(r"(?:[\w.]+\.)?(?:ssh|smart|paramiko|paramiko_ssh|libssh|network_cli|netconf|httpapi)")
_NAME = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_DEEPEST = 8
PASSWORD = "a password is not taken from an inventory: name an environment variable with `ssh.password_env`"  # noqa: S105 - the message about one
_DECRYPTED = "or give what `ansible-inventory --list --ask-vault-pass` prints"


def hosts_of(groups: Groups, labels: Iterable[str]) -> Iterator[Host]:
    """Yield the hosts of an Ansible inventory, in its order."""
    chosen = tuple(labels)
    for name, place in groups.places.items():
        names, variables = groups.of(name)
        known = {"inventory_hostname": name, "inventory_hostname_short": name.partition(".")[0], **variables}
        settings, refused = _settings(name, known)
        yield Host(name, place, settings, labels_of(known, chosen, names), refused)


def _settings(name: str, variables: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the settings of a host, and the keys whose value cannot be used, with the reason."""
    settings: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for key, variable in _used(variables):
        if key == "jump":
            continue
        value = _evaluated(variables[variable], variables)
        why = _why_not(name, key, variable, value)
        if why is None:
            settings[key] = value
        else:
            refused[key] = why
    for variable in (each for key, each in _used(variables) if key == "jump"):
        value = _evaluated(variables[variable], variables)
        why = _why_not(name, "jump", variable, value)
        try:
            of_arguments = settings_of_arguments(str(value)) if why is None else {}
        except ValueError as error:
            why, of_arguments = f"{variable}: {error}, or set `routers.{name}.jump` in ecmpaudit.yaml", {}
        settings = {**of_arguments, **settings}
        refused |= {"jump": why} if why else {}
    connection = str(variables.get("ansible_connection", "ssh"))
    if not _BY_SSH.fullmatch(connection):
        refused["host"] = (
            f"ansible_connection is {connection}: a scan logs in over SSH; set `routers.{name}.host` in "
            f"ecmpaudit.yaml, or leave the host out with --limit '!{name}'"
        )
    return settings, refused


def _used(variables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each key that variables give, with the variable; the first of several names for one thing counts."""
    for key, names in _VARIABLES.items():
        given = next((name for name in names if variables.get(name) is not None), None)
        if given is not None:
            yield key, given
    yield from (("jump", name) for name in _ARGUMENTS if variables.get(name))
    yield from ((name, f"{OWN}{name}") for name in own_settings(variables))


def _why_not(host: str, key: str, variable: str, value: Any) -> str | None:
    own = f"set `routers.{host}.{key}` in ecmpaudit.yaml"
    if key == "password":
        found = "is encrypted with Ansible Vault, and " if is_vault(value) else ""
        return f"{variable} {found}{PASSWORD}" if found else f"{variable}: {PASSWORD}"
    if is_vault(value):
        return f"{variable} is encrypted with Ansible Vault: {own}, {_DECRYPTED}"
    if isinstance(value, str) and ("{{" in value or "{%" in value):
        return f"{variable} is a template that only Ansible evaluates: {own}"
    return None


def _evaluated(value: Any, variables: Mapping[str, Any]) -> Any:
    """Return a value with the other variables of the host put in: `{{ inventory_hostname }}.example.net`."""
    for _ in range(_DEEPEST):
        if not isinstance(value, str) or not _NAME.search(value):
            return value
        whole = _NAME.fullmatch(value)
        if whole and whole[1] in variables:
            value = variables[whole[1]]
            continue
        value = _NAME.sub(lambda found: _word(found, variables), value)
    return value


def _word(found: re.Match[str], variables: Mapping[str, Any]) -> str:
    value = variables.get(found[1])
    return str(value) if isinstance(value, (str, int)) and not is_vault(value) else found[0]
