"""Routers as an audit sees them: the tables of each put together, whatever files or answers they came from.

BIRD and Junos' `show route` tell candidates, and the forwarding table (the kernel's) tells what is installed, so where
both tables of a router are known, the next hops of the forwarding table stand in the place of the best route's. The
forwarding table of one family tells nothing of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ecmpaudit.model import NextHops, RouterState
from ecmpaudit.model.addressing import DEFAULT_VRF, family_of
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecmpaudit.model import Capture, NextHop, Route
    from ecmpaudit.parsing.route_table import RouteTable
    from ecmpaudit.platforms.registry import Platform

_KERNELS_OWN_TABLES = frozenset({"local"})
"""The kernel's table of its own addresses is no routing table that anything is announced into."""


@dataclass(frozen=True)
class Subject:
    """One router and all its tables."""

    name: str | None
    tables: tuple[RouteTable, ...] = ()
    failed: tuple[Capture, ...] = field(default=())
    """Answers that did not come, or not completely."""

    @property
    def label(self) -> str:
        """The name for messages; a pasted table does not always tell one."""
        return self.name or ""

    @cached_property
    def routes(self) -> Mapping[tuple[str, str], tuple[Route, ...]]:
        """The routes of every prefix by `(vrf, prefix)`."""
        of_daemons = _merged(table for table in self.tables if not _is_forwarding_table(table))
        if not of_daemons:
            return self._forwarding
        if not self._candidate_tellers:
            return of_daemons
        return {
            key: routes
            if family_of(key[1]) in self.candidate_families
            else _as_installed(routes, self._forwarding.get(key, ()))
            for key, routes in of_daemons.items()
        }

    @cached_property
    def prefixes(self) -> frozenset[str]:
        """Every prefix, whatever its VRF."""
        return frozenset(prefix for _, prefix in self.routes)

    @cached_property
    def _forwarding(self) -> Mapping[tuple[str, str], tuple[Route, ...]]:
        return _merged(table for table in self.tables if _is_forwarding_table(table))

    def in_kernel(self, vrf: str, prefix: str) -> tuple[NextHop, ...] | None:
        """Return what the kernel's own table has for a prefix, beside a daemon's; None where it was not read.

        The kernel numbers the tables of VRFs, so that only the main one is known to lack a prefix.
        """
        of_kernel = [table for table in self.tables if _is_forwarding_table(table)]
        if not of_kernel or len(of_kernel) == len(self.tables):
            return None
        if routes := self._forwarding.get((vrf, prefix)):
            sets = {route.installed for route in routes if route.is_selected}
            return sets.pop() if len(sets) == 1 else None  # several: one may be another VRF's table, without its name
        is_whole = any(table.is_whole and family_of(prefix) in table.families for table in of_kernel)
        return () if is_whole and vrf == DEFAULT_VRF else None

    @cached_property
    def _judged(self) -> tuple[RouteTable, ...]:
        """The tables that say what the router has: where its daemon says what it installed, not the kernel's."""
        of_daemons = tuple(table for table in self.tables if not _is_forwarding_table(table))
        return self.tables if self._candidate_tellers or not of_daemons else of_daemons

    @cached_property
    def candidate_families(self) -> frozenset[int]:
        """The families (4, 6) of which what is installed cannot be told from what was read."""
        told = (table for table in self.tables if platforms()[table.platform].shows_candidates_only)
        forwarding = (_families_asked(table) for table in self.tables if _is_forwarding_table(table))
        return frozenset(family for table in told for family in table.families).difference(*forwarding)

    def shows_candidates_only(self, prefix: str) -> bool:
        """Tell whether what is installed for a prefix cannot be told from what was read."""
        return family_of(prefix) in self.candidate_families

    @cached_property
    def why_candidates_only(self) -> str:
        """A sentence that says why its tables do not tell what is installed."""
        return next((known.why_candidates for known in self._candidate_tellers), "")

    @cached_property
    def _candidate_tellers(self) -> list[Platform]:
        of_tables = [platforms()[table.platform] for table in self.tables]
        return [platform for platform in of_tables if platform.shows_candidates_only]

    @cached_property
    def cut_prefixes(self) -> frozenset[str]:
        """The prefixes within which a table ends, so that their next hops are perhaps not all known."""
        return frozenset(table.last_prefix for table in self.tables if table.last_prefix)

    @cached_property
    def whole_families(self) -> frozenset[int]:
        """The families (4, 6) of which a whole table was read: only there is an absent prefix a missing one."""
        return frozenset(family for table in self._judged if table.is_whole for family in table.families)

    def state(self) -> RouterState:
        """Return how far the router could be looked at."""
        alike: dict[str | None, list[str]] = {}
        for capture in self.failed:
            alike.setdefault(capture.failure, []).append(capture.command or capture.source)
        several = len(alike) > 1 or bool(self.tables)
        reasons = [f"{', '.join(asked)}: {why}" if several else f"{why}" for why, asked in alike.items()]
        return RouterState(
            name=self.label,
            failure="; ".join(reasons) or None,
            has_data=bool(self.tables),
            lines_understood=sum(table.lines_understood for table in self.tables),
            unparsed=tuple(line for table in self.tables for line in table.unparsed),
            next_hops=sum(table.next_hops for table in self._judged),
            routes=sum(table.route_count for table in self._judged),
            candidate_families=self.candidate_families,
            ask_for=next((known.ask_for for known in self._candidate_tellers), ""),
            whole_families=self.whole_families,
        )


def subjects(tables: Sequence[RouteTable], failed: Sequence[Capture] = ()) -> tuple[Subject, ...]:
    """Return the routers of a run, in the order in which they first occur."""
    read: dict[str | None, list[RouteTable]] = {}
    not_read: dict[str | None, list[Capture]] = {}
    for table in tables:
        read.setdefault(table.router, []).append(table)
    for capture in failed:
        not_read.setdefault(capture.router, []).append(capture)
    return tuple(Subject(name, tuple(read.get(name, ())), tuple(not_read.get(name, ()))) for name in read | not_read)


def _merged(tables: Iterable[RouteTable]) -> dict[tuple[str, str], tuple[Route, ...]]:
    merged: dict[tuple[str, str], tuple[Route, ...]] = {}
    for table in tables:
        for (vrf, prefix), routes in table.views().items():
            if vrf not in _KERNELS_OWN_TABLES:
                known = merged.get((vrf, prefix), ())
                merged[vrf, prefix] = known + tuple(route for route in routes if route not in known)
    return merged


def _families_asked(table: RouteTable) -> frozenset[int]:
    """Return the families that a forwarding table is of; one without any route is known by its command."""
    return table.families or frozenset({table.asked_family or 4})


def _is_forwarding_table(table: RouteTable) -> bool:
    return platforms()[table.platform].is_forwarding_table


def _as_installed(routes: tuple[Route, ...], forwarding: tuple[Route, ...]) -> tuple[Route, ...]:
    """Return a daemon's routes with the next hops of the forwarding table in the place of the best route's."""
    installed = [hop for route in forwarding if route.is_selected for hop in route.next_hops]
    known = {(hop.address, hop.interface) for hop in installed}
    return tuple(
        replace(route, next_hops=NextHops((*installed, *_not_installed(route, known)))) if route.is_selected else route
        for route in routes
    )


def _not_installed(route: Route, installed: set[tuple[str | None, str | None]]) -> list[NextHop]:
    return [
        replace(hop, is_installed=False, marks=(*hop.marks, "not in the forwarding table"))
        for hop in route.next_hops
        if (hop.address, hop.interface) not in installed
    ]
