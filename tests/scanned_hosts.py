"""Hosts on two real sshds, over IPv4 and IPv6, that answer as recorded, and scans of them as processes."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.program import ROOT, plain_environment
from tests.recorded_scans import CONFIGURATION, captures_of
from tests.ssh_server import SshServer, make_key, ssh_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_TIMES = re.compile(rb'"20\d\d-\d\d-\d\dT[^"]*"')


@dataclass(frozen=True, slots=True)
class ScannedHosts:
    """A folder with a configuration whose hosts are asked at two sshds, and how they answer."""

    folder: Path
    four: SshServer
    six: SshServer

    @property
    def servers(self) -> tuple[SshServer, SshServer]:
        """Both sshds."""
        return self.four, self.six

    @property
    def environment(self) -> dict[str, str]:
        """That of a run: no keys of the developer's."""
        own = plain_environment(HOME=str(self.folder), XDG_STATE_HOME=str(self.folder / "state"))
        return {name: value for name, value in own.items() if name != "SSH_AUTH_SOCK"}

    def configure(self, routers: Mapping[str, Any], nodes: Mapping[str, Any], **ssh: object) -> None:
        """Write the configuration of the recorded scans with these routers, and with how its nodes are reached.

        No other node is asked. Of any host, `four-1` or `six-1` is a name of its own for one of the sshds.
        """
        configuration: dict[str, Any] = json.loads(CONFIGURATION.read_text(encoding="utf-8"))
        configuration["ssh"] = {
            "key": str(self.folder / "key"), "known_hosts": str(self.folder / "known_hosts"),
            "config": str(self.folder / "ssh_config"), **ssh,
        }  # fmt: skip
        configuration["routers"] = routers
        for name, node in configuration["nodes"].items():
            node.pop("host", None)
            node.update(nodes.get(name, {}))
        (self.folder / "ecmpaudit.yaml").write_text(json.dumps(configuration), encoding="utf-8")  # JSON is YAML

    def words(self, *further: str) -> list[str]:
        """Return the arguments of a scan."""
        return ["scan", "--config", str(self.folder / "ecmpaudit.yaml"), "--full", "-f", "json", *further]

    def started(self, *further: str) -> subprocess.Popen[bytes]:
        """Start a scan as a process."""
        command = [sys.executable, "-m", "ecmpaudit", *self.words(*further)]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def logins(self) -> int:
        """Return how often both sshds let somebody in."""
        logs = (server.folder / "log" for server in self.servers)
        return sum(log.read_text(encoding="utf-8").count("Accepted publickey") for log in logs)

    def answering(self, scan: str, host: str, name: str, *, waits: str = "", other: tuple[str, str] = ("", "")) -> str:
        """Write a command of this name that answers what a host answered in a recorded scan, and return its path.

        Before anything else it may wait. Of `other`, the second text is in the places of the first.
        """
        cases = []
        for number, capture in enumerate(each for each in captures_of(scan) if each.router == host):
            text = self.folder / f"{name}-{number}.txt"
            text.write_text(capture.text.replace(*other) if other[0] else capture.text, encoding="utf-8")
            asked = shlex.quote(" ".join(shlex.split(capture.command or "")))
            said = shlex.quote((capture.failure or "").rpartition("status 1: ")[2])
            ends = f"echo {said} >&2; exit 1" if capture.failure else f"exec cat {text}"
            cases.append(f"{asked}) {ends} ;;\n")
        unknown = '*) echo "% Unknown command" >&2; exit 1 ;;'
        return self.command(name, f'{waits}case "$*" in\n{"".join(cases)}{unknown}\nesac\n')

    def command(self, name: str, script: str) -> str:
        """Write a command for hosts to run, and return its path."""
        file = self.folder / name
        file.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
        file.chmod(0o755)
        return str(file)


def without_times(report: bytes) -> bytes:
    """Return a report without the times at which answers were collected."""
    return _TIMES.sub(b'"TIME"', report)


def at(server: SshServer) -> dict[str, Any]:
    """Return how a host at an sshd is reached, as a configuration has it."""
    return {"host": server.address, "port": server.port}


@contextmanager
def scanned_hosts(folder: Path, settings: str = "") -> Iterator[ScannedHosts]:
    """Give two sshds with these settings, whose host keys are known and that let in one key of two."""
    make_key(folder / "key")
    make_key(folder / "other")
    public = (folder / "key.pub").read_text(encoding="utf-8")
    with (
        ssh_server(folder / "four", public, settings=settings) as four,
        ssh_server(folder / "six", public, address="::1", settings=settings) as six,
    ):
        (folder / "known_hosts").write_text(four.known_hosts_line() + six.known_hosts_line(), encoding="utf-8")
        aliases = [f"Host {each.folder.name}-*\nHostName {each.address}\nPort {each.port}\n" for each in (four, six)]
        (folder / "ssh_config").write_text("".join(aliases), encoding="utf-8")
        yield ScannedHosts(folder, four, six)
