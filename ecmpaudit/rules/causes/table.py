"""Why a next hop is missing, as far as the router's own route table shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.rules.ceilings import reached_ceiling
from ecmpaudit.rules.messages import named_hop, protocol_name
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, NextHop

_NOT_LEARNED = frozenset({"connected", "local", "kernel", "static"})
"""Protocols that lose no next hop by themselves."""


def table_reasons(prefix: AuditedPrefix) -> Iterator[str]:
    """Yield what the table shows and the chains of missing nodes do not: those report known ceilings and marks."""
    if prefix.routes and prefix.selected is None:
        yield "no route to it is selected"
    ceiling = reached_ceiling(prefix)
    if ceiling and not (prefix.missing and prefix.ceiling):
        yield ceiling
    outside = [] if prefix.missing else prefix.not_in_fib
    if outside:
        listing = listed(f"{named_hop(hop, prefix)}: {marks_of(hop)}" for hop in outside)
        yield f"in the RIB but not in the FIB: {listing}"
    is_learned = prefix.selected is not None and prefix.selected.protocol not in _NOT_LEARNED
    for route in prefix.fallbacks[:1] if is_learned else ():
        if offered := [hop for hop in route.forwarding_candidates if any(n.has(hop) for n in prefix.missing)]:
            listing = listed(named_hop(hop, prefix) for hop in offered)
            yield f"{protocol_name(route)} still offers {listing}, so only the better protocol has lost it"


def marks_of(hop: NextHop) -> str:
    """Return the marks of a hop that is not in the FIB: `inactive`, `rejected`, `dead linkdown`."""
    return " ".join(hop.marks) or "not installed"
