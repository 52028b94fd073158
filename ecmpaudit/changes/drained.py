"""Whether nodes are gone from all sets of next hops, or back in them: what one poll of the routers shows.

A next hop counts, installed or not, in every route of the kernel and in the routes that a routing daemon has selected,
or may select among. What was not answered is never gone, and neither is a next hop whose owner is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model.addressing import family_of, is_link_local

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecmpaudit.model import AuditedPrefix, NextHop, Node, Route

RIB, KERNEL = "RIB", "kernel"
_OF_THE_ROUTER = frozenset({"connected", "local", "kernel"})
"""Protocols whose routes without a next hop's address lead to the router's own interfaces."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One next hop of one route, where it was listed."""

    router: str
    vrf: str
    prefix: str
    table: str
    """`RIB` or `kernel`."""
    hop: str


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll shows."""

    unasked: tuple[tuple[str, str], ...] = ()
    """Each router that did not answer completely, with the first reason."""
    present: tuple[Listed, ...] = ()
    """Where one of the nodes still is."""
    unknown: tuple[Listed, ...] = ()
    """Next hops that may be one of the nodes: their owners are unknown."""
    wanting: tuple[str, ...] = ()
    """What is missing until the spread is full, in sentences."""
    listed: frozenset[Listed] = frozenset()
    """All next hops, to see whether anything changes."""

    @property
    def is_gone(self) -> bool:
        """Return whether the nodes are in no set of any router."""
        return not (self.unasked or self.present or self.unknown)

    @property
    def is_full(self) -> bool:
        """Return whether every router has every node that it should have, in its kernel too."""
        return not (self.unasked or self.wanting)


def listed_in(router: str, table: str, views: Mapping[tuple[str, str], Sequence[Route]]) -> Iterator[Listed]:
    """Yield each next hop of a route table, by its address and interface."""
    for (vrf, prefix), routes in views.items():
        for route in routes if table == KERNEL else _in_use(routes):
            for hop in route.next_hops:
                if hop.address or not _leads_to_the_router(route):
                    yield Listed(router, vrf, prefix, table, str(hop))


def _in_use(routes: Sequence[Route]) -> Sequence[Route]:
    """Return the selected route and those that are as good (BIRD lists one per source); all where none is selected."""
    best = {(route.distance, route.metric) for route in routes if route.is_selected}
    return [route for route in routes if (route.distance, route.metric) in best] or routes


def _leads_to_the_router(route: Route) -> bool:
    return route.kind != "unicast" or route.protocol in _OF_THE_ROUTER


def of_nodes(
    listed: Iterable[Listed], nodes: Sequence[Node], owners: Mapping[str, str]
) -> tuple[tuple[Listed, ...], tuple[Listed, ...]]:
    """Return the next hops that are one of the nodes, and those that may be; `owners` has known addresses' hosts."""
    own = {address for node in nodes for address in node.addresses}
    families = {family_of(address) for address in own if not is_link_local(address)}
    present, unknown = [], []
    for each in listed:
        address = each.hop.partition("%")[0]
        if address in own:
            present.append(each)
        elif address in owners:
            continue
        elif is_link_local(address) or " " in address or family_of(address) not in families:
            unknown.append(each)
    return tuple(present), tuple(unknown)


def wanting_in(prefixes: Iterable[AuditedPrefix]) -> Iterator[str]:
    """Yield what the sets of audited prefixes lack of what is expected, in the routing table and in the kernel."""
    for prefix in prefixes:
        place, expected = f"{prefix.router}: {prefix.prefix}", prefix.expectation
        if expected is None:
            yield f"{place}: its nodes are not known; give --nodes, --expect, or nodes in the configuration"
            continue
        if prefix.shortfall:
            yield f"{place}: {prefix.actual} of {prefix.expected} next hops"
        missing = [node for node in expected.nodes if not _has(node, prefix.announced)]
        yield from (f"{place}: {node.name} is missing" for node in missing)
        if prefix.is_recursive or prefix.shortfall or missing:
            continue
        in_kernel = _in_kernel(prefix)
        if len(in_kernel) < len(prefix.installed):
            yield f"{place}: {len(in_kernel)} of {len(prefix.installed)} next hops in the kernel"
        absent = (node for node in expected.nodes if not _has(node, in_kernel))
        yield from (f"{place}: {node.name} is missing in the kernel" for node in absent)


def _in_kernel(prefix: AuditedPrefix) -> Sequence[NextHop]:
    if prefix.in_kernel is not None:
        return prefix.in_kernel
    return prefix.kernel_route.installed if prefix.kernel_route else ()


def _has(node: Node, hops: Iterable[NextHop]) -> bool:
    return any(node.has(hop) for hop in hops)
