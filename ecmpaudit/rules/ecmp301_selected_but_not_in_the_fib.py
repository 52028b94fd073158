"""The router selected a route, and some or all of its next hops are not in the FIB.

Why
    The routing daemon has the route and the kernel does not forward: BGP is established, the best path is correct, and
    packets follow a less specific route. A kernel without multipath support rejects every group (metallb#1139); a
    deleted group is never installed again (frr#23295); one inactive member makes the kernel reject all of it
    (frr#22133); a next hop that is reached only through the default route stays inactive (frr#10884, metallb#1980).
    Not reported: a next hop of no expected node while others forward, since FRR may keep a removed next hop in its
    list as inactive (frr#22752), and a next hop that zebra marks inactive because its maximum is reached, which
    ECMP202 reports.

How to fix
    inactive: check with `show ip nht` why the next hop does not resolve; if only the default route leads to it, either
    add a route to it or allow it with `ip nht resolve-via-default`. rejected: read zebra's and the kernel's log; check
    that the kernel has multipath. queued: run the audit again; a route that stays queued was never installed. dead,
    linkdown: repair the link.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2, 192.0.2.3 inactive

    tor1 2001:db8:100::7/128 via 2001:db8::1 rejected, 2001:db8::2 rejected

Good
    tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2, 192.0.2.9 inactive
    expect 198.51.100.7/32 nodes 192.0.2.1-2

    tor1 2001:db8:100::7/128 via 2001:db8::1, 2001:db8::2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.addressing import family_of, is_link_local
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.causes import marks_of
from ecmpaudit.rules.ceilings import is_beyond_the_ceiling
from ecmpaudit.rules.messages import (
    distinct_lines,
    evidence_of,
    evidence_of_hop,
    expected_nodes,
    finding_about,
    named_hop,
    next_hops,
)
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network, NextHop

CODE = "ECMP301"
SEVERITY = Severity.ERROR
NEEDS = (Question.ROUTES,)

_HINTS = {
    "rejected": "read zebra's and the kernel's log; check the kernel's multipath support and limits",
    "inactive": "check with `show ip nht` why it does not resolve, and whether only the default route leads to it",
    "queued": "run the audit again: queued is a transient state, and a route that stays queued was never installed",
    "dead": "repair the link: its interface is down",
    "linkdown": "repair the link: its interface has no carrier",
}


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix whose selected route is not completely in the FIB."""
    for prefix in network.prefixes:
        outside = [
            hop for hop in prefix.not_in_fib if not (_is_removed(hop, prefix) or is_beyond_the_ceiling(hop, prefix))
        ]
        if prefix.best is None or not outside:
            continue
        is_whole_route = not prefix.best.installed
        best = next_hops(len(prefix.best.installed) + len(outside))
        listing = listed(f"{named_hop(hop, prefix)}: {marks_of(hop)}" for hop in outside)
        yield finding_about(
            prefix,
            CODE,
            SEVERITY if is_whole_route else Severity.WARNING,
            f"{'none' if is_whole_route else len(prefix.best.installed)} of {best} in the FIB, expected all; {listing}",
            cause=listing,
            evidence=distinct_lines(
                *evidence_of([prefix.best]), *(line for hop in outside for line in evidence_of_hop(prefix.best, hop))
            ),
            hint=next((hint for mark, hint in _HINTS.items() if any(mark in hop.marks for hop in outside)), None),
        )


def _is_removed(hop: NextHop, prefix: AuditedPrefix) -> bool:
    """Return whether a next hop was probably removed: others forward, and it is of no expected node."""
    nodes = expected_nodes(prefix)
    if not nodes or not prefix.installed or prefix.expectation is None or prefix.expectation.is_inferred:
        return False
    return _is_identifiable(hop, prefix) and not any(node.has(hop) for node in nodes)


def _is_identifiable(hop: NextHop, prefix: AuditedPrefix) -> bool:
    """Return whether the nodes' lists have addresses of the next hop's kind, so that its node would be known."""
    if hop.address is None or is_link_local(hop.address):
        return False
    return any(family_of(a) == family_of(hop.address) for node in expected_nodes(prefix) for a in node.addresses)
