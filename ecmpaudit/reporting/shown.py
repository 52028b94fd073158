"""Findings as the forms for machines show them: in one order, each with a place and a lasting name of its own.

A form that lists findings only would show nothing for a run that checked nothing, so here an incomplete run always
has at least one line that says so.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Severity
from ecmpaudit.reporting.verdict import SEVERITY_ORDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.model import Audit, Evidence

INCOMPLETE_RUN = "INCOMPLETE"
"""Stands in the place of a code where a run is incomplete and no finding says so (its rule was not selected)."""


def shown_findings(audit: Audit) -> tuple[Finding, ...]:
    """Return what is not known first, then the worst; of an incomplete run at least one that says so."""
    findings = [finding for severity in SEVERITY_ORDER for finding in audit.findings if finding.severity is severity]
    if audit.is_incomplete and not any(finding.severity is Severity.INCOMPLETE for finding in findings):
        findings.insert(0, Finding(INCOMPLETE_RUN, Severity.INCOMPLETE, "incomplete: not everything could be checked"))
    return tuple(findings)


def fingerprints(findings: Sequence[Finding]) -> list[str]:
    """Return a name for each finding that is the same in every run that finds it, 64 hexadecimal digits.

    Numbers and next hops are left out: they change while the fault stays.
    """
    seen: Counter[str] = Counter()
    names = []
    for finding in findings:
        parts = (finding.code, finding.router, finding.vrf, finding.prefix)
        identity = "\0".join("" if part is None else part for part in parts)
        names.append(f"{identity}\0{seen[identity]}")
        seen[identity] += 1
    return [hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest() for name in names]


def place_of(finding: Finding) -> Evidence | None:
    """Return the first line of a file that the finding rests on; None where it rests on none."""
    return next((line for line in finding.evidence if _is_file(line.source)), None)


def _is_file(source: str) -> bool:
    """Standard input and an answer over SSH are no files."""
    return source != "-" and not source.startswith("ssh ")


def details(finding: Finding) -> list[tuple[str, str]]:
    """Return what the message does not say yet, each with its label: who is missing, the cause, what to do."""
    nodes = [node.in_family_of(finding.prefix) if finding.prefix else node for node in finding.missing]
    labelled = (
        ("missing", ", ".join(map(str, nodes))),
        ("unexpected", ", ".join(map(str, finding.unexpected))),
        ("cause", finding.cause),
        ("hint", finding.hint),
    )
    return [(label, text) for label, text in labelled if text and text not in finding.message]
