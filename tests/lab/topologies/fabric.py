"""A fabric of 3 spines, 4 leaves and 8 nodes with unnumbered sessions, which `fabric` in `ecmpaudit.yaml` describes.

Spines send a default route, spines and leaves their loopbacks. Each of the 20 links is cut once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.plan import SERVICE_INTERFACE
from tests.lab.states.shown import Shown
from tests.lab.topologies.breaking import interface_down
from tests.lab.topologies.network import Link, Network, make_host
from tests.lab.topologies.state import BrokenState, Expected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.lab.plan import Host

SPINE_AS, NODE_AS = 64500, 64510
SPINES, LEAVES = ("spine1", "spine2", "spine3"), ("leaf1", "leaf2", "leaf3", "leaf4")
NODES = tuple(f"node{number}" for number in range(1, 9))
NODES_OF = {leaf: NODES[2 * number : 2 * number + 2] for number, leaf in enumerate(LEAVES)}
PREFIXES = ("198.51.100.1/32", "2001:db8:100::1/128")
NUMBERS = {name: number for number, name in enumerate((*SPINES, *LEAVES, *NODES), 1)}
UPLINKS = tuple((leaf, spine) for leaf in LEAVES for spine in SPINES)
DOWNLINKS = tuple((node, leaf) for leaf, nodes in NODES_OF.items() for node in nodes)
_QUICK = {("leaf2", "spine1")}


def _configuration(name: str, own_as: int, ports: Iterable[str], announced: str, *lines: str) -> str:
    """Return the configuration of bgpd: unnumbered peers, and what is on one of its own interfaces."""
    peers = tuple(ports)
    text = f"""router bgp {own_as}
 bgp router-id 203.0.113.{NUMBERS[name]}
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 bgp bestpath as-path multipath-relax
 timers bgp 3 9
"""
    text += "".join(f" neighbor {p} interface remote-as external\n neighbor {p} timers connect 1\n" for p in peers)
    for version in (4, 6):
        text += f" address-family ipv{version} unicast\n  redistribute connected route-map OWN\n"
        text += "".join(f"  neighbor {peer} activate\n" for peer in peers)
        text += "".join(f"  neighbor {peer} {line}\n" for peer in peers for line in lines)
        text += " exit-address-family\n"
    return f"{text}exit\nroute-map OWN permit 10\n match interface {announced}\n"


def _host(name: str, own_as: int, ports: Iterable[str], *lines: str, is_node: bool = False) -> Host:
    number = NUMBERS[name]
    announced = SERVICE_INTERFACE if is_node else "lo"
    return make_host(
        name,
        number,
        loopbacks=(f"203.0.113.{number}/32", f"2001:db8:113::{number}/128"),
        kube=PREFIXES if is_node else (),
        zebra=f"interface {SERVICE_INTERFACE}\n no link-detect\n" if is_node else "",
        bgpd=_configuration(name, own_as, ports, announced, *lines),
    )


def _below(leaf: str) -> tuple[str, ...]:
    return (*SPINES, *NODES_OF[leaf])


NETWORK = Network(
    "fabric",
    "3 spines, 4 leaves and 8 nodes, unnumbered, described by `fabric`",
    (
        *(_host(spine, SPINE_AS, LEAVES, "default-originate") for spine in SPINES),
        *(_host(leaf, SPINE_AS + number, _below(leaf)) for number, leaf in enumerate(LEAVES, 1)),
    ),
    tuple(_host(node, NODE_AS, (leaf,), is_node=True) for node, leaf in DOWNLINKS),
    tuple(Link.of((lower, upper), (upper, lower)) for lower, upper in (*UPLINKS, *DOWNLINKS)),
    {
        **{spine: dict.fromkeys(PREFIXES, frozenset(LEAVES)) for spine in SPINES},
        **{leaf: dict.fromkeys(PREFIXES, frozenset(nodes)) for leaf, nodes in NODES_OF.items()},
    },
    shown=(
        *(
            Shown(leaf, f"ip -{v} route show default", r"\b(?:via|nexthop)\b.*\bdev\b", 3)
            for leaf in LEAVES
            for v in (4, 6)
        ),
        *(
            Shown(spine, f"ip -{v} route show proto bgp", r"^(203\.0\.113|2001:db8:113:)", 4)
            for spine in SPINES
            for v in (4, 6)
        ),
    ),
    configuration={
        "clusters": {"lab": {"pools": ["198.51.100.0/24", "2001:db8:100::/48"]}},
        "fabric": {
            "tiers": [{"name": "spines", "routers": list(SPINES)}, {"name": "leaves", "routers": list(LEAVES)}],
            "links": {node: [leaf] for node, leaf in DOWNLINKS},
            "default_route": True,
            "loopbacks": ["203.0.113.0/24", "2001:db8:113::/48"],
        },
    },
)


def _cut(lower: str, upper: str) -> BrokenState:
    """Return the state in which one link is down, every second one at its upper end."""
    tiers = "leaves to spines" if upper in SPINES else "nodes to leaves"
    ends = (lower, upper) if NUMBERS[lower] % 2 else (upper, lower)
    left = frozenset(LEAVES if upper in SPINES else NODES_OF[upper]) - {lower}
    return BrokenState(
        f"link between {lower} and {upper} cut",
        lambda lab: interface_down(lab, *ends),
        (),
        {upper: dict.fromkeys(PREFIXES, left)},
        (
            Expected(
                "ECMP106", (upper,), (None,), (lower,), "session", words=(rf"\({tiers}\)", "IPv4 and IPv6"),
                explained=PREFIXES,
            ),
        ),
        innocent=tuple(name for name in NUMBERS if name not in (lower, upper)),
        is_quick=(lower, upper) in _QUICK,
    )  # fmt: skip


STATES = tuple(_cut(lower, upper) for lower, upper in (*UPLINKS, *DOWNLINKS))
