"""Incidents over runs: an open one continues as the incident of a run that has its name, or most of its open faults.

An incident ends when none of its faults is open any more, or when another incident of the run has those that are. While
one of them could not be judged, it stays open. A run that was asked for something else adds its faults to the incidents
that have some of them already, and changes the kind of none.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, or_, select, true, update

from ecmpaudit.history.asked_routers import not_asked_since
from ecmpaudit.history.contents import content_ids, incident_from, incident_text, storable
from ecmpaudit.history.later_runs import later_runs
from ecmpaudit.history.schema import contents, episodes, faults, incident_episodes, incidents
from ecmpaudit.model import Fault
from ecmpaudit.model.runs import KnownIncident

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from sqlalchemy import ColumnElement, Connection

    from ecmpaudit.history.later_runs import AskedAgain
    from ecmpaudit.model import Incident

OF_FINDINGS = "finding"
"""The kind of what was recorded before incidents were: it continues as a real one, which is no news."""


@dataclass(frozen=True, slots=True)
class RecordedIncidents:
    """The incidents of one run on their way into the database."""

    connection: Connection
    number: int
    """Of the run."""
    series: str
    finished: str
    renamed: Mapping[str, str]
    """New names of nodes, by their old ones."""


@dataclass(frozen=True, slots=True)
class _Found:
    """An incident of the run, with its faults as they are followed."""

    incident: Incident
    keys: frozenset[Fault]


@dataclass(frozen=True, slots=True)
class _Match:
    """How an incident of the run is recorded."""

    found: _Found
    row: Any | None
    """The open incident that it continues; None for a new one."""
    is_joining: bool = False
    """The open one belongs to runs that were asked for something else, and keeps its kind."""


def keep_incidents(run: RecordedIncidents, found: Iterable[Incident]) -> None:
    """Record the incidents of a run, whose faults are recorded already."""
    of_run = [_Found(incident, frozenset(map(_key, incident.faults))) for incident in found]
    rows = _open_rows(run.connection)
    open_faults, known = _links(run, rows, {key for each in of_run for key in each.keys})
    matches = _matches(of_run, rows, open_faults, run.series)
    numbers = _continue(run, matches)
    episode_of = _episodes_found(run)
    links = {
        (number, episode)
        for match, number in zip(matches, numbers, strict=True)
        for episode in (episode_of[key] for key in match.found.keys)
        if episode not in known.get(number, ())
    }
    if links:
        adding = [{"incident_id": number, "episode_id": episode} for number, episode in sorted(links)]
        run.connection.execute(insert(incident_episodes), adding)
    _end(run, [row for row in rows if row.id not in numbers], open_faults, of_run)


def _key(fault: Fault) -> Fault:
    """Return what is followed: a prefix that loses its last next hop has another code, and the same incident."""
    return Fault(*map(storable, fault)).followed


def _episodes_found(run: RecordedIncidents) -> dict[Fault, int]:
    """Return the episodes of the faults that the run found."""
    e, f = episodes.c, faults.c
    query = select(e.id, f.code, f.router, f.vrf, f.prefix, f.about).join(faults, f.id == e.fault_id)
    found = run.connection.execute(query.where(e.last_run == run.number, e.resolved_run.is_(None)))
    return {Fault(*where).followed: number for number, *where in found}


def _open_rows(connection: Connection) -> list[Any]:
    query = select(incidents, contents.c.content).join(contents, contents.c.id == incidents.c.facts_id)
    return list(connection.execute(query.where(incidents.c.resolved_run.is_(None)).order_by(incidents.c.id)))


def _links(
    run: RecordedIncidents, rows: Iterable[Any], found: AbstractSet[Fault]
) -> tuple[dict[int, set[Fault]], dict[int, set[int]]]:
    """Return the faults of open incidents that are open, also those that the run has with another code; and all."""
    open_ones: dict[int, set[Fault]] = {row.id: set() for row in rows}
    known: dict[int, set[int]] = defaultdict(set)
    f, links = faults.c, incident_episodes.c
    query = (
        select(incident_episodes, episodes.c.resolved_run, f.code, f.router, f.vrf, f.prefix, f.about)
        .join(episodes, episodes.c.id == links.episode_id)
        .join(faults, f.id == episodes.c.fault_id)
        .join(incidents, incidents.c.id == links.incident_id)
        .where(incidents.c.resolved_run.is_(None))
    )
    for row in run.connection.execute(query):
        known[row.incident_id].add(row.episode_id)
        key = _key(Fault(row.code, row.router, row.vrf, row.prefix, row.about))
        if row.resolved_run is None or (row.resolved_run == run.number and key in found):
            open_ones[row.incident_id].add(key)
    return open_ones, known


def _matches(
    found: Sequence[_Found], rows: Sequence[Any], open_faults: Mapping[int, set[Fault]], series: str
) -> list[_Match]:
    """Return for each incident of the run the open one that it continues: by name, then by the most common faults."""
    by_name = {row.fingerprint: row for row in rows}
    matched = {number: by_name[each.incident.id] for number, each in enumerate(found) if each.incident.id in by_name}
    taken = {row.id for row in matched.values()}
    joining: set[int] = set()
    by_number = {row.id: row for row in rows}
    for is_foreign, _, row_number, number in sorted(_overlaps(found, rows, open_faults, series)):
        if number in matched or (row_number in taken and not is_foreign):
            continue
        matched[number] = by_number[row_number]
        if is_foreign:
            joining.add(number)
        else:
            taken.add(row_number)
    return [_Match(each, matched.get(number), number in joining) for number, each in enumerate(found)]


def _overlaps(
    found: Sequence[_Found], rows: Iterable[Any], open_faults: Mapping[int, set[Fault]], series: str
) -> Iterable[tuple[bool, int, int, int]]:
    """Yield pairs with faults in common: whether the open incident is of other runs, minus how many, both numbers."""
    holders = defaultdict(list)
    for row in rows:
        for key in open_faults[row.id]:
            holders[key].append(row)
    for number, each in enumerate(found):
        common: dict[int, int] = defaultdict(int)
        is_foreign = {}
        for key in each.keys:
            for row in holders[key]:
                common[row.id] += 1
                is_foreign[row.id] = row.series != series
        yield from ((is_foreign[row_number], -times, row_number, number) for row_number, times in common.items())


def _continue(run: RecordedIncidents, matches: Sequence[_Match]) -> list[int]:
    """Extend open incidents and begin new ones; return the numbers of both, in order."""
    texts = {match.found.incident.id: incident_text(match.found.incident) for match in matches}
    ids = content_ids(run.connection, texts.values())
    new: list[dict[str, Any]] = []
    longer: dict[int, dict[str, Any]] = {}
    for match in matches:
        values = _values(run, match, ids[texts[match.found.incident.id]])
        if match.row is None:
            began = {"began_as": match.found.incident.id, "first_run": run.number, "first_seen": run.finished}
            new.append({"times_seen": 1, **began, **values})
        elif match.row.id not in longer:  # several may join one
            longer[match.row.id] = {"of_row": match.row.id, **values}
    _extend(run.connection, longer.values())
    adding = insert(incidents).returning(incidents.c.id, sort_by_parameter_order=True)
    begun = iter(run.connection.execute(adding, new).scalars() if new else ())
    return [next(begun) if match.row is None else match.row.id for match in matches]


def _extend(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Record that open incidents were seen again; those of which the same is recorded are one statement."""
    alike: dict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        alike[tuple(row)].append(row)
    for columns, same in alike.items():
        seen: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns if name != "of_row"}
        longer = update(incidents).where(incidents.c.id == bindparam("of_row"))
        longer = longer.values(times_seen=incidents.c.times_seen + 1, **seen)
        values = [{name if name == "of_row" else f"new_{name}": each for name, each in row.items()} for row in same]
        connection.execute(longer, values)


