"""What people are to be told, and what each destination of alerts was told already.

Nothing is queued: a destination has the number of the run up to which it knows all, and what there is to tell it are
the faults that came up or went after that. A message that could not be sent is thus part of the next one. A
destination that is new is told what is there now, and of no recovery.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from ecmpaudit.history.reading import ABOUT_CHANGE, known_faults
from ecmpaudit.history.schema import destinations, episodes, faults, runs
from ecmpaudit.model.runs import News

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from ecmpaudit.model import Severity


def confirm_faults(connection: Connection, number: int, times: int, severities: Collection[Severity]) -> None:
    """Mark the faults that this run saw, and so many runs in a row before it.

    A run that could not look at a fault's place neither counts nor breaks the row: it did not end the episode.
    """
    e = episodes.c
    seen_often = (e.last_run == number) & e.confirmed_run.is_(None) & e.resolved_run.is_(None) & (e.times_seen >= times)
    wanted = e.severity.in_([severity.value for severity in severities])
    connection.execute(update(episodes).where(seen_often, wanted).values(confirmed_run=number))


def news_between(connection: Connection, told_run: int | None, number: int) -> News:
    """Return what came up and what went after one run, up to another; with None, what is there in the latter.

    Faults that tell of a change have no recovery: that it is not there any more is no news.
    """
    e = episodes.c
    has_come = (e.confirmed_run > (told_run or 0)) & (e.confirmed_run <= number)
    is_there = e.resolved_run.is_(None) | (e.resolved_run > number)
    new = known_faults(connection, has_come & is_there)
    if told_run is None:
        return News(new)
    is_a_state = faults.c.code.not_like(f"{ABOUT_CHANGE}%")
    recovered = (e.confirmed_run <= told_run) & (e.resolved_run > told_run) & (e.resolved_run <= number)
    return News(
        new=new,
        passed=known_faults(connection, has_come & ~is_there & is_a_state),
        recovered=known_faults(connection, recovered & is_a_state),
    )


def last_good_before(connection: Connection, number: int) -> str | None:
    """Return when the last run before this one started in which everything that it was asked could be checked."""
    r = runs.c
    series = select(r.series).where(r.id == number).scalar_subquery()
    query = select(r.started).where(r.series == series, r.id < number, r.is_complete).order_by(r.id.desc()).limit(1)
    started: str | None = connection.execute(query).scalar()
    return started


def is_first(connection: Connection, number: int) -> bool:
    """Tell whether no run before this one was asked for the same."""
    series = select(runs.c.series).where(runs.c.id == number).scalar_subquery()
    earlier = select(runs.c.id).where(runs.c.series == series, runs.c.id < number).limit(1)
    return connection.execute(earlier).scalar() is None


def news_for(connection: Connection, digest: str, number: int) -> News:
    """Return what a destination does not know by a run.

    One that never took a message is told what is there, and what went since the first that it should have taken.
    """
    d, e = destinations.c, episodes.c
    row = connection.execute(select(d.told_run, d.first_run).where(d.digest == digest)).one_or_none()
    if row is None or row.told_run is not None:
        return news_between(connection, row.told_run if row else None, number)
    went = e.confirmed_run.is_not(None) & (e.resolved_run > row.first_run) & (e.resolved_run <= number)
    passed = known_faults(connection, went & faults.c.code.not_like(f"{ABOUT_CHANGE}%"))
    return replace(news_between(connection, None, number), passed=passed)


def keep_told(connection: Connection, digest: str, name: str, number: int) -> None:
    """Keep that a destination knows all up to a run, or to a later one of which another collector told it just now."""
    told = connection.execute(select(destinations.c.told_run).where(destinations.c.digest == digest)).scalar()
    known = max(number, told or 0)
    _keep(connection, digest, number, name=name, told_run=known, failures=0, failing_since=None, failure=None)


def keep_failure(
    connection: Connection, digest: str, name: str, number: int, failure: str, now: str
) -> tuple[int, str]:
    """Keep that a destination did not take a message; return how often in a row by now, and since when."""
    d = destinations.c
    known = connection.execute(select(d.failures, d.failing_since).where(d.digest == digest)).one_or_none()
    times, since = (known.failures + 1, known.failing_since or now) if known else (1, now)
    _keep(connection, digest, number, name=name, failures=times, failing_since=since, failure=failure)
    return times, since


def _keep(connection: Connection, digest: str, number: int, **facts: str | int | None) -> None:
    changed = connection.execute(update(destinations).where(destinations.c.digest == digest).values(**facts))
    if not changed.rowcount:
        connection.execute(insert(destinations).values(digest=digest, first_run=number, **facts))
