"""The broken states of the reflector: what lies between node and reflector, and between reflector and router."""

from __future__ import annotations

from contextlib import nullcontext

from tests.lab.states.shown import Shown
from tests.lab.topologies.breaking import FAMILIES, configured, daemons_stopped, in_families, one_stopped
from tests.lab.topologies.reflector import NODES, ON_ALL, ON_SOME, PREFIXES, ROUTERS, loopbacks, port
from tests.lab.topologies.reflector_breaking import (
    address_removed,
    announcing_nowhere,
    bgp,
    by_route_map,
    igp_route_denied,
    missing,
    of_peer,
    own_address,
    refused,
    shut,
    without,
    without_words,
)
from tests.lab.topologies.state import BrokenState, Expected


def _sessions_down(node: str) -> tuple[Shown, ...]:
    """Return how the reflector shows that its sessions with a node are down."""
    return tuple(
        Shown("rr1", f"show bgp {family} unicast summary", rf"^\S*{address} .* (?:Active|Connect|Idle) ")
        for family, address in zip(FAMILIES, loopbacks(node), strict=True)
    )


WITHOUT_ADD_PATH = BrokenState(
    "reflector without add-path to one router",
    lambda lab: without_words(lab, "rr1", "tor1", "addpath-tx-all-paths"),
    (),
    {"tor1": dict.fromkeys(PREFIXES, frozenset({"k1"}))},
    (
        Expected("ECMP101", ("tor1",), ON_ALL, ("k2", "k3"), "accepted", words=("rr1", "add-?path")),
        Expected("ECMP101", ("tor1",), ON_SOME, ("k2",), "accepted", words=("rr1", "add-?path")),
    ),
    is_quick=True,
)
NEXT_HOP_SELF = BrokenState(
    "next-hop-self on the reflector",
    lambda lab: of_peer(lab, "rr1", "tor1", "next-hop-self force"),
    (),
    {"tor1": dict.fromkeys(PREFIXES, frozenset({"rr1"}))},
    (
        Expected("ECMP101", ("tor1",), ON_ALL, NODES, "accepted", words=("rr1", "next-hop-self")),
        Expected("ECMP101", ("tor1",), ON_SOME, ("k1", "k2"), "accepted", words=("rr1", "next-hop-self")),
        Expected("ECMP501", ("tor1",), ON_ALL, NODES),
        Expected("ECMP501", ("tor1",), ON_SOME, ("k1", "k2")),
    ),
)
SHUT_BY_NODE = BrokenState(
    "node shuts its session with the reflector",
    lambda lab: shut(lab, "k2", "rr1"),
    (),
    without("k2"),
    (missing("k2", "session", ROUTERS, "rr1"),),
    innocent=("k1", "k3"),
)
SHUT_BY_REFLECTOR = BrokenState(
    "reflector shuts its session with a node",
    lambda lab: shut(lab, "rr1", "k3"),
    (),
    without("k3"),
    (missing("k3", "session", ROUTERS, "shut down on rr1"),),
    innocent=("k1", "k2"),
)
SHUT_BY_ROUTER = BrokenState(
    "router shuts its session with the reflector",
    lambda lab: shut(lab, "tor2", "rr1"),
    (),
    {"tor2": dict.fromkeys(PREFIXES, frozenset())},
    (
        Expected("ECMP102", ("tor2",), ON_ALL, NODES, "session", words=("tor2", "rr1")),
        Expected("ECMP102", ("tor2",), ON_SOME, ("k1", "k2"), "session", words=("tor2", "rr1")),
    ),
)
METRIC = BrokenState(
    "IGP metric to one next hop higher",
    lambda lab: configured(
        lab,
        "tor1",
        [f"interface {port('k3')}", "ip ospf cost 100", "ipv6 ospf6 cost 100"],
        [f"interface {port('k3')}", "no ip ospf cost", "no ipv6 ospf6 cost"],
    ),
    (),
    without("k3", routers=("tor1",), prefixes=ON_ALL),
    (missing("k3", "equal", ("tor1",), "IGP metric"),),
    innocent=("k2",),
)
IGP_LOST = BrokenState(
    "IGP adjacencies of one node lost",
    lambda lab: configured(
        lab,
        "k3",
        [
            line
            for router in ROUTERS
            for line in (f"interface {port(router)}", "ip ospf passive", "ipv6 ospf6 passive", "exit")
        ],
        [
            line
            for router in ROUTERS
            for line in (f"interface {port(router)}", "no ip ospf passive", "no ipv6 ospf6 passive", "exit")
        ],
    ),
    _sessions_down("k3"),
    without("k3", prefixes=ON_ALL),
    (missing("k3", "session", ROUTERS, "rr1"),),
    innocent=("k1", "k2"),
)


NOT_RESOLVED = BrokenState(
    "next hop does not resolve on one router",
    igp_route_denied,
    tuple(
        Shown("tor1", f"show bgp {family} unicast {prefix}", rf"^ +{address} \(inaccessible\)")
        for family, prefix, address in zip(FAMILIES, ON_ALL, loopbacks("k2"), strict=True)
    ),
    without("k2", routers=("tor1",)),
    (missing("k2", "accepted", ("tor1",), "cannot resolve"),),
    innocent=("k1", "k3"),
)


