"""The history as its users see it: open it, keep a run, ask what was.

with open_history("history.db") as history:
    past = history.past(now)          # for the audit
    run = history.record(audit, Asked("scan", codes=("ECMP101",)), started=now, finished=then)
"""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.errors import HistoryError
from ecmpaudit.history import reading, telling
from ecmpaudit.history.database import opened_engine, told, writing
from ecmpaudit.history.pruning import counted_from, prune_before
from ecmpaudit.history.recording import record_run
from ecmpaudit.model import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Connection, Engine

    from ecmpaudit.model import Audit, Past, PastSet, Place
    from ecmpaudit.model.periods import Period
    from ecmpaudit.model.runs import Asked, KnownFault, News, Run, Sight


@dataclass(frozen=True, slots=True)
class History:
    """An open history. Each method is one transaction and raises HistoryError where the database refuses."""

    engine: Engine

    def record(
        self,
        audit: Audit,
        asked: Asked,
        *,
        started: str,
        finished: str,
        confirm: int = 1,
        severities: Collection[Severity] = (Severity.ERROR, Severity.WARNING, Severity.INCOMPLETE),
    ) -> Run:
        """Keep a run, whole or not at all; the times are ISO 8601 with their zone.

        A fault of these severities that `confirm` runs in a row have seen by now is one to tell people of.
        """
        with self._told(), writing(self.engine) as connection:
            number = record_run(connection, audit, asked, in_utc(started), in_utc(finished))
            telling.confirm_faults(connection, number, confirm, severities)
            (run,) = reading.read_runs(connection, number=number)
        return run

    def runs(self, *, since: str | None = None) -> tuple[Run, ...]:
        """Return the runs, oldest first; with `since`, those that started since then."""
        with self._reading() as connection:
            return reading.read_runs(connection, since=in_utc(since) if since else None)

    def findings(self, *, since: str | None = None) -> tuple[KnownFault, ...]:
        """Return each time that a fault was there, oldest first; with `since`, those seen since then."""
        with self._reading() as connection:
            return reading.read_faults(connection, since=in_utc(since) if since else None)

    def past(self, now: str) -> Past:
        """Return what rules and expectations ask of earlier runs."""
        with self._reading() as connection:
            return reading.read_past(connection, in_utc(now))

    def last_good_sets(self, now: str) -> Mapping[Place, PastSet]:
        """Return what each prefix had in the last run that found nothing wrong with it, not too long ago."""
        return self.past(now).good

    def news(self, number: int) -> News:
        """Return what came up and what went with a run."""
        with self._reading() as connection:
            return telling.news_between(connection, number - 1, number)

    def number_there(self, number: int) -> int:
        """Return how many confirmed faults are there in a run."""
        with self._reading() as connection:
            return len(telling.news_between(connection, None, number).new)

    def is_first(self, number: int) -> bool:
        """Tell whether no run before this one was asked for the same."""
        with self._reading() as connection:
            return telling.is_first(connection, number)

    def last_good_before(self, number: int) -> str | None:
        """Return when the last run before this one started that was asked for the same and could check everything."""
        with self._reading() as connection:
            return telling.last_good_before(connection, number)

    def news_for(self, destination: str, number: int) -> News:
        """Return what a destination, by its digest, was not told yet by this run."""
        with self._reading() as connection:
            return telling.news_for(connection, destination, number)

    def keep_told(self, destination: str, name: str, number: int) -> None:
        """Keep that a destination knows all up to this run."""
        with self._told(), writing(self.engine) as connection:
            telling.keep_told(connection, destination, name, number)

    def keep_failure(self, destination: str, name: str, number: int, failure: str, *, now: str) -> tuple[int, str]:
        """Keep that a destination did not take a run's message; return how often in a row by now, and since when."""
        with self._told(), writing(self.engine) as connection:
            return telling.keep_failure(connection, destination, name, number, failure, in_utc(now))

    def period(self, since: str, now: str) -> Period:
        """Return what the runs tell that started since a time."""
        from ecmpaudit.history.period import read_period  # noqa: PLC0415 - only a report over time needs it

        with self._reading() as connection:
            return read_period(connection, in_utc(since), in_utc(now))

    def sight(self, name: str) -> Sight:
        """Return what a run saw: its number, `last`, or `last-1` for the one before."""
        with self._reading() as connection:
            return reading.read_sight(connection, _number_of(connection, name))

    def prune(self, keep: dt.timedelta, *, now: str, after: int | None = None) -> int:
        """Forget the runs that are older than `keep`, and return how many there were.

        After a run was recorded, ages count from the run before it, so that a clock that is ahead does not forget all.
        """
        with self._told(), writing(self.engine) as connection:
            counted = in_utc(now) if after is None else counted_from(connection, after, in_utc(now))
            return prune_before(connection, reading.time_before(counted, keep), in_utc(now)) if counted else 0

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def _told(self) -> contextlib.AbstractContextManager[None]:
        return told(self.engine.url)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._told(), self.engine.connect() as connection:
            yield connection


@contextlib.contextmanager
def open_history(place: str, *, create: bool = True) -> Iterator[History]:
    """Open the history in a file or at a URL, and close it; its schema is brought to this version's.

    Raises:
        HistoryError: it cannot be opened, or is not there and not to be made, or a newer ecmpaudit wrote it.
    """
    engine = opened_engine(place, create=create)
    history = History(engine)
    try:
        yield history
    finally:
        history.close()


def in_utc(time: str) -> str:
    """Return an ISO 8601 time with its zone as the history keeps it: `2026-11-20T10:15:00Z`."""
    in_zone = dt.datetime.fromisoformat(time).astimezone(dt.UTC)
    return in_zone.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _number_of(connection: Connection, name: str) -> int:
    if name.isdecimal():
        return int(name)
    number = reading.newest(connection, int(name.removeprefix("last").removeprefix("-") or 0))
    if number is None:
        raise HistoryError(f"there is no run {name}; not so many are kept")
    return number