def _values(run: RecordedIncidents, match: _Match, facts_id: int) -> dict[str, Any]:
    """Return what a run records of an incident: of one that it only joins, that it was seen."""
    found, row = match.found.incident, match.row
    seen = {"last_run": run.number, "last_seen": run.finished}
    if match.is_joining:
        return seen
    values = {
        **seen,
        "fingerprint": found.id,
        "series": run.series,
        "kind": found.kind.value,
        "severity": found.severity.value,
        "title": storable(found.title),
        "facts_id": facts_id,
        "is_of_a_change": all(fault.is_of_a_change for fault in found.faults),
    }
    if row is not None and row.series == run.series and _is_changed(row, found, run.renamed):
        values |= {"changed_run": run.number, "was": row.title}
    return values


def _is_changed(row: Any, found: Incident, renamed: Mapping[str, str]) -> bool:
    """Return whether an incident is of another kind now: fewer or more prefixes are none, nor is a cause or a name."""
    if row.kind == OF_FINDINGS:
        return False
    if row.severity != found.severity.value or row.kind != found.kind.value:
        return True
    known = incident_from(row.content)
    nodes = {renamed.get(name, name) for name in known["nodes"]}
    return row.fingerprint != found.id and (nodes, known["routers"]) != (set(found.nodes), found.routers)


