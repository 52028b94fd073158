"""The route to a target: its endpoint and the jump hosts before it, by the ssh client's configuration.

What a Target says wins over the configuration, as the command line does with ssh. A jump host is looked up in the
configuration by its own name and takes nothing from the Target, so no router's key or password goes to it.
Paramiko reads the configuration; `Include`, which it does not know, is resolved here first.
"""

from __future__ import annotations

import getpass
import re
import shlex
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paramiko

from ecmpaudit.collectors.host_keys import SSH_PORT, host_label
from ecmpaudit.collectors.match_exec import succeeds
from ecmpaudit.configuration.home import home, in_home
from ecmpaudit.configuration.host_names import JUMP_HOST, is_host_name
from ecmpaudit.errors import CollectionError
from ecmpaudit.plain_files import read_plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from ecmpaudit.collectors.stop import Stop
    from ecmpaudit.collectors.target import Target

    _Criterion: TypeAlias = dict[str, Any]
    """One criterion of a `Match` line as paramiko reads it: its type, its parameter, and whether it is negated."""

DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
MOST_JUMPS = 8
MOST_INCLUDES = 16
_BLOCK = re.compile(r"\s*(host|match)\b", re.IGNORECASE)
_INCLUDE = re.compile(r"\s*include(?:\s*=\s*|\s+)(.+)", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9_.:%@\\-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One ssh server to log in to: the target itself, or a jump host."""

    name: str
    """As it was asked for, before the configuration was looked up."""
    host: str
    port: int
    user: str
    known_as: str
    """The name in known_hosts."""
    key_files: tuple[Path, ...]
    identities_only: bool = False
    """Use only agent keys that are among the key files."""
    is_jump: bool = False

    def __str__(self) -> str:
        return f"{self.host} port {self.port}"


def route_to(target: Target, stop: Stop) -> tuple[Endpoint, ...]:
    """Return the jump hosts in order, and the target's own endpoint last.

    Raises CollectionError if the host's name is none, or the configuration cannot be read or used.
    """
    if not is_host_name(target.ssh_host):
        raise CollectionError(f'expected a host name or an address, found "{target.ssh_host}": set `host`')
    config = _read_config(target, stop)
    asked = Endpoint(target.ssh_host, target.ssh_host, target.port or 0, target.user or "", "", _own_key(target))
    return _route(asked, config, (), target.jump)


class _Config(paramiko.SSHConfig):
    """Paramiko's reader, with its own `Match exec`."""

    # Without %l and %C: paramiko asks the DNS for this machine's full name on each lookup to have them ready.
    TOKENS_BY_CONFIG_KEY = {  # noqa: RUF012 - paramiko's own name and form
        **paramiko.SSHConfig.TOKENS_BY_CONFIG_KEY,
        "identityfile": ["~", "%d", "%h", "%u", "%r"],
        "match-exec": ["%d", "%h", "%L", "%n", "%p", "%r", "%u"],
    }

    def __init__(self, seconds: float, stop: Stop) -> None:
        super().__init__()
        self._seconds = seconds
        self._stop = stop
        self._results: dict[str, bool] = {}
        """Whether each command of `Match exec` succeeded: a lookup asks twice."""

    def _does_match(
        self,
        match_list: list[_Criterion],
        target_hostname: str,
        canonical: bool,
        final: bool,
        options: dict[str, Any],
    ) -> bool:
        """Return whether all criteria of a `Match` line hold, each of them paramiko's but for `exec`."""
        for criterion in match_list:
            if criterion["type"] == "exec":
                holds = self._exec_holds(criterion["param"], target_hostname, options) != criterion["negate"]
            else:
                holds = super()._does_match([criterion], target_hostname, canonical, final, options)  # type: ignore[misc]  # not in the stubs
            if not holds:
                return False
        return bool(match_list)

    def _exec_holds(self, template: str, host: str, options: dict[str, Any]) -> bool:
        # These go into a shell's line: the name that is looked up, and the values of HostName and User.
        for word in (host, options.get("hostname", ""), options.get("user", "")):
            if not _PLAIN.fullmatch(word):
                raise CollectionError(f'Match exec of the ssh configuration: "{word}" is not put into a command')
        command: str = self._tokenize(options, host, "match-exec", template)  # type: ignore[attr-defined]  # not in the stubs
        if command not in self._results:
            self._results[command] = succeeds(command, self._seconds, self._stop)
        return self._results[command]


def _route(
    asked: Endpoint, config: _Config, before: tuple[str, ...], jump_hosts: str | None = None
) -> tuple[Endpoint, ...]:
    """Return the route to an endpoint; `jump_hosts` take the place of what the configuration says of its own."""
    if len(before) > MOST_JUMPS or asked.name in before:
        raise CollectionError(f"ProxyJump of the ssh configuration is a loop: {', '.join(before)}")
    options = _lookup(config, asked.name)
    endpoint = _complete(asked, options)
    jumps = [_jump(word) for word in _jump_words(jump_hosts, options, asked.name)]
    if not jumps:
        return (endpoint,)
    # As OpenSSH: only the first jump host's own ProxyJump counts, the others are reached through the one before.
    first, *others = jumps
    route = _route(first, config, (*before, asked.name))
    return (*route, *(_complete(jump, _lookup(config, jump.name)) for jump in others), endpoint)


def _complete(asked: Endpoint, options: paramiko.SSHConfigDict) -> Endpoint:
    """Return the endpoint with the configuration's values where none was given."""
    host = options["hostname"]
    port = asked.port or _port(options, asked.name)
    return replace(
        asked,
        host=host,
        port=port,
        user=asked.user or options.get("user") or _local_user(),
        known_as=options.get("hostkeyalias") or host_label(host, port),
        key_files=asked.key_files or _identity_files(options),
        identities_only=options.get("identitiesonly", "no").lower() == "yes",
    )


def _jump_words(given: str | None, options: paramiko.SSHConfigDict, name: str) -> list[str]:
    words = given or options.get("proxyjump")
    if words is not None:
        return [] if words.lower() == "none" else [word.strip() for word in words.split(",")]
    if options.get("proxycommand"):
        raise CollectionError(f"ProxyCommand in the ssh configuration of {name} is not supported; use ProxyJump")
    return []


def _jump(word: str) -> Endpoint:
    match = JUMP_HOST.fullmatch(word)
    if match is None:
        raise CollectionError(f"ProxyJump {word!r} in the ssh configuration: expected [user@]host[:port]")
    name = match["six"] or match["host"]
    return Endpoint(name, name, int(match["port"] or 0), match["user"] or "", "", (), is_jump=True)


def _own_key(target: Target) -> tuple[Path, ...]:
    return (in_home(target.key),) if target.key else ()


def _identity_files(options: paramiko.SSHConfigDict) -> tuple[Path, ...]:
    configured = [Path(name) for name in options.get("identityfile", []) if name.lower() != "none"]
    if configured:
        return tuple(configured)
    of_user = home()
    files = (of_user / ".ssh" / name for name in DEFAULT_KEYS) if of_user else ()
    return tuple(file for file in files if file.exists())


def _port(options: paramiko.SSHConfigDict, name: str) -> int:
    try:
        return int(options.get("port", SSH_PORT))
    except ValueError as error:
        raise CollectionError(f"Port {options['port']!r} in the ssh configuration of {name} is no number") from error


def _local_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise CollectionError("no name is known of the user who runs this: set LOGNAME") from error


def _lookup(config: _Config, name: str) -> paramiko.SSHConfigDict:
    _local_user()  # paramiko asks for it in each lookup, and where there is none its error does not say what to do
    try:
        return config.lookup(name)
    except (paramiko.SSHException, KeyError, OSError, ValueError) as error:
        raise CollectionError(f"ssh configuration of {name} cannot be used: {error}") from error


def _read_config(target: Target, stop: Stop) -> _Config:
    """Return the configuration; an empty one if none was named and ~/.ssh/config does not exist."""
    file = in_home(target.ssh_config) if target.ssh_config else _own_config()
    config = _Config(target.connect_timeout, stop)
    if file is None:
        config.parse([])
        return config
    try:
        config.parse(_lines(file, 0))
    except (paramiko.SSHException, ValueError) as error:
        raise CollectionError(f"ssh configuration {file}: {error}") from error
    except OSError as error:
        raise CollectionError(f"ssh configuration {error.filename or file}: {error.strerror}") from error
    return config


def _own_config() -> Path | None:
    of_user = home()
    file = of_user / ".ssh" / "config" if of_user else None
    return file if file and file.exists() else None


def _lines(file: Path, depth: int) -> Iterator[str]:
    """Yield the lines of a configuration with included files in their place."""
    if depth > MOST_INCLUDES:
        raise CollectionError(f"ssh configuration {file}: Include is nested too deeply, or is a loop")
    block = "Host *"
    for line in read_plain(file).decode("utf-8", errors="replace").split("\n"):
        include = _INCLUDE.match(line)
        if include is None:
            block = line if _BLOCK.match(line) else block
            yield line
            continue
        for included in _included_files(include[1]):
            yield from _lines(included, depth + 1)
        # An included file's last Host block ends with that file.
        yield block


def _included_files(patterns: str) -> Iterator[Path]:
    for pattern in shlex.split(patterns, comments=True):
        written = Path(pattern) if pattern.startswith("~") else Path("~/.ssh") / pattern
        for name in sorted(glob(str(in_home(written)))):  # noqa: PTH207 - absolute patterns
            yield Path(name)
