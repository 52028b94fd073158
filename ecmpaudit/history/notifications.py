"""Which faults people are notified of, and which of them each alert destination already knows.

There is no queue. A destination has the number of the last run that it was notified of; its next message has the
faults that are new or resolved since then. So a message that could not be sent is part of the next one. A new
destination is notified of the open faults, and of no recovery.
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
    """Confirm the faults that so many runs in a row have found, this one included.

    A run that could not check a fault neither counts nor breaks the row: it did not end the episode.
    """
    e = episodes.c
    seen_often = (e.last_run == number) & e.confirmed_run.is_(None) & e.resolved_run.is_(None) & (e.times_seen >= times)
    wanted = e.severity.in_([severity.value for severity in severities])
    connection.execute(update(episodes).where(seen_often, wanted).values(confirmed_run=number))


def news_between(connection: Connection, since: int | None, number: int) -> News:
    """Return the faults that are new or resolved after run `since`, up to run `number`; with None, the open ones.

    A fault that reports a change has no recovery.
    """
    e = episodes.c
    is_new = (e.confirmed_run > (since or 0)) & (e.confirmed_run <= number)
    is_open = e.resolved_run.is_(None) | (e.resolved_run > number)
    new = known_faults(connection, is_new & is_open)
    if since is None:
        return News(new)
    is_a_state = faults.c.code.not_like(f"{ABOUT_CHANGE}%")
    recovered = (e.confirmed_run <= since) & (e.resolved_run > since) & (e.resolved_run <= number)
    return News(
        new=new,
        short_lived=known_faults(connection, is_new & ~is_open & is_a_state),
        recovered=known_faults(connection, recovered & is_a_state),
    )


def last_good_before(connection: Connection, number: int) -> str | None:
    """Return the start of the last earlier run that was asked for the same and could check everything."""
    r = runs.c
    series = select(r.series).where(r.id == number).scalar_subquery()
    query = select(r.started).where(r.series == series, r.id < number, r.is_complete).order_by(r.id.desc()).limit(1)
    started: str | None = connection.execute(query).scalar()
    return started


def is_first(connection: Connection, number: int) -> bool:
    """Return whether no earlier run was asked for the same."""
    series = select(runs.c.series).where(runs.c.id == number).scalar_subquery()
    earlier = select(runs.c.id).where(runs.c.series == series, runs.c.id < number).limit(1)
    return connection.execute(earlier).scalar() is None


def news_for(connection: Connection, digest: str, number: int) -> News:
    """Return the faults of which a destination was not notified yet, up to a run.

    One that no message has reached yet gets the open faults, and those resolved since its first failed message.
    """
    d, e = destinations.c, episodes.c
    row = connection.execute(select(d.notified_run, d.first_run).where(d.digest == digest)).one_or_none()
    if row is None or row.notified_run is not None:
        return news_between(connection, row.notified_run if row else None, number)
    resolved = e.confirmed_run.is_not(None) & (e.resolved_run > row.first_run) & (e.resolved_run <= number)
    short_lived = known_faults(connection, resolved & faults.c.code.not_like(f"{ABOUT_CHANGE}%"))
    return replace(news_between(connection, None, number), short_lived=short_lived)


def record_notified(connection: Connection, digest: str, name: str, number: int) -> None:
    """Record that a destination was notified of all up to a run; a later run that another collector recorded stays."""
    earlier = connection.execute(select(destinations.c.notified_run).where(destinations.c.digest == digest)).scalar()
    newest = max(number, earlier or 0)
    _update(connection, digest, number, name=name, notified_run=newest, failures=0, failing_since=None, failure=None)


def record_failure(
    connection: Connection, digest: str, name: str, number: int, failure: str, now: str
) -> tuple[int, str]:
    """Record that a message did not reach a destination; return the failures in a row and since when they last."""
    d = destinations.c
    known = connection.execute(select(d.failures, d.failing_since).where(d.digest == digest)).one_or_none()
    times, since = (known.failures + 1, known.failing_since or now) if known else (1, now)
    _update(connection, digest, number, name=name, failures=times, failing_since=since, failure=failure)
    return times, since


def _update(connection: Connection, digest: str, number: int, **facts: str | int | None) -> None:
    changed = connection.execute(update(destinations).where(destinations.c.digest == digest).values(**facts))
    if not changed.rowcount:
        connection.execute(insert(destinations).values(digest=digest, first_run=number, **facts))
