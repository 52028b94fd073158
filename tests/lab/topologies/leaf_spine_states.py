"""The broken states of leaf and spine, but for those of filters and attributes.

What follows from a fault elsewhere in the fabric is expected too: a leaf without its node lacks it, has the prefix over
the spines, and the spines lack the leaf.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.lab.states.shown import Shown
from tests.lab.topologies.breaking import configured, daemons_stopped, in_families, interface_down, one_stopped
from tests.lab.topologies.leaf_spine import (
    DEFAULTS,
    LEAF_AS,
    NODE_AS,
    ON_ALL,
    ON_SOME,
    PREFIXES,
    SPINE_AS,
    down_addresses,
    up_addresses,
)
from tests.lab.topologies.state import BrokenState, Expected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from tests.lab.topologies.instance import Instance

ALL_NODES = tuple(f"node{number}" for number in range(1, 7))


def bgp(
    lab: Instance, host: str, own_as: int, lines: Sequence[str], back: Sequence[str]
) -> AbstractContextManager[None]:
    """Hold lines within a host's `router bgp`; `back` are those that undo them."""
    return configured(lab, host, [f"router bgp {own_as}", *lines], [f"router bgp {own_as}", *back])


def shut(lab: Instance, host: str, own_as: int, peers: Sequence[str]) -> AbstractContextManager[None]:
    """Hold sessions shut down by configuration."""
    lines = [f"neighbor {peer} shutdown" for peer in peers]
    return bgp(lab, host, own_as, lines, [f"no {line}" for line in lines])


def hops(word: str, *numbers: int) -> frozenset[str]:
    """Return names of hosts."""
    return frozenset(f"{word}{number}" for number in numbers)


def set_in_families(
    lab: Instance, host: str, own_as: int, lines: Sequence[str], back: Sequence[str]
) -> AbstractContextManager[None]:
    """Hold a line of each family within a host's `router bgp`."""
    return bgp(lab, host, own_as, in_families(lines), in_families(back))


def _multipath_off(router: str) -> tuple[Expected, ...]:
    """Return what is said of a router with maximum-paths 1, once for each family."""
    return (Expected("ECMP204", (router,)),)


