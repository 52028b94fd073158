"""Routers with all their tables, from any number of files or answers.

BIRD and Junos' `show route` show candidates; the forwarding table (the kernel's) shows what is installed. Where both
tables of a router are known, the next hops of the forwarding table replace those of the best route. A forwarding table
of one family says nothing about the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import filterfalse
from typing import TYPE_CHECKING

from ecmpaudit.auditing.failed_captures import reasons_of
from ecmpaudit.cached import cached_property
from ecmpaudit.model import NextHops, RouterState
from ecmpaudit.model.addressing import DEFAULT_VRF, family_of
from ecmpaudit.parsing.facts.silence import silent_daemon
from ecmpaudit.parsing.typed_routes import KnownNextHops
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ecmpaudit.model import Capture, NextHop, Route, UnparsedLine
    from ecmpaudit.parsing.route_table import RouteTable
    from ecmpaudit.platforms.registry import Platform

_KERNELS_OWN_TABLES = frozenset({"local"})
"""Tables without announced routes: the kernel keeps its own addresses there."""


@dataclass(frozen=True)
class Subject:
    """One router and all its tables."""

    name: str | None
    tables: tuple[RouteTable, ...] = ()
    failed: tuple[Capture, ...] = field(default=())
    """Answers that are missing or incomplete."""
    unparsed: tuple[UnparsedLine, ...] = ()
    """Lines of other outputs than route tables that were not understood."""
    known: KnownNextHops = field(default_factory=KnownNextHops, repr=False, compare=False)
    """What it shares with the other routers of a run: most have the same next hops."""

    @property
    def label(self) -> str:
        """The name for messages; empty where a pasted table has none."""
        return self.name or ""

    @cached_property
    def routes(self) -> Mapping[tuple[str, str], tuple[Route, ...]]:
        """The routes of every prefix by `(vrf, prefix)`."""
        of_daemons = self._of_daemons
        if not of_daemons:
            return self._forwarding
        if not self._candidate_platforms:
            return of_daemons
        return {
            key: routes
            if family_of(key[1]) in self.candidate_families
            else _as_installed(routes, self._forwarding.get(key, ()))
            for key, routes in of_daemons.items()
        }

    @cached_property
    def prefixes(self) -> frozenset[str]:
        """Every prefix of every VRF."""
        return frozenset(prefix for _, prefix in self.routes)

    @cached_property
    def _of_kernel(self) -> tuple[RouteTable, ...]:
        return tuple(filter(_is_forwarding_table, self.tables))

    @cached_property
    def _of_daemons(self) -> Mapping[tuple[str, str], tuple[Route, ...]]:
        return _merged(filterfalse(_is_forwarding_table, self.tables), self.known)

    @cached_property
    def _forwarding(self) -> Mapping[tuple[str, str], tuple[Route, ...]]:
        return _merged(self._of_kernel, self.known)

    def in_kernel(self, vrf: str, prefix: str) -> Sequence[NextHop] | None:
        """Return what the kernel's own table has for a prefix, beside a daemon's; None where it was not read.

        The kernel numbers the tables of VRFs, so that only the main one is known to lack a prefix. Of a table that is
        cut, or has lines that were not understood, nothing is known to be absent.
        """
        of_kernel = self._of_kernel
        if not of_kernel or len(of_kernel) == len(self.tables):
            return None
        if any(table.cut or table.unparsed for table in of_kernel if family_of(prefix) in _families_asked(table)):
            return None
        if routes := self._forwarding.get((vrf, prefix)):
            if any(map(_lists_no_next_hops, routes)):
                return None
            sets = {route.installed for route in routes if route.is_selected}
            return sets.pop() if len(sets) == 1 else None  # several: one may be another VRF's table, without its name
        is_known = any(table.lists_all_of(prefix) for table in of_kernel)
        return () if is_known and vrf == DEFAULT_VRF else None

    def kernel_route(self, vrf: str, prefix: str) -> Route | None:
        """Return the route that the kernel uses for a prefix; None where it has none, or was not read.

        FreeBSD, and old Linux kernels for IPv6, print a route for each next hop of a set: together they are one.
        """
        selected = [route for route in self._forwarding.get((vrf, prefix), ()) if route.is_selected]
        return _as_one(selected) if len(selected) > 1 else next(iter(selected), None)

    def differs_from_kernel(self, vrf: str, prefix: str) -> bool:
        """Return whether the daemon's table and the kernel's do not agree on a prefix.

        Of candidates, the kernel may lack some: all but the best while it has a single next hop.
        """
        in_kernel = self.in_kernel(vrf, prefix)
        if in_kernel is None:
            return False
        routes = self._of_daemons.get((vrf, prefix), ())
        best = next((route for route in routes if route.is_selected), None)
        if not self._candidate_platforms:
            wanted = possible = [hop for route in routes if route.is_selected for hop in route.installed]
        else:
            peers = [r for r in routes if best and (r.distance, r.metric) == (best.distance, best.metric)]
            chosen = peers if len(in_kernel) > 1 else filter(None, [best])
            wanted = [hop for route in chosen for hop in route.forwarding_candidates]
            possible = [hop for route in peers for hop in route.forwarding_candidates]
        return not (_are_among(wanted, in_kernel) and _are_among(in_kernel, possible))

    @cached_property
    def _judged(self) -> tuple[RouteTable, ...]:
        """The tables that are audited: the kernel's only where the daemon does not show what it installed."""
        of_daemons = tuple(filterfalse(_is_forwarding_table, self.tables))
        return self.tables if self._candidate_platforms or not of_daemons else of_daemons

    @cached_property
    def candidate_families(self) -> frozenset[int]:
        """The families (4, 6) of which the tables show candidates only."""
        candidates = (table for table in self.tables if platforms()[table.platform].shows_candidates_only)
        forwarding = (_families_asked(table) for table in self.tables if _is_forwarding_table(table))
        return frozenset(family for table in candidates for family in table.families).difference(*forwarding)

    def shows_candidates_only(self, prefix: str) -> bool:
        """Return whether the tables do not show which next hops of a prefix are installed."""
        return family_of(prefix) in self.candidate_families

    @cached_property
    def why_candidates_only(self) -> str:
        """A sentence: why the tables do not show what is installed."""
        return next((known.why_candidates for known in self._candidate_platforms), "")

    @cached_property
    def _candidate_platforms(self) -> list[Platform]:
        of_tables = [platforms()[table.platform] for table in self.tables]
        return [platform for platform in of_tables if platform.shows_candidates_only]

    @cached_property
    def uncertain_prefixes(self) -> frozenset[str]:
        """The prefixes whose next hops are not surely known: a table is cut within them, or contradicts itself."""
        cut = frozenset(prefix for table in self.tables for prefix in table.cut_prefixes)
        return cut.union(*(table.contradicted for table in self.tables))

    @cached_property
    def has_silent_daemon(self) -> bool:
        """A routing daemon of the router does not run."""
        return any(map(silent_daemon, self.failed))

    def lists_all_of(self, prefix: str) -> bool:
        """Return whether the tables would have a prefix, so that it is missing if they have it not.

        Where the routing daemon does not run, what it would install is not known from what is left in the kernel.
        """
        return not self.has_silent_daemon and any(table.lists_all_of(prefix) for table in self._judged)

    def families_known_in(self, pools: Collection[str]) -> frozenset[int]:
        """Return the families (4, 6) of which everything inside the pools is known; without pools, whole tables."""
        if self.has_silent_daemon:
            return frozenset()
        if not pools:
            return frozenset(family for table in self._judged if table.is_whole for family in table.families)
        complete = {family for table in self._judged for family in table.complete_families}
        return frozenset(complete - {family_of(pool) for pool in pools if not self.lists_all_of(pool)})

    def state(self, pools: Collection[str] = ()) -> RouterState:
        """Return how completely the router could be checked, of which the pools are audited."""
        return RouterState(
            name=self.label,
            failure=_of_silent_daemon(self.failed)
            or reasons_of((*self.failed, *_filtered(self.tables)), is_partial=bool(self.tables) or self.name is None),
            has_data=bool(self.tables),
            lines_understood=sum(table.lines_understood for table in self.tables),
            unparsed=(*(line for table in self.tables for line in table.unparsed), *self.unparsed),
            next_hops=sum(table.next_hops for table in self._judged),
            routes=sum(table.route_count for table in self._judged),
            candidate_families=self.candidate_families,
            ask_for=next((known.ask_for for known in self._candidate_platforms), ""),
            whole_families=self.families_known_in(pools),
        )


