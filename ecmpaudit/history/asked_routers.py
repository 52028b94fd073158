"""Routers that were taken out of the configuration: their open faults are not counted among those there now.

A router is not asked any more once a run by a later configuration asked for a router beside which it was asked, and not
for it. A run of a part of the same configuration says nothing, nor does another collector's, whose configuration was
in use before.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from ecmpaudit.history.answers import answers_from
from ecmpaudit.history.contents import asked_from
from ecmpaudit.history.schema import contents, runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection


class _Run(NamedTuple):
    number: int
    finished: str
    configuration: str | None
    hosts: frozenset[str]


def not_asked_since(connection: Connection) -> Callable[[str], str | None]:
    """Return a function from a router to when the first run finished that did not ask for it any more, or None."""

    @cache
    def all_runs() -> tuple[_Run, ...]:
        return _all_runs(connection)

    @cache
    def since(router: str) -> str | None:
        known = all_runs()
        own = next((run for run in reversed(known) if router in run.hosts), None)
        if not router or own is None or own.configuration is None:
            return None
        began = next(run.number for run in known if run.configuration == own.configuration)
        concurrent = {run.configuration for run in known if began < run.number < own.number}
        for run in known:
            is_later = run.number > own.number and run.configuration not in {None, own.configuration, *concurrent}
            if is_later and not run.hosts.isdisjoint(own.hosts):
                return run.finished
        return None

    return since


def _all_runs(connection: Connection) -> tuple[_Run, ...]:
    @cache
    def content(number: int) -> str:
        text: str = connection.execute(select(contents.c.content).where(contents.c.id == number)).scalar_one()
        return text

    @cache
    def facts(asked: int, answers: int) -> tuple[str | None, frozenset[str]]:
        wanted = asked_from(content(asked))
        return wanted.configuration, frozenset(wanted.routers) | frozenset(answers_from(content(answers)))

    query = select(runs.c.id, runs.c.finished, runs.c.asked_id, runs.c.answers_id).order_by(runs.c.id)
    rows = list(connection.execute(query))
    return tuple(_Run(row.id, row.finished, *facts(row.asked_id, row.answers_id)) for row in rows)
