"""OpenSSH's own client: whatever it and its configuration can do, such as FIDO keys, certificates, GSSAPI.

One master connection for each host; each command is a session on it. The client gets a configuration of ours that goes
before the user's: first values count, and jump hosts get it too. A session never falls back to a connection of its
own: its ProxyCommand fails.
"""

from __future__ import annotations

import math
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.collectors.host_keys import known_hosts_files
from ecmpaudit.collectors.stop import TICK
from ecmpaudit.collectors.transports.openssh_failures import OWN_STATUS, login_failure, session_failure
from ecmpaudit.collectors.transports.processes import run_process
from ecmpaudit.configuration.home import home, in_home
from ecmpaudit.configuration.host_names import is_host_name
from ecmpaudit.errors import CollectionError
from ecmpaudit.private_folders import private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.collectors.answer import Answer, Limit
    from ecmpaudit.collectors.answer_budget import AnswerBuffer
    from ecmpaudit.collectors.connection import Access
    from ecmpaudit.collectors.stop import Stop
    from ecmpaudit.collectors.target import Target

_POLL = 0.02
"""Seconds between looks for the socket of the master, which is there as soon as it is logged in."""
_SECONDS_TO_END = 2.0
"""For a master that was asked to end; then it is killed."""
_SECONDS_TO_ANSWER = 10.0
"""For a master that is asked whether it takes sessions."""
_STEPS = 3
"""Steps of a login that may take `connect_timeout` each: connection, key exchange, authentication."""
_FOLDER, _FILES = "ecmpaudit-ssh-", r"config|errors|[a-z](\.[A-Za-z0-9]+)?"
_LONGEST_FOLDER = 60
"""Bytes; the path of a socket may have 108, and ssh adds to it while it makes one."""


@dataclass(slots=True)
class OpenSshSession:
    """Sessions on one master connection."""

    master: Master
    target: Target
    stop: Stop
    takes_several: bool = True

    @property
    def is_open(self) -> bool:
        """Whether a further command can be sent."""
        return self.master.process.poll() is None

    def run(self, command_line: str, limit: Limit, output: AnswerBuffer) -> Answer:
        """Return the answer to a line for the remote shell."""
        argv = [
            *self.master.client(),
            *("-o", "ControlMaster=no", "-o", "ProxyCommand=false", "-o", "LogLevel=ERROR"),
            *("--", self.target.ssh_host, command_line),
        ]
        ran = run_process(argv, limit, output, self.stop)
        is_connected = ran.answer.exit_status != OWN_STATUS or self.master.is_connected(self.target.ssh_host)
        return session_failure(ran, is_connected=is_connected) or ran.answer


@dataclass(frozen=True, slots=True)
class Master:
    """The process that holds the connection, and the folder with its socket and configuration."""

    process: subprocess.Popen[bytes]
    folder: Path

    def client(self) -> list[str]:
        """Return the words that ask for a session."""
        return _client(self.folder)

    def is_connected(self, host: str) -> bool:
        """Return whether it takes sessions. One that does not has lost its connection; its end is waited for."""
        words = [*self.client(), "-O", "check", "--", host]
        quiet = subprocess.DEVNULL
        with suppress(subprocess.TimeoutExpired):
            checked = subprocess.run(  # noqa: S603 - a list of words, no shell; each is fixed or was checked
                words, stdin=quiet, stdout=quiet, stderr=quiet, timeout=_SECONDS_TO_ANSWER, check=False
            )
            if checked.returncode == 0:
                return True
        self.end()
        return False

    def close(self) -> None:
        """End it, and the jump hosts' connections that it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGTERM)

    def end(self) -> None:
        """Wait until it has ended: a signal that comes just before ssh waits for its connection has no effect."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=_SECONDS_TO_END)
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@contextmanager
def opened(target: Target, access: Access) -> Iterator[OpenSshSession]:
    """Yield a session; raises CollectionError with the reason and the remedy."""
    if not is_host_name(target.ssh_host):
        raise CollectionError(f'expected a host name or an address, found "{target.ssh_host}": set `host`')
    with ExitStack() as undo:
        folder = undo.enter_context(private_folder(_parent(), _FOLDER, _FILES))
        (folder / "config").write_text(_configuration(target), encoding="utf-8")
        process = undo.enter_context(_started(target, access, folder))
        master = Master(process, folder)
        undo.callback(master.end)
        undo.enter_context(access.stop.closing(master))
        _wait_until_logged_in(master, target, access.stop)
        yield OpenSshSession(master, target, access.stop)


