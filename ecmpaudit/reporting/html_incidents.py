"""The incidents as the HTML report shows them: each with its picture, and links to what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model import Confidence, fingerprints
from ecmpaudit.reporting.incident_facts import effect_words, known_cause
from ecmpaudit.reporting.incident_picture import Axes, Picture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecmpaudit.model import Audit, Incident
    from ecmpaudit.reporting.html_routers import Routers

_MOST_OPEN = 10
"""Incidents whose details are open."""
_MOST_IN_FULL = 200
"""Incidents with a picture and their details; of the others, the titles are shown."""
_MOST_EVIDENCE = 5
_MOST_PLACES = 24


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One incident; `number` is its place in `Audit.incidents`."""

    number: int
    incident: Incident
    is_open: bool
    is_in_full: bool
    picture: Picture
    cause: str
    """Empty where the title says it."""
    is_likely: bool
    evidence: tuple[tuple[str, str], ...]
    """Where each line is, and its text."""
    effect: str
    since: str
    findings: tuple[int, ...]
    """The places of its findings in `Audit.findings`."""
    places: tuple[tuple[str, str], ...]
    """Routers by label, each with the fragment of its first row."""
    more_places: int


def incident_views(audit: Audit, routers: Routers) -> list[IncidentView]:
    """Return the incidents in their order, each with the places of its rows."""
    axes = Axes.of(audit)
    numbers = {name: number for number, name in enumerate(fingerprints(audit.findings))}
    return [_view(number, incident, axes, numbers, routers) for number, incident in enumerate(audit.incidents)]


def incident_of_finding(audit: Audit) -> dict[int, int]:
    """Return for each finding, by place, the place of its incident."""
    of_name = {name: number for number, incident in enumerate(audit.incidents) for name in incident.findings}
    names = enumerate(fingerprints(audit.findings))
    return {number: of_name[name] for number, name in names if name in of_name}


def _view(number: int, incident: Incident, axes: Axes, numbers: Mapping[str, int], routers: Routers) -> IncidentView:
    places = routers.places_of(number, incident.routers)
    lines = [(f"{line.source}:{line.line}", line.text.strip()) for line in incident.cause.evidence]
    return IncidentView(
        number=number,
        incident=incident,
        is_open=number < _MOST_OPEN,
        is_in_full=number < _MOST_IN_FULL,
        picture=axes.picture_of(incident),
        cause=known_cause(incident),
        is_likely=incident.cause.confidence is Confidence.LIKELY,
        evidence=tuple(lines[:_MOST_EVIDENCE]),
        effect=effect_words(incident.effect),
        since=f"{incident.since[:16].replace('T', ' ')} UTC" if incident.since else "",
        findings=tuple(numbers[name] for name in incident.findings if name in numbers),
        places=tuple(places[:_MOST_PLACES]),
        more_places=max(0, len(places) - _MOST_PLACES),
    )
