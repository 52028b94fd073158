"""Every known ceiling of a run, from the command line, the configuration and the routers themselves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecmpaudit.model import Ceiling, Route
    from ecmpaudit.parsing.facts.ceilings import CeilingFact


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The ceilings that are known; the smallest that holds for a route counts."""

    of_every_router: tuple[Ceiling, ...] = ()
    """From `--max-paths`."""
    configured: Mapping[tuple[str, int], Ceiling] = field(default_factory=dict)
    """From `max_paths` in the configuration, by router and family (4 or 6)."""
    reported: Mapping[str | None, tuple[CeilingFact, ...]] = field(default_factory=dict)
    """From the outputs of routers, by router; None is a router without a name."""

    def with_reported(self, facts: Iterable[tuple[str | None, CeilingFact]]) -> Ceilings:
        """Return a copy that also knows what routers reported, each with the router's name."""
        by_router: dict[str | None, tuple[CeilingFact, ...]] = dict(self.reported)
        for router, fact in facts:
            by_router[router] = (*by_router.get(router, ()), fact)
        return replace(self, reported=by_router)

    def of(self, router: str | None, vrf: str, family: int, route: Route | None) -> Ceiling | None:
        """Return the smallest ceiling for the selected route to a prefix of this family; None where none is known.

        Without a route only what was given counts: what a router reports holds for the routes of some protocol.
        """
        known = list(self.of_every_router)
        if router is not None and (router, family) in self.configured:
            known.append(self.configured[router, family])
        if route is not None:
            known += [
                fact.ceiling
                for fact in self.reported.get(router, ())
                if fact.holds_for(vrf, family, route.protocol, route.distance)
            ]
        return min(known, key=lambda ceiling: ceiling.value, default=None)