MAXIMUM_ON_LEAF = BrokenState(
    "leaf without maximum-paths",
    lambda lab: set_in_families(lab, "leaf2", LEAF_AS[2], ["maximum-paths 1"] * 2, ["no maximum-paths"] * 2),
    (),
    {"leaf2": dict.fromkeys(ON_ALL, hops("node", 3))},
    (
        Expected("ECMP101", ("leaf2",), ON_ALL, ("node4",), "ceiling", words=("maximum-paths",)),
        Expected("ECMP101", ("leaf2",), DEFAULTS, ("to-spine2",), "ceiling", words=("maximum-paths",)),
        *_multipath_off("leaf2"),
    ),
    innocent=("node1", "node2", "node5", "node6"),
)
MAXIMUM_ON_SPINE = BrokenState(
    "spine with maximum-paths 1",
    lambda lab: set_in_families(lab, "spine1", SPINE_AS, ["maximum-paths 1"] * 2, ["no maximum-paths"] * 2),
    (),
    {"spine1": dict.fromkeys(PREFIXES, hops("leaf", 1))},
    (
        Expected("ECMP101", ("spine1",), ON_ALL, ("to-leaf2", "to-leaf3"), "ceiling"),
        Expected("ECMP101", ("spine1",), ON_SOME, ("to-leaf2",), "ceiling"),
        *_multipath_off("spine1"),
    ),
    innocent=ALL_NODES,
)
RELAX_MISSING = BrokenState(
    "spine without multipath-relax",
    lambda lab: bgp(
        lab,
        "spine1",
        SPINE_AS,
        ["no bgp bestpath as-path multipath-relax"],
        ["bgp bestpath as-path multipath-relax"],
    ),
    (),
    {"spine1": dict.fromkeys(PREFIXES, hops("leaf", 1))},
    (
        Expected("ECMP101", ("spine1",), ON_ALL, ("to-leaf2", "to-leaf3"), "equal", words=("multipath-relax",)),
        Expected("ECMP101", ("spine1",), ON_SOME, ("to-leaf2",), "equal", words=("multipath-relax",)),
    ),
    innocent=ALL_NODES,
)
SHUT_ON_LEAF = BrokenState(
    "leaf shuts its session with a spine",
    lambda lab: shut(lab, "leaf2", LEAF_AS[2], up_addresses(2, 1)[1]),
    (),
    {"spine1": dict.fromkeys(ON_ALL, hops("leaf", 1, 3)) | dict.fromkeys(ON_SOME, hops("leaf", 1))},
    (
        Expected("ECMP101", ("spine1",), PREFIXES, ("to-leaf2",), "session", "likely", ("shut down",)),
        Expected("ECMP101", ("leaf2",), DEFAULTS, ("to-spine1",), "session", "likely", ("shut down on leaf2",)),
    ),
    innocent=ALL_NODES,
    is_quick=True,
)
SHUT_ON_SPINE = BrokenState(
    "spine shuts its session with a leaf",
    lambda lab: shut(lab, "spine2", SPINE_AS, up_addresses(3, 2)[0]),
    (),
    {
        "spine2": dict.fromkeys(ON_ALL, hops("leaf", 1, 2)),
        "leaf3": dict.fromkeys(ON_SOME, hops("spine", 1)),
    },
    (
        Expected("ECMP101", ("spine2",), ON_ALL, ("to-leaf3",), "session", "likely", ("shut down on spine2",)),
        Expected("ECMP101", ("leaf3",), (*DEFAULTS, *ON_SOME), ("to-spine2",), "session", "likely", ("shut down",)),
    ),
    innocent=ALL_NODES,
)
LINK_DOWN = BrokenState(
    "link between leaf and spine down",
    lambda lab: interface_down(lab, "leaf3", "up1"),
    (),
    {
        "spine1": dict.fromkeys(ON_ALL, hops("leaf", 1, 2)),
        "leaf3": dict.fromkeys(ON_SOME, hops("spine", 2)),
    },
    (
        Expected("ECMP101", ("spine1",), ON_ALL, ("to-leaf3",), "session", "likely"),
        Expected("ECMP101", ("leaf3",), (*DEFAULTS, *ON_SOME), ("to-spine1",), "session", "likely"),
    ),
    innocent=ALL_NODES,
)
NODE_LINK_DOWN = BrokenState(
    "link between leaf and node down",
    lambda lab: interface_down(lab, "leaf1", "swp2"),
    (),
    {"leaf1": dict.fromkeys(ON_ALL, hops("node", 1))},
    (Expected("ECMP101", ("leaf1",), ON_ALL, ("node2",), "session"),),
    innocent=("node1", "node3", "node4", "node5", "node6"),
)
NODE_SHUT = BrokenState(
    "leaf shuts its session with a node without kube-lb0",
    lambda lab: shut(lab, "leaf3", LEAF_AS[3], down_addresses(3, 6)[1]),
    (),
    {"leaf3": dict.fromkeys(ON_ALL, hops("node", 5))},
    (Expected("ECMP101", ("leaf3",), ON_ALL, ("node6",), "session", "likely", ("shut down on leaf3",)),),
    innocent=("node1", "node2", "node3", "node4", "node5"),
)
NETWORK_LOST = BrokenState(
    "node without kube-lb0 has lost its network statements",
    lambda lab: set_in_families(
        lab,
        "node6",
        NODE_AS,
        [f"no network {prefix}" for prefix in ON_ALL],
        [f"network {prefix}" for prefix in ON_ALL],
    ),
    (),
    {"leaf3": dict.fromkeys(ON_ALL, hops("node", 5))},
    (Expected("ECMP101", ("leaf3",), ON_ALL, ("node6",), "node route", unsaid=("kube-lb0",)),),
    innocent=("node1", "node2", "node3", "node4", "node5"),
)
DEFAULT_MISSING = BrokenState(
    "default route of one spine missing on a leaf",
    lambda lab: set_in_families(
        lab,
        "spine1",
        SPINE_AS,
        [f"no neighbor {peer} default-originate" for peer in up_addresses(2, 1)[0]],
        [f"neighbor {peer} default-originate" for peer in up_addresses(2, 1)[0]],
    ),
    (
        Shown("leaf2", "ip -4 route show default", r"\bvia\b", 1),
        Shown("leaf2", "ip -6 route show default", r"\bvia\b", 1),
    ),
    {},
    (Expected("ECMP101", ("leaf2",), DEFAULTS, ("to-spine1",), "accepted", "likely", ("does not announce",)),),
    innocent=ALL_NODES,
)
NODE_DEAD = BrokenState(
    "routing daemon of a node stopped",
    lambda lab: daemons_stopped(lab, "node2"),
    (),
    {"leaf1": dict.fromkeys(ON_ALL, hops("node", 1))},
    (Expected("ECMP101", ("leaf1",), ON_ALL, ("node2",), "node route", words=("routing daemon does not answer",)),),
    innocent=("node1", "node3", "node4", "node5", "node6"),
)
SPINE_DEAD = BrokenState(
    "bgpd of a spine dead",
    lambda lab: one_stopped(lab, "spine2", "bgpd"),
    (),
    {"spine2": dict.fromkeys(PREFIXES, frozenset()), "leaf3": dict.fromkeys(ON_SOME, hops("spine", 1))},
    (
        Expected("ECMP405", ("spine2",), words=("3 routers have BGP sessions with it",)),
        Expected("ECMP102", ("spine2",), ON_ALL, ("to-leaf1", "to-leaf2", "to-leaf3"), "asked", "unknown"),
        Expected("ECMP102", ("spine2",), ON_SOME, ("to-leaf1", "to-leaf2"), "asked", "unknown"),
        Expected("ECMP101", ("leaf3",), (*DEFAULTS, *ON_SOME), ("to-spine2",), "session", "likely"),
        Expected("ECMP101", ("leaf1", "leaf2"), DEFAULTS, ("to-spine2",), "session", "likely"),
    ),
    innocent=ALL_NODES,
)
LEAF_DEAD = BrokenState(
    "all of FRR on a leaf dead",
    lambda lab: daemons_stopped(lab, "leaf3"),
    (),
    {"leaf3": dict.fromkeys(PREFIXES, frozenset())}
    | {f"spine{n}": dict.fromkeys(ON_ALL, hops("leaf", 1, 2)) for n in (1, 2)},
    (
        Expected("ECMP001", ("leaf3",)),
        Expected("ECMP101", ("spine1", "spine2"), ON_ALL, ("to-leaf3",), "session", "likely"),
    ),
    innocent=ALL_NODES,
)


