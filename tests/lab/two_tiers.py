"""Two tiers of routers in namespaces, packets by many flows, and which node captures each.

`src` sends by way of `spine` to `leaf1` or `leaf2`, which send to one of four nodes. Nothing routes but kernels; the
routers are asked as `flow` asks them, without SSH: by `nsenter`, on this machine.
"""

from __future__ import annotations

import random
import secrets
import socket
import struct
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.changes.flows import Flow, Way, way_of
from ecmpaudit.collectors.polling import polling
from ecmpaudit.collectors.target import Target
from ecmpaudit.commands.flow import takes
from tests.lab import namespaces
from tests.lab.processes import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROUTERS = ("spine", "leaf1", "leaf2")
NODES = ("node1", "node2", "node3", "node4")
VIPS = {4: "198.51.100.7", 6: "2001:db8:100::7"}
_BRIDGE = "br0"
_PORT = 443
_ETH_ALL, _OUTGOING = 0x0003, 4
_PACE = 0.001


def address(name: str, family: int) -> str:
    """Return the address of a host on its network; the spine and the leaves are on two."""
    number = {"src": 9, "spine": 1, "leaf1": 11, "leaf2": 12, **{node: 21 + n for n, node in enumerate(NODES)}}[name]
    return f"192.0.2.{number}" if family == 4 else f"2001:db8::{number}"


@dataclass
class Tiers:
    """The namespaces, by the names of hosts."""

    spaces: dict[str, str] = field(default_factory=dict)

    def set_seed(self, name: str, seed: int) -> None:
        """Give a router's kernel a seed of its own for the hash."""
        file = "/proc/sys/net/ipv4/fib_multipath_hash_seed"
        run(namespaces.inside(self.spaces[name], ["sh", "-c", f"echo {seed} >{file}"]))

    def targets(self) -> list[Target]:
        """Return the routers as this machine reaches them."""
        return [
            Target(
                name,
                platform="linux",
                transport="local",
                command_prefix=("nsenter", f"--net={namespaces.NAMESPACES / self.spaces[name]}", "--"),
                commands=("true",),
            )
            for name in ROUTERS
        ]

    def predicted(self, flows: Sequence[Flow]) -> list[str | None]:
        """Return the node of each flow by what the kernels answer."""
        return [way.node for way in self.ways(flows)]

    def ways(self, flows: Sequence[Flow]) -> list[Way]:
        """Return the way of each flow by what the kernels answer."""
        owners = {address(name, family): name for name in (*ROUTERS, *NODES) for family in (4, 6)}
        with polling(self.targets(), until=time.monotonic() + 120, jobs=3) as polls:
            taken, failed = takes(polls, dict.fromkeys(ROUTERS, "eth0"), flows)
        assert not failed, failed
        return [
            way_of(flow, "spine", {name: found[number] for name, found in taken.items()}, owners, ROUTERS)
            for number, flow in enumerate(flows)
        ]

    def next_hops(self, router: str, flows: Sequence[Flow]) -> list[str | None]:
        """Return the address to which the kernel of a router sends each flow."""
        with polling(self.targets(), until=time.monotonic() + 120, jobs=3) as polls:
            taken, failed = takes(polls, {router: "eth0"}, flows)
        assert not failed, failed
        return [each.address for each in taken[router]]

    def captured(self, flows: Sequence[Flow]) -> list[str | None]:
        """Send a packet of each flow, and return the node that captured it."""
        found: dict[tuple[str, int], str] = {}
        stop = threading.Event()
        with ExitStack() as opened:
            threads = []
            for node in NODES:
                sock = _packets(self.spaces[node])
                opened.callback(sock.close)
                threads.append(threading.Thread(target=_receive, args=(sock, node, found, stop)))
                threads[-1].start()
            with namespaces.entered(self.spaces["src"]):
                families = {4: socket.AF_INET, 6: socket.AF_INET6}
                raw = {
                    family: socket.socket(kind, socket.SOCK_RAW, socket.IPPROTO_UDP)
                    for family, kind in families.items()
                }
            for sock in raw.values():
                opened.callback(sock.close)
            for flow in flows:
                header = struct.pack("!HHHH", flow.source_port or 0, flow.port, 8, 0)
                sock = raw[flow.family]
                sock.bind((flow.source, 0))
                sock.sendto(header, (flow.destination, 0))
                time.sleep(_PACE)
            deadline = time.monotonic() + 5
            while len(found) < len(flows) and time.monotonic() < deadline:
                time.sleep(0.05)
            stop.set()
            for thread in threads:
                thread.join()
        return [found.get((flow.source, flow.source_port or 0)) for flow in flows]


