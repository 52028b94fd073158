"""A prefix has fewer next hops than in the last run.

Why
    This run and the one before it enclose the moment at which the nodes went: that is the window to search logs and
    changes for. It also shows what no expectation does: all siblings may have shrunk alike, after a release that
    announces one path only (kube-vip#1519) or an upgrade that takes nodes out (metallb#2285, sonic#17183).
    A prefix that has all that is configured for it is left alone, as it was made smaller on purpose.

How to fix
    Ask the nodes that went what happened to them between the two runs. If it was meant, say so: list the nodes in
    ecmpaudit.yaml.

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
from ecmpaudit.rules.messages import finding_about, own_next_hops
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network

CODE = "ECMP602"
SEVERITY = Severity.WARNING


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix that lost next hops since the last run that read its router completely."""
    for prefix in network.prefixes:
        before = None if prefix.may_have_more else network.past.last.get(prefix.key)
        if before is None or len(prefix.installed) >= len(before.next_hops) or _is_as_configured(prefix):
            continue
        installed = {str(hop) for hop in prefix.installed}
        gone = [before.name_of(hop) for hop in before.next_hops if str(hop) not in installed]
        yield finding_about(
            prefix,
            CODE,
            SEVERITY,
            f"{own_next_hops(prefix)}, {len(before.next_hops)} in {before.run}; gone {listed(gone)}",
            hint=f"ask {listed(gone)}: what happened since {before.run}?",
        )


def _is_as_configured(prefix: AuditedPrefix) -> bool:
    expectation = prefix.expectation
    return expectation is not None and not (expectation.is_inferred or prefix.shortfall or prefix.missing)
