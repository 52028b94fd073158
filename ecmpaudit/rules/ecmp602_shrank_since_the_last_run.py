"""A prefix has fewer next hops than in the last run.

Why
    The nodes were lost between the last run and this one: search the logs and changes of that time. The rule also finds
    what an inferred expectation cannot: all siblings may have lost the same nodes, after a release that announces one
    path only (kube-vip#1519) or an upgrade that removes nodes (metallb#2285, sonic#17183).
    A prefix with all next hops that are configured for it is not reported: it was reduced on purpose.

How to fix
    Check what happened on the removed nodes between the two runs. If they were removed on purpose, list the remaining
    nodes in ecmpaudit.yaml.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-3
    tor1 198.51.100.7/32 had 192.0.2.1-5 in the last run

    tor1 2001:db8:100::7/128 via 2001:db8::1
    tor1 2001:db8:100::7/128 had 2001:db8::1-2 in the last run
    expect 2001:db8:100::7/128 count 1 inferred from 2001:db8:100::8/128

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
    tor1 198.51.100.7/32 had 192.0.2.1-5 in the last run

    tor1 2001:db8:100::7/128 via 2001:db8::1
    tor1 2001:db8:100::7/128 had 2001:db8::1-2 in the last run
    expect 2001:db8:100::7/128 nodes 2001:db8::1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.messages import finding_about, own_next_hops
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network

CODE = "ECMP602"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES,)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix that lost next hops since the last run that read its router completely."""
    for prefix in network.prefixes:
        last_set = None if prefix.may_have_more else network.past.last.get(prefix.key)
        if last_set is None or len(prefix.installed) >= len(last_set.next_hops) or _is_as_configured(prefix):
            continue
        installed = {str(hop) for hop in prefix.installed}
        removed = [last_set.name_of(hop) for hop in last_set.next_hops if str(hop) not in installed]
        yield finding_about(
            prefix,
            CODE,
            SEVERITY,
            f"{own_next_hops(prefix)}, expected {len(last_set.next_hops)} as in {last_set.run}; "
            f"removed: {listed(removed)}",
            hint=f"check what happened on {listed(removed)} since {last_set.run}",
        )


def _is_as_configured(prefix: AuditedPrefix) -> bool:
    expectation = prefix.expectation
    return expectation is not None and not (expectation.is_inferred or prefix.shortfall or prefix.missing)
