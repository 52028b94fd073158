"""The audit as JSON for programs: versioned, in a fixed order, and the same bytes for the same input.

Nothing here asks a clock or this machine for its name, so a replayed snapshot gives the same document.
`docs/report.schema.json` describes it. It has two versions, the second for large reports: see `json_sets`. A report is
made and written entry by entry, so that it is never whole in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ecmpaudit.collectors.failure_kinds import kind_of
from ecmpaudit.model import fingerprints
from ecmpaudit.reporting.json_sets import lists_of
from ecmpaudit.reporting.selection import rules_not_run
from ecmpaudit.reporting.terminal import safe_json
from ecmpaudit.reporting.verdict import summarize, verdict
from ecmpaudit.version import __version__

if TYPE_CHECKING:
    from ecmpaudit.model import (
        Audit,
        AuditedPrefix,
        Cause,
        Ceiling,
        Evidence,
        Finding,
        Incident,
        Route,
        RouterState,
        UnparsedLine,
    )
    from ecmpaudit.model.questions import NotAnswered
    from ecmpaudit.reporting.json_sets import WrittenOut


def render_json(audit: Audit) -> str:
    """Return the report as one JSON object, ending in a newline."""
    return "".join(stream_json(audit))


def stream_json(audit: Audit) -> Iterator[str]:
    """Yield the report in parts, none larger than an entry of one of its lists."""
    lists = lists_of(audit)
    between = "{"
    for key, value in _parts(audit, lists):
        yield f'{between}\n  "{key}": '
        yield from (_entries(value, lists) if isinstance(value, Iterator) else (_indented(value, "  "),))
        between = ","
    yield "\n}\n"


def _parts(audit: Audit, lists: WrittenOut) -> Iterator[tuple[str, Any]]:
    """Yield the keys of the report and their values; a long list is an iterator, made while it is written."""
    network, findings = audit.network, audit.findings
    yield "ecmpaudit_report", lists.version
    yield "version", __version__
    yield "started", audit.started
    yield "incomplete", audit.is_incomplete
    yield "summary", _summary(audit)
    yield "incidents", map(_incident, audit.incidents)
    yield "findings", (_finding(each, name, lists) for each, name in zip(findings, fingerprints(findings), strict=True))
    yield "prefixes", (_prefix(prefix, lists) for prefix in network.prefixes)
    for table, entries in lists.tables().items():
        yield table, iter(entries)
    yield "routers", map(_router, network.routers)
    yield "expectations", list(audit.expectation_sources)
    yield "rules_not_run", list(rules_not_run(audit))
    yield "not_answered", map(_not_answered, network.not_answered)
    yield "not_read", map(asdict, network.not_read)
    yield "not_audited", list(network.unanswered)
    yield "notes", list(network.notes)


def _entries(entries: Iterator[Any], lists: WrittenOut) -> Iterator[str]:
    """Yield a list: one entry a line in version 2, and indented for people in version 1."""
    between = "["
    for entry in entries:
        shown = _indented(entry, "    ") if lists.version == 1 else safe_json(json.dumps(entry, ensure_ascii=False))
        yield f"{between}\n    {shown}"
        between = ","
    yield "[]" if between == "[" else "\n  ]"


def _indented(value: Any, margin: str) -> str:
    # No string of JSON has a line break of its own.
    return safe_json(json.dumps(value, indent=2, ensure_ascii=False)).replace("\n", f"\n{margin}")


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


def _finding(finding: Finding, fingerprint: str, lists: WrittenOut) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "router": finding.router,
        "vrf": finding.vrf,
        "prefix": finding.prefix,
        "expected": finding.expected,
        "actual": finding.actual,
        "missing": lists.nodes(finding.missing),
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


def _prefix(prefix: AuditedPrefix, lists: WrittenOut) -> dict[str, Any]:
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
        "installed": lists.next_hops(prefix.installed),
        "not_in_fib": lists.next_hops(prefix.not_in_fib),
        "missing": lists.nodes(prefix.missing),
        "ceiling": _ceiling(prefix.ceiling) if prefix.ceiling else None,
        "fallbacks": [_fallback(route, lists) for route in prefix.fallbacks],
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
    found = kind_of(each.reason)
    return {
        "router": each.router,
        "command": each.command,
        "reason": each.reason,
        "kind": found.kind,
        "step": found.step,
        "undetermined": list(each.undetermined),
        "causes": list(each.causes),
        "unavailable": each.is_unavailable,
    }


def _fallback(route: Route, lists: WrittenOut) -> dict[str, Any]:
    return {
        "protocol": route.protocol,
        "source": route.source,
        "distance": route.distance,
        "metric": route.metric,
        "next_hops": lists.next_hops(route.forwarding_candidates),
    }


def _ceiling(ceiling: Ceiling) -> dict[str, Any]:
    return {"value": ceiling.value, "source": ceiling.source}


def _evidence(line: Evidence) -> dict[str, Any]:
    return {"source": line.source, "line": line.line, "text": line.text}


def _unparsed(line: UnparsedLine) -> dict[str, Any]:
    return {"source": line.source, "line": line.line, "text": line.text, "reason": line.reason}