def _of_silent_daemon(failed: Sequence[Capture]) -> str | None:
    """Return that the routing daemon does not run, where every command failed for that reason."""
    silent = [silent_daemon(capture) for capture in failed]
    words = {daemon.words for daemon in silent if daemon is not None}
    if len(words) != 1 or None in silent:
        return None
    return f"its routing daemon does not run: {words.pop()}"


def _filtered(tables: Sequence[RouteTable]) -> list[Capture]:
    """Return the captures that a filter made incomplete, with that as their failure."""
    why = "`| {}` printed only some lines, and next hops may be on others: capture it without the filter"
    return [replace(table.capture, failure=why.format(table.filtered_by)) for table in tables if table.filtered_by]


def node_states(
    failed: Sequence[Capture], unparsed: Sequence[UnparsedLine], answering: Collection[str | None]
) -> tuple[RouterState, ...]:
    """Return the states of the nodes of these captures and lines; `answering` are those that answered anything."""
    by_node: dict[str | None, list[Capture]] = {line.router: [] for line in unparsed}
    for capture in failed:
        by_node.setdefault(capture.router, []).append(capture)
    return tuple(
        RouterState(
            name=name or "",
            is_node=True,
            failure=reasons_of(captures, is_partial=name in answering),
            has_data=name in answering,
            unparsed=tuple(line for line in unparsed if line.router == name),
        )
        for name, captures in by_node.items()
    )


