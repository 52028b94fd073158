"""The next hops of a prefix changed again and again within a day.

Why
    Each change moves flows to other nodes, and most of them lose their connections unless hashing is resilient. A
    single run may show no fault. Seen when a recovered node announces and withdraws for minutes (metallb#2803), when
    every change of a Service resets all sessions (metallb#1944), and with an unstable link or a hold timer that is too
    short.

How to fix
    `ecmpaudit history` and `ecmpaudit diff` show which node is added and removed, and when. Check the age of its routes
    and the log of its session; fix that node or its link first, and consider BFD and dampening afterwards.

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
from ecmpaudit.model.questions import Question
from ecmpaudit.model.routes import have_same_names
from ecmpaudit.rules.messages import finding_about, own_next_hops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network

CODE = "ECMP601"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES,)

MOST_CHANGES = 3
"""The most changes that are not reported; a node that is removed and added again for maintenance makes two."""


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix that changed more often than maintenance explains."""
    for prefix in network.prefixes:
        changes = network.past.changes.get(prefix.key, 0)
        if _has_changed_in_this_run(prefix, network):
            changes += 1
        if changes > MOST_CHANGES:
            yield finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"its next hops changed {changes} times within {network.past.window}, "
                f"expected at most {MOST_CHANGES}; now {own_next_hops(prefix)}",
                hint="`ecmpaudit diff` between two runs shows which next hops were added and removed",
            )


def _has_changed_in_this_run(prefix: AuditedPrefix, network: Network) -> bool:
    before = None if prefix.may_have_more else network.past.last.get(prefix.key)
    return before is not None and not have_same_names(before.next_hops, prefix.installed)
