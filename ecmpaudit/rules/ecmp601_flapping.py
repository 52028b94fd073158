"""The next hops of a prefix changed again and again within a day.

Why
    Each change moves flows to other nodes, and most of them lose their connections unless hashing is resilient.
    Between two runs all may look well. Seen when a recovered node announces and withdraws for minutes
    (metallb#2803), when every change of a Service reloads all sessions (metallb#1944), and with a link or a hold
    timer at its limit.

How to fix
    `ecmpaudit history` and `ecmpaudit diff` say which node comes and goes, and when. Look at the age of its routes
    and at the log of its session; fix that node or its link first, and consider BFD and dampening afterwards.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-5
    tor1 198.51.100.7/32 changed 6 times

    tor1 2001:db8:100::7/128 via 2001:db8::1-5
    tor1 2001:db8:100::7/128 changed 4 times
    expect 2001:db8:100::7/128 count 5

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
    tor1 198.51.100.7/32 changed 2 times
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.rules.messages import finding_about, own_next_hops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network

CODE = "ECMP601"
SEVERITY = Severity.WARNING

MOST_CHANGES = 3
"""A node that is taken out and put back for maintenance makes two."""


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix that changed more often than maintenance explains."""
    for prefix in network.prefixes:
        changes = network.past.changes.get(prefix.key, 0) + _has_changed(prefix, network)
        if changes > MOST_CHANGES:
            yield finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"its next hops changed {changes} times within {network.past.window}, "
                f"expected at most {MOST_CHANGES}; now {own_next_hops(prefix)}",
                hint="`ecmpaudit diff` between two runs says which next hops came and went",
            )


def _has_changed(prefix: AuditedPrefix, network: Network) -> bool:
    before = None if prefix.may_have_more else network.past.last.get(prefix.key)
    return before is not None and {*map(str, before.next_hops)} != {*map(str, prefix.installed)}
