"""Ways to break the topology with a reflector; each leads back at its end."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.lab import namespaces
from tests.lab.topologies.breaking import configured, in_families
from tests.lab.topologies.reflector import AS, NODES, ON_ALL, ON_SOME, PREFIXES, ROUTERS, loopbacks, port
from tests.lab.topologies.state import Expected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from tests.lab.topologies.instance import Instance
    from tests.lab.topologies.network import NextHops

NOWHERE = ("203.0.113.99", "2001:db8:113::99")
"""Addresses that nobody has."""


def bgp(lab: Instance, host: str, lines: Sequence[str], back: Sequence[str]) -> AbstractContextManager[None]:
    """Hold lines within a host's `router bgp`; `back` are those that undo them."""
    head = f"router bgp {AS}"
    return configured(lab, host, [head, *lines], [head, *back])


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


def missing(
    node: str, link: str, routers: tuple[str, ...] = ROUTERS, *words: str, confidence: str = "certain"
) -> Expected:
    """Return the finding that a node is missing on all its prefixes."""
    return Expected("ECMP101", routers, ON_ALL if node == "k3" else PREFIXES, (node,), link, confidence, words)


@contextmanager
def igp_route_denied(lab: Instance) -> Iterator[None]:
    """Let tor1's zebra take no IGP route to k2's loopbacks, while the reflector reaches k2 over tor2."""
    away = [f"interface {port('tor1')}", "ip ospf cost 100", "ipv6 ospf6 cost 100"]
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


@contextmanager
def address_removed(lab: Instance) -> Iterator[None]:
    space = lab.machines["k1"].namespace
    try:
        for prefix in ON_SOME:
            namespaces.ip(space, "address", "del", prefix, "dev", "kube-lb0")
        yield
    finally:
        for prefix in ON_SOME:
            namespaces.add_address(space, prefix, "kube-lb0")


@contextmanager
def own_address(lab: Instance) -> Iterator[None]:
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


def announcing_nowhere(lab: Instance) -> AbstractContextManager[None]:
    return by_route_map(lab, "k3", "rr1", "out", f"ip next-hop {NOWHERE[0]}", f"ipv6 next-hop global {NOWHERE[1]}")
