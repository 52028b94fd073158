"""Incidents as text for people: what, how far, why and what next, in as few lines as a person reads at night."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.reporting.incident_facts import incident_details
from ecmpaudit.reporting.lines import STEP, STYLES, Line, height, labelled
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model import Evidence, Incident

_ROOM_FOR_THE_COUNT = 2
"""The line that counts the rest, and the empty one below it."""


def incident_lines(incidents: Sequence[Incident], room: int, width: int) -> list[Line]:
    """Return the incidents in at most so many lines: the first in full, others by their titles, the rest counted."""
    first = incidents[: room + 1]
    titles = [_title(incident) for incident in first]
    heights = [height([title], width) for title in titles]
    whole = [_in_full(incident) for incident in first]
    for number in range(len(first), 0, -1):
        lines = [line for lines in whole[:number] for line in lines]
        if height(lines, width) + sum(heights[number:]) + (number < len(first)) <= room:
            return [*lines, *titles[number:], *([Line("")] if number < len(first) else [])]
    shown: list[Line] = []
    for title, lines_of_title in zip(titles, heights, strict=True):
        room -= lines_of_title
        if room < _ROOM_FOR_THE_COUNT:
            break
        shown.append(title)
    rest = len(incidents) - len(shown)
    return [*shown, *([Line(f"and {counted(rest, 'more incident')} (-v shows all)")] if rest else []), Line("")]


def all_incident_lines(incidents: Sequence[Incident]) -> list[Line]:
    """Return every incident in full."""
    return [line for incident in incidents for line in _in_full(incident)]


def _title(incident: Incident) -> Line:
    severity = incident.severity.value
    return Line(f"{severity}  {incident.title}", style=STYLES[incident.severity], styled=len(severity))


def _in_full(incident: Incident) -> list[Line]:
    return [_title(incident), *_details(incident), Line("")]


def _details(incident: Incident) -> Iterator[Line]:
    of_evidence = incident.cause.evidence[:1]
    details = incident_details(incident)
    if not (details and details[0][0].endswith("cause")):
        yield from map(_evidence, of_evidence)
    for label, text in details:
        yield labelled(label, text)
        if label.endswith("cause"):
            yield from map(_evidence, of_evidence)


def _evidence(line: Evidence) -> Line:
    return Line(f"{line.source}:{line.line}  {line.text}".rstrip(), indent=STEP)