def _packets(namespace: str) -> socket.socket:
    with namespaces.entered(namespace):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_ALL))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    sock.bind(("eth0", _ETH_ALL))
    sock.settimeout(0.2)
    return sock


def _receive(sock: socket.socket, node: str, found: dict[tuple[str, int], str], stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            frame, where = sock.recvfrom(256)
        except TimeoutError:
            continue
        start, protocol = {0x0800: (34, 23), 0x86DD: (54, 20)}.get(int.from_bytes(frame[12:14], "big"), (0, 0))
        if where[2] == _OUTGOING or not start or frame[protocol] != socket.IPPROTO_UDP:
            continue
        source_port, port = struct.unpack("!HH", frame[start : start + 4])
        if port == _PORT:
            family, size = (socket.AF_INET, 4) if start == 34 else (socket.AF_INET6, 16)
            source = socket.inet_ntop(family, frame[26:30] if size == 4 else frame[22:38])
            found.setdefault((source, source_port), node)


def flows(family: int, count: int, seed: int = 1) -> list[Flow]:
    """Return random flows, each with a source address and port of its own."""
    chance = random.Random(seed)  # noqa: S311 - the same seed gives the same flows
    sources = [f"10.9.0.{n}" if family == 4 else f"2001:db8:9::{n}" for n in range(1, 33)]
    pairs = chance.sample([(source, port) for source in sources for port in range(1024, 5024)], count)
    return [Flow(source, port, VIPS[family], _PORT, "udp") for source, port in pairs]


@contextmanager
def two_tiers(policy: int = 1) -> Iterator[Tiers]:
    """Make the hosts, and remove them at the end."""
    tiers, mark = Tiers(), secrets.token_hex(2)
    with ExitStack() as undo:

        def space(name: str) -> str:
            namespace = f"tt{mark}-{name}"
            namespaces.add_namespace(namespace)
            undo.callback(namespaces.remove, namespace)
            return namespace

        fabric = space("fabric")
        namespaces.add_fabric(fabric)
        for name in ("src", *ROUTERS, *NODES):
            tiers.spaces[name] = own = space(name)
            namespaces.skip_duplicate_address_detection(own)
            namespaces.ip(fabric, "link", "add", f"v-{name}", "type", "veth", "peer", "name", "eth0", "netns", own)
            namespaces.ip(fabric, "link", "set", f"v-{name}", "master", _BRIDGE, "up")
            namespaces.ip(own, "addr", "add", f"{address(name, 4)}/24", "dev", "eth0")
            namespaces.ip(own, "addr", "add", f"{address(name, 6)}/64", "dev", "eth0", "nodad")
            namespaces.ip(own, "link", "set", "eth0", "up")
            namespaces.ip(own, "link", "set", "lo", "up")
        for name in ROUTERS:
            namespaces.forward_packets(tiers.spaces[name])
            namespaces.set_hash_policy(tiers.spaces[name], policy)
            run(
                namespaces.inside(
                    tiers.spaces[name],
                    ["sh", "-c", "for f in /proc/sys/net/ipv4/conf/*/send_redirects; do echo 0 >$f; done"],
                )
            )
        _routes(tiers)
        yield tiers


def _routes(tiers: Tiers) -> None:
    src = tiers.spaces["src"]
    for number in range(1, 33):
        namespaces.ip(src, "addr", "add", f"10.9.0.{number}/32", "dev", "lo")
        namespaces.ip(src, "addr", "add", f"2001:db8:9::{number}/128", "dev", "lo", "nodad")
    for family, vip in VIPS.items():

        def hops(names: Sequence[str], family: int = family) -> list[str]:
            return [word for name in names for word in ("nexthop", "via", address(name, family))]

        namespaces.ip(src, "route", "add", vip, "via", address("spine", family))
        namespaces.ip(tiers.spaces["spine"], "route", "add", vip, *hops(["leaf1", "leaf2"]))
        for leaf in ("leaf1", "leaf2"):
            namespaces.ip(tiers.spaces[leaf], "route", "add", vip, *hops(NODES))
        back = "10.9.0.0/24" if family == 4 else "2001:db8:9::/64"
        for name in ROUTERS:
            namespaces.ip(tiers.spaces[name], "route", "add", back, "via", address("src", family))
