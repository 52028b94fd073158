"""The incidents and findings as a GitLab Code Quality report, which merge requests show beside the changed lines.

GitLab wants a path for each: a finding from a live router has its router's name there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecmpaudit.model import Finding, Severity, fingerprints
from ecmpaudit.reporting.incident_facts import of_several_findings, places_of_incidents
from ecmpaudit.reporting.shown import not_answered, place_of, with_rules_not_run
from ecmpaudit.reporting.terminal import safe, safe_json

if TYPE_CHECKING:
    from ecmpaudit.model import Audit, Evidence, Incident

_NOT_ANSWERED = "NOT-ANSWERED"
_INCIDENT = "INCIDENT"

_SEVERITIES = {
    Severity.ERROR: "critical",
    Severity.WARNING: "major",
    Severity.INFO: "info",
    Severity.INCOMPLETE: "major",
}


def render_gitlab(audit: Audit) -> str:
    """Return a JSON list: an issue per incident of several findings, then per finding, then per unanswered host."""
    unanswered = [
        Finding(_NOT_ANSWERED, Severity.INFO, f"{router}: {said}", router) for router, said in not_answered(audit)
    ]
    findings = [*with_rules_not_run(audit), *unanswered]
    named = zip(findings, fingerprints(findings), strict=True)
    places = places_of_incidents(audit)
    issues = [_incident(incident, places.get(incident.id)) for incident in of_several_findings(audit)]
    issues += [_finding(finding, fingerprint) for finding, fingerprint in named]
    return safe_json(json.dumps(issues, indent=2, ensure_ascii=False)) + "\n"


def _incident(incident: Incident, place: Evidence | None) -> dict[str, Any]:
    where = incident.routers[0] if incident.routers else None
    return _issue(incident.severity, _INCIDENT, incident.title, incident.id, place, where)


def _finding(finding: Finding, fingerprint: str) -> dict[str, Any]:
    text = f"{finding.code}: {finding.message}"
    return _issue(finding.severity, finding.code, text, fingerprint, place_of(finding), finding.router)


def _issue(
    severity: Severity, name: str, text: str, fingerprint: str, place: Evidence | None, router: str | None
) -> dict[str, Any]:
    path = place.source.removeprefix("./") if place else router or "ecmpaudit"
    return {
        "description": safe(text),
        "check_name": name,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[severity],
        "location": {"path": safe(path), "lines": {"begin": max(1, place.line) if place else 1}},
    }
