"""GoBGP: two daemons in two namespaces, a router and a node, that peer over IPv4 and over IPv6."""

from __future__ import annotations

import secrets
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab import namespaces
from tests.lab.processes import run, run_unchecked, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROUTER, NODE = 1, 2
"""Last part of each one's addresses."""
_AS = {ROUTER: 64496, NODE: 64497}


@dataclass(frozen=True)
class Gobgpd:
    """One running daemon."""

    namespace: str

    def gobgp(self, *words: str) -> str:
        """Return what the daemon answers to a command."""
        return run(namespaces.inside(self.namespace, ["gobgp", *words]))

    def answers(self) -> bool:
        """Return whether the daemon is up."""
        return run_unchecked(namespaces.inside(self.namespace, ["gobgp", "global"])).returncode == 0


@contextmanager
def pair(folder: Path) -> Iterator[tuple[Gobgpd, Gobgpd]]:
    """Yield a router and a node whose two sessions are established."""
    names = {number: f"ea{secrets.token_hex(4)}-{number}" for number in _AS}
    with ExitStack() as undo:
        for name in names.values():
            namespaces.add_namespace(name)
            undo.callback(namespaces.remove, name)
        _join(names)
        for number, name in names.items():
            undo.enter_context(_daemon(number, name, folder))
        router, node = (Gobgpd(name) for name in names.values())
        for daemon in (router, node):
            wait_until(daemon.answers, 20, f"{daemon.namespace}: gobgpd answers")
        wait_until(lambda: router.gobgp("neighbor").count("Establ") == 2, 60, "both sessions of gobgpd are up")
        yield router, node


def _join(names: dict[int, str]) -> None:
    one, two = names.values()
    namespaces.ip(one, "link", "add", "v0", "type", "veth", "peer", "name", "v0", "netns", two)
    for number, name in names.items():
        namespaces.ip(name, "addr", "add", f"192.0.2.{number}/24", "dev", "v0")
        namespaces.ip(name, "addr", "add", f"2001:db8::{number}/64", "dev", "v0", "nodad")
        namespaces.ip(name, "link", "set", "lo", "up")
        namespaces.ip(name, "link", "set", "v0", "up")


@contextmanager
def _daemon(number: int, namespace: str, folder: Path) -> Iterator[None]:
    file = folder / f"gobgpd{number}.toml"
    file.write_text(_configuration(number), encoding="ascii")
    argv = namespaces.inside(namespace, ["gobgpd", "-f", str(file), "--api-hosts", "127.0.0.1:50051"])
    with (
        (folder / f"gobgpd{number}.log").open("ab") as log,
        subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as daemon,
    ):
        try:
            yield
        finally:
            daemon.kill()


def _configuration(number: int) -> str:
    other = NODE if number == ROUTER else ROUTER
    neighbors = [
        f"""
[[neighbors]]
  [neighbors.config]
    neighbor-address = "{address}"
    peer-as = {_AS[other]}
  [neighbors.timers.config]
    connect-retry = 1
    idle-hold-time-after-reset = 1
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "{family}-unicast"
"""
        for address, family in ((f"192.0.2.{other}", "ipv4"), (f"2001:db8::{other}", "ipv6"))
    ]
    return f'[global.config]\n  as = {_AS[number]}\n  router-id = "192.0.2.{number}"\n' + "".join(neighbors)
