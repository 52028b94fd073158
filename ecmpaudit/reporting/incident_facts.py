"""What the forms say of incidents: which one a finding belongs to, the worst first, and the details beside a title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Confidence, Severity, fingerprints
from ecmpaudit.reporting.shown import place_of
from ecmpaudit.wording import counted, listed, word_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecmpaudit.model import Audit, Effect, Evidence, Finding, Incident
    from ecmpaudit.model.runs import KnownIncident

_WORST_FIRST = (Severity.ERROR, Severity.WARNING, Severity.INCOMPLETE, Severity.INFO)
_LEAST_SHARE = 0.001


def incident_of(audit: Audit) -> Callable[[Finding], Incident | None]:
    """Return a function from a finding of the audit to its incident; None for an entry that is no finding of it."""
    by_name = {name: incident for incident in audit.incidents for name in incident.findings}
    named = zip(audit.findings, fingerprints(audit.findings), strict=True)
    found = {id(finding): by_name.get(name) for finding, name in named}
    return lambda finding: found.get(id(finding))


def worst_first(audit: Audit) -> tuple[Incident, ...]:
    """Return the incidents, errors, then warnings, then what was not checked; of each severity the largest first."""
    return tuple(sorted(audit.incidents, key=lambda incident: _WORST_FIRST.index(incident.severity)))


def of_several_findings(audit: Audit) -> tuple[Incident, ...]:
    """Return the incidents that lead a form whose entries are findings: the others are one finding there already."""
    return tuple(incident for incident in audit.incidents if len(incident.findings) != 1)


def places_of_incidents(audit: Audit) -> dict[str, Evidence]:
    """Return for each incident, by its id, the first line of a file that one of its findings rests on, if any."""
    of_finding = incident_of(audit)
    places: dict[str, Evidence] = {}
    for finding in audit.findings:
        incident, place = of_finding(finding), place_of(finding)
        if incident and place:
            places.setdefault(incident.id, place)
    return places


def incident_details(incident: Incident | KnownIncident) -> list[tuple[str, str]]:
    """Return what the title does not have, each with its label: the cause, what it does to traffic, what to do next."""
    labelled = (
        ("likely cause" if incident.cause.confidence is Confidence.LIKELY else "cause", known_cause(incident)),
        ("effect", effect_words(incident.effect)),
        ("since", f"{incident.since[:16].replace('T', ' ')} UTC" if incident.since else ""),
        ("next", incident.next),
    )
    return [(label, text) for label, text in labelled if text]


def known_cause(incident: Incident | KnownIncident) -> str:
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
