"""The outcome of a run in one sentence, in numbers and as an exit code: the same for every format.

No data is never a pass: a run in which nothing was judged is not called clean.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.reporting.selection import rules_not_run
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from ecmpaudit.model import Audit

SEVERITY_ORDER = (Severity.INCOMPLETE, Severity.ERROR, Severity.WARNING, Severity.INFO)
"""The order in which findings are shown: incomplete ones first, then the worst."""

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_INCOMPLETE = 3

_RANK = {Severity.ERROR: 3, Severity.WARNING: 2, Severity.INFO: 1}


@dataclass(frozen=True, slots=True)
class Summary:
    """One run in numbers."""

    routers_checked: int
    routers_partly_checked: int
    """A part of the answers is missing."""
    routers_not_checked: int
    """With those that were asked and are in no part of the report."""
    nodes_partly_checked: int
    nodes_not_checked: int
    """Nodes are asked for facts and not audited; those that answered everything are not counted."""
    prefixes_audited: int
    prefixes_judged: int
    """Audited prefixes of which it is known what to expect."""
    prefixes_clean: int
    """Judged prefixes without a finding of their own, on which every rule could be judged."""
    prefixes_not_judged: int
    """Without a finding of their own, and either of no known expectation or with a rule that could not be judged."""
    next_hops_installed: int
    """Next hops in the equal-cost sets of the audited prefixes."""
    routes_read: int
    next_hops_read: int
    """Next hops in all route tables, audited or not."""
    lines_understood: int
    lines_not_understood: int
    findings: dict[Severity, int]
    """Per severity, in the order they are shown; a severity without findings has 0."""


def summarize(audit: Audit) -> Summary:
    """Return the run in numbers."""
    prefixes, states = audit.network.prefixes, audit.network.routers
    routers = [state for state in states if not state.is_node]
    nodes = [state for state in states if state.is_node]
    severities = Counter(finding.severity for finding in audit.findings)
    return Summary(
        routers_checked=sum(router.has_data and router.failure is None for router in routers),
        routers_partly_checked=sum(router.has_data and router.failure is not None for router in routers),
        routers_not_checked=sum(not router.has_data for router in routers) + len(audit.network.uncounted),
        nodes_partly_checked=sum(node.has_data for node in nodes),
        nodes_not_checked=sum(not node.has_data for node in nodes),
        prefixes_audited=len(prefixes),
        prefixes_judged=sum(prefix.expectation is not None for prefix in prefixes),
        prefixes_clean=len(audit.clean_prefixes),
        prefixes_not_judged=len(audit.prefixes_not_judged),
        next_hops_installed=sum(len(prefix.installed) for prefix in prefixes),
        routes_read=sum(router.routes for router in routers),
        next_hops_read=sum(router.next_hops for router in routers),
        lines_understood=sum(router.lines_understood for router in routers),
        lines_not_understood=sum(len(router.unparsed) for router in routers),
        findings={severity: severities[severity] for severity in SEVERITY_ORDER},
    )


def exit_code(audit: Audit, fail_on: Severity) -> int:
    """Return 1 for a finding at or above `fail_on` (error, warning or info), else 3 when incomplete, else 0."""
    if any(counts_as_failure(finding.severity, fail_on) for finding in audit.findings):
        return EXIT_FINDINGS
    return EXIT_INCOMPLETE if audit.is_incomplete else EXIT_CLEAN


def counts_as_failure(severity: Severity, fail_on: Severity) -> bool:
    """Return whether a finding of this severity is at or above `fail_on`; an incomplete one never is."""
    return _RANK.get(severity, 0) >= _RANK[fail_on]


def verdict(audit: Audit) -> str:
    """Return the outcome in one sentence."""
    counts = Counter(finding.severity for finding in audit.findings)
    faults = [counted(counts[s], s.value) for s in (Severity.ERROR, Severity.WARNING) if counts[s]]
    if faults:
        sentence = f"{', '.join(faults)}: not every load-balanced prefix is spread as expected"
        return f"{sentence}; incomplete: not everything could be checked" if audit.is_incomplete else sentence
    if infos := counts[Severity.INFO]:
        return f"{_beside_infos(audit)}; {counted(infos, 'info')}"
    return _without_findings(audit)


def outcome(audit: Audit) -> str:
    """Return the outcome in one word: `error`, `warning`, `incomplete` or `clean`; what was not judged is not clean."""
    for severity in (Severity.ERROR, Severity.WARNING):
        if any(finding.severity is severity for finding in audit.findings):
            return severity.value
    is_judged = any(prefix.expectation for prefix in audit.network.prefixes)
    return "incomplete" if audit.is_incomplete or not is_judged else "clean"


def _beside_infos(audit: Audit) -> str:
    if audit.is_incomplete:
        return "incomplete: not everything could be checked"
    if audit.network.prefixes and all(prefix.expectation for prefix in audit.network.prefixes):
        return "clean: no error, no warning"
    return _without_findings(audit)


def _without_findings(audit: Audit) -> str:
    prefixes = audit.network.prefixes
    judged = sum(prefix.expectation is not None for prefix in prefixes)
    if audit.is_incomplete:
        what = "what was read is spread as expected, but not everything could be checked"
        return f"incomplete: {what if judged else 'no prefix could be judged'}"
    if not prefixes:
        return "nothing to judge: no load-balanced prefix was found"
    if not judged:
        return "nothing to judge: it is not known how many next hops any prefix should have"
    if excluded := rules_not_run(audit):
        return f"clean: the rules that were run found nothing; not run: {counted(len(excluded), 'rule')}"
    if judged < len(prefixes):
        others = counted(len(prefixes) - judged, "prefix")
        return f"clean: every prefix with a known expectation is spread as expected; not judged: {others}"
    return "clean: every load-balanced prefix is spread as expected"
