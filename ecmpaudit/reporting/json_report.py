"""The audit as JSON for programs: versioned, in a fixed order, and the same bytes for the same input.

Nothing here asks a clock or this machine for its name, so a replayed snapshot gives the same document.
`docs/report.schema.json` describes it; a change that a reader can notice raises `REPORT_VERSION`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import ecmpaudit
from ecmpaudit.model import address_key, fingerprints
from ecmpaudit.reporting.selection import rules_not_run
from ecmpaudit.reporting.terminal import safe_json
from ecmpaudit.reporting.verdict import summarize, verdict

if TYPE_CHECKING:
    from ecmpaudit.model import (
        Audit,
        AuditedPrefix,
        Cause,
        Ceiling,
        Evidence,
        Finding,
        Incident,
        NextHop,
        Node,
        Route,
        RouterState,
        UnparsedLine,
    )
    from ecmpaudit.model.questions import NotAnswered

REPORT_VERSION = 1


def render_json(audit: Audit) -> str:
    """Return the report as one JSON object, ending in a newline."""
    report = {
        "ecmpaudit_report": REPORT_VERSION,
        "version": ecmpaudit.__version__,
        "started": audit.started,
        "incomplete": audit.is_incomplete,
        "summary": _summary(audit),
        "incidents": [_incident(incident) for incident in audit.incidents],
        "findings": [
            _finding(finding, name) for finding, name in zip(audit.findings, fingerprints(audit.findings), strict=True)
        ],
        "prefixes": [_prefix(prefix) for prefix in audit.network.prefixes],
        "routers": [_router(router) for router in audit.network.routers],
        "expectations": list(audit.expectation_sources),
        "rules_not_run": list(rules_not_run(audit)),
        "not_answered": [_not_answered(each) for each in audit.network.not_answered],
        "not_read": [asdict(part) for part in audit.network.not_read],
        "not_audited": list(audit.network.unanswered),
        "notes": list(audit.network.notes),
    }
    return safe_json(json.dumps(report, indent=2, ensure_ascii=False)) + "\n"


def _summary(audit: Audit) -> dict[str, Any]:
    summary = summarize(audit)
    return {
        "verdict": verdict(audit),
        "routers": {
            "checked": summary.routers_checked,
            "partly_checked": summary.routers_partly_checked,
            "not_checked": summary.routers_not_checked,
        },
        "nodes": {
            "partly_checked": summary.nodes_partly_checked,
            "not_checked": summary.nodes_not_checked,
        },
        "prefixes": {
            "audited": summary.prefixes_audited,
            "judged": summary.prefixes_judged,
            "clean": summary.prefixes_clean,
            "not_judged": summary.prefixes_not_judged,
        },
        "next_hops": summary.next_hops_installed,
        "routes_read": summary.routes_read,
        "next_hops_read": summary.next_hops_read,
        "lines_understood": summary.lines_understood,
        "lines_not_understood": summary.lines_not_understood,
        "findings": {severity.value: number for severity, number in summary.findings.items()},
    }


def _incident(incident: Incident) -> dict[str, Any]:
    cause, effect = incident.cause, incident.effect
    return {
        "id": incident.id,
        "severity": incident.severity.value,
        "title": incident.title,
        "nodes": list(incident.nodes),
        "routers": list(incident.routers),
        "prefixes": list(incident.prefixes),
        "findings": list(incident.findings),
        "cause": {
            "link": cause.link,
            "confidence": cause.confidence.value,
            "text": cause.text,
            "evidence": [_evidence(line) for line in cause.evidence],
        },
        "since": incident.since,
        "effect": asdict(effect),
        "next": incident.next,
    }


def _finding(finding: Finding, fingerprint: str) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "router": finding.router,
        "vrf": finding.vrf,
        "prefix": finding.prefix,
        "expected": finding.expected,
        "actual": finding.actual,
        "missing": [_node(node) for node in finding.missing],
        "unexpected": [{"address": hop.address, "interface": hop.interface} for hop in finding.unexpected],
        "inferred": finding.is_inferred,
        "cause": finding.cause,
        "causes": [_cause(cause) for cause in finding.causes],
        "evidence": [_evidence(line) for line in finding.evidence],
        "hint": finding.hint,
        "services": list(finding.services),
        "fingerprint": fingerprint,
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "node": cause.node,
        "link": cause.link,
        "confidence": cause.confidence.value,
        "text": cause.text,
        "evidence": [_evidence(line) for line in cause.evidence],
    }


def _prefix(prefix: AuditedPrefix) -> dict[str, Any]:
    expectation = prefix.expectation
    return {
        "router": prefix.router,
        "vrf": prefix.vrf,
        "prefix": prefix.prefix,
        "protocol": prefix.selected.protocol if prefix.selected else None,
        "expected": prefix.expected,
        "inferred": expectation.is_inferred if expectation else False,
        "expectation_source": expectation.source if expectation else None,
        "services": list(expectation.services) if expectation else [],
        "installed": [_next_hop(hop) for hop in prefix.installed],
        "not_in_fib": [_next_hop(hop) for hop in prefix.not_in_fib],
        "missing": [_node(node) for node in prefix.missing],
        "ceiling": _ceiling(prefix.ceiling) if prefix.ceiling else None,
        "fallbacks": [_fallback(route) for route in prefix.fallbacks],
    }


def _router(router: RouterState) -> dict[str, Any]:
    return {
        "name": router.name,
        "role": "node" if router.is_node else "router",
        "has_data": router.has_data,
        "failure": router.failure,
        "routes": router.routes,
        "next_hops": router.next_hops,
        "lines_understood": router.lines_understood,
        "unparsed": [_unparsed(line) for line in router.unparsed],
    }


def _not_answered(each: NotAnswered) -> dict[str, Any]:
    return {
        "router": each.router,
        "command": each.command,
        "reason": each.reason,
        "undetermined": list(each.undetermined),
        "causes": list(each.causes),
        "unavailable": each.is_unavailable,
    }


def _node(node: Node) -> dict[str, Any]:
    # The text breaks ties between zones (fe80::1%eth0, fe80::1%eth1), or a set's own order would show through.
    return {"name": node.name, "addresses": sorted(node.addresses, key=lambda text: (address_key(text), text))}


def _next_hop(hop: NextHop) -> dict[str, Any]:
    return {"address": hop.address, "interface": hop.interface, "vrf": hop.vrf, "weight": hop.weight}


def _fallback(route: Route) -> dict[str, Any]:
    return {
        "protocol": route.protocol,
        "source": route.source,
        "distance": route.distance,
        "metric": route.metric,
        "next_hops": [_next_hop(hop) for hop in route.forwarding_candidates],
    }


def _ceiling(ceiling: Ceiling) -> dict[str, Any]:
    return {"value": ceiling.value, "source": ceiling.source}


def _evidence(line: Evidence) -> dict[str, Any]:
    return {"source": line.source, "line": line.line, "text": line.text}


def _unparsed(line: UnparsedLine) -> dict[str, Any]:
    return {"source": line.source, "line": line.line, "text": line.text, "reason": line.reason}
