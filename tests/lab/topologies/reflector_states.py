"""The broken states of the reflector: what lies between node and reflector, and between reflector and router."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from tests.lab import namespaces
from tests.lab.states.shown import Shown
from tests.lab.topologies.breaking import configured, daemons_stopped, one_stopped
from tests.lab.topologies.reflector import (
    AS,
    NODES,
    ON_ALL,
    ON_SOME,
    PREFIXES,
    ROUTERS,
    loopbacks,
    port,
)
from tests.lab.topologies.state import BrokenState, Expected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from tests.lab.topologies.instance import Instance
    from tests.lab.topologies.network import NextHops

FAMILIES = ("ipv4", "ipv6")
NOWHERE = ("203.0.113.99", "2001:db8:113::99")
"""Addresses that nobody has."""


def bgp(lab: Instance, host: str, lines: Sequence[str], back: Sequence[str]) -> AbstractContextManager[None]:
    """Hold lines within a host's `router bgp`; `back` are those that undo them."""
    head = f"router bgp {AS}"
    return configured(lab, host, [head, *lines], [head, *back])


def in_families(lines: Sequence[str]) -> list[str]:
    """Return one line for each of the two families, each within its family."""
    return [
        line
        for family, own in zip(FAMILIES, lines, strict=True)
        for line in (f"address-family {family} unicast", own, "exit-address-family")
    ]


def of_peer(lab: Instance, host: str, peer: str, words: str) -> AbstractContextManager[None]:
    """Hold words of a neighbour in both families, without them afterwards."""
    lines = [f"neighbor {address} {words}" for address in loopbacks(peer)]
    return bgp(lab, host, in_families(lines), in_families([f"no {line}" for line in lines]))


def without_words(lab: Instance, host: str, peer: str, words: str) -> AbstractContextManager[None]:
    """Hold words of a neighbour away in both families."""
    lines = [f"neighbor {address} {words}" for address in loopbacks(peer)]
    return bgp(lab, host, in_families([f"no {line}" for line in lines]), in_families(lines))


def shut(lab: Instance, host: str, peer: str) -> AbstractContextManager[None]:
    """Hold the sessions with a peer shut down by configuration."""
    lines = [f"neighbor {address} shutdown" for address in loopbacks(peer)]
    return bgp(lab, host, lines, [f"no {line}" for line in lines])


@contextmanager
def by_route_map(lab: Instance, host: str, peer: str, direction: str, *sets: str) -> Iterator[None]:
    """Hold a route-map of a neighbour that sets something, in both families."""
    head = "route-map CHANGED permit 10"
    try:
        lab.vtysh(host, "configure terminal", head, *(f"set {each}" for each in sets))
        with of_peer(lab, host, peer, f"route-map CHANGED {direction}"):
            yield
    finally:
        lab.vtysh(host, "configure terminal", "no route-map CHANGED")


@contextmanager
def refused(lab: Instance, host: str, peer: str, direction: str) -> Iterator[None]:
    """Hold a prefix-list of a neighbour that refuses what is on all nodes."""
    words = ("ip", "ipv6")
    try:
        for word, prefix, rest in zip(words, ON_ALL, ("0.0.0.0/0 le 32", "::/0 le 128"), strict=True):
            named = f"{word} prefix-list REFUSE seq"
            lab.vtysh(host, "configure terminal", f"{named} 5 deny {prefix}", f"{named} 10 permit {rest}")
        with of_peer(lab, host, peer, f"prefix-list REFUSE {direction}"):
            yield
    finally:
        lab.vtysh(host, "configure terminal", *(f"no {word} prefix-list REFUSE" for word in words))


def without(*names: str, routers: tuple[str, ...] = ROUTERS, prefixes: tuple[str, ...] = PREFIXES) -> NextHops:
    """Return what routers have where nodes are missing."""
    at_rest = {prefix: frozenset(NODES) - ({"k3"} if prefix in ON_SOME else set()) for prefix in prefixes}
    return {router: {prefix: nodes - set(names) for prefix, nodes in at_rest.items()} for router in routers}


