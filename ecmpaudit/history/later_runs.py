"""The runs after the one that last found an open fault: each asked its router, and could not judge it.

Had one of them judged the fault, it would have found it again, or ended it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import select

from ecmpaudit.history.answers import answers_from
from ecmpaudit.history.schema import contents, runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection


AskedAgain: TypeAlias = "Callable[[tuple[str, ...], str | None, int], tuple[str | None, int]]"
"""From routers, a series and the last run that found something to when the first of its later runs finished, and how
many there are."""


def later_runs(connection: Connection, last_runs: Iterable[int]) -> AskedAgain:
    """Return a function that counts later runs: those that asked one of the routers, or with a series, those of it.

    `last_runs` are those of all that will be asked for.
    """
    first = min(last_runs, default=None)
    if first is None:
        return lambda *_: (None, 0)
    query = select(runs.c.id, runs.c.series, runs.c.finished, runs.c.answers_id).where(runs.c.id > first)
    later = list(connection.execute(query.order_by(runs.c.id)))
    hosts = {each: _hosts(connection, each) for each in {run.answers_id for run in later}}

    @cache
    def asked_again(routers: tuple[str, ...], series: str | None, last_run: int) -> tuple[str | None, int]:
        found = [
            run.finished
            for run in later
            if run.id > last_run and (run.series == series if series else not hosts[run.answers_id].isdisjoint(routers))
        ]
        return (found[0] if found else None), len(found)

    return asked_again


def _hosts(connection: Connection, answers_id: int) -> frozenset[str]:
    text = connection.execute(select(contents.c.content).where(contents.c.id == answers_id)).scalar_one()
    return frozenset(answers_from(text))