def _as_one(routes: Sequence[Route]) -> Route:
    """Return the first route with the next hops of all that are like it, in their order."""
    first = routes[0]
    alike = [route for route in routes if _kind_of(route) == _kind_of(first)]
    lines = [route.line_of_hop(number) if route.line_of_hop else None for route in alike for number in _numbers(route)]
    hops = NextHops(tuple(hop for route in alike for hop in route.next_hops))
    return replace(first, next_hops=hops, line_of_hop=lines.__getitem__)


def _kind_of(route: Route) -> tuple[str, str, int | None, int | None]:
    return route.kind, route.protocol, route.distance, route.metric


def _numbers(route: Route) -> range:
    return range(len(route.next_hops))


def subjects(
    tables: Sequence[RouteTable], failed: Sequence[Capture] = (), unparsed: Sequence[UnparsedLine] = ()
) -> tuple[Subject, ...]:
    """Return the routers of a run, in the order in which they first occur."""
    read: dict[str | None, list[RouteTable]] = {}
    not_read: dict[str | None, list[Capture]] = {}
    for table in tables:
        read.setdefault(table.router, []).append(table)
    for capture in failed:
        not_read.setdefault(capture.router, []).append(capture)
    lines: dict[str | None, list[UnparsedLine]] = {}
    for line in unparsed:
        lines.setdefault(line.router, []).append(line)
    known = KnownNextHops()
    return tuple(
        Subject(name, tuple(read.get(name, ())), tuple(not_read.get(name, ())), tuple(lines.get(name, ())), known)
        for name in read | not_read | lines
    )


def _merged(tables: Iterable[RouteTable], known: KnownNextHops) -> dict[tuple[str, str], tuple[Route, ...]]:
    merged: dict[tuple[str, str], tuple[Route, ...]] = {}
    for table in tables:
        for (vrf, prefix), routes in table.views(known).items():
            if vrf not in _KERNELS_OWN_TABLES and not (table.is_around and (vrf, prefix) in merged):
                above = merged.get((vrf, prefix), ())
                merged[vrf, prefix] = above + tuple(route for route in routes if route not in above)
    return merged


def _are_among(hops: Iterable[NextHop], others: Sequence[NextHop]) -> bool:
    return all(any(hop.is_same_as(other) for other in others) for hop in hops)


def _lists_no_next_hops(route: Route) -> bool:
    """Return whether the kernel prints a route with its next-hop object alone (`nexthop_compat_mode` is 0)."""
    return route.kind == "unicast" and all(hop.address is None and hop.interface is None for hop in route.next_hops)


def _families_asked(table: RouteTable) -> frozenset[int]:
    """Return the families of a forwarding table; the command shows that of an empty one."""
    return table.families or frozenset({table.asked_family or 4})


def _is_forwarding_table(table: RouteTable) -> bool:
    return platforms()[table.platform].is_forwarding_table


def _as_installed(routes: tuple[Route, ...], forwarding: tuple[Route, ...]) -> tuple[Route, ...]:
    """Return a daemon's routes; the best route has the next hops of the forwarding table."""
    installed = [hop for route in forwarding if route.is_selected for hop in route.next_hops]
    return tuple(
        replace(route, next_hops=NextHops((*installed, *_not_installed(route, installed))))
        if route.is_selected
        else route
        for route in routes
    )


def _not_installed(route: Route, installed: Sequence[NextHop]) -> list[NextHop]:
    return [
        replace(hop, is_installed=False, marks=(*hop.marks, "not in the forwarding table"))
        for hop in route.next_hops
        if not any(hop.is_same_as(other) for other in installed)
    ]