def _parent() -> Path:
    """Return a folder with a short name: a socket will be in it."""
    usual = Path(tempfile.gettempdir())
    return usual if len(os.fsencode(usual)) <= _LONGEST_FOLDER else Path("/tmp")  # noqa: S108 - the folder in it is private


def _client(folder: Path) -> list[str]:
    return ["ssh", "-F", str(folder / "config"), "-S", str(folder / "s"), "-T", "-x", "-a"]


def _started(target: Target, access: Access, folder: Path) -> subprocess.Popen[bytes]:
    if shutil.which("ssh") is None:
        raise CollectionError("the program ssh is not installed: install openssh-client, or set `transport: paramiko`")
    words = [*_client(folder), "-M", "-N", "-o", "ControlPersist=no"]
    if target.name in access.accept_new:
        words += ["-o", "StrictHostKeyChecking=accept-new"]
    if target.port is not None:
        words += ["-p", str(target.port)]
    if target.user is not None:
        words += ["-l", target.user]
    if target.key is not None:
        words += ["-i", str(in_home(target.key))]
    if target.jump is not None:
        words += ["-J", target.jump.replace(" ", "")]
    with (folder / "errors").open("wb") as errors:
        return subprocess.Popen(  # noqa: S603 - a list of words, no shell; each is fixed or was checked
            [*words, "--", target.ssh_host],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            # Its messages are recognized in English.
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )


def _wait_until_logged_in(master: Master, target: Target, stop: Stop) -> None:
    hosts = 1 + (target.jump.count(",") + 1 if target.jump else 0)
    seconds = _STEPS * target.connect_timeout * hosts
    deadline = time.monotonic() + seconds
    while not (master.folder / "s").exists():
        with suppress(subprocess.TimeoutExpired):
            status = master.process.wait(timeout=min(_POLL, TICK))
            raise login_failure((master.folder / "errors").read_bytes(), status, target)
        stop.check()
        if time.monotonic() >= deadline:
            raise CollectionError(
                f"timed out: authentication at {target.ssh_host} did not end within {seconds:g} s; see connect_timeout"
            )


def _configuration(target: Target) -> str:
    """Return the client's configuration: what we ask for, then what the user's says."""
    lines = [
        "BatchMode yes",
        f"ConnectTimeout {math.ceil(target.connect_timeout)}",
        "StrictHostKeyChecking yes",
        "ForwardAgent no",
        "ForwardX11 no",
        "ClearAllForwardings yes",
        "PermitLocalCommand no",
        "RequestTTY no",
        "EscapeChar none",
    ]
    if target.known_hosts is not None:
        files = known_hosts_files(target.known_hosts)
        lines.append(f"UserKnownHostsFile {' '.join(_quoted(file).replace('%', '%%') for file in files)}")
        lines.append("GlobalKnownHostsFile /dev/null")
    lines += [f"Include {_quoted(file)}" for file in _files_of_user(target) if file.is_file()]
    return "".join(f"{line}\n" for line in lines)


def _files_of_user(target: Target) -> tuple[Path, ...]:
    """Return the configuration that was named, or the user's and the system's, as ssh does."""
    if target.ssh_config is not None:
        file = in_home(target.ssh_config)
        if not file.exists():
            raise CollectionError(f"ssh configuration {file}: No such file or directory")
        return (file,)
    of_user = home()
    return (*([of_user / ".ssh" / "config"] if of_user else []), Path("/etc/ssh/ssh_config"))


def _quoted(file: Path) -> str:
    """Return a path as one word of the configuration."""
    text = str(file)
    if any(character in text for character in '"\n$'):
        raise CollectionError(f"ssh configuration: {file} cannot be given to ssh: rename it without quotes and dollars")
    return f'"{text}"'
