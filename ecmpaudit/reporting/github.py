"""The incidents and findings as workflow commands of GitHub Actions, which shows them as annotations of a run.

A command is one line, `::error file=…,line=…,title=…::message`. Percent signs and line breaks are always escaped,
colons and commas in properties too, so text of a device can start no command of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.reporting.incident_facts import incident_details, of_several_findings, places_of_incidents
from ecmpaudit.reporting.selection import not_run
from ecmpaudit.reporting.shown import details, not_answered, place_of, shown_findings
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.reporting.verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.model import Audit, Evidence, Finding

_COMMANDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
    Severity.INCOMPLETE: "warning",
}
_IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = _IN_MESSAGE | str.maketrans({":": "%3A", ",": "%2C"})


def render_github(audit: Audit) -> str:
    """Return one command per incident of several findings, one per finding, then what was not answered or not run.

    The last line is the verdict. GitHub shows ten errors and ten warnings of a step, so incidents are first.
    """
    places = places_of_incidents(audit)
    incidents = [
        _command(
            incident.severity,
            f"incident {incident.severity.value}",
            places.get(incident.id),
            [incident.title, *(f"{label}: {text}" for label, text in incident_details(incident))],
        )
        for incident in of_several_findings(audit)
    ]
    notices = [f"::notice title=not answered::{_escaped(f'{router}: {said}')}" for router, said in not_answered(audit)]
    notices += [f"::notice title=rules not run::{_escaped(said)}" for said in filter(None, [not_run(audit)])]
    return "\n".join([*incidents, *map(_finding, shown_findings(audit)), *notices, verdict(audit)]) + "\n"


def _finding(finding: Finding) -> str:
    title = f"{finding.code} {finding.severity.value}{' (inferred)' if finding.is_inferred else ''}"
    lines = [finding.message, *(f"{label}: {text}" for label, text in details(finding))]
    return _command(finding.severity, title, place_of(finding), lines)


def _command(severity: Severity, title: str, place: Evidence | None, lines: Sequence[str]) -> str:
    properties = {"file": place.source, "line": str(place.line)} if place else {}
    written = ",".join(
        f"{name}={safe(value).translate(_IN_PROPERTY)}" for name, value in {**properties, "title": title}.items()
    )
    return f"::{_COMMANDS[severity]} {written}::{_escaped(*lines)}"


def _escaped(*lines: str) -> str:
    return "\n".join(map(safe, lines)).translate(_IN_MESSAGE)
