"""The findings as a GitLab Code Quality report, which merge requests show beside the changed lines.

GitLab wants a path for each: a finding from a live router has its router's name there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecmpaudit.model import Finding, Severity, fingerprints
from ecmpaudit.reporting.shown import not_answered, place_of, with_rules_not_run
from ecmpaudit.reporting.terminal import safe, safe_json

if TYPE_CHECKING:
    from ecmpaudit.model import Audit

_NOT_ANSWERED = "NOT-ANSWERED"

_SEVERITIES = {
    Severity.ERROR: "critical",
    Severity.WARNING: "major",
    Severity.INFO: "info",
    Severity.INCOMPLETE: "major",
}


def render_gitlab(audit: Audit) -> str:
    """Return a JSON list with one issue per finding, then one per router or node that did not answer something."""
    unanswered = [
        Finding(_NOT_ANSWERED, Severity.INFO, f"{router}: {said}", router) for router, said in not_answered(audit)
    ]
    findings = [*with_rules_not_run(audit), *unanswered]
    named = zip(findings, fingerprints(findings), strict=True)
    issues = [_issue(finding, fingerprint) for finding, fingerprint in named]
    return safe_json(json.dumps(issues, indent=2, ensure_ascii=False)) + "\n"


def _issue(finding: Finding, fingerprint: str) -> dict[str, Any]:
    place = place_of(finding)
    path = place.source.removeprefix("./") if place else finding.router or "ecmpaudit"
    return {
        "description": safe(f"{finding.code}: {finding.message}"),
        "check_name": finding.code,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": safe(path), "lines": {"begin": max(1, place.line) if place else 1}},
    }