def _end(
    run: RecordedIncidents, rows: Iterable[Any], open_faults: Mapping[int, set[Fault]], found: Sequence[_Found]
) -> None:
    """End the open incidents that the run did not find and of which no fault is left that it could not judge."""
    of_fault = {key: each.incident for each in found for key in each.keys}
    for row in rows:
        left = open_faults[row.id]
        if left - of_fault.keys():
            continue
        of_row = incidents.c.id == row.id
        if left and row.kind == OF_FINDINGS:
            links = incident_episodes.c.incident_id == row.id
            run.connection.execute(delete(incident_episodes).where(links))
            run.connection.execute(delete(incidents).where(of_row))
            continue
        part_of = storable(of_fault[min(left)].title) if left else None
        ended = {"resolved_run": run.number, "resolved": run.finished, "part_of": part_of}
        run.connection.execute(update(incidents).where(of_row).values(**ended))


def read_incidents(connection: Connection, since: str | None = None) -> tuple[KnownIncident, ...]:
    """Return the incidents, by their first run; with `since`, those seen or ended since then and the open ones."""
    i = incidents.c
    where = true() if since is None else or_(i.resolved_run.is_(None), i.last_seen >= since, i.resolved >= since)
    return tuple(known for known, _ in incidents_with_rows(connection, where))


def incidents_with_rows(connection: Connection, where: ColumnElement[bool]) -> list[tuple[KnownIncident, Any]]:
    """Return the incidents that meet a condition, by their first run, with their rows."""
    i = incidents.c
    query = (
        select(incidents, contents.c.content)
        .join(contents, contents.c.id == i.facts_id)
        .where(where)
        .order_by(i.first_run, i.id)
    )
    rows = list(connection.execute(query))
    asked_again = later_runs(connection, (row.last_run for row in rows if row.resolved is None))
    not_asked = _not_asked(connection) if any(row.resolved is None for row in rows) else {}
    return [
        (replace(_known(row, asked_again), not_asked_since=None if row.resolved else not_asked.get(row.id)), row)
        for row in rows
    ]


def _not_asked(connection: Connection) -> dict[int, str]:
    """Return since when no router of the open faults of an open incident is asked any more, by incident."""
    links, e = incident_episodes.c, episodes.c
    query = (
        select(links.incident_id, faults.c.router)
        .join(episodes, e.id == links.episode_id)
        .join(faults, faults.c.id == e.fault_id)
        .where(e.resolved_run.is_(None))
        .distinct()
    )
    since = not_asked_since(connection)
    found: dict[int, list[str | None]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.incident_id].append(since(row.router))
    times = {number: [time for time in each if time] for number, each in found.items()}
    return {number: max(each) for number, each in times.items() if each and len(each) == len(found[number])}


def _known(row: Any, asked_again: AskedAgain) -> KnownIncident:
    facts = incident_from(row.content)
    of_series = None if facts["routers"] else row.series
    since, number = (None, 0) if row.resolved else asked_again(facts["routers"], of_series, row.last_run)
    return KnownIncident(
        number=row.id,
        id=row.fingerprint,
        began_as=row.began_as,
        kind=row.kind,
        severity=row.severity,
        title=row.title,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        times_seen=row.times_seen,
        resolved=row.resolved,
        was=row.was,
        part_of=row.part_of,
        is_of_a_change=row.is_of_a_change,
        not_judged_since=since,
        not_judged_runs=number,
        **facts,
    )
