"""The findings as SARIF 2.1.0, which code scanning and many editors read.

A finding that rests on a line of a file points to it; one from a live router has only its logical place (router, vrf,
prefix). An incomplete run is marked in its invocation, apart from the results. In the text of a message square
brackets make links (3.11.6 of the standard), so those of a device are escaped.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ecmpaudit.model import Severity, fingerprints
from ecmpaudit.reporting.incident_facts import incident_of
from ecmpaudit.reporting.selection import not_run
from ecmpaudit.reporting.shown import details, not_answered, place_of, shown_findings
from ecmpaudit.reporting.terminal import safe, safe_json
from ecmpaudit.reporting.verdict import verdict
from ecmpaudit.rules import all_rules
from ecmpaudit.version import __version__

if TYPE_CHECKING:
    from ecmpaudit.model import Audit, Evidence, Finding, Incident

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
    Severity.INCOMPLETE: "warning",
}
_NOT_PLAIN = re.compile(r"[\\\[\]]")


def render_sarif(audit: Audit) -> str:
    """Return one SARIF log with one run."""
    findings = shown_findings(audit)
    codes = sorted({finding.code for finding in findings})
    of_finding = incident_of(audit)
    run = {
        "tool": {
            "driver": {
                "name": "ecmpaudit",
                "semanticVersion": __version__,
                "rules": [_rule(code) for code in codes],
            }
        },
        "invocations": [_invocation(audit)],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(finding, codes.index(finding.code), name, of_finding(finding))
            for finding, name in zip(findings, fingerprints(findings), strict=True)
        ],
    }
    if audit.incidents:
        run["properties"] = {"incidents": [_incident(incident) for incident in audit.incidents]}
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return safe_json(json.dumps(log, indent=2, ensure_ascii=False)) + "\n"


def _rule(code: str) -> dict[str, Any]:
    known = next((rule for rule in all_rules() if rule.code == code), None)
    if known is None:
        return {"id": code}
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in known.name.split("_")),
        "shortDescription": {"text": known.summary},
        "fullDescription": {"text": known.summary},
        "help": {"text": known.text},
        "defaultConfiguration": {"level": _LEVELS[known.severity]},
    }


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "severity": incident.severity.value,
        "title": safe(incident.title),
        "findings": list(incident.findings),
    }


def _invocation(audit: Audit) -> dict[str, Any]:
    invocation: dict[str, Any] = {"executionSuccessful": not audit.is_incomplete}
    if audit.started:
        invocation["startTimeUtc"] = audit.started
    notifications = [("error", verdict(audit))] if audit.is_incomplete else []
    notifications += [("note", f"{router}: {said}") for router, said in not_answered(audit)]
    notifications += [("note", said) for said in filter(None, [not_run(audit)])]
    if notifications:
        invocation["toolExecutionNotifications"] = [
            {"level": level, "message": {"text": _plain(text)}} for level, text in notifications
        ]
    return invocation


def _result(finding: Finding, rule_index: int, fingerprint: str, incident: Incident | None) -> dict[str, Any]:
    beside = [f"{label}: {text}" for label, text in details(finding)]
    place = place_of(finding)
    location: dict[str, Any] = {"physicalLocation": _physical(place)} if place else {}
    if logical := "/".join(filter(None, (finding.router, finding.vrf, finding.prefix))):
        location["logicalLocations"] = [{"fullyQualifiedName": safe(logical), "kind": "resource"}]
    return {
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": "\n".join(map(_plain, [finding.message, *beside]))},
        "locations": [location] if location else [],
        "partialFingerprints": {"ecmpaudit/v1": fingerprint},
        "properties": {
            "severity": finding.severity.value,
            "inferred": finding.is_inferred,
            "expected": finding.expected,
            "actual": finding.actual,
            "incident": incident.id if incident else None,
        },
    }


def _physical(line: Evidence) -> dict[str, Any]:
    path = quote(line.source.encode(errors="surrogateescape"))
    return {
        "artifactLocation": {"uri": f"file://{path}" if path.startswith("/") else path},
        "region": {"startLine": max(1, line.line), "snippet": {"text": safe(line.text)}},
    }


def _plain(text: str) -> str:
    return _NOT_PLAIN.sub(r"\\\g<0>", safe(text))
