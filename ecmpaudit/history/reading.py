"""Reading the history: runs, faults over time, a run as one side of a comparison, and what rules use of the past."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select, true, union

from ecmpaudit.errors import HistoryError
from ecmpaudit.history.answers import answers_from
from ecmpaudit.history.contents import asked_from, counts_from, reader_of_spreads
from ecmpaudit.history.later_runs import later_runs
from ecmpaudit.history.schema import contents, episodes, faults, places, runs, spreads
from ecmpaudit.model import Fault, Past, PastSet, ResolvedFault
from ecmpaudit.model.routes import have_same_names
from ecmpaudit.model.runs import KnownFault, Observation, Run, Spread, run_title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import ColumnElement, Connection

    from ecmpaudit.model import NextHop, Place

LOOK_BACK = dt.timedelta(days=7)
"""How old a last known good set may be; an older one is not expected any more."""
WINDOW = dt.timedelta(hours=24)
WINDOW_NAME = "24 hours"
"""How far back changes of a set count as flapping."""
ABOUT_CHANGE = "ECMP6"
"""Codes of the rules that report a change: their faults are not states, so they have no recovery."""


def read_runs(connection: Connection, *, since: str | None = None, number: int | None = None) -> tuple[Run, ...]:
    """Return the runs in order: those that started since a time, or the one of a number, or all."""
    if number is not None:
        return _runs(connection, runs.c.id == number)
    return _runs(connection, true() if since is None else runs.c.started >= since)


def read_conditions(connection: Connection) -> dict[int, Observation]:
    """Return the runs that last found a fault that is still open, by number: what they asked, and what answered."""
    last_runs = select(episodes.c.last_run).where(episodes.c.resolved_run.is_(None))
    return {run.number: _observation(run) for run in _runs(connection, runs.c.id.in_(last_runs))}


def _observation(run: Run) -> Observation:
    """Return a run without its prefixes and faults."""
    return Observation(run.title, {}, answers=run.answers, covers=run.asked.pools, codes=run.asked.codes)


def _runs(connection: Connection, where: ColumnElement[bool]) -> tuple[Run, ...]:
    asked, answers = contents.alias(), contents.alias()
    query = (
        select(runs, asked.c.content.label("asked"), answers.c.content.label("answers"))
        .join(asked, asked.c.id == runs.c.asked_id)
        .join(answers, answers.c.id == runs.c.answers_id)
        .where(where)
        .order_by(runs.c.id)
    )
    asked_of, answers_of, counts_of = cache(asked_from), cache(answers_from), cache(counts_from)
    return tuple(
        Run(
            number=row.id,
            started=row.started,
            finished=row.finished,
            asked=asked_of(row.asked),
            version=row.version,
            is_complete=row.is_complete,
            findings=counts_of(row.findings),
            prefixes=row.prefixes,
            answers=answers_of(row.answers),
        )
        for row in connection.execute(query)
    )


def read_faults(connection: Connection, *, since: str | None = None) -> tuple[KnownFault, ...]:
    """Return the episodes of faults, by their first run; with `since`, those seen or resolved then, and open ones."""
    e = episodes.c
    is_in_span = true() if since is None else or_(e.resolved_run.is_(None), e.last_seen >= since, e.resolved >= since)
    return known_faults(connection, is_in_span)


def known_faults(connection: Connection, where: ColumnElement[bool]) -> tuple[KnownFault, ...]:
    """Return the episodes that meet a condition, by their first run."""
    e = episodes.c
    query = select(episodes, faults).join(faults, faults.c.id == e.fault_id).where(where).order_by(e.first_run, e.id)
    rows = list(connection.execute(query))
    asked_again = later_runs(connection, (row.last_run for row in rows if row.resolved is None))
    return tuple(
        KnownFault(
            _fault(row),
            row.severity,
            row.message,
            row.first_seen,
            row.last_seen,
            row.times_seen,
            row.resolved,
            *(asked_again((row.router,), _series_of(row), row.last_run) if row.resolved is None else ()),
        )
        for row in rows
    )


def _series_of(row: Any) -> str | None:
    """Return the series whose runs ask again for a fault of no router and no prefix."""
    series: str | None = None if row.router or row.prefix else row.series
    return series


def read_observation(connection: Connection, number: int) -> Observation:
    """Return what a run observed; its faults are those that were found and not resolved by then.

    Raises:
        HistoryError: there is no such run.
    """
    found = read_runs(connection, number=number)
    if not found:
        lowest, highest = connection.execute(select(func.min(runs.c.id), func.max(runs.c.id))).one()
        kept = f"runs {lowest} to {highest} are kept" if highest else "no run is kept yet"
        raise HistoryError(f"there is no run {number}; {kept}")
    e, s = episodes.c, spreads.c
    series = select(runs.c.series).where(runs.c.id == number).scalar_subquery()
    known = (
        select(faults, e.message, e.last_run)
        .join(episodes, faults.c.id == e.fault_id)
        .where(e.first_run <= number, e.resolved_run.is_(None) | (e.resolved_run > number))
    )
    found_stretches = stretches(connection, (s.series == series) & (s.first_run <= number) & (s.last_run >= number))
    faults_then = {_fault(row): row for row in connection.execute(known)}
    return replace(
        _observation(found[0]),
        spreads={place: spread for place, spread, _ in found_stretches},
        faults={fault: row.message for fault, row in faults_then.items()},
        carried_over=frozenset(fault for fault, row in faults_then.items() if row.last_run < number),
    )


def read_past(connection: Connection, now: str) -> Past:
    """Return what rules and expectations ask of earlier runs; `now` is ISO 8601, UTC."""
    first, recent = (_first_run_since(connection, now, span) for span in (LOOK_BACK, WINDOW))
    if first is None:
        return Past(window=WINDOW_NAME, resolved=_resolved(connection), began=_began(connection))
    titles = {run.number: run.title for run in read_runs(connection, since=time_before(now, LOOK_BACK))}
    last: dict[Place, tuple[int, PastSet]] = {}
    good: dict[Place, tuple[int, PastSet]] = {}
    changes: dict[Place, int] = {}
    before: dict[Place, tuple[NextHop, ...]] = {}
    for place, spread, row in stretches(connection, spreads.c.last_run >= first):
        if row.state == "incomplete":
            continue
        had = PastSet(titles.get(row.last_run, f"run {row.last_run}"), spread.next_hops, spread.nodes)
        for kept in (last, good) if row.state == "clean" else (last,):
            if place not in kept or kept[place][0] <= row.last_run:
                kept[place] = (row.last_run, had)
        hops = spread.next_hops
        if recent is not None and row.first_run >= recent and not have_same_names(before.get(place, hops), hops):
            changes[place] = changes.get(place, 0) + 1
        before[place] = hops
    return Past(
        last={place: had for place, (_, had) in last.items()},
        good={place: had for place, (_, had) in good.items()},
        changes=changes,
        window=WINDOW_NAME,
        resolved=_resolved(connection),
        began=_began(connection),
    )


def time_before(now: str, span: dt.timedelta) -> str:
    """Return the time that lies a span before another, in the same form."""
    earlier = dt.datetime.fromisoformat(now) - span
    return earlier.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"  # not strftime: years sort by four digits


def _first_run_since(connection: Connection, now: str, span: dt.timedelta) -> int | None:
    """Return the first run of the span; a run that is later than now by more than the span comes from a wrong clock."""
    is_recent = runs.c.started.between(time_before(now, span), time_before(now, -span))
    query = select(func.min(runs.c.id)).where(is_recent)
    number: int | None = connection.execute(query).scalar()
    return number


def stretches(connection: Connection, where: Any) -> Iterator[tuple[Place, Spread, Any]]:
    """Yield place, spread and row of the stretches, in the order in which they began; each content is read once."""
    p, s = places.c, spreads.c
    used = union(select(s.set_id).where(where), select(s.attributes_id).where(where))
    wanted = select(contents.c.id, contents.c.content).where(contents.c.id.in_(used))
    spread = reader_of_spreads({number: text for number, text in connection.execute(wanted)})  # noqa: C416 - as rows
    query = (
        select(p.router, p.vrf, p.prefix, s.series, s.state, s.first_run, s.last_run, s.set_id, s.attributes_id)
        .join(places, p.id == s.place_id)
        .where(where)
        .order_by(s.first_run, s.id)
    )
    for row in connection.execute(query):
        router, vrf, prefix, *_, set_id, attributes_id = row
        yield (router, vrf, prefix), spread(set_id, attributes_id), row


def _resolved(connection: Connection) -> dict[Fault, ResolvedFault]:
    """Return the faults that are resolved and have not come back."""
    e = episodes.c
    query = (
        select(faults, e.times_seen, e.resolved_run, e.resolved)
        .join(episodes, faults.c.id == e.fault_id)
        .where(faults.c.code.not_like(f"{ABOUT_CHANGE}%"))
        .order_by(e.id)
    )
    latest = {_fault(row).followed: row for row in connection.execute(query)}
    return {
        fault: ResolvedFault(run_title(row.resolved_run, row.resolved), row.times_seen)
        for followed, row in latest.items()
        if row.resolved_run is not None
        for fault in followed.as_reported_by_each_rule
    }


def _began(connection: Connection) -> dict[Fault, str]:
    """Return when the first run found each fault that is still open."""
    e = episodes.c
    query = (
        select(faults, e.first_seen).join(episodes, faults.c.id == e.fault_id).where(e.resolved_run.is_(None))
    ).order_by(e.id)
    rows = connection.execute(query)
    return {fault: row.first_seen for row in rows for fault in _fault(row).as_reported_by_each_rule}


def _fault(row: Any) -> Fault:
    return Fault(row.code, row.router, row.vrf, row.prefix, row.about)


def newest(connection: Connection, back: int = 0) -> int | None:
    """Return the number of the last run, or of the one `back` runs before it; None if there are fewer runs."""
    numbers: Iterable[int] = connection.execute(
        select(runs.c.id).order_by(runs.c.id.desc()).offset(back).limit(1)
    ).scalars()
    return next(iter(numbers), None)
