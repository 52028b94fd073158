"""A fault that an earlier run found resolved has returned.

Why
    A fault that returns was not fixed at its cause: a restart hid it, a node fails under load, a tool that writes the
    configuration reverts a change. Reported beside the fault itself, once, in the run that finds it again.

How to fix
    `ecmpaudit history` has the runs in which the fault was found and resolved. Compare what changed before each of
    them, and search for what recurs with it: a time of day, a deployment, one node.

Bad (beside ECMP101)
    tor1 198.51.100.7/32 via 192.0.2.1
    expect 198.51.100.7/32 nodes node1=192.0.2.1, node3=192.0.2.3
    tor1 198.51.100.7/32 ECMP101 about node3 was resolved

    tor1 2001:db8:100::7/128 via 2001:db8::1
    expect 2001:db8:100::7/128 count 2
    tor1 2001:db8:100::7/128 ECMP101 was resolved

Good
    tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.3
    expect 198.51.100.7/32 nodes node1=192.0.2.1, node3=192.0.2.3
    tor1 198.51.100.7/32 ECMP101 about node3 was resolved
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.model import Past, Severity, faults_of
from ecmpaudit.model.addressing import in_vrf
from ecmpaudit.model.questions import Question
from ecmpaudit.rules import all_rules
from ecmpaudit.rules.messages import at
from ecmpaudit.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model import Fault, Finding, Network

CODE = "ECMP604"
SEVERITY = Severity.INFO
NEEDS = (Question.ROUTES,)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding beside each that reports a resolved fault; other rules are run where they have not been."""
    resolved = network.past.resolved
    codes = {fault.code for fault in resolved}
    without_past = replace(network, past=Past())
    for rule in all_rules():
        if rule.code in codes:
            for finding in network.found[rule.code] if rule.code in network.found else rule.check(without_past):
                returned = [fault for fault in faults_of(finding) if fault in resolved]
                if returned:
                    yield _finding(finding, returned, network.past)


def _finding(finding: Finding, returned: Sequence[Fault], past: Past) -> Finding:
    last = past.resolved[returned[-1]]
    about = listed(fault.about for fault in returned if fault.about)
    what = f"{finding.code} about {about}" if about else finding.code
    runs = counted(last.times_seen, "run")
    return replace(
        finding,
        code=CODE,
        severity=SEVERITY,
        message=at(_place(finding), f"{what} has returned; {runs} found it, and {last.run} found it resolved"),
        missing=(),
        unexpected=(),
        cause=None,
        hint="`ecmpaudit history` shows when the fault was found and resolved",
    )


def _place(finding: Finding) -> str:
    place = " ".join(filter(None, (finding.router, finding.prefix)))
    return f"{place}{in_vrf(finding.vrf)}".lstrip()
