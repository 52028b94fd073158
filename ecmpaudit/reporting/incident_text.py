"""Incidents as text for people: what, how far, why and what next, in as few lines as a person reads at night."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Confidence
from ecmpaudit.reporting.lines import STEP, STYLES, Line, height, labelled
from ecmpaudit.wording import counted, listed, word_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model import Effect, Incident

_LEAST_SHARE = 0.001
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
    cause = incident.cause
    if known := known_cause(incident):
        yield labelled("likely cause" if cause.confidence is Confidence.LIKELY else "cause", known)
    if cause.evidence:
        line = cause.evidence[0]
        yield Line(f"{line.source}:{line.line}  {line.text}".rstrip(), indent=STEP)
    if effect := effect_words(incident.effect):
        yield labelled("effect", effect)
    if incident.since:
        yield labelled("since", f"{incident.since[:16].replace('T', ' ')} UTC")
    yield labelled("next", incident.next)


def known_cause(incident: Incident) -> str:
    """Return the cause in words, `not known` where nodes are missing without one; empty where the title says it."""
    cause = incident.cause
    if cause.text not in incident.title:
        return cause.text
    return "not known" if cause.confidence is Confidence.UNKNOWN and incident.nodes else ""


def effect_words(effect: Effect) -> str:
    """Return the effect in words: `300 prefixes short, 1.6 % of their traffic moved`; empty where there is none."""
    parts = []
    if effect.prefixes_short:
        parts.append(f"{counted(effect.prefixes_short, 'prefix')} short")
    if effect.traffic_moved is not None:
        whose = word_for(effect.prefixes_short, "its", "their")
        parts.append(f"{share_words(effect.traffic_moved)} of {whose} traffic moved")
    if effect.prefixes_without_next_hop:
        parts.append(f"{counted(effect.prefixes_without_next_hop, 'prefix')} with no next hop left")
    return listed(parts)


def share_words(share: float) -> str:
    """Return a share from 0 to 1 in percent; one between is never rounded to 0 % or 100 %."""
    if 0 < share < _LEAST_SHARE:
        return "under 0.1 %"
    if 1 - _LEAST_SHARE < share < 1:
        return "over 99.9 %"
    return f"{share:.1%}".replace("%", " %").replace(".0 %", " %")
