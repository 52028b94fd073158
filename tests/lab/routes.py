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
    from collections.abc import Iterable, Iterator, Mapping

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


def deviations(
    router: Machine, names: Mapping[str, str], wanted: Mapping[str, Names], limit: int | None
) -> Iterator[str]:
    """Yield what a router has that is not as wanted, one sentence each.

    `names` maps each address of a node, the link-local one too, to the node; `wanted` has the nodes by prefix, and
    `limit` is BGP's maximum-paths, where it is set: then any so many of the nodes will do.
    """
    offers, kernel = frr_offers(router, names), kernel_next_hops(router, names)
    for prefix, nodes in wanted.items():
        found = {
            "the kernel": (kernel.get(prefix, frozenset()), limit),
            "BGP, in the FIB": (offers.get((prefix, "bgp"), Offer()).in_fib, limit),
            "OSPF": (offers.get((prefix, "ospf"), Offer()).next_hops, None),
        }
        for place, (has, most) in found.items():
            if not (has <= nodes and len(has) == min(len(nodes), most or len(nodes))):
                yield f"{router.host.name} {prefix}: {place} has {_listed(has)}, expected {_listed(nodes)}"


def strangers(router: Machine) -> Iterator[str]:
    """Yield one sentence for each route within the pools to a prefix of an earlier state, in FRR or in the kernel.

    An audit judges every prefix of its pools: one that is still being withdrawn has too few next hops.
    """
    for place, prefixes in (("FRR", _frr_prefixes(router)), ("the kernel", _kernel_prefixes(router))):
        for prefix in sorted(prefixes - set(PREFIXES)):
            network = ip_network(prefix)
            if any(network.version == pool.version and network.subnet_of(pool) for pool in _POOLS):  # type: ignore[arg-type]  # mypy loses the version
                yield f"{router.host.name} {prefix}: {place} still has the route of an earlier state"


def _frr_prefixes(router: Machine) -> set[str]:
    return {p for question in _TABLES for p in json.loads(frr.vtysh(router, question))}


def _kernel_prefixes(router: Machine) -> set[str]:
    return {
        str(ip_network(route["dst"]))
        for version in (4, 6)
        for route in json.loads(namespaces.ip(router.namespace, "-j", f"-{version}", "route", "show"))
        if route["dst"] != "default"
    }


def forwarding(router: Machine, names: Mapping[str, str]) -> dict[str, Names]:
    """Return by prefix the nodes that a router forwards to; a prefix on which FRR and the kernel differ is omitted."""
    offers, kernel = frr_offers(router, names), kernel_next_hops(router, names)
    in_fib = {prefix: offer.in_fib for (prefix, _), offer in offers.items() if offer.in_fib}
    return {prefix: nodes for prefix, nodes in kernel.items() if in_fib.get(prefix) == nodes}


def frr_offers(router: Machine, names: Mapping[str, str]) -> dict[tuple[str, str], Offer]:
    """Return FRR's routes to the load-balanced prefixes, by prefix and protocol (`bgp` or `ospf`)."""
    offers: dict[tuple[str, str], Offer] = {}
    for question in _TABLES:
        for prefix, routes in json.loads(frr.vtysh(router, question)).items():
            for route in routes if prefix in PREFIXES else ():
                hops = route.get("nexthops", [])
                in_fib = [hop for hop in hops if route.get("selected") and hop.get("fib")]
                # FRR's word for OSPFv3 is `ospf6`.
                protocol = route["protocol"].removesuffix("6")
                offers[prefix, protocol] = Offer(_names(hops, "ip", names), _names(in_fib, "ip", names))
    return offers


def kernel_next_hops(router: Machine, names: Mapping[str, str]) -> dict[str, Names]:
    """Return by load-balanced prefix the next hops that the router's kernel has."""
    found: dict[str, Names] = {}
    for version, length in ((4, "/32"), (6, "/128")):
        for route in json.loads(namespaces.ip(router.namespace, "-j", f"-{version}", "route", "show")):
            # `ip` omits the length of a host route.
            prefix = route["dst"] if "/" in route["dst"] else route["dst"] + length
            if prefix in PREFIXES:
                found[prefix] = _names(route.get("nexthops", [route]), "gateway", names)
    return found


def _names(hops: Iterable[Mapping[str, Any]], key: str, names: Mapping[str, str]) -> Names:
    addresses = [hop.get(key, "no address") for hop in hops]
    return frozenset(names.get(address, address) for address in addresses)


def _listed(nodes: Names) -> str:
    return ", ".join(sorted(nodes)) or "none"
