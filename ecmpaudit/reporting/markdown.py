"""The audit as Markdown for tickets and chat, in the dialect of GitHub and GitLab (tables, fenced code).

What a device printed is in code spans only, so that it is no heading, link, image or mention. A span of code is fenced
by one backtick more than the text has in a row; inside a table a pipe needs a backslash even there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecmpaudit.reporting.incident_facts import incident_details
from ecmpaudit.reporting.selection import not_run
from ecmpaudit.reporting.shown import details, not_answered, not_audited, shown_findings
from ecmpaudit.reporting.templates import rendered
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.reporting.verdict import summarize, verdict
from ecmpaudit.wording import and_more

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.model import Audit, Evidence

_DETAILED = 50
"""Findings with all details: a ticket holds some 65,000 characters. The table above them has every finding."""
_EVIDENCE = 20


def render_markdown(audit: Audit, *, verbose: bool = False) -> str:
    """Return the report; with `verbose`, every finding has all its details."""
    findings = shown_findings(audit)
    all_incidents = audit.incidents if len(findings) > 1 else ()
    incidents = all_incidents if verbose else all_incidents[:_DETAILED]
    detailed = findings if verbose else findings[:_DETAILED]
    return rendered(
        "report.md.j2",
        {
            "verdict": verdict(audit),
            "incidents": incidents,
            "more_incidents": and_more(len(all_incidents) - len(incidents), "incident").strip(),
            "findings": findings,
            "detailed": detailed,
            "more": and_more(len(findings) - len(detailed), "finding").strip(),
            "unanswered": not_audited(audit),
            "sources": audit.expectation_sources,
            "not_run": not_run(audit),
            "not_answered": not_answered(audit),
            "notes": audit.network.notes,
            "summary": summarize(audit),
        },
        filters={
            "cell": _cell,
            "code": code,
            "details": details,
            "incident": incident_details,
            "fenced": _fenced,
            "number": _number,
        },
    )


def code(text: str) -> str:
    """Return the text as a span of code, whatever backticks it has."""
    shown = safe(text)
    fence = "`" * (_longest_run(shown) + 1)
    # A blank is stripped from each side of a span only when both have one, so both get one or neither.
    pad = " " if shown[:1] in ("`", " ") or shown[-1:] in ("`", " ") else ""
    return f"{fence}{pad}{shown}{pad}{fence}" if shown.strip() else ""


def _cell(text: str | None) -> str:
    return code(text).replace("|", r"\|") if text else ""


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _fenced(evidence: Sequence[Evidence]) -> str:
    lines = [safe(f"{line.source}:{line.line}  {line.text}".rstrip()) for line in evidence[:_EVIDENCE]]
    if rest := and_more(len(evidence) - len(lines), "line"):
        lines.append(rest.strip())
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    return "\n".join([f"{fence}text", *lines, fence])


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
