"""What a router of the lab has: asked of FRR and of the kernel, as names of nodes.

This is the lab's own reading, by FRR's JSON and `ip -j route`, and shares nothing with the code under test.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from tests.lab import frr, namespaces
from tests.lab.plan import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tests.lab.plan import Machine

_TABLES = ("show ip route json", "show ipv6 route json")
_POOLS = (ip_network("172.31.0.0/16"), ip_network("fd00:31::/32"))
"""The pools of the lab's audits."""

Names = frozenset[str]
"""Names of nodes; an address that is no node's is kept as an address."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The next hops of FRR's route to one prefix by one protocol."""

    next_hops: Names = frozenset()
    in_fib: Names = frozenset()
    """Empty unless the route is the selected one."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a router answers to one reading of its tables."""

    host: str
    names: Mapping[str, str]
    """The node of each address of a node, the link-local one too."""
    frr: Mapping[str, list[dict[str, Any]]]
    """FRR's routes by prefix, of both families."""
    kernel: Mapping[str, dict[str, Any]]
    """The kernel's route by prefix, of both families."""


def answers(router: Machine, names: Mapping[str, str]) -> Answers:
    """Ask a router for its tables: FRR for both families in one login, as each costs more than its answer."""
    kernel = {
        str(ip_network(route["dst"])): route
        for version in (4, 6)
        for route in json.loads(namespaces.ip(router.namespace, "-j", f"-{version}", "route", "show"))
        if route["dst"] != "default"
    }
    in_frr = {prefix: routes for table in _documents(frr.vtysh(router, *_TABLES)) for prefix, routes in table.items()}
    return Answers(router.host.name, names, in_frr, kernel)


def _documents(text: str) -> Iterator[Any]:
    """Yield the JSON documents of a text, which follow one another."""
    rest = text.strip()
    while rest:
        document, end = json.JSONDecoder().raw_decode(rest)
        yield document
        rest = rest[end:].lstrip()


def deviations(answers: Answers, wanted: Mapping[str, Names], limit: int | None) -> Iterator[str]:
    """Yield what a router has that is not as wanted, one sentence each.

    `wanted` has the nodes by prefix, and `limit` is BGP's maximum-paths, where it is set: then any so many of the nodes
    will do.
    """
    offers, kernel = frr_offers(answers), kernel_next_hops(answers)
    for prefix, nodes in wanted.items():
        found = {
            "the kernel": (kernel.get(prefix, frozenset()), limit),
            "BGP, in the FIB": (offers.get((prefix, "bgp"), Offer()).in_fib, limit),
            "OSPF": (offers.get((prefix, "ospf"), Offer()).next_hops, None),
        }
        for place, (has, most) in found.items():
            if not (has <= nodes and len(has) == min(len(nodes), most or len(nodes))):
                yield f"{answers.host} {prefix}: {place} has {_listed(has)}, expected {_listed(nodes)}"


def strangers(answers: Answers, further: Collection[str] = ()) -> Iterator[str]:
    """Yield one sentence for each route within the pools to a prefix of an earlier state, in FRR or in the kernel.

    `further` are the prefixes that the state of now adds. An audit judges every prefix of its pools: one that is still
    being withdrawn has too few next hops.
    """
    for place, table in (("FRR", answers.frr), ("the kernel", answers.kernel)):
        for prefix in sorted(table.keys() - {*PREFIXES, *further}):
            network = ip_network(prefix)
            if any(network.version == pool.version and network.subnet_of(pool) for pool in _POOLS):  # type: ignore[arg-type]  # mypy loses the version
                yield f"{answers.host} {prefix}: {place} still has the route of an earlier state"


def forwarding(answers: Answers) -> dict[str, Names]:
    """Return by prefix the nodes that a router forwards to; a prefix on which FRR and the kernel differ is omitted."""
    offers, kernel = frr_offers(answers), kernel_next_hops(answers)
    in_fib = {prefix: offer.in_fib for (prefix, _), offer in offers.items() if offer.in_fib}
    return {prefix: nodes for prefix, nodes in kernel.items() if in_fib.get(prefix) == nodes}


def frr_offers(answers: Answers) -> dict[tuple[str, str], Offer]:
    """Return FRR's routes to the load-balanced prefixes, by prefix and protocol (`bgp` or `ospf`)."""
    offers: dict[tuple[str, str], Offer] = {}
    for prefix, routes in answers.frr.items():
        for route in routes if prefix in PREFIXES else ():
            hops = route.get("nexthops", [])
            in_fib = [hop for hop in hops if route.get("selected") and hop.get("fib")]
            # FRR's word for OSPFv3 is `ospf6`.
            protocol = route["protocol"].removesuffix("6")
            offers[prefix, protocol] = Offer(_names(hops, "ip", answers.names), _names(in_fib, "ip", answers.names))
    return offers


def kernel_next_hops(answers: Answers) -> dict[str, Names]:
    """Return by load-balanced prefix the next hops that the router's kernel has."""
    return {
        prefix: _names(route.get("nexthops", [route]), "gateway", answers.names)
        for prefix, route in answers.kernel.items()
        if prefix in PREFIXES
    }


def _names(hops: Iterable[Mapping[str, Any]], key: str, names: Mapping[str, str]) -> Names:
    addresses = [hop.get(key, "no address") for hop in hops]
    return frozenset(names.get(address, address) for address in addresses)


def _listed(nodes: Names) -> str:
    return ", ".join(sorted(nodes)) or "none"
