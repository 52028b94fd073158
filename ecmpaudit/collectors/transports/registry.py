"""The transports by the names that `transport:` of ecmpaudit.yaml takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.collectors.transports import local, netmiko_shell, openssh, paramiko_ssh

if TYPE_CHECKING:
    from ecmpaudit.collectors.transports.interface import Transport

TRANSPORTS: dict[str, Transport] = {
    "paramiko": paramiko_ssh.opened,
    "openssh": openssh.opened,
    "netmiko": netmiko_shell.opened,
    "local": local.opened,
}