@contextmanager
def _best_paths_of_different_leaves(lab: Instance) -> Iterator[None]:
    """Let spine1's best path be leaf1's and spine2's be another leaf's, and no spine send a default route."""
    lines = ["no neighbor {} default-originate", "neighbor {} default-originate"]
    without, back = (
        [in_families([line.format(peer) for peer in up_addresses(1, n)[0]]) for n in (1, 2)] for line in lines
    )
    try:
        for number, peers in enumerate(without, 1):
            lab.vtysh(f"spine{number}", "configure terminal", f"router bgp {SPINE_AS}", *peers)
        lab.vtysh("spine2", "configure terminal", f"router bgp {SPINE_AS}", "no bgp bestpath compare-routerid")
        lab.vtysh("spine2", *(f"clear bgp {peer}" for peer in up_addresses(1, 2)[0]))
        yield
    finally:
        lab.vtysh("spine2", "configure terminal", f"router bgp {SPINE_AS}", "bgp bestpath compare-routerid")
        for number, peers in enumerate(back, 1):
            lab.vtysh(f"spine{number}", "configure terminal", f"router bgp {SPINE_AS}", *peers)


OTHER_BEST_PATH = BrokenState(
    "healthy: the best path of one spine is another leaf's",
    _best_paths_of_different_leaves,
    tuple(Shown("leaf1", f"show bgp ipv{v} unicast summary", r"\S+ +(?:0|[12]) +\d+ N/A$", 4) for v in (4, 6)),
    exit_code=0,
    configuration={
        "clusters": {
            "rack1": {
                "nodes": None,
                "expect": 2,
                "exceptions": [{"prefix": prefix, "expect": 1} for prefix in ON_SOME],
            }
        }
    },
)

STATES = (
    MAXIMUM_ON_LEAF,
    MAXIMUM_ON_SPINE,
    RELAX_MISSING,
    SHUT_ON_LEAF,
    SHUT_ON_SPINE,
    LINK_DOWN,
    NODE_LINK_DOWN,
    NODE_SHUT,
    NETWORK_LOST,
    DEFAULT_MISSING,
    NODE_DEAD,
    SPINE_DEAD,
    LEAF_DEAD,
    OTHER_BEST_PATH,
)
