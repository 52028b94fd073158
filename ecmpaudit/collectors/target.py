"""What is asked of whom: one router or node, its commands, and how to reach it.

A field that is None was not given: then the ssh client's configuration decides, and after it ssh's own default.
This module loads no ssh library.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.wording import short_command

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping
    from pathlib import Path

GIBIBYTE = 1024**3
_BY_SSH = frozenset({"paramiko", "openssh", "netmiko"})


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Commands that need a name out of an earlier answer, for example of BIRD's protocols."""

    after: str
    """The command with that answer."""
    names: re.Pattern[str]
    """Finds each name, as its first group."""
    commands: tuple[str, ...]
    """Each with `{name}`, or with `{address}` where only an address is put in."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A container of a cluster that is asked by kubectl."""

    namespace: str
    name: str
    container: str
    options: tuple[str, ...] = ()
    """Those of kubectl: context, kubeconfig."""
    problem: str = ""
    """Why it cannot be asked; empty where it can."""

    def __str__(self) -> str:
        """Return its place, for messages."""
        return f"{self.namespace}/{self.name}/{self.container}"


@dataclass(frozen=True, slots=True)
class Target:
    """One router or node to ask."""

    name: str
    host: str | None = None
    """What one would type after `ssh`: an address, a name, an alias of the ssh configuration. None: the name."""
    port: int | None = None
    user: str | None = None
    key: Path | None = None
    """Private key file, tried first; None: those of the ssh configuration, or the default keys."""
    platform: str | None = None
    commands: tuple[str, ...] = ()
    """Fixed read commands, quoted for the remote shell."""
    follow_ups: tuple[FollowUp, ...] = ()
    """What is asked after them."""
    alternatives: tuple[Target, ...] = ()
    """Where the platform is not known: the target for each that it may have, in the order in which they are asked."""
    whole_tables: Mapping[str, str] = field(default_factory=dict)
    """By command, what is asked where the host's version does not know it."""
    sudo: bool = False
    command_prefix: str | tuple[str, ...] = ""
    """Words before each command, for example `docker exec bgp`; a text is split into words as a shell does."""
    transport: str = "paramiko"
    """How it is reached, by a name of `configuration.transports`."""
    pod: Pod | None = None
    """The container that is asked in its place, by kubectl."""
    known_hosts: Path | None = None
    """None: the user's and the system's known_hosts files."""
    ssh_config: Path | None = None
    """None: ~/.ssh/config, if there is one."""
    jump: str | None = None
    """Jump hosts as after `ssh -J`; None: those of the ssh configuration."""
    password_env: str | None = None
    """Name of the environment variable that has the password; no key is unlocked with it."""
    passphrase_env: str | None = None
    """Name of the environment variable that has the passphrase of the key files; it is never sent."""
    enable_env: str | None = None
    """Name of the environment variable with the secret that gives privileges on a vendor's command line."""
    other_platforms: Mapping[str, str] = field(default_factory=dict)
    """The platform of a command whose answer is a table of another one."""
    connect_timeout: float = 10.0
    """Seconds for each of: the TCP connection, the key exchange, the authentication."""
    command_timeout: float = 60.0
    """Seconds for each command, from sending it to its exit status."""
    host_timeout: float = 300.0
    """Seconds for all commands together, follow-ups too; the login has its own limits."""
    commands_at_once: int = 1
    """Sessions that are open at once on its connection."""
    commands_in_a_session: int = 1
    """Commands that one session may carry, where a shell reads them."""
    answer_limit: int = 2 * GIBIBYTE
    """Bytes; an answer that is larger is cut there and counts as incomplete."""

    @property
    def ssh_host(self) -> str:
        """What one would type after `ssh`."""
        return self.host or self.name


def remote_command_line(target: Target, command: str) -> str:
    """Return the command as the remote shell gets it: sudo and prefix words before it; errors are prefix_words'."""
    words = prefix_words(target)
    return f"{shlex.join(words)} {command}" if words else command


def prefix_words(target: Target) -> list[str]:
    """Return the words before each command: sudo, and the command prefix.

    Raises:
        ConfigurationError: the prefix is a text with an open quote.
    """
    given = target.command_prefix
    try:
        prefix = shlex.split(given) if isinstance(given, str) else given
    except ValueError as error:
        raise ConfigurationError(
            f"command_prefix of {target.name}: {given!r} cannot be split into words: {error}"
        ) from error
    # -n: sudo must fail rather than ask, there is no terminal to ask on.
    return ["sudo", "-n", *prefix] if target.sudo else [*prefix]


def capture_source(target: Target, command: str) -> str:
    """Return where an answer is from, for messages."""
    if target.pod is not None:
        return f"kubectl exec {target.pod}: {command}"
    way = "ssh" if target.transport in _BY_SSH else target.transport
    return f"{way} {target.name}: {short_command(command)}"
