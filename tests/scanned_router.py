"""A router on a loopback sshd that answers with a table from a file, and the places where alerts arrive."""

from __future__ import annotations

import json
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

from tests.program import ROOT, ecmpaudit, plain_environment
from tests.ssh_server import make_key, ssh_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.program import Ended

SEED = (ROOT / "tests" / "fixtures" / "frr" / "show_ip_route--seed.txt").read_text(encoding="utf-8")
FIVE, THREE = "172.31.1.1/32", "172.31.1.0/32"


@dataclass(frozen=True, slots=True)
class ScannedRouter:
    """A folder with a configuration of one router, tor1, which answers what `set_table` says."""

    folder: Path

    def set_table(self, *without: str) -> None:
        """Let the router answer with the seed's table without these next hops."""
        lines = SEED.splitlines(keepends=True)
        kept = [line for line in lines if not any(f"{address}," in line for address in without)]
        new = self.folder / "table.new"
        new.write_text("".join(kept), encoding="utf-8")
        new.replace(self.folder / "table.txt")

    def ask_node1_too(self, *, is_up: bool) -> None:
        """Let scans ask node1 for its addresses, which it answers if it is up; else its port takes no connection."""
        answer = self.folder / "node1-answer"
        addresses = (
            '[{"ifname": "eth0", "addr_info": [{"family": "inet", "local": "172.30.250.101", "prefixlen": 24}]}]'
        )
        answer.write_text(f"#!/bin/sh\necho '{addresses}'\n", encoding="utf-8")
        answer.chmod(0o755)
        file = self.folder / "ecmpaudit.yaml"
        configuration = json.loads(file.read_text(encoding="utf-8"))
        router = configuration["routers"]["tor1"]
        asked = {"host": router["host"], "port": router["port"] if is_up else 1, "command_prefix": str(answer)}
        configuration["nodes"]["node1"] |= asked
        file.write_text(json.dumps(configuration), encoding="utf-8")

    def hang(self) -> None:
        """Let the router never answer, until the next `set_table`."""
        (self.folder / "table.txt").unlink()

    def scan(self, *arguments: str, **variables: str) -> Ended:
        """Return how `ecmpaudit scan` ended."""
        return self.ecmpaudit("scan", *arguments, **variables)

    def ecmpaudit(self, *arguments: str, **variables: str) -> Ended:
        """Return how the command ended."""
        return ecmpaudit(*arguments, folder=self.folder, environment=self.environment(**variables))

    def command(self, *arguments: str) -> list[str]:
        """Return the words of a command line."""
        return [sys.executable, "-m", "ecmpaudit", *arguments]

    def environment(self, **variables: str) -> dict[str, str]:
        """Return the environment of a run: its own state folder and home, no keys of the developer's."""
        folders = {"XDG_STATE_HOME": str(self.folder / "state"), "HOME": str(self.folder)}
        own = plain_environment(**{**folders, **variables})
        return {name: value for name, value in own.items() if name != "SSH_AUTH_SOCK"}


@contextmanager
def scanned_router(folder: Path) -> Iterator[ScannedRouter]:
    """Yield a router with the seed's table, of which both prefixes should have five nodes."""
    key = make_key(folder / "key")
    with ssh_server(folder / "sshd", (folder / "key.pub").read_text(encoding="utf-8")) as server:
        (folder / "known_hosts").write_text(server.known_hosts_line(), encoding="utf-8")
        answer = folder / "answer"
        answer.write_text(
            f"""#!/bin/sh
summary() {{ case "$words" in *summary*) echo "------"; echo "Totals               3                    3";; esac; }}
words=$*
case "$*" in
  *"show ip route"*) for _ in $(seq 600); do cat {folder}/table.txt 2>/dev/null && break; sleep 0.1; done; summary ;;
  *"show ipv6 route"*) echo "C>* 2001:db8:1::/64 is directly connected, enp6s0, 00:10:00"; summary ;;
  *) echo "% Unknown command"; exit 1 ;;
esac
""",
            encoding="utf-8",
        )
        answer.chmod(0o755)
        # JSON is YAML.
        configuration = {
            "ssh": {"key": str(key), "known_hosts": str(folder / "known_hosts"), "config": "/dev/null"},
            "routers": {
                "tor1": {
                    "host": server.address, "port": server.port, "platform": "frr", "command_prefix": str(answer),
                }
            },
            "nodes": {f"node{n}": {"addresses": [f"172.30.250.10{n}"]} for n in range(1, 6)},
            "clusters": {
                "prod": {
                    "pools": ["172.31.0.0/16"],
                    "exceptions": [{"prefix": THREE, "nodes": ["node1", "node2", "node5"]}],
                }
            },
        }  # fmt: skip
        (folder / "ecmpaudit.yaml").write_text(json.dumps(configuration), encoding="utf-8")
        router = ScannedRouter(folder)
        router.set_table()
        yield router


@dataclass
class Webhook:
    """A real HTTP server: what it was sent, and what it answers."""

    url: str = ""
    status: int = 200
    received: list[dict[str, Any]] = field(default_factory=list)
    """The messages that it took, in order."""
    refused: int = 0

    @property
    def titles(self) -> list[str]:
        """Of the messages."""
        return [message["title"] for message in self.received]


@contextmanager
def webhook() -> Iterator[Webhook]:
    """Yield a webhook on loopback, with a secret path."""
    hook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if hook.status == 200:
                hook.received.append(content)
            else:
                hook.refused += 1
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - given by the library
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.url = f"json://127.0.0.1:{server.server_port}/hooks/sesame4711?:token=geheim"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()
