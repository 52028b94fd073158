"""A router without BGP: its nodes announce by OSPF or RIP, or are next hops of static routes.

gw1 (FRR) has OSPF adjacencies with node1, node2 (FRR) and node3 (BIRD) on one segment, and RIP with node4 (FRR) and
node5 (BIRD) on another. node6 and node7 have no daemon and a cable each: static routes lead to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.plan import OSPF_DEAD_INTERVAL
from tests.lab.states.shown import Shown
from tests.lab.topologies.bird_router import FAMILIES, KUBE, ZEBRA, bird_head, node_ospf, ospf_of_frr
from tests.lab.topologies.network import Link, Network, make_host

if TYPE_CHECKING:
    from tests.lab.plan import Host

ROUTER = "gw1"
OF_OSPF = OSPF4, OSPF6 = ("198.51.100.1/32", "2001:db8:100::1/128")
OF_RIP = RIP4, RIP6 = ("198.51.100.65/32", "2001:db8:100:1::1/128")
STATIC = STATIC4, STATIC6 = ("198.51.100.129/32", "2001:db8:100:2::1/128")
OSPF_NODES, RIP_NODES, STATIC_NODES = ("node1", "node2", "node3"), ("node4", "node5"), ("node6", "node7")
OSPF_PORT, RIP_PORT, NODE_PORT = "swp1", "swp2", "eth1"
SEGMENTS = {"ospf": (0, 27), "rip": (32, 27), "node6": (64, 30), "node7": (68, 30)}
"""Where the IPv4 addresses of a segment begin, and their length."""
_REDISTRIBUTE = f" redistribute connected metric 1 route-map KUBE\nexit\n{KUBE}"


def address(version: int, segment: str, number: int) -> str:
    """Return the address of a host on a segment, by its number there; the router has 1."""
    begin, _ = SEGMENTS[segment]
    return f"192.0.2.{begin + number}" if version == 4 else f"2001:db8:{begin + 1}::{number}"


def addresses(segment: str, number: int) -> tuple[str, str]:
    """Return the addresses of a host on a segment, with their lengths."""
    return (f"{address(4, segment, number)}/{SEGMENTS[segment][1]}", f"{address(6, segment, number)}/64")


def static_route(version: int, node: str) -> str:
    """Return the router's static route over a node."""
    words, prefix = ("ip", STATIC4) if version == 4 else ("ipv6", STATIC6)
    return f"{words} route {prefix} {address(version, node, 2)}"


def rip(port: str, *, lines: str) -> tuple[str, str]:
    """Return the configurations of ripd and ripngd."""
    return (
        f"router rip\n version 2\n network {port}\n timers basic 5 15 10\n{lines}",
        f"router ripng\n network {port}\n timers basic 5 15 10\n{lines}",
    )


def rip_of_bird(version: int, *, interface: str = "", exports: str = "export where source = RTS_DEVICE;") -> str:
    """Return the RIP of a node with BIRD: RIP for IPv4, RIPng for IPv6."""
    return f"""protocol rip {"" if version == 4 else "ng "}rip{version} {{
  ipv{version} {{ import all; {exports} }};
  interface "{NODE_PORT}" {{ update time 5; timeout time 15; garbage time 10;{interface} }};
}}
"""


def _router() -> Host:
    """Return the router."""
    ospfd, ospf6d = (
        f"""interface {OSPF_PORT}
 {words} area 0
 {words} hello-interval 1
 {words} dead-interval {OSPF_DEAD_INTERVAL}
 {words} priority 1
 {words} retransmit-interval 3
exit
router {name}
 {name} router-id {address(4, "ospf", 1)}
{throttle} timers lsa min-arrival 0
"""
        for name, words, throttle in (
            ("ospf", "ip ospf", " timers throttle lsa all 0\n"),
            ("ospf6", "ipv6 ospf6", ""),
        )
    )
    routes = "".join(f"{static_route(version, node)}\n" for version in FAMILIES for node in STATIC_NODES)
    ripd, ripngd = rip(RIP_PORT, lines=" allow-ecmp\n")
    return make_host(ROUTER, 1, ospfd=ospfd, ospf6d=ospf6d, ripd=ripd, ripngd=ripngd, staticd=routes)


def _rip_node() -> Host:
    """Return the node with RIP of FRR."""
    ripd, ripngd = rip(NODE_PORT, lines=_REDISTRIBUTE)
    return make_host("node4", 104, kube=OF_RIP, zebra=ZEBRA, ripd=ripd, ripngd=ripngd)


NETWORK = Network(
    "interior",
    "OSPF, RIP and static routes on an FRR router",
    (_router(),),
    (
        *(
            make_host(
                f"node{number}", 100 + number, kube=OF_OSPF, zebra=ZEBRA,
                ospfd=ospf_of_frr(4, address(4, "ospf", 10 + number), NODE_PORT),
                ospf6d=ospf_of_frr(6, address(4, "ospf", 10 + number), NODE_PORT),
            )
            for number in (1, 2)
        ),
        make_host("node3", 103, kube=OF_OSPF, bird=bird_head(13) + node_ospf(4) + node_ospf(6)),
        _rip_node(),
        make_host("node5", 105, kube=OF_RIP, bird=bird_head(47) + rip_of_bird(4) + rip_of_bird(6)),
        make_host("node6", 106, kube=STATIC),
        make_host("node7", 107, kube=STATIC),
    ),
    (
        Link.of(
            (ROUTER, OSPF_PORT, *addresses("ospf", 1)),
            *((f"node{number}", NODE_PORT, *addresses("ospf", 10 + number)) for number in (1, 2, 3)),
        ),
        Link.of(
            (ROUTER, RIP_PORT, *addresses("rip", 1)),
            *((f"node{number}", NODE_PORT, *addresses("rip", 10 + number)) for number in (4, 5)),
        ),
        *(
            Link.of((ROUTER, f"swp{node[4:]}", *addresses(node, 1)), (node, NODE_PORT, *addresses(node, 2)))
            for node in STATIC_NODES
        ),
    ),
    {
        ROUTER: dict.fromkeys(OF_OSPF, frozenset(OSPF_NODES))
        | dict.fromkeys(OF_RIP, frozenset(RIP_NODES))
        | dict.fromkeys(STATIC, frozenset(STATIC_NODES))
    },
    shown=(
        Shown(ROUTER, "show ip ospf neighbor", r" Full/\S+ ", times=3),
        Shown(ROUTER, "show ipv6 ospf6 neighbor", r" Full/\S+ ", times=3),
    ),
    configuration={
        "clusters": {
            "ospf": {"nodes": list(OSPF_NODES), "pools": ["198.51.100.0/26", "2001:db8:100::/64"]},
            "rip": {"nodes": list(RIP_NODES), "pools": ["198.51.100.64/26", "2001:db8:100:1::/64"]},
            "static": {"nodes": list(STATIC_NODES), "pools": ["198.51.100.128/26", "2001:db8:100:2::/64"]},
        },
    },
)  # fmt: skip
