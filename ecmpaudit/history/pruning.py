"""Forgetting old runs, and what only they knew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, or_, select, union, update

from ecmpaudit.history.schema import contents, episodes, faults, places, runs, spreads

if TYPE_CHECKING:
    from sqlalchemy import Connection


def prune_before(connection: Connection, oldest: str) -> int:
    """Delete the runs that started before a time (ISO 8601, UTC) and return how many there were.

    A stretch of runs that reaches into what is kept begins there; a fault that is still there keeps its first date.
    """
    forgotten: int = connection.execute(delete(runs).where(runs.c.started < oldest)).rowcount
    if not forgotten:
        return 0
    first = connection.execute(select(func.min(runs.c.id))).scalar()
    e, s = episodes.c, spreads.c
    if first is None:
        connection.execute(delete(spreads))
        connection.execute(delete(episodes))
    else:
        connection.execute(delete(spreads).where(s.last_run < first))
        connection.execute(update(spreads).where(s.first_run < first).values(first_run=first))
        connection.execute(
            delete(episodes).where(or_(e.resolved_run < first, e.resolved_run.is_(None) & (e.last_run < first)))
        )
    used = union(select(s.set_id), select(s.attributes_id), select(runs.c.asked_id), select(runs.c.answers_id))
    connection.execute(delete(contents).where(contents.c.id.not_in(used)))
    connection.execute(delete(places).where(places.c.id.not_in(select(s.place_id))))
    connection.execute(delete(faults).where(faults.c.id.not_in(select(e.fault_id))))
    return forgotten
