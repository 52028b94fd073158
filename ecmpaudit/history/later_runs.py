"""The runs after the one that last found an open fault: each asked its router, and could not judge it.

Had one of them judged the fault, it would have found it again, or ended it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ecmpaudit.history.answers import answers_from
from ecmpaudit.history.schema import contents, runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection


def later_runs(connection: Connection, open_episodes: Iterable[Any]) -> Callable[[Any], tuple[str | None, int]]:
    """Return a function from an open episode to when the first of its later runs finished, and how many there are.

    The episode has its fault's router. A fault of no router is asked for again by the runs of its own series.
    """
    first = min((row.last_run for row in open_episodes), default=None)
    if first is None:
        return lambda _: (None, 0)
    query = select(runs.c.id, runs.c.series, runs.c.finished, runs.c.answers_id).where(runs.c.id > first)
    later = list(connection.execute(query.order_by(runs.c.id)))
    hosts = {each: _hosts(connection, each) for each in {run.answers_id for run in later}}

    @cache
    def asked_again(router: str, series: str | None, last_run: int) -> tuple[str | None, int]:
        found = [
            run.finished
            for run in later
            if run.id > last_run and (router in hosts[run.answers_id] if series is None else run.series == series)
        ]
        return (found[0] if found else None), len(found)

    return lambda row: asked_again(row.router, None if row.router or row.prefix else row.series, row.last_run)


def _hosts(connection: Connection, answers_id: int) -> frozenset[str]:
    text = connection.execute(select(contents.c.content).where(contents.c.id == answers_id)).scalar_one()
    return frozenset(answers_from(text))
