"""Real OpenSSH servers for tests: on loopback, with their own host keys, run as this user.

`python -m tests.ssh_server` starts one, and ends with exit code 1 and the reason where it does not start.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@dataclass(frozen=True, slots=True)
class SshServer:
    """A running sshd."""

    address: str
    port: int
    folder: Path
    host_key_types: tuple[str, ...]

    @property
    def label(self) -> str:
        """The server's name in known_hosts."""
        return f"[{self.address}]:{self.port}"

    def known_hosts_line(self, key_type: str = "ed25519") -> str:
        """Return the line that makes the server known."""
        name, blob = (self.folder / f"host_{key_type}.pub").read_text(encoding="utf-8").split()[:2]
        return f"{self.label} {name} {blob}\n"

    def fingerprint(self, key_type: str = "ed25519") -> str:
        """Return what ssh-keygen says of the host key, `SHA256:…`."""
        return fingerprint(self.folder / f"host_{key_type}.pub")


def require_sshd() -> str:
    """Return the path of sshd; skip the test without one, or fail it where sshd is required."""
    if SSHD is None:
        reason = "sshd is not installed (Debian: apt-get install openssh-server)"
        if os.environ.get("ECMPAUDIT_SSHD") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return SSHD


def make_key(file: Path, key_type: str = "ed25519", passphrase: str = "") -> Path:
    """Make a key pair and return the private key's file."""
    require_sshd()
    run("ssh-keygen", "-q", "-t", key_type, "-N", passphrase, "-C", "", "-f", str(file))
    return file


def fingerprint(public_key: Path) -> str:
    """Return what ssh-keygen says of a key, `SHA256:…`."""
    return run("ssh-keygen", "-l", "-f", str(public_key)).split()[1]


def run(*words: str) -> str:
    """Return what a command prints; it must succeed."""
    return subprocess.run(
        words, check=True, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    ).stdout


@contextmanager
def ssh_server(
    folder: Path,
    authorized: str,
    *,
    address: str = "127.0.0.1",
    host_key_types: tuple[str, ...] = ("ed25519",),
    settings: str = "",
    prepare: Callable[[], object] = lambda: None,
) -> Iterator[SshServer]:
    """Yield a running sshd that lets in the authorized keys; it is ended afterwards.

    `settings` are lines of its configuration, which go before the usual ones; `prepare` is called before it starts.
    """
    sshd = require_sshd()
    folder.mkdir()
    if os.geteuid() == 0:
        # Debian's sshd wants its empty folder; the service script makes it elsewhere.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    for key_type in host_key_types:
        make_key(folder / f"host_{key_type}", key_type)
    (folder / "authorized_keys").write_text(authorized, encoding="utf-8")
    prepare()
    server = SshServer(address, free_port(address), folder, host_key_types)
    (folder / "sshd_config").write_text(_with_settings(settings, _configuration(server)), encoding="utf-8")
    with ExitStack() as opened:
        log = opened.enter_context((folder / "log").open("wb"))
        process = subprocess.Popen([sshd, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=log)
        opened.callback(process.wait, timeout=10)
        opened.callback(process.terminate)
        _wait_until_it_listens(server, process)
        yield server


def _with_settings(settings: str, usual: str) -> str:
    """Return a configuration in which settings take the place of usual ones: of some, sshd takes the last."""
    given = {line.split()[0] for line in settings.splitlines()}
    return settings + "".join(line for line in usual.splitlines(keepends=True) if line.split()[0] not in given)


def free_port(address: str = "127.0.0.1") -> int:
    """Return a port on which nothing listens now."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


def _configuration(server: SshServer) -> str:
    keys = "".join(f"HostKey {server.folder}/host_{key_type}\n" for key_type in server.host_key_types)
    address = f"[{server.address}]" if ":" in server.address else server.address
    return f"""{keys}ListenAddress {address}:{server.port}
AuthorizedKeysFile {server.folder}/authorized_keys
SetEnv HOME={server.folder}
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowTcpForwarding yes
MaxStartups 100
PidFile none
LogLevel VERBOSE
"""


def _wait_until_it_listens(server: SshServer, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if process.poll() is not None:
            pytest.fail(f"sshd ended: {(server.folder / 'log').read_text(encoding='utf-8')}")
        try:
            socket.create_connection((server.address, server.port), timeout=1).close()
        except OSError:
            try:
                process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
        else:
            return
    pytest.fail(f"sshd does not listen on {server.label} after 10 s")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary, ssh_server(Path(temporary) / "sshd", ""):
        pass
