"""Deleting old runs, and what only they use.

A clock may be wrong: a run that it dates in the future is deleted with the runs around it, and the first run after it
jumped ahead deletes nothing.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, or_, select, union, update

from ecmpaudit.history.answers import answers_from
from ecmpaudit.history.schema import contents, episodes, faults, incident_episodes, incidents, places, runs, spreads
from ecmpaudit.model.addressing import family_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from ecmpaudit.model.runs import RouterAnswer


def prune_before(connection: Connection, oldest: str, now: str) -> int:
    """Delete the runs that started before a time and return how many there were; both are ISO 8601, UTC.

    A stretch of runs that reaches into what is kept begins there; an open fault keeps its first date.
    """
    forgotten = _delete_runs(connection, oldest, now)
    if not forgotten:
        return 0
    first = connection.execute(select(func.min(runs.c.id))).scalar()
    s = spreads.c
    if first is None:
        for table in (spreads, incident_episodes, incidents, episodes):
            connection.execute(delete(table))
    else:
        connection.execute(delete(spreads).where(s.last_run < first))
        connection.execute(update(spreads).where(s.first_run < first).values(first_run=first))
        _delete_episodes(connection, first)
    used = union(
        *(
            select(each)
            for each in (s.set_id, s.attributes_id, runs.c.asked_id, runs.c.answers_id, incidents.c.facts_id)
        )
    )
    connection.execute(delete(contents).where(contents.c.id.not_in(used)))
    connection.execute(delete(places).where(places.c.id.not_in(select(s.place_id))))
    connection.execute(delete(faults).where(faults.c.id.not_in(select(episodes.c.fault_id))))
    return forgotten


def counted_from(connection: Connection, number: int, now: str) -> str | None:
    """Return the time from which ages count after a run: when the one before it started, and not later than now.

    The run before is the last that was asked for the same; None where there is none.
    """
    r = runs.c
    series = select(r.series).where(r.id == number).scalar_subquery()
    query = select(r.started).where(r.series == series, r.id < number).order_by(r.id.desc()).limit(1)
    before: str | None = connection.execute(query).scalar()
    return min(before, now) if before else None


def _delete_runs(connection: Connection, oldest: str, now: str) -> int:
    is_old = runs.c.started < oldest
    newest_old = select(func.max(runs.c.id)).where(is_old).scalar_subquery()
    is_of_the_future = runs.c.started > now
    doomed = or_(is_old, is_of_the_future & (runs.c.id < newest_old))
    number: int = connection.execute(delete(runs).where(doomed)).rowcount
    return number


def _delete_episodes(connection: Connection, first: int) -> None:
    """Delete what ended before the first run that is kept.

    An open fault ended too if no run checks it any more; one that every run since asked for and none could judge
    stays open.
    """
    e, f = episodes.c, faults.c
    query = (
        select(e.id, f.code, f.router, f.prefix)
        .join(faults, f.id == e.fault_id)
        .where(e.resolved_run.is_(None), e.last_run < first)
    )
    used = select(contents.c.content).where(contents.c.id.in_(select(runs.c.answers_id)))
    answers = [answers_from(text) for text in connection.execute(used).scalars()]
    is_not_judged = cache(partial(_no_run_could_judge, answers))
    over = [{"episode": number} for number, *where in connection.execute(query) if not is_not_judged(*where)]
    ended = select(e.id).where(e.resolved_run < first)
    connection.execute(delete(incident_episodes).where(incident_episodes.c.episode_id.in_(ended)))
    connection.execute(delete(episodes).where(e.resolved_run < first))
    if over:
        of_episode = incident_episodes.c.episode_id == bindparam("episode")
        connection.execute(delete(incident_episodes).where(of_episode), over)
        connection.execute(delete(episodes).where(e.id == bindparam("episode")), over)
    _delete_incidents(connection, first)


def _delete_incidents(connection: Connection, first: int) -> None:
    """Delete what ended before the first run that is kept, and open incidents without a fault that is kept."""
    i, links = incidents.c, incident_episodes.c
    ended = select(i.id).where(i.resolved_run < first)
    connection.execute(delete(incident_episodes).where(links.incident_id.in_(ended)))
    is_without_fault = i.resolved_run.is_(None) & i.id.not_in(select(links.incident_id))
    connection.execute(delete(incidents).where((i.resolved_run < first) | is_without_fault))


def _no_run_could_judge(answers: Sequence[Mapping[str, RouterAnswer]], code: str, router: str, prefix: str) -> bool:
    """Return whether runs asked a router, and none could judge the rule there; without a router, all of theirs."""
    families = (family_of(prefix),) if prefix else (4, 6)
    asked = [of_run[router].has_judged(code, families) for of_run in answers if router in of_run]
    if not (router or asked):
        asked = [all(answer.is_complete for answer in of_run.values()) for of_run in answers]
    return bool(asked) and not any(asked)
