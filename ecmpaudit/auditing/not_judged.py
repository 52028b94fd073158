"""Routes inside a pool that are no service's, and so not judged: aggregates, routers' own addresses, policy tables.

Each is named in a note, so that nothing is left out in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.auditing.prefix_index import PrefixIndex
from ecmpaudit.expectations.inferred import looks_announced
from ecmpaudit.model.addressing import in_vrf, is_table_by_number, prefix_key
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ecmpaudit.expectations.configured import Expectations
    from ecmpaudit.model import Expectation, Route

_NAMED = 4
"""Prefixes that a note names; further ones are counted."""


@dataclass(frozen=True, slots=True)
class AuditedRoutes:
    """What one VRF of one router has of the audited prefixes."""

    router: str | None
    routes: Mapping[str, tuple[Route, ...]]
    """By prefix."""
    audited: Mapping[str, Expectation | None]
    """The audited prefixes that it has, each with its expectation."""


def aggregates(
    audited: Mapping[str, Expectation | None], routes: Mapping[str, tuple[Route, ...]], pools: Sequence[str]
) -> set[str]:
    """Return the pools that a router has as one route beside more specific ones, and that no node announced.

    A pool is announced by nodes where its route leads to an expected node, or to where the more specific ones lead.
    """
    index = PrefixIndex(list(audited))
    found = set()
    for pool in pools:
        inside = list(index.inside(pool)) if pool in audited else []
        expectation = audited.get(pool)
        nodes = set(expectation.accepted) if expectation else set()
        if inside and _addresses(routes[pool]).isdisjoint(nodes | _addresses(r for p in inside for r in routes[p])):
            found.add(pool)
    return found


def _addresses(routes: Iterable[Route]) -> set[str]:
    """Return the next hops of the selected routes that a node may have announced."""
    announced = (route for route in routes if route.is_selected and looks_announced(route))
    return {hop.address for route in announced for hop in route.next_hops.announced if hop.address is not None}


def own_prefixes(tables: Sequence[AuditedRoutes], expectations: Expectations) -> set[str]:
    """Return the prefixes that are a router's own: connected or local there, and expected of no node by name.

    A prefix that leads to expected nodes alone on some router is a service's, whoever has its address. Where others
    are among its next hops, nodes are only on the way to the router (OSPF).
    """
    own = {prefix for table in tables for prefix in table.audited if _is_own(table.routes[prefix])}
    own -= {prefix for table in tables for prefix in expectations.named_prefixes(table.router)} if own else set()
    for table in tables:
        for prefix in own & table.audited.keys():
            expectation = table.audited[prefix]
            leads_to = _addresses(table.routes[prefix])
            if expectation and leads_to and leads_to <= expectation.accepted:
                own.discard(prefix)
    return own


def policy_prefixes(table: AuditedRoutes, vrf: str, main: Collection[str]) -> set[str]:
    """Return the prefixes of a policy table: by its number, of prefixes of the main table, and to no expected node."""
    if not is_table_by_number(vrf):
        return set()
    found = set()
    for prefix, expectation in table.audited.items():
        addresses = expectation.accepted if expectation else frozenset()
        if prefix in main and _addresses(table.routes[prefix]).isdisjoint(addresses):
            found.add(prefix)
    return found


def _is_own(routes: Sequence[Route]) -> bool:
    """Return whether every route to a prefix is the router's own, without a gateway; OSPF lists own networks too."""
    has_gateway = any(not route.next_hops.hops or any(hop.address for hop in route.next_hops) for route in routes)
    return not has_gateway and not all(looks_announced(route) for route in routes)


def notes(router: str, vrf: str, own: Iterable[str], aggregated: Iterable[str], policy: Iterable[str]) -> Iterator[str]:
    """Yield which prefixes of a router are not judged, and why."""
    place = f"{router}{in_vrf(vrf)}".lstrip()
    place = f"{place}: " if place else ""
    if addresses := sorted(own, key=prefix_key):
        yield f"{place}not judged, since it is a router's own address or network: {listed(addresses, _NAMED)}"
    if pools := sorted(aggregated, key=prefix_key):
        yield f"{place}not judged, since it is an aggregate with more specific routes inside: {listed(pools, _NAMED)}"
    if prefixes := sorted(policy, key=prefix_key):
        yield f"{place}not judged, since this table by number leads to no expected node: {listed(prefixes, _NAMED)}"