RESOLVED_BY_NOBODY = BrokenState(
    "node announces a next hop that no neighbour resolves",
    announcing_nowhere,
    (),
    without("k3", prefixes=ON_ALL),
    (missing("k3", "accepted", ROUTERS, "rr1 cannot resolve"),),
    innocent=("k1", "k2"),
)
REFUSED_BY_REFLECTOR = BrokenState(
    "inbound filter of the reflector refuses a node's prefix",
    lambda lab: refused(lab, "rr1", "k1", "in"),
    (),
    without("k1", prefixes=ON_ALL),
    (Expected("ECMP101", ROUTERS, ON_ALL, ("k1",), "accepted", words=("prefix-list REFUSE seq 5 on rr1 rejects",)),),
    innocent=("k2", "k3"),
)
REFUSED_BY_ROUTER = BrokenState(
    "inbound filter of a router refuses a prefix",
    lambda lab: refused(lab, "tor1", "rr1", "in"),
    (),
    {"tor1": dict.fromkeys(ON_ALL, frozenset())},
    (Expected("ECMP102", ("tor1",), ON_ALL, NODES, "accepted", words=("prefix-list REFUSE seq 5 on tor1 rejects",)),),
)
PREFERENCE = BrokenState(
    "reflector sets a lower local preference for one node",
    lambda lab: by_route_map(lab, "rr1", "k2", "in", "local-preference 50"),
    (),
    without("k2"),
    (missing("k2", "equal", ROUTERS, "local-pref 50"),),
    innocent=("k3",),
)
CEILING = BrokenState(
    "router with maximum-paths ibgp 1",
    lambda lab: bgp(lab, "tor2", in_families(["maximum-paths ibgp 1"] * 2), in_families(["no maximum-paths ibgp"] * 2)),
    (),
    {"tor2": dict.fromkeys(PREFIXES, frozenset({"k1"}))},
    (
        Expected("ECMP101", ("tor2",), ON_ALL, ("k2", "k3"), "ceiling"),
        Expected("ECMP101", ("tor2",), ON_SOME, ("k2",), "ceiling"),
        Expected("ECMP204", ("tor2",)),
    ),
)
ONE_FAMILY = BrokenState(
    "reflector carries only IPv4 with one node",
    lambda lab: bgp(
        lab,
        "rr1",
        ["address-family ipv6 unicast", f"no neighbor {loopbacks('k3')[1]} activate"],
        ["address-family ipv6 unicast", f"neighbor {loopbacks('k3')[1]} activate",
         f"neighbor {loopbacks('k3')[1]} route-reflector-client"],
    ),
    (),
    without("k3", prefixes=ON_ALL[1:]),
    (Expected("ECMP101", ROUTERS, ON_ALL[1:], ("k3",), "session", words=("rr1",)),),
    innocent=("k1", "k2"),
)  # fmt: skip


ADDRESS_REMOVED = BrokenState(
    "address of one node not on kube-lb0",
    address_removed,
    (),
    without("k1", prefixes=ON_SOME),
    (Expected("ECMP101", ROUTERS, ON_SOME, ("k1",), "address", words=("kube-lb0",)),),
    innocent=("k2", "k3"),
)
REFLECTOR_DEAD = BrokenState(
    "bgpd of the reflector dead",
    lambda lab: one_stopped(lab, "rr1", "bgpd"),
    (),
    {router: dict.fromkeys(PREFIXES, frozenset()) for router in ROUTERS},
    (
        Expected("ECMP405", ("rr1",)),
        Expected("ECMP102", ROUTERS, ON_SOME, ("k1", "k2"), "session", words=("rr1's bgpd does not run",)),
    ),
    explain_codes=dict.fromkeys(ON_ALL, 3),  # no router has it, and nothing expects it
)
NODE_DEAD = BrokenState(
    "all of FRR on a node dead",
    lambda lab: daemons_stopped(lab, "k2"),
    _sessions_down("k2"),
    without("k2"),
    (missing("k2", "node route", ROUTERS, "routing daemon does not answer"),),
    innocent=("k1", "k3"),
)
BY_LOOPBACKS = BrokenState(
    "healthy: the nodes are known by their loopbacks alone",
    lambda _: nullcontext(),
    (),
    exit_code=0,
    configuration={"nodes": {name: {"host": None, "platform": None} for name in NODES}},
)


OWN_ADDRESS = BrokenState(
    "healthy: an address of the pool is on a router",
    own_address,
    (
        Shown("tor2", "ip route show 198.51.100.9", "203.0.113|192.0.2"),
        Shown("tor2", "ip -6 route show 2001:db8:100::9", "via"),
    ),
    {
        "tor1": {"2001:db8:100::9/128": frozenset({"lo"})},
        "tor2": {p: frozenset({"rr1", *NODES}) for p in ("198.51.100.9/32", "2001:db8:100::9/128")},
    },
    exit_code=0,
)

STATES = (
    WITHOUT_ADD_PATH,
    NEXT_HOP_SELF,
    SHUT_BY_NODE,
    SHUT_BY_REFLECTOR,
    SHUT_BY_ROUTER,
    METRIC,
    IGP_LOST,
    NOT_RESOLVED,
    RESOLVED_BY_NOBODY,
    REFUSED_BY_REFLECTOR,
    REFUSED_BY_ROUTER,
    PREFERENCE,
    CEILING,
    ONE_FAMILY,
    ADDRESS_REMOVED,
    REFLECTOR_DEAD,
    NODE_DEAD,
    BY_LOOPBACKS,
    OWN_ADDRESS,
)
