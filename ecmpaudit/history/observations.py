"""One side of a comparison from tables that were just read, without any database.

A prefix may be audited on one side only, where it has several next hops. It is looked up in the tables of the other
side, so that `5 next hops, now 1` is reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.auditing.subjects import subjects
from ecmpaudit.history.answers import answers_of
from ecmpaudit.history.contents import once_per_object, spread_of, without_marks
from ecmpaudit.history.judging import EVERYTHING, codes_with_their_inputs
from ecmpaudit.model import AuditedPrefix, faults_of
from ecmpaudit.model.runs import Observation
from ecmpaudit.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecmpaudit.auditing.run import Material
    from ecmpaudit.model import Audit, Place
    from ecmpaudit.model.runs import Spread


def observation_of(title: str, audit: Audit, material: Material, also: Iterable[Place] = ()) -> Observation:
    """Return what an audit found, and what its tables have of further places."""
    audited = spreads_of(audit)
    return Observation(
        title=title,
        spreads=_looked_up(material, set(also) - audited.keys()) | audited,
        faults={fault: finding.message for finding in audit.findings for fault in faults_of(finding)},
        answers=answers_of(audit),
        covers=EVERYTHING,
        codes=codes_with_their_inputs(audit.network, [rule.code for rule in all_rules()]),
    )


def spreads_of(audit: Audit) -> dict[Place, Spread]:
    """Return what is known of the audited prefixes; one within which its table is cut is not known."""
    stored = once_per_object(without_marks)
    return {prefix.key: spread_of(prefix, stored) for prefix in audit.network.prefixes if not prefix.may_have_more}


def _looked_up(material: Material, wanted: set[Place]) -> dict[Place, Spread]:
    found: dict[Place, Spread] = {}
    for subject in subjects(material.tables) if wanted else ():
        for (vrf, prefix), routes in subject.routes.items():
            place = (subject.label, vrf, prefix)
            if place in wanted:
                candidates_only = subject.shows_candidates_only(prefix)
                found[place] = spread_of(AuditedPrefix(*place, routes, shows_candidates_only=candidates_only))
    return found
