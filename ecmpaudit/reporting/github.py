"""The findings as workflow commands of GitHub Actions, which shows them as annotations of a run.

A command is one line, `::error file=…,line=…,title=…::message`. Percent signs and line breaks are always escaped,
colons and commas in properties too, so text of a device can start no command of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.reporting.selection import not_run
from ecmpaudit.reporting.shown import details, not_answered, place_of, shown_findings
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.reporting.verdict import verdict

if TYPE_CHECKING:
    from ecmpaudit.model import Audit, Finding

_COMMANDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
    Severity.INCOMPLETE: "warning",
}
_IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = _IN_MESSAGE | str.maketrans({":": "%3A", ",": "%2C"})


def render_github(audit: Audit) -> str:
    """Return one command per finding, then what was not answered or not run; the last line is the verdict."""
    notices = [f"::notice title=not answered::{_escaped(f'{router}: {said}')}" for router, said in not_answered(audit)]
    notices += [f"::notice title=rules not run::{_escaped(said)}" for said in filter(None, [not_run(audit)])]
    return "\n".join([*map(_command, shown_findings(audit)), *notices, verdict(audit)]) + "\n"


def _command(finding: Finding) -> str:
    place = place_of(finding)
    title = f"{finding.code} {finding.severity.value}{' (inferred)' if finding.is_inferred else ''}"
    properties = {"file": place.source, "line": str(place.line)} if place else {}
    written = ",".join(
        f"{name}={safe(value).translate(_IN_PROPERTY)}" for name, value in {**properties, "title": title}.items()
    )
    lines = [finding.message, *(f"{label}: {text}" for label, text in details(finding))]
    return f"::{_COMMANDS[finding.severity]} {written}::{_escaped(*lines)}"


def _escaped(*lines: str) -> str:
    return "\n".join(map(safe, lines)).translate(_IN_MESSAGE)
