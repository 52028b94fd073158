"""One prefix on one router, with properties for what rules ask."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.cached import cached_property
from ecmpaudit.model.addressing import family_of, kind_of
from ecmpaudit.model.routes import DistinctNextHops, NextHops, distinct_next_hops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.model.addressing import Place
    from ecmpaudit.model.expected import Ceiling, Expectation, Node
    from ecmpaudit.model.routes import NextHop, Route


@dataclass(frozen=True)
class AuditedPrefix:
    """One prefix on one router, with everything that rules need."""

    router: str
    vrf: str
    prefix: str
    routes: tuple[Route, ...]
    """Every route to exactly this prefix, in output order; empty when the router has none."""
    expectation: Expectation | None = None
    ceiling: Ceiling | None = None
    """The smallest of the router's known ceilings; None when none is known."""
    covering: Route | None = None
    """The longest less specific selected route; None when there is none, or the prefix has a route itself."""
    behind: Route | None = None
    """The longest less specific selected route, also where the prefix has a route itself; None where none is known."""
    more_specific: tuple[Route, ...] = ()
    """Selected routes inside this prefix that are no audited prefixes themselves."""
    shows_candidates_only: bool = False
    """True for a BIRD table without the kernel's: its star marks the best route, not the installed set."""
    in_kernel: Sequence[NextHop] | None = None
    """What the kernel's own table has beside the daemon's; None where it was not read."""
    kernel_route: Route | None = None
    """The kernel's own route, where its table was read beside a daemon's; another program may have made it."""
    twin: str | None = None
    """The same service's prefix in the other address family; None where it is not known."""
    is_orphan: bool = False
    """Every service of its pool is known, and none has this prefix."""
    is_stateful: bool = False
    """Its nodes keep state for all flows of a client, which have to stay together."""

    may_have_more: bool = False
    """The output ends within this prefix: next hops that it lacks are unknown, not missing."""

    @property
    def key(self) -> Place:
        """Router, VRF and prefix: its identity in every run."""
        return self.router, self.vrf, self.prefix

    @cached_property
    def family(self) -> int:
        """The address family, 4 or 6."""
        return family_of(self.prefix)

    @cached_property
    def selected(self) -> Route | None:
        """The route that the router chose, if any."""
        return next((route for route in self.routes if route.is_selected), None)

    @property
    def best(self) -> Route | None:
        """The selected route; where none is, the first that is not, because all its next hops are inactive."""
        return self.selected or next((route for route in self.routes if route.next_hops.are_inactive), None)

    @cached_property
    def installed(self) -> DistinctNextHops:
        """The equal-cost set: distinct forwarding next hops in the FIB, sorted.

        Where the table shows candidates only, they count as installed, unless a ceiling of 1 means that
        multipath is off.
        """
        if self.shows_candidates_only and (self.ceiling is None or self.ceiling.value > 1):
            return self.candidates
        return _together([route.installed for route in self.routes if route.is_selected])

    @cached_property
    def candidates(self) -> DistinctNextHops:
        """The distinct next hops that the selected protocol offers, installed or not, sorted."""
        chosen = self.selected
        if chosen is None:
            return DistinctNextHops()
        return _together([route.forwarding_candidates for route in self.routes if self._is_peer_of(route, chosen)])

    def _is_peer_of(self, route: Route, chosen: Route) -> bool:
        """Return whether a route is as good as the selected one: BIRD lists one route per source."""
        if route is chosen:
            return True
        return (
            self.shows_candidates_only
            and route.kind == "unicast"
            and (route.distance, route.metric) == (chosen.distance, chosen.metric)
        )

    @cached_property
    def expected(self) -> int | None:
        """How many next hops are expected; None when that is not known."""
        return self.expectation.count if self.expectation else None

    @cached_property
    def announced(self) -> DistinctNextHops:
        """The next hops in use as the protocol gave them: a recursive one instead of those that it resolves to."""
        if not self.recursive:
            return self.installed
        return _together([route.next_hops.announced for route in self.routes if route.is_selected])

    @cached_property
    def recursive(self) -> tuple[tuple[NextHop, tuple[NextHop, ...]], ...]:
        """The recursive next hops in use, each with what it resolves to."""
        return tuple(pair for route in self.routes if route.is_selected for pair in route.next_hops.recursive)

    @property
    def is_recursive(self) -> bool:
        """Some of the next hops in use are resolved through another route."""
        return bool(self.recursive)

    @cached_property
    def actual(self) -> int:
        """How many next hops count against the expectation.

        Those in the FIB; where nodes are expected by name and next hops are recursive, those that were announced.
        """
        return len(self.announced) if self._is_judged_by_announced else len(self.installed)

    @property
    def _is_judged_by_announced(self) -> bool:
        """Return whether the expected nodes are those that recursive next hops name, and not what these resolve to."""
        if not self.recursive:
            return False
        known = self.expectation.accepted if self.expectation else frozenset()
        return any(parent.address in known for parent, _ in self.recursive)

    @cached_property
    def shortfall(self) -> int:
        """How many next hops are missing; 0 when there are enough or nothing is expected."""
        return max(0, (self.expected or 0) - self.actual)

    @cached_property
    def missing(self) -> tuple[Node, ...]:
        """The expected nodes that are no installed next hop, sorted by name.

        Empty while a next hop is unidentified: it may be any of the absent nodes, so none can be named.
        """
        if self.expectation is None or self.unidentified:
            return ()
        return self._absent

    @cached_property
    def unidentified(self) -> tuple[NextHop, ...]:
        """Installed next hops that may or may not be an expected node's.

        Such a hop is no known node's, and a node without a next hop has no address of this kind (IPv4, IPv6 or
        link-local) in its list: the hop may be this node's.
        """
        return tuple(
            hop
            for hop in self._installed_beyond_the_nodes
            if hop.address is not None and self._absent_node_lacks(kind_of(hop.address))
        )

    def _absent_node_lacks(self, kind: str) -> bool:
        """Return whether an absent node has no address of this kind in its list."""
        return any(kind not in map(kind_of, node.addresses) for node in self._absent)

    @cached_property
    def unexpected(self) -> tuple[NextHop, ...]:
        """Installed next hops of no expected and no possible node; empty when only a number is expected."""
        return tuple(hop for hop in self._installed_beyond_the_nodes if hop not in self.unidentified)

    @cached_property
    def _installed_beyond_the_nodes(self) -> tuple[NextHop, ...]:
        if self.expectation is None or (not self.expectation.nodes and self.expected):  # only a number is expected
            return ()
        known = self.expectation.accepted
        hops = self.announced if self._is_judged_by_announced else self.installed
        if hops.addresses <= known:
            return ()
        return tuple(hop for hop in hops if hop.address not in known)

    @cached_property
    def _absent(self) -> tuple[Node, ...]:
        """The expected nodes without a next hop in use."""
        return self.expectation.nodes_without(self._addresses_in_use) if self.expectation else ()

    def uses(self, node: Node) -> bool:
        """Return whether a next hop in use is the node's, in the FIB or as the recursive parent of such a one."""
        return not node.addresses.isdisjoint(self._addresses_in_use)

    def resolved(self, node: Node) -> tuple[NextHop, ...]:
        """Return the next hops in the FIB that the node's recursive next hop resolves to; empty where it has none."""
        return tuple(hop for parent, hops in self.recursive if node.has(parent) for hop in hops)

    @cached_property
    def _addresses_in_use(self) -> frozenset[str | None]:
        of_fib = self.installed.addresses
        return of_fib if self.announced is self.installed else of_fib | self.announced.addresses

    @cached_property
    def not_in_fib(self) -> tuple[NextHop, ...]:
        """Next hops of the best route that should forward and are not in the FIB.

        FRR before 10 marks a duplicate only by leaving the star off: the same next hop is installed elsewhere.
        """
        if self.best is None or self.shows_candidates_only:
            return ()
        outside = self.best.next_hops.not_installed
        if not outside:
            return ()
        in_fib = {(hop.address, hop.interface) for hop in self.installed}
        return tuple(hop for hop in outside if (hop.address, hop.interface) not in in_fib)

    @cached_property
    def fallbacks(self) -> tuple[Route, ...]:
        """Routes of other protocols that take over when the selected one is lost, nearest first.

        BIRD has one route for each source, so routes of one distance are one fallback. Routes of the selected
        route's own distance are its candidates, although the plain table names them differently.
        """
        chosen = self.selected
        if chosen is None or self.shows_candidates_only or len(self.routes) == 1:
            return ()
        by_distance: dict[int | None, list[Route]] = {}
        for route in self.routes:
            if not route.is_selected and route.protocol != chosen.protocol and route.distance != chosen.distance:
                by_distance.setdefault(route.distance, []).append(route)
        return tuple(sorted(map(_as_one_route, by_distance.values()), key=chosen.distance_to))


def _as_one_route(routes: Sequence[Route]) -> Route:
    return replace(routes[0], next_hops=NextHops(tuple(hop for route in routes for hop in route.next_hops)))


def _together(sets: Sequence[DistinctNextHops]) -> DistinctNextHops:
    """Return the distinct next hops of sets of distinct ones, sorted; most often there is one set."""
    return sets[0] if len(sets) == 1 else distinct_next_hops(hop for hops in sets for hop in hops)
