"""The states of unnumbered peers and dynamic neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.states.nodes import interface_missing
from tests.lab.states.shown import Shown, in_kernel
from tests.lab.topologies import unnumbered_breaking as breaking
from tests.lab.topologies.breaking import configured, daemons_stopped, interface_down, one_stopped
from tests.lab.topologies.state import BrokenState, Expected
from tests.lab.topologies.unnumbered import LEAVES, NODES, PREFIX6, PREFIXES

if TYPE_CHECKING:
    from tests.lab.topologies.network import NextHops


ALL = tuple(sorted(NODES))


def without(node: str, leaves: tuple[str, ...] = ("leaf1",), prefixes: tuple[str, ...] = PREFIXES) -> NextHops:
    """Return what the kernels of leaves have without a node."""
    return {leaf: dict.fromkeys(prefixes, NODES - {node}) for leaf in leaves}


def others(node: str) -> tuple[str, ...]:
    """Return the other nodes."""
    return tuple(sorted(NODES - {node}))


def lost(node: str, link: str, *words: str, leaves: tuple[str, ...] = ("leaf1",)) -> tuple[Expected, ...]:
    """Return the findings for a node that is missing for all prefixes."""
    return (Expected("ECMP101", leaves, PREFIXES, (node,), link, words=words),)


def _swp2(state: str, *, v: int = 4) -> Shown:
    return Shown("leaf1", f"show bgp ipv{v} unicast summary", rf"^\S*swp2\S* .* {state}")


def _no_peer(address: str) -> Shown:
    return Shown("leaf1", "show bgp summary", rf"^\*{address} ", times=0)


_NODE5_GONE = (_no_peer(r"192\.0\.2\.105"), _no_peer("2001:db8::105"))
_DOWN = "(Idle|Active|Connect)"

STATES = (
    BrokenState(
        "session of an unnumbered peer shut",
        lambda lab: configured(lab, "leaf1", *breaking.in_bgp("neighbor swp2 shutdown")),
        (_swp2(r"Idle \(Admin\)"),),
        without("node2"),
        lost("node2", "session", r"Idle \(Admin\)|shut"),
        innocent=others("node2"),
        is_quick=True,
    ),
    BrokenState(
        "uplink down",
        lambda lab: interface_down(lab, "leaf1", "swp2"),
        (_swp2(_DOWN),),
        without("node2"),
        lost("node2", "session", "its BGP session"),
        innocent=others("node2"),
    ),
    BrokenState(
        "kernel's group smaller after a link was down",
        breaking.group_shrunk,
        (
            _swp2(r"1 +\d+ N/A$"),
            *(in_kernel("leaf1", prefix, 4) for prefix in PREFIXES),
        ),
        without("node2"),
        (
            Expected(
                "ECMP302",
                ("leaf1",),
                PREFIXES,
                link="kernel",
                words=("not in the kernel: node2",),
                unforwarded=("node2",),
            ),
        ),
        innocent=others("node2"),
    ),
    BrokenState(
        "BFD down",
        breaking.silent_with_bfd,
        (Shown("leaf1", "show bfd peers", "Status: down"), Shown("leaf1", "show bgp neighbors swp3", "BFD Down")),
        without("node3"),
        lost("node3", "session", "BFD reported it as down"),
        innocent=others("node3"),
    ),
    BrokenState(
        "wrong AS on an unnumbered session",
        lambda lab: configured(
            lab, "leaf1", [breaking.LEAF, "neighbor swp2 interface remote-as internal"],
            [breaking.LEAF, "neighbor swp2 interface remote-as external"],
        ),
        (_swp2(_DOWN), Shown("leaf1", "show bgp neighbors swp2", "Bad Peer AS")),
        without("node2"),
        lost("node2", "session", "the AS numbers do not match"),
        innocent=others("node2"),
    ),
    BrokenState(
        "IPv6 not activated for an unnumbered peer",
        lambda lab: configured(lab, "leaf1", *breaking.in_bgp("no neighbor swp2 activate", of_family="ipv6")),
        (Shown("leaf1", "show bgp ipv6 unicast summary", "^swp2 ", times=0), _swp2(r"1 +\d+ N/A$")),
        without("node2", prefixes=(PREFIX6,)),
        (Expected("ECMP101", ("leaf1",), (PREFIX6,), ("node2",), "session", words=("IPv6",)),),
        innocent=others("node2"),
    ),
    BrokenState(
        "import route-map on a leaf",
        breaking.import_refused,
        (_swp2(r"0 +\d+ N/A$"),),
        without("node2"),
        lost("node2", "accepted", "route-map NONE deny 10 on leaf1 rejects"),
        innocent=others("node2"),
    ),
    BrokenState(
        "export route-map on a node",
        breaking.export_refused,
        (_swp2(r"0 +\d+ N/A$"),),
        without("node2"),
        lost("node2", "export", "does not send"),
        innocent=others("node2"),
    ),
    BrokenState(
        "listen limit reached",
        breaking.beyond_the_listen_limit,
        _NODE5_GONE,
        without("node5"),
        lost("node5", "session", "its listen limit of 2 is reached"),
        innocent=others("node5"),
    ),
    BrokenState(
        "node outside of the listen range",
        breaking.range_of_node4,
        _NODE5_GONE,
        without("node5"),
        lost("node5", "session", "leaf1 has no BGP neighbour configured for it"),
        innocent=others("node5"),
    ),
    BrokenState(
        "dynamic neighbour shut by the node",
        breaking.disabled,
        _NODE5_GONE,
        without("node5"),
        lost("node5", "session", "it has not connected to leaf1, which accepts it as a dynamic neighbour"),
        innocent=others("node5"),
    ),
    BrokenState(
        "route-map between BGP and the RIB",
        breaking.rejected_by_zebra,
        (Shown("leaf1", "show ip protocol", r"^bgp +: ZEBRA-ip"), *(in_kernel("leaf1", p, 0) for p in PREFIXES)),
        {"leaf1": dict.fromkeys(PREFIXES, frozenset())},
        (Expected("ECMP101", ("leaf1",), PREFIXES, ALL, "RIB", words=("route-map ZEBRA",)),),
        also=frozenset({"ECMP301"}),
    ),
    BrokenState(
        "kube-lb0 missing on an unnumbered node",
        lambda lab: interface_missing(lab, "node2"),
        (Shown("node2", "ip addr show", "kube-lb0", times=0),),
        without("node2", LEAVES),
        (Expected("ECMP101", LEAVES, PREFIXES, ("node2",), "address", "likely", ("no address on kube-lb0",)),),
        innocent=others("node2"),
    ),
    BrokenState(
        "bgpd of an unnumbered node stopped",
        lambda lab: one_stopped(lab, "node2", "bgpd"),
        (_swp2(_DOWN),),
        without("node2", LEAVES),
        lost("node2", "session", "its routing daemon does not run", leaves=LEAVES),
        innocent=others("node2"),
    ),
    BrokenState(
        "FRR of an unnumbered node stopped",
        lambda lab: daemons_stopped(lab, "node2"),
        (_swp2(_DOWN),),
        without("node2", LEAVES),
        lost("node2", "node route", "its routing daemon does not", leaves=LEAVES),
        innocent=others("node2"),
    ),
    BrokenState(
        "BIRD of a dynamic neighbour stopped",
        lambda lab: daemons_stopped(lab, "node5"),
        _NODE5_GONE,
        without("node5", LEAVES),
        lost("node5", "node route", "its routing daemon does not", leaves=LEAVES),
        innocent=others("node5"),
    ),
    BrokenState(
        "bgpd of a leaf stopped",
        lambda lab: one_stopped(lab, "leaf1", "bgpd"),
        tuple(in_kernel("leaf1", prefix, 0) for prefix in PREFIXES),
        {"leaf1": dict.fromkeys(PREFIXES, frozenset())},
        (
            Expected("ECMP405", ("leaf1",), words=("bgpd is not running",)),
            Expected("ECMP102", ("leaf1",), PREFIXES, ALL, "session", words=("missing: leaf1's bgpd does not run",)),
        ),
    ),
    BrokenState(
        "FRR of a leaf stopped",
        lambda lab: daemons_stopped(lab, "leaf1"),
        (),
        {"leaf1": dict.fromkeys(PREFIXES, frozenset())},
        (Expected("ECMP001", ("leaf1",), words=("does not run|not running|any daemons",)),),
        exit_code=3,
        innocent=ALL,
    ),
)  # fmt: skip
