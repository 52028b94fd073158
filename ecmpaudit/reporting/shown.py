"""What the forms share: findings in one order, each with a place and a lasting name, and what was not audited.

A form that lists only findings would be empty for a run that checked nothing, so an incomplete run always has at least
one finding here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Severity
from ecmpaudit.reporting.selection import not_run
from ecmpaudit.reporting.verdict import SEVERITY_ORDER
from ecmpaudit.rules.not_answered import by_router, sentence

if TYPE_CHECKING:
    from ecmpaudit.model import Audit, Evidence

NOT_RUN = "NOT-RUN"
"""The code, in forms that list only findings, of the entry that names the rules which were not run."""
INCOMPLETE_RUN = "INCOMPLETE"
"""The code of an incomplete run without a finding that says so (its rule was not selected)."""
NO_EXPECTATION = "no expectation is known"
"""What the forms say of a prefix that cannot be judged."""


def shown_findings(audit: Audit) -> tuple[Finding, ...]:
    """Return the findings, incomplete ones first, then the worst; an incomplete run has at least one."""
    findings = [finding for severity in SEVERITY_ORDER for finding in audit.findings if finding.severity is severity]
    if audit.is_incomplete and not any(finding.severity is Severity.INCOMPLETE for finding in findings):
        findings.insert(0, Finding(INCOMPLETE_RUN, Severity.INCOMPLETE, "incomplete: not everything could be checked"))
    return tuple(findings)


def not_audited(audit: Audit) -> list[str]:
    """Return what was asked for and not audited, without what a finding reports already."""
    reported = {finding.message for finding in audit.findings}
    return [asked for asked in audit.network.unanswered if asked not in reported]


def with_rules_not_run(audit: Audit) -> tuple[Finding, ...]:
    """Return the findings that are shown, and after them one that names the rules which were not run."""
    sentence_of_rules = not_run(audit)
    further = (Finding(NOT_RUN, Severity.INFO, sentence_of_rules),) if sentence_of_rules else ()
    return (*shown_findings(audit), *further)


def not_answered(audit: Audit) -> list[tuple[str, str]]:
    """Return for each router and node what it did not answer, in a sentence, without what a finding reports already."""
    reported = {finding.router for finding in audit.findings if finding.severity is Severity.INCOMPLETE}
    shown = [each for each in audit.network.not_answered if not (each.is_gap and each.router in reported)]
    without_data = {state.name for state in audit.network.routers if not state.has_data} & reported
    return [
        (router, sentence(of_router)) for router, of_router in by_router(shown).items() if router not in without_data
    ]


def sources(audit: Audit) -> list[str]:
    """Return where the audited routes were read: files, `-`, or `ssh tor1: show ip route`, in the audit's order."""
    routes = (route for prefix in audit.network.prefixes for route in prefix.routes)
    return list(dict.fromkeys(route.text_source for route in routes if route.text_source))


def place_of(finding: Finding) -> Evidence | None:
    """Return the first line of a file that the finding rests on; None where it rests on none."""
    return next((line for line in finding.evidence if _is_file(line.source)), None)


def _is_file(source: str) -> bool:
    """Return whether the source is a file: standard input and an answer over SSH are none."""
    return source != "-" and not source.startswith("ssh ")


def details(finding: Finding) -> list[tuple[str, str]]:
    """Return what the message does not have yet, each with its label: missing nodes, the cause, what to do."""
    nodes = [node.in_family_of(finding.prefix) if finding.prefix else node for node in finding.missing]
    labelled = (
        ("missing", ", ".join(map(str, nodes))),
        ("unexpected", ", ".join(map(str, finding.unexpected))),
        ("cause", finding.cause),
        ("hint", finding.hint),
    )
    return [(label, text) for label, text in labelled if text and text not in finding.message]
