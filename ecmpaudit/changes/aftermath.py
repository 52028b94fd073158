"""Where the traffic of a prefix goes once it has no next hop left: to another protocol's route or to a covering one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.rules.messages import described

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecmpaudit.model import AuditedPrefix, Facts, NextHop, Route


@dataclass(frozen=True, slots=True)
class Fallback:
    """What takes over."""

    kind: str
    """`protocol`, `path`, `covering`, `nothing` or `unknown`."""
    text: str
    """What happens to the traffic, in words."""
    route: Route | None = None


def fallback_of(prefix: AuditedPrefix, facts: Facts, is_lost: Callable[[NextHop], bool], *, is_whole: bool) -> Fallback:
    """Return what takes over when all next hops of a prefix are gone; `is_whole` if its whole table is known."""
    in_use = {hop.address for hop in (*prefix.installed, *prefix.announced)}
    paths = facts.paths_to(prefix.router, prefix.vrf, prefix.prefix)
    if any(path.is_valid and path.is_accessible and in_use.isdisjoint(path.next_hops) for path in paths):
        return Fallback("path", "other BGP paths to it, which were not the best")
    for route in prefix.fallbacks:
        hops = [hop for hop in (route.installed or route.forwarding_candidates) if not is_lost(hop)]
        if hops or route.kind != "unicast":
            return Fallback("protocol", described(route, prefix), route)
    around = prefix.behind or prefix.covering
    if around is not None:
        dropped = "" if around.kind == "unicast" else ", which drops it"
        return Fallback("covering", f"{around.prefix} {described(around)}{dropped}", around)
    if not is_whole:
        return Fallback("unknown", "not known: only a part of the table was read")
    return Fallback("nothing", "nowhere: no route covers it")
