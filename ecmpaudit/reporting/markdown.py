"""The audit as Markdown for tickets and chat, in the dialect of GitHub and GitLab (tables, fenced code).

What a device said stands in code only, where it can be no heading, link, image or mention. A span of code is fenced
by one backtick more than the text has in a row; inside a table a pipe needs a backslash even there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecmpaudit.reporting.shown import details, shown_findings
from ecmpaudit.reporting.templates import rendered
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.reporting.verdict import summarize, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.model import Audit, Evidence

_DETAILED = 50
"""Findings told in full: a ticket holds some 65,000 characters. The table above them has all."""
_EVIDENCE = 20


def render_markdown(audit: Audit, *, verbose: bool = False) -> str:
    """Return the report; `verbose` tells every finding in full."""
    findings = shown_findings(audit)
    detailed = findings if verbose else findings[:_DETAILED]
    told = {finding.message for finding in findings}
    return rendered(
        "report.md.j2",
        {
            "verdict": verdict(audit),
            "findings": findings,
            "detailed": detailed,
            "more": len(findings) - len(detailed),
            "unanswered": [asked for asked in audit.network.unanswered if asked not in told],
            "notes": audit.network.notes,
            "summary": summarize(audit),
        },
        filters={"cell": _cell, "code": code, "details": details, "fenced": _fenced, "number": _number},
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
    if rest := len(evidence) - len(lines):
        lines.append(f"and {rest} more")
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    return "\n".join([f"{fence}text", *lines, fence])


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
