"""A fault that an earlier run found gone is there again.

Why
    What was mended twice was not understood the first time: a restart hid it, a node fails under load, a change is
    undone by whatever writes the configuration. Told beside the fault itself, once, in the run that finds it back.

How to fix
    `ecmpaudit history` has the runs in which it came and went. Compare what changed before each of them, and look
    for what comes back with it: a time of day, a deployment, one node.

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
from ecmpaudit.rules import all_rules
from ecmpaudit.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model import Fault, Finding, Network

CODE = "ECMP604"
SEVERITY = Severity.INFO


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding beside each that tells of a resolved fault; the other rules are run to know them."""
    resolved = network.past.resolved
    codes = {fault.code for fault in resolved}
    without_past = replace(network, past=Past())
    for rule in all_rules():
        if rule.code in codes and rule.code != CODE:
            for finding in rule.check(without_past):
                back = [fault for fault in faults_of(finding) if fault in resolved]
                if back:
                    yield _came_back(finding, back, network.past)


def _came_back(finding: Finding, back: Sequence[Fault], past: Past) -> Finding:
    last = past.resolved[back[-1]]
    about = listed(fault.about for fault in back if fault.about)
    place = " ".join(filter(None, (finding.router, finding.prefix)))
    vrf = in_vrf(finding.vrf)
    runs = counted(last.times_seen, "run")
    return replace(
        finding,
        code=CODE,
        severity=SEVERITY,
        message=f"{f'{place}{vrf}: ' if place else ''}{finding.code}{f' about {about}' if about else ''} is back; "
        f"{runs} found it, and {last.run} found it gone",
        missing=(),
        unexpected=(),
        cause=None,
        hint="`ecmpaudit history` says when it came and went",
    )
