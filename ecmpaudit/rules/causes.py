"""Why a next hop is missing, as far as the router's own table tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.rules.ceilings import reached_ceiling
from ecmpaudit.rules.messages import listed, named_hop, protocol_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, NextHop


def why_missing(prefix: AuditedPrefix) -> str | None:
    """Return what is known of the reason; None when the table does not tell."""
    return "; ".join(_reasons(prefix)) or None


def _reasons(prefix: AuditedPrefix) -> Iterator[str]:
    if prefix.selected is None:
        yield "no route to it is selected"
    if ceiling := reached_ceiling(prefix):
        yield ceiling
    if outside := [hop for hop in prefix.not_in_fib if _may_be_missing(hop, prefix)]:
        listing = listed(f"{named_hop(hop, prefix)}: {marks_of(hop)}" for hop in outside)
        yield f"in the RIB but not in the FIB: {listing}"
    for route in prefix.fallbacks[:1]:
        if offered := [hop for hop in route.forwarding_candidates if any(n.has(hop) for n in prefix.missing)]:
            listing = listed(named_hop(hop, prefix) for hop in offered)
            yield f"{protocol_name(route)} still offers {listing}, so only the better protocol has lost it"


def _may_be_missing(hop: NextHop, prefix: AuditedPrefix) -> bool:
    """Without known missing nodes, any hop outside the FIB may be one that is wanting."""
    return not prefix.missing or any(node.has(hop) for node in prefix.missing)


def marks_of(hop: NextHop) -> str:
    """Return what the output says of a hop that is not in the FIB: `inactive`, `rejected`, `dead linkdown`."""
    return " ".join(hop.marks) or "not installed"
