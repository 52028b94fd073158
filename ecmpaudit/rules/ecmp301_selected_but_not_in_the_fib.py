"""The router selected a route, and some or all of its next hops are not in the FIB.

Why
    The routing daemon believes, the kernel does not forward: BGP is established, the best path is fine, and
    packets fall to a wider route. A kernel without multipath support rejects every group (metallb#1139); a deleted
    group is never installed again (frr#23295); one inactive member makes the kernel refuse all of it (frr#22133);
    a next hop that is reached only through the default route stays inactive (frr#10884, metallb#1980).
    A hop that belongs to no expected node is not alarmed about while others forward: FRR may go on listing a
    removed next hop as inactive (frr#22752). Nor about those that zebra calls inactive because its maximum is
    reached: that is ECMP202's to tell.

How to fix
    inactive: ask `show ip nht` why the next hop does not resolve; if only the default route leads to it, either
    give it a route or allow it with `ip nht resolve-via-default`. rejected: read zebra's and the kernel's log; is
    multipath built in? queued: ask again; a route that stays queued was never taken. dead, linkdown: mend the link.

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
from ecmpaudit.rules.causes import marks_of
from ecmpaudit.rules.ceilings import is_beyond_the_ceiling
from ecmpaudit.rules.messages import expected_nodes, finding_about, named_hop, next_hops
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network, NextHop

CODE = "ECMP301"
SEVERITY = Severity.ERROR

_HINTS = {
    "rejected": "read zebra's and the kernel's log: is multipath built in, is the group too large?",
    "inactive": "ask `show ip nht` why the next hop does not resolve; does only the default route lead to it?",
    "queued": "ask again: queued is a passing state, and a route that stays so was never taken by the kernel",
    "dead": "mend the link: its interface is down",
    "linkdown": "mend the link: its interface has no carrier",
}


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix whose selected route is not wholly in the FIB."""
    for prefix in network.prefixes:
        outside = [hop for hop in prefix.not_in_fib if not _is_excused(hop, prefix)]
        if prefix.selected is None or not outside:
            continue
        is_whole_route = not prefix.selected.installed
        selected = next_hops(len(prefix.selected.installed) + len(outside))
        listing = listed(f"{named_hop(hop, prefix)}: {marks_of(hop)}" for hop in outside)
        yield finding_about(
            prefix,
            CODE,
            SEVERITY if is_whole_route else Severity.WARNING,
            f"{'none' if is_whole_route else len(prefix.selected.installed)} of {selected} in the FIB, "
            f"expected all that are selected; {listing}",
            cause=listing,
            hint=next((hint for mark, hint in _HINTS.items() if any(mark in hop.marks for hop in outside)), None),
        )


def _is_excused(hop: NextHop, prefix: AuditedPrefix) -> bool:
    return _is_left_behind(hop, prefix) or is_beyond_the_ceiling(hop, prefix)


def _is_left_behind(hop: NextHop, prefix: AuditedPrefix) -> bool:
    """A hop of no expected node was probably removed, as long as others forward and its node could be told."""
    nodes = expected_nodes(prefix)
    if not nodes or not prefix.installed or prefix.expectation is None or prefix.expectation.is_inferred:
        return False
    return _could_be_told(hop, prefix) and not any(node.has(hop) for node in nodes)


def _could_be_told(hop: NextHop, prefix: AuditedPrefix) -> bool:
    if hop.address is None or is_link_local(hop.address):
        return False
    return any(family_of(a) == family_of(hop.address) for node in expected_nodes(prefix) for a in node.addresses)
