"""A collector of the tests: keeps runs in a history, each of its own shape, until it has kept enough or is killed.

`python -m tests.history_writer PLACE NAME COUNT [STATEMENT]`: with STATEMENT it kills itself at that statement.
A run that began after N others has N % 3 + 1 next hops for each prefix, so what it should hold is known by its time.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
from typing import TYPE_CHECKING

from sqlalchemy import event

from ecmpaudit.history.store import open_history
from ecmpaudit.model.runs import Asked
from tests.history_builders import CODES, START, at, audit_of

if TYPE_CHECKING:
    from ecmpaudit.history.store import History
    from ecmpaudit.model import Audit

PREFIXES = 40


def shaped(shape: int) -> Audit:
    """Return an audit whose every prefix has `shape % 3 + 1` next hops and lacks the others."""
    last = shape % 3 + 1
    lines = [f"tor1 198.51.100.{n}/32 via 192.0.2.1-{last}" for n in range(PREFIXES)]
    lines += [f"expect 198.51.100.{n}/32 nodes 192.0.2.1-3" for n in range(PREFIXES)]
    return audit_of("\n".join(lines))


AUDITS = [shaped(shape) for shape in range(3)]


def keep_runs(history: History, name: str, count: int, first: int = 0) -> None:
    """Keep `count` runs; the minute of each gives its shape."""
    for number in range(first, first + count):
        asked = Asked("scan", routers=("tor1",), configuration=name, codes=CODES)
        history.record(AUDITS[number % 3], asked, started=at(number), finished=at(number))


def is_whole(history: History, number: int, started: str) -> bool:
    """Return whether a run has all that its minute says, and nothing else."""
    minute = int((dt.datetime.fromisoformat(started) - START).total_seconds()) // 60
    spreads = history.observation(str(number)).spreads
    return len(spreads) == PREFIXES and {len(s.next_hops) for s in spreads.values()} == {minute % 3 + 1}


def die_at(history: History, statement: int) -> None:
    """Kill this process as kill -9 does, at a statement or commit, counted from now."""
    seen = 0

    def one_more(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(history.engine, "before_cursor_execute", one_more)
    event.listen(history.engine, "commit", one_more)


if __name__ == "__main__":
    place, name, runs = sys.argv[1:4]
    with open_history(place) as opened:
        keep_runs(opened, name, int(runs))
