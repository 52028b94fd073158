"""The next hops of a prefix in the order in which the router's kernel divides flows among them, as far as it is known.

The place of a next hop decides how many flows its loss moves. The kernel's own table shows the order (`ip route`, and
`ip nexthop` for a route with a group). A daemon's table does not: it sorts by address, and zebra orders a group by the
ids of its next hops, so by age.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.rules.ceilings import shows_candidates
from ecmpaudit.rules.forwarding import members_of_object, object_of
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecmpaudit.model import AuditedPrefix, Facts, NextHop, Route

_NAMED = 3
"""Next hops that a reason names."""
ASSUMED = "the order of the kernel is not known (ip route, ip nexthop), that of the addresses is assumed"
_WITHOUT_LINK = "ignore_routes_with_linkdown"
"""The setting of Linux that says whether next hops without a link are left out; by default they are used."""
CANDIDATES = "which next hops are installed is not known, all candidates are assumed"


@dataclass(frozen=True, slots=True)
class Ordered:
    """The equal-cost set of a prefix, in order."""

    hops: tuple[NextHop, ...]
    is_by_address: bool
    """A next hop that is added gets its place by its address; otherwise the last one."""
    uncertain: str | None = None
    """Why the set or its order is assumed."""


def ordered_next_hops(prefix: AuditedPrefix, facts: Facts) -> Ordered:
    """Return the next hops of a prefix in the order of the kernel, else by address."""
    known = object_of(prefix, facts)
    of_object = members_of_object(known, facts) if known else None
    if of_object:
        return Ordered(of_object, is_by_address=False)
    route = prefix.kernel_route
    of_route = _distinct(hop for hop in route.next_hops if hop.is_installed) if route else ()
    if of_route and any(hop.address or hop.interface for hop in of_route):
        has_object = prefix.key in facts.object_route
        is_by_address = not has_object and len(of_route) > 1 and _is_sorted(of_route)
        return Ordered(of_route, is_by_address, _without_link(route) if route else None)
    uncertain = None
    if shows_candidates(prefix):
        uncertain = f"{CANDIDATES}; {ASSUMED}"
    elif len(prefix.installed) > 1:
        uncertain = ASSUMED
    return Ordered(prefix.installed.hops, is_by_address=False, uncertain=uncertain)


def _without_link(route: Route) -> str | None:
    """Return why it is not known whether all next hops are in use: a link is down that the kernel may not mind."""
    down = [hop for hop in route.next_hops if "linkdown" in hop.marks and "dead" not in hop.marks]
    if not down:
        return None
    return f"the link to {listed(down, _NAMED)} is down: by {_WITHOUT_LINK} the kernel may still send flows there"


def _distinct(hops: Iterable[NextHop]) -> tuple[NextHop, ...]:
    """Return each next hop once, where it is first."""
    found: dict[tuple[str | None, str | None, str], NextHop] = {}
    for hop in hops:
        found.setdefault((hop.address, hop.interface, hop.vrf), hop)
    return tuple(found.values())


def _is_sorted(hops: tuple[NextHop, ...]) -> bool:
    return list(hops) == sorted(hops, key=lambda hop: hop.sort_key)
