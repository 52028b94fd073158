"""Which incidents people are notified of, and which of them each alert destination already knows.

There is no queue. A destination has the number of the last run that it was notified of; it is notified of the incidents
that began, changed in kind or ended since then. So a message that could not be sent is sent after the next run, and
those of the same run that were delivered are not repeated. A new destination is notified of the open incidents, and of
no end. An incident that grows or shrinks by some prefixes is no news.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, or_, select, update

from ecmpaudit.history.contents import compact
from ecmpaudit.history.incidents import incidents_with_rows
from ecmpaudit.history.schema import destinations, episodes, incident_episodes, incidents, runs
from ecmpaudit.model.runs import News

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from ecmpaudit.model import Severity
    from ecmpaudit.model.runs import Failed, KnownIncident


def confirm_faults(connection: Connection, number: int, times: int, severities: Collection[Severity]) -> None:
    """Confirm the faults that so many runs in a row have found, this one included.

    A run that could not check a fault neither counts nor breaks the row: it did not end the episode.
    """
    e = episodes.c
    seen_often = (e.last_run == number) & e.confirmed_run.is_(None) & e.resolved_run.is_(None) & (e.times_seen >= times)
    wanted = e.severity.in_([severity.value for severity in severities])
    connection.execute(update(episodes).where(seen_often, wanted).values(confirmed_run=number))


def confirm_incidents(connection: Connection, number: int, severities: Collection[Severity]) -> None:
    """Confirm the incidents of a run that have a confirmed fault."""
    i, e, links = incidents.c, episodes.c, incident_episodes.c
    confirmed = select(links.incident_id).join(episodes, e.id == links.episode_id)
    confirmed = confirmed.where(e.confirmed_run.is_not(None), e.resolved_run.is_(None))
    is_found = (i.last_run == number) & i.confirmed_run.is_(None) & i.resolved_run.is_(None)
    wanted = i.severity.in_([severity.value for severity in severities])
    connection.execute(update(incidents).where(is_found, wanted, i.id.in_(confirmed)).values(confirmed_run=number))


def news_between(connection: Connection, since: int | None, number: int) -> News:
    """Return the incidents that began, changed or ended after run `since`, up to run `number`; with None, open ones."""
    return _news(connection, number, since, {})


def _news(
    connection: Connection, number: int, since: int | None, delivered: Mapping[int, int], first: int | None = None
) -> News:
    """Return the news of a destination; `delivered` has the last run of incidents of which it knows more than `since`.

    Of a destination that no message has reached, `first` is the run of its first failed one: what ended after it
    is news.
    """
    i = incidents.c
    changed = [i.confirmed_run, i.changed_run, i.resolved_run]
    lately = or_(*(run > (since or 0) for run in changed)) & (i.confirmed_run <= number)
    news: dict[str, list[KnownIncident]] = defaultdict(list)
    for known, row in incidents_with_rows(connection, lately):
        what = _what_is_new(row, number, delivered.get(known.number, since), first)
        if what and not (known.is_of_a_change and what in {"short_lived", "ended"}):
            news[what].append(known)
    return News(**{what: tuple(each) for what, each in news.items()})


def _what_is_new(row: Any, number: int, since: int | None, first: int | None) -> str | None:
    """Return what somebody who knows all up to run `since` does not know of an incident."""
    is_open = row.resolved_run is None or row.resolved_run > number
    if since is None or row.confirmed_run > since:
        if is_open:
            return "new"
        is_missed = since is not None or (first is not None and row.resolved_run > first)
        return "short_lived" if is_missed else None
    if not is_open:
        return "ended" if row.resolved_run > since else None
    return "changed" if row.changed_run is not None and since < row.changed_run <= number else None


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
    """Return the incidents of which a destination was not notified yet, up to a run.

    One that no message has reached yet gets the open incidents, and those that ended since its first failed message.
    """
    d = destinations.c
    query = select(d.notified_run, d.first_run, d.delivered).where(d.digest == digest)
    row = connection.execute(query).one_or_none()
    if row is None:
        return _news(connection, number, None, {})
    return _news(connection, number, row.notified_run, _delivered(row.delivered), row.first_run)


def _delivered(text: str | None) -> dict[int, int]:
    return {int(incident): run for incident, run in json.loads(text or "{}").items()}


def record_notified(connection: Connection, digest: str, name: str, number: int) -> None:
    """Record that a destination was notified of all up to a run; a later run that another collector recorded stays."""
    earlier = connection.execute(select(destinations.c.notified_run).where(destinations.c.digest == digest)).scalar()
    newest = max(number, earlier or 0)
    known = {"failures": 0, "failing_since": None, "failure": None, "delivered": None}
    _update(connection, digest, number, name=name, notified_run=newest, **known)


def record_failure(connection: Connection, failed: Failed, number: int, now: str) -> tuple[int, str]:
    """Record that a message did not reach a destination; return the failures in a row and since when they last."""
    d = destinations.c
    query = select(d.failures, d.failing_since, d.delivered).where(d.digest == failed.digest)
    known = connection.execute(query).one_or_none()
    times, since = (known.failures + 1, known.failing_since or now) if known else (1, now)
    delivered = _delivered(known.delivered if known else None) | dict.fromkeys(failed.delivered, number)
    facts = {"name": failed.name, "failure": failed.reason, "delivered": compact(delivered) if delivered else None}
    _update(connection, failed.digest, number, failures=times, failing_since=since, **facts)
    return times, since


def _update(connection: Connection, digest: str, number: int, **facts: str | int | None) -> None:
    changed = connection.execute(update(destinations).where(destinations.c.digest == digest).values(**facts))
    if not changed.rowcount:
        connection.execute(insert(destinations).values(digest=digest, first_run=number, **facts))