def missing(node: str, link: str, routers: tuple[str, ...] = ROUTERS, *words: str, confidence: str = "certain") -> Expected:
    """Return the finding that a node is missing on all its prefixes."""
    return Expected("ECMP101", routers, ON_ALL if node == "k3" else PREFIXES, (node,), link, confidence, words)


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
    is_quick=True,
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
        [f"interface {port('tor1', 'k3')}", "ip ospf cost 100", "ipv6 ospf6 cost 100"],
        [f"interface {port('tor1', 'k3')}", "no ip ospf cost", "no ipv6 ospf6 cost"],
    ),
    (),
    without("k3", routers=("tor1",), prefixes=ON_ALL),
    (missing("k3", "equal", ("tor1",), "IGP metric"),),
    innocent=("k2",),
    is_quick=True,
)
IGP_LOST = BrokenState(
    "IGP adjacencies of one node lost",
    lambda lab: configured(
        lab,
        "k3",
        [
            line
            for router in ROUTERS
            for line in (f"interface {port('k3', router)}", "ip ospf passive", "ipv6 ospf6 passive", "exit")
        ],
        [
            line
            for router in ROUTERS
            for line in (f"interface {port('k3', router)}", "no ip ospf passive", "no ipv6 ospf6 passive", "exit")
        ],
    ),
    tuple(
        Shown("rr1", f"show bgp {family} unicast summary", rf" (Active|Connect|Idle) +0 k3$|^\S*{address} .* (Active|Connect|Idle) ")
        for family, address in zip(FAMILIES, loopbacks("k3"), strict=True)
    ),
    without("k3", prefixes=ON_ALL),
    (missing("k3", "session", ROUTERS, "rr1"),),
    innocent=("k1", "k2"),
)


@contextmanager
def _igp_route_denied(lab: Instance) -> Iterator[None]:
    """Let tor1's zebra take no IGP route to k2's loopbacks, while the reflector reaches k2 over tor2."""
    away = [f"interface {port('rr1', 'tor1')}", "ip ospf cost 100", "ipv6 ospf6 cost 100"]
    denied = loopbacks("k2")
    try:
        lab.vtysh("rr1", "configure terminal", *away)
        lab.vtysh(
            "tor1",
            "configure terminal",
            f"ip prefix-list K2 seq 5 permit {denied[0]}/32",
            f"ipv6 prefix-list K2 seq 5 permit {denied[1]}/128",
            "route-map IGP4 deny 10", "match ip address prefix-list K2", "route-map IGP4 permit 20",
            "route-map IGP6 deny 10", "match ipv6 address prefix-list K2", "route-map IGP6 permit 20",
            "exit",
            "ip protocol ospf route-map IGP4",
            "ipv6 protocol ospf6 route-map IGP6",
        )  # fmt: skip
        yield
    finally:
        lab.vtysh(
            "tor1",
            "configure terminal",
            "no ip protocol ospf route-map IGP4",
            "no ipv6 protocol ospf6 route-map IGP6",
            "no route-map IGP4",
            "no route-map IGP6",
            "no ip prefix-list K2",
            "no ipv6 prefix-list K2",
        )
        lab.vtysh("rr1", "configure terminal", away[0], "no ip ospf cost", "no ipv6 ospf6 cost")


NOT_RESOLVED = BrokenState(
    "next hop does not resolve on one router",
    _igp_route_denied,
    (),
    without("k2", routers=("tor1",)),
    (missing("k2", "accepted", ("tor1",), "cannot resolve"),),
    innocent=("k1", "k3"),
)


def _announcing_nowhere(lab: Instance) -> AbstractContextManager[None]:
    return by_route_map(lab, "k3", "rr1", "out", f"ip next-hop {NOWHERE[0]}", f"ipv6 next-hop global {NOWHERE[1]}")


RESOLVED_BY_NOBODY = BrokenState(
    "node announces a next hop that nobody resolves",
    _announcing_nowhere,
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
    lambda lab: bgp(
        lab, "tor2", in_families(["maximum-paths ibgp 1"] * 2), in_families(["no maximum-paths ibgp"] * 2)
    ),
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


@contextmanager
def _address_removed(lab: Instance) -> Iterator[None]:
    space = lab.machines["k1"].namespace
    try:
        for prefix in ON_SOME:
            namespaces.ip(space, "address", "del", prefix, "dev", "kube-lb0")
        yield
    finally:
        for prefix in ON_SOME:
            namespaces.add_address(space, prefix, "kube-lb0")


ADDRESS_REMOVED = BrokenState(
    "address of one node not on kube-lb0",
    _address_removed,
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
    is_quick=True,
)
NODE_DEAD = BrokenState(
    "all of FRR on a node dead",
    lambda lab: daemons_stopped(lab, "k2"),
    (),
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


@contextmanager
def _own_address(lab: Instance) -> Iterator[None]:
    own = ("198.51.100.9/32", "2001:db8:100::9/128")
    networks = in_families([f"network {prefix}" for prefix in own])
    space = lab.machines["tor1"].namespace
    for prefix in own:
        namespaces.add_address(space, prefix, "lo")
    try:
        with bgp(lab, "tor1", networks, in_families([f"no network {prefix}" for prefix in own])):
            yield
    finally:
        for prefix in own:
            namespaces.ip(space, "address", "del", prefix, "dev", "lo")


OWN_ADDRESS = BrokenState(
    "healthy: an address of the pool is on a router",
    _own_address,
    (Shown("tor2", "ip route show 198.51.100.9", "203.0.113|192.0.2"), Shown("tor2", "ip -6 route show 2001:db8:100::9", "via")),
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
