"""Who is in the lab: names, addresses and daemons, as in the seed document, with IPv6 beside IPv4."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ROUTER_AS = 65550
NODE_AS = 65552
FABRIC_INTERFACE = "enp6s0"
SERVICE_INTERFACE = "kube-lb0"
BGP_TIMERS = "3 9"
"""Keepalive and hold time in seconds. Daemons say goodbye, so no test waits for one to run out: long enough for
a machine that is busy with other things."""
OSPF_DEAD_INTERVAL = 5
"""Seconds; hellos are sent every second. The first election of a designated router takes as long."""

CONVERGENCE = 120.0
"""Seconds for all daemons to agree; it takes less than 10 where nothing else runs."""

ON_ALL_NODES = ("172.31.1.1/32", "fd00:31::1:1/128")
"""Prefixes that every node announces."""
ON_SOME_NODES = ("172.31.1.0/32", "fd00:31::1:0/128")
"""Prefixes that only node1, node2 and node5 announce."""
PREFIXES = (*ON_ALL_NODES, *ON_SOME_NODES)


@dataclass(frozen=True, slots=True)
class Host:
    """One network namespace."""

    name: str
    ipv4: str
    ipv6: str
    daemon: str | None = None
    """What routes there: `frr` or `bird`; None for the host that only scans."""
    announces: tuple[str, ...] = ()
    """Prefixes on `kube-lb0`; empty for what is no node."""
    loopbacks: tuple[str, ...] = ()
    """Prefixes on `lo`."""
    configurations: Mapping[str, str] = field(default_factory=dict)
    """What each daemon is configured with; where it is empty, as in this lab (see frr.py and bird.py)."""

    @property
    def addresses(self) -> tuple[str, str]:
        """The host's addresses on the fabric, without the link-local one; it is logged in to at these."""
        return (self.ipv4, self.ipv6)


@dataclass(frozen=True, slots=True)
class Machine:
    """A host as one lab has it: with its namespace and its folder for configurations, keys and sockets."""

    host: Host
    namespace: str
    folder: Path

    @property
    def bin(self) -> Path:
        """The commands that a login finds first."""
        return self.folder / "bin"


def _host(name: str, number: int, daemon: str | None, announces: tuple[str, ...] = ()) -> Host:
    return Host(name, f"172.30.250.{number}", f"fd00:30:250::{number}", daemon, announces)


MGMT = _host("mgmt", 10, None)
ROUTERS = (_host("tor1", 1, "frr"), _host("tor2", 2, "frr"))
NODES = (
    _host("node1", 101, "bird", PREFIXES),
    _host("node2", 102, "bird", PREFIXES),
    _host("node3", 103, "bird", ON_ALL_NODES),
    _host("node4", 104, "bird", ON_ALL_NODES),
    _host("node5", 105, "frr", PREFIXES),
)
HOSTS = (MGMT, *ROUTERS, *NODES)


def nodes_with(prefix: str) -> frozenset[str]:
    """Return the names of the nodes that announce a prefix in the clean state."""
    return frozenset(node.name for node in NODES if prefix in node.announces)


def family(prefix: str) -> int:
    """Return 4 or 6."""
    return 6 if ":" in prefix else 4
