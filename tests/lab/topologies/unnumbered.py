"""Unnumbered peers and dynamic neighbours.

Two leaves have BGP sessions over IPv6 link-local addresses with node1 to node3, a cable each. They accept node4 (FRR)
and node5 (BIRD) by listen ranges on a shared segment. IPv4 prefixes have IPv6 next hops on the cables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.plan import SERVICE_INTERFACE
from tests.lab.states.shown import Shown
from tests.lab.topologies.network import Link, Network, make_host

if TYPE_CHECKING:
    from collections.abc import Mapping


LEAF_AS, NODE_AS = 64500, 64510
PREFIXES = PREFIX4, PREFIX6 = ("198.51.100.1/32", "2001:db8:100::1/128")
CABLED, SHARED = ("node1", "node2", "node3"), ("node4", "node5")
NODES = frozenset((*CABLED, *SHARED))
LEAVES = ("leaf1", "leaf2")

_KUBE = f"""route-map KUBE permit 10
 match interface {SERVICE_INTERFACE}
 set origin igp
"""
_GLOBAL = """ no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 bgp bestpath as-path multipath-relax
 timers bgp 3 9
"""
_ZEBRA = f"interface {SERVICE_INTERFACE}\n no link-detect\n"


def shared_addresses(number: int) -> tuple[str, str]:
    """Return the addresses on the shared segment, with their lengths."""
    ipv4, ipv6 = bare(number)
    return (f"{ipv4}/24", f"{ipv6}/64")


def bare(number: int) -> tuple[str, str]:
    """Return the addresses on the shared segment."""
    return (f"192.0.2.{number}", f"2001:db8::{number}")


def _families(lines: str) -> str:
    return "".join(f" address-family ipv{v} unicast\n{lines.format(v=v)} exit-address-family\n" for v in (4, 6))


def _leaf(number: int) -> str:
    ports = [f"swp{node}" for node in range(1, 4)]
    cables = "".join(f" neighbor {p} interface remote-as external\n neighbor {p} timers connect 1\n" for p in ports)
    groups = "".join(
        f" neighbor NODES{v} peer-group\n neighbor NODES{v} remote-as {NODE_AS}\n"
        f" bgp listen range {subnet} peer-group NODES{v}\n"
        for v, subnet in ((4, "192.0.2.0/24"), (6, "2001:db8::/64"))
    )
    active = "".join(f"  neighbor {p} activate\n" for p in (*ports, "NODES{v}"))
    head = f"router bgp {LEAF_AS}\n bgp router-id 192.0.2.{number}\n"
    return f"{head}{_GLOBAL}{cables}{groups}{_families(active)}"


def _node(number: int, peers: Mapping[int, tuple[str, ...]], remote: str) -> str:
    """Return the configuration of a node with FRR, with its peers by family."""
    every = dict.fromkeys(peer for listed in peers.values() for peer in listed)
    sessions = "".join(f" neighbor {peer} {remote}\n neighbor {peer} timers connect 1\n" for peer in every)
    families = "".join(
        f" address-family ipv{v} unicast\n"
        + "".join(f"  neighbor {peer} activate\n" for peer in listed)
        + "  redistribute connected route-map KUBE\n exit-address-family\n"
        for v, listed in peers.items()
    )
    return f"router bgp {NODE_AS}\n bgp router-id 192.0.2.{100 + number}\n{_GLOBAL}{sessions}{families}exit\n{_KUBE}"


def _bird_node(number: int) -> str:
    sessions = "".join(
        f"""protocol bgp leaf{leaf}_ipv{v} {{
  local {own} as {NODE_AS}; neighbor {peer} as {LEAF_AS};
  connect delay time 1; connect retry time 1; error wait time 1, 1;
  ipv{v} {{ import all; export where source = RTS_DEVICE; }};
}}
"""
        for leaf in (1, 2)
        for v, own, peer in (
            (4, f"192.0.2.{100 + number}", f"192.0.2.{leaf}"),
            (6, f"2001:db8::{100 + number}", f"2001:db8::{leaf}"),
        )
    )
    return f"""router id 192.0.2.{100 + number};
protocol device {{}}
protocol direct {{ ipv4; ipv6; interface "{SERVICE_INTERFACE}"; }}
{sessions}"""


_UPLINKS = ("eth1", "eth2")
_LISTENING = dict(zip((4, 6), zip(bare(1), bare(2), strict=True), strict=True))

NETWORK = Network(
    "unnumbered",
    "unnumbered peers and dynamic neighbours",
    tuple(make_host(name, number, bgpd=_leaf(number), bfdd="") for number, name in enumerate(LEAVES, 1)),
    (
        *(
            make_host(
                name, 100 + number,
                loopbacks=(f"203.0.113.{number}/32", f"2001:db8:113::{number}/128"),
                kube=PREFIXES, zebra=_ZEBRA,
                bgpd=_node(number, dict.fromkeys((4, 6), _UPLINKS), "interface remote-as external"), bfdd="",
            )
            for number, name in enumerate(CABLED, 1)
        ),
        make_host("node4", 104, kube=PREFIXES, zebra=_ZEBRA, bgpd=_node(4, _LISTENING, f"remote-as {LEAF_AS}")),
        make_host("node5", 105, kube=PREFIXES, bird=_bird_node(5)),
    ),
    (
        *(
            Link.of((leaf, f"swp{node}"), (f"node{node}", f"eth{number}"))
            for number, leaf in enumerate(LEAVES, 1)
            for node in (1, 2, 3)
        ),
        Link.of(
            *((leaf, "swp9", *shared_addresses(number)) for number, leaf in enumerate(LEAVES, 1)),
            *((f"node{number}", "eth1", *shared_addresses(100 + number)) for number in (4, 5)),
        ),
    ),
    {leaf: dict.fromkeys(PREFIXES, NODES) for leaf in LEAVES},
    shown=tuple(
        Shown(leaf, f"show bgp ipv{v} unicast summary", r" 1 +\d+ N/A$", times=5) for leaf in LEAVES for v in (4, 6)
    ),
    configuration={
        "clusters": {"lab": {"nodes": sorted(NODES), "pools": ["198.51.100.0/24", "2001:db8:100::/48"]}},
    },
)  # fmt: skip
