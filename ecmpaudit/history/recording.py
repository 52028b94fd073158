"""Recording one run: a row for it, and what changed. What did not change is extended in place.

A fault is resolved only by a run that could judge it (`judging`). Missing data is never a recovery. A node that is
missing for a prefix on a router is one fault, whatever rule reports it, and whatever the node is called.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, insert, select, union, update

from ecmpaudit.history.answers import answers_of, answers_text
from ecmpaudit.history.contents import (
    asked_text,
    compact,
    content_ids,
    digest_of,
    ids_of,
    storable,
    texts_of,
)
from ecmpaudit.history.incidents import RecordedIncidents, keep_incidents
from ecmpaudit.history.judging import codes_with_their_inputs, could_judge
from ecmpaudit.history.observations import spreads_of
from ecmpaudit.history.reading import read_conditions
from ecmpaudit.history.renamed_nodes import renamed_nodes
from ecmpaudit.history.schema import contents, episodes, faults, places, runs, spreads
from ecmpaudit.model import Fault, Severity, faults_of
from ecmpaudit.model.runs import Observation
from ecmpaudit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from ecmpaudit.model import Audit, Finding, Place
    from ecmpaudit.model.runs import Asked, RouterAnswer, Spread

_CLEAN, _FAULTY, _INCOMPLETE = "clean", "faulty", "incomplete"
_Held = tuple[int, int, str]
"""What a prefix had: ids of its set and its attributes, and its state."""


@dataclass(frozen=True)
class _Recording:
    """One run on its way into the database."""

    connection: Connection
    audit: Audit
    asked: Asked
    answers: Mapping[str, RouterAnswer]
    spreads: Mapping[Place, Spread]
    series: str
    number: int
    """Of this run."""
    previous: int | None
    """The last run that was asked for the same."""
    finished: str


def record_run(connection: Connection, audit: Audit, asked: Asked, started: str, finished: str) -> int:
    """Keep a run and return its number; the times are ISO 8601, UTC, to the second."""
    answers = answers_of(audit)
    routers = asked.routers or [name for name, answer in answers.items() if not answer.is_node]
    series = digest_of(compact([sorted(routers), sorted(asked.pools)]))
    previous = connection.execute(select(func.max(runs.c.id)).where(runs.c.series == series)).scalar()
    number = _add_run(connection, audit, asked, answers, series, started, finished)
    recording = _Recording(connection, audit, asked, answers, spreads_of(audit), series, number, previous, finished)
    _keep_spreads(recording)
    renamed = _keep_faults(recording)
    keep_incidents(RecordedIncidents(connection, number, series, finished, renamed), audit.incidents)
    return number


def _add_run(
    connection: Connection,
    audit: Audit,
    asked: Asked,
    answers: Mapping[str, RouterAnswer],
    series: str,
    started: str,
    finished: str,
) -> int:
    asked_as, answered_as = asked_text(asked), answers_text(answers)
    ids = content_ids(connection, (asked_as, answered_as))
    adding = insert(runs).values(
        series=series,
        started=started,
        finished=finished,
        version=__version__,
        is_complete=not audit.is_incomplete,
        prefixes=len(audit.network.prefixes),
        findings=compact(Counter(finding.severity.value for finding in audit.findings)),
        asked_id=ids[asked_as],
        answers_id=ids[answered_as],
    )
    number: int = connection.execute(adding.returning(runs.c.id)).scalar_one()
    return number


def _keep_spreads(recording: _Recording) -> None:
    """Extend the stretches of prefixes that did not change, and begin one for each that did."""
    connection, number = recording.connection, recording.number
    running_at = _running_stretches(recording)
    held = _held(recording, {place: stretch.place_id for place, stretch in running_at.items()})
    running = {each.place_id: (each.id, (each.set_id, each.attributes_id, each.state)) for each in running_at.values()}
    if recording.previous is not None:
        of_series = and_(spreads.c.series == recording.series, spreads.c.last_run == recording.previous)
        connection.execute(update(spreads).where(of_series).values(last_run=number))
        ended = [
            {"stretch": each, "last": recording.previous} for p, (each, had) in running.items() if held.get(p) != had
        ]
        if ended:
            back = update(spreads).where(spreads.c.id == bindparam("stretch")).values(last_run=bindparam("last"))
            connection.execute(back, ended)
    begun = [
        {
            "series": recording.series,
            "place_id": place,
            "set_id": has[0],
            "attributes_id": has[1],
            "state": has[2],
            "first_run": number,
            "last_run": number,
        }
        for place, has in held.items()
        if place not in running or running[place][1] != has
    ]
    if begun:
        connection.execute(insert(spreads), begun)


def _held(recording: _Recording, known: Mapping[Place, int]) -> dict[int, _Held]:
    """Return what each prefix has in this run, by the id of its place; `known` has the ids of some places."""
    texts = texts_of(recording.spreads)
    every_text = {text for both in texts.values() for text in both}
    held = content_ids(recording.connection, every_text, _contents_of_last_run(recording))
    digests = {place: digest_of(compact(place)) for place in recording.spreads if place not in known}
    rows = {
        digest: dict(zip(("router", "vrf", "prefix"), map(storable, key), strict=True))
        for key, digest in digests.items()
    }
    new = ids_of(recording.connection, places, rows)
    ids = {place: known[place] if place in known else new[digests[place]] for place in texts}
    states = _states(recording)
    return {ids[place]: (held[hops], held[rest], states[place]) for place, (hops, rest) in texts.items()}


def _contents_of_last_run(recording: _Recording) -> dict[str, int]:
    """Return the ids of what prefixes had in the previous run by digest: most of it is what they have now."""
    if recording.previous is None:
        return {}
    s, c = spreads.c, contents.c
    of_run = and_(s.series == recording.series, s.last_run == recording.previous)
    used = union(select(s.set_id).where(of_run), select(s.attributes_id).where(of_run))
    rows = recording.connection.execute(select(c.digest, c.id).where(c.id.in_(used)))
    return {digest: number for digest, number in rows}  # noqa: C416 - rows are Row, not tuple, for mypy


def _states(recording: _Recording) -> dict[Place, str]:
    """Return for each prefix whether it was clean, faulty or incompletely read."""
    blamed = {
        (finding.router, finding.vrf, finding.prefix)
        for finding in recording.audit.findings
        if finding.prefix and finding.severity is not Severity.INFO
    }
    doubted = {f.router for f in recording.audit.findings if f.severity is Severity.INCOMPLETE and not f.prefix}

    def state(place: Place) -> str:
        router, *_ = place
        if not recording.answers[router].is_complete:
            return _INCOMPLETE
        return _FAULTY if place in blamed or router in doubted else _CLEAN

    return {place: state(place) for place in recording.spreads}


def _running_stretches(recording: _Recording) -> dict[Place, Any]:
    """Return the stretches that reach to the previous run, by place."""
    if recording.previous is None:
        return {}
    s, p = spreads.c, places.c
    query = (
        select(p.router, p.vrf, p.prefix, s.place_id, s.id, s.set_id, s.attributes_id, s.state)
        .join(places, p.id == s.place_id)
        .where(s.series == recording.series, s.last_run == recording.previous)
    )
    return {tuple(row[:3]): row for row in recording.connection.execute(query)}


@dataclass(frozen=True, slots=True)
class _Found:
    """A fault that the run found."""

    fault_id: int
    finding: Finding


def _keep_faults(recording: _Recording) -> dict[str, str]:
    """Extend the episodes of faults that were found again, end the resolved ones, and begin the new ones.

    Return the new names of nodes by their old ones: those that are missing under another name.
    """
    open_now = _open_episodes(recording.connection)
    found = _found(recording, {_fault(row): row.fault_id for row, _ in open_now})
    again = [(row, key) for row, key in open_now if key in found]
    not_found = [(row, key) for row, key in open_now if key not in found]
    known = {key for _, key in again}
    renamed = renamed_nodes(
        recording.connection, not_found, {key: each.finding for key, each in found.items() if key not in known}
    )
    known.update(renamed.values())
    again += [(row, renamed[key]) for row, key in not_found if key in renamed]
    _extend(recording, [(row, found[key]) for row, key in again])
    _begin(recording, [each for key, each in found.items() if key not in known])
    _end(recording, _resolved(recording, [row for row, key in not_found if key not in renamed]))
    return {before.about: now.about for before, now in renamed.items()}


def _found(recording: _Recording, known: Mapping[Fault, int]) -> dict[Fault, _Found]:
    """Return the faults that the run found, as they are followed; `known` has the ids of some."""
    found = {fault: finding for finding in recording.audit.findings for fault in faults_of(finding)}
    stored = {fault: Fault(*map(storable, fault)) for fault in found}
    digests = {fault: digest_of(compact(fault)) for fault in found if fault not in known}
    new = ids_of(recording.connection, faults, {digest: stored[fault]._asdict() for fault, digest in digests.items()})
    ids = {fault: known[fault] if fault in known else new[digests[fault]] for fault in found}
    return {stored[fault].followed: _Found(ids[fault], finding) for fault, finding in found.items()}


def _open_episodes(connection: Connection) -> list[tuple[Any, Fault]]:
    """Return the open episodes, each with its fault as it is followed."""
    e, f = episodes.c, faults.c
    query = (
        select(e.id, e.last_run, e.fault_id, e.severity, e.message, f.code, f.router, f.vrf, f.prefix, f.about)
        .join(faults, f.id == e.fault_id)
        .where(e.resolved_run.is_(None))
    )
    return [(row, _fault(row).followed) for row in connection.execute(query)]


def _fault(row: Any) -> Fault:
    return Fault(row.code, row.router, row.vrf, row.prefix, row.about)


def _resolved(recording: _Recording, not_found: Sequence[Any]) -> list[int]:
    """Return the episodes that this run ends: it could judge their faults, and did not find them."""
    run = Observation(
        title="",
        spreads=recording.spreads,
        answers=recording.answers,
        covers=recording.asked.pools,
        codes=codes_with_their_inputs(recording.audit.network, recording.asked.codes),
    )
    found_by = read_conditions(recording.connection) if not_found else {}
    return [row.id for row in not_found if could_judge(_fault(row), run, found_by.get(row.last_run))]


def _extend(recording: _Recording, found: Sequence[tuple[Any, _Found]]) -> None:
    """Extend episodes; another rule than before may report the fault now, or another name of its node."""
    longer = update(episodes).where(episodes.c.id == bindparam("episode"))
    longer = longer.values(
        last_run=recording.number, last_seen=recording.finished, times_seen=episodes.c.times_seen + 1
    )
    said = longer.values(fault_id=bindparam("fault"), severity=bindparam("now"), message=bindparam("said"))
    rows = [
        (
            (each.fault_id, each.severity, each.message),
            {"episode": each.id},
            {"fault": f.fault_id, "now": f.finding.severity.value, "said": storable(f.finding.message)},
        )
        for each, f in found
    ]
    same = [episode for before, episode, now in rows if before == tuple(now.values())]
    other = [episode | now for before, episode, now in rows if before != tuple(now.values())]
    for statement, parameters in ((longer, same), (said, other)):
        if parameters:
            recording.connection.execute(statement, parameters)


def _begin(recording: _Recording, found: Sequence[_Found]) -> None:
    number, now = recording.number, recording.finished
    if found:
        rows = [
            {
                "fault_id": each.fault_id,
                "series": recording.series,
                "severity": each.finding.severity.value,
                "message": storable(each.finding.message),
                "first_run": number,
                "first_seen": now,
                "last_run": number,
                "last_seen": now,
                "times_seen": 1,
            }
            for each in found
        ]
        recording.connection.execute(insert(episodes), rows)


def _end(recording: _Recording, resolved: list[int]) -> None:
    if resolved:
        ended = update(episodes).where(episodes.c.id == bindparam("episode"))
        ended = ended.values(resolved_run=recording.number, resolved=recording.finished)
        recording.connection.execute(ended, [{"episode": each} for each in resolved])
