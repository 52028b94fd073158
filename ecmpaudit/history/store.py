"""The history as its users see it: open it, record a run, read earlier ones.

with open_history("history.db") as history:
    past = history.past(now)          # for the audit
    run = history.record(audit, Asked("scan", codes=("ECMP101",)), started=now, finished=then)
"""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.digits import number_in
from ecmpaudit.errors import HistoryError, UnusableHistoryError
from ecmpaudit.history import filters, notifications, reading
from ecmpaudit.history.database import database_errors, opened_engine, shown, writing
from ecmpaudit.history.database import reading as reading_from
from ecmpaudit.history.incidents import read_incidents
from ecmpaudit.history.pruning import counted_from, prune_before
from ecmpaudit.history.sending_turn import LONGEST_WAIT, sending_turn
from ecmpaudit.model import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL

    from ecmpaudit.auditing.filters import Chosen
    from ecmpaudit.auditing.scope import FilterOptions
    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.model import Audit, Past
    from ecmpaudit.model.periods import Period
    from ecmpaudit.model.runs import Asked, Failed, KnownFault, KnownIncident, News, Observation, Run


_LARGEST_RUN = 2**63 - 1
"""What SQLite and PostgreSQL take."""
_LONGEST_REASON = 120
"""Characters that are shown of why stored contents cannot be read."""


@dataclass(frozen=True, slots=True)
class History:
    """An open history. Each method is one transaction and raises HistoryError where the database refuses."""

    engine: Engine
    connection: Connection | None = None
    """The reading that its methods share, of `at_one_moment`; None where each has its own."""

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
        """Record a run, whole or not at all; the times are ISO 8601 with their zone.

        People are notified of an incident of these severities with a fault that `confirm` runs in a row have found.
        """
        from ecmpaudit.history.recording import record_run  # noqa: PLC0415 - polars, and most readers record nothing

        with self._errors(), writing(self.engine) as connection:
            number = record_run(connection, audit, asked, in_utc(started), in_utc(finished))
            notifications.confirm_faults(connection, number, confirm, severities)
            notifications.confirm_incidents(connection, number, severities)
            (run,) = reading.read_runs(connection, number=number)
        return run

    @contextlib.contextmanager
    def at_one_moment(self) -> Iterator[History]:
        """Give the history as it is now: all that is read of it is of one state, whatever is recorded meanwhile."""
        with database_errors(self.engine.url), reading_from(self.engine) as connection:
            yield replace(self, connection=connection)

    def chosen(self, options: FilterOptions, configuration: Configuration | None) -> Chosen | None:
        """Return the names that filters choose; ConfigurationError where one of them matches nothing."""
        with self._reading() as connection:
            return filters.chosen_in_history(connection, options, configuration)

    def runs(self, *, since: str | None = None, chosen: Chosen | None = None) -> tuple[Run, ...]:
        """Return the runs, oldest first; with `since`, those that started since then."""
        with self._reading() as connection:
            return filters.runs_left(reading.read_runs(connection, since=in_utc(since) if since else None), chosen)

    def findings(self, *, since: str | None = None, chosen: Chosen | None = None) -> tuple[KnownFault, ...]:
        """Return the episodes of all faults, oldest first; with `since`, those seen since then and the open ones."""
        with self._reading() as connection:
            found = reading.read_faults(connection, since=in_utc(since) if since else None)
            return filters.faults_left(found, chosen)

    def incidents(self, *, since: str | None = None, chosen: Chosen | None = None) -> tuple[KnownIncident, ...]:
        """Return the incidents, oldest first; with `since`, those seen since then and the open ones."""
        with self._reading() as connection:
            found = read_incidents(connection, in_utc(since) if since else None)
            return filters.incidents_left(connection, found, chosen)

    def past(self, now: str) -> Past:
        """Return what rules and expectations ask of earlier runs."""
        with self._reading() as connection:
            return reading.read_past(connection, in_utc(now))

    def news(self, number: int) -> News:
        """Return which incidents began, changed in kind or ended in a run."""
        with self._reading() as connection:
            return notifications.news_between(connection, number - 1, number)

    def open_incidents(self, number: int) -> tuple[KnownIncident, ...]:
        """Return the confirmed incidents that are open in a run."""
        with self._reading() as connection:
            return notifications.news_between(connection, None, number).new

    def is_first(self, number: int) -> bool:
        """Return whether no earlier run was asked for the same."""
        with self._reading() as connection:
            return notifications.is_first(connection, number)

    def last_good_before(self, number: int) -> str | None:
        """Return when the last run before this one started that was asked for the same and could check everything."""
        with self._reading() as connection:
            return notifications.last_good_before(connection, number)

    def news_for(self, destination: str, number: int) -> News:
        """Return what a destination, given by its digest, was not notified of yet."""
        with self._reading() as connection:
            return notifications.news_for(connection, destination, number)

    @contextlib.contextmanager
    def sending_turn(self, longest_wait: float = LONGEST_WAIT) -> Iterator[None]:
        """Wait, for some seconds at most, until no other collector sends alerts, and let others wait meanwhile."""
        with database_errors(self.engine.url), sending_turn(self.engine, longest_wait):
            yield

    def record_notified(self, destination: str, name: str, number: int) -> None:
        """Record that a destination was notified of all up to this run."""
        with self._errors(), writing(self.engine) as connection:
            notifications.record_notified(connection, destination, name, number)

    def record_failure(self, failed: Failed, number: int, *, now: str) -> tuple[int, str]:
        """Record that a message did not reach a destination; return the failures in a row and since when they last."""
        with self._errors(), writing(self.engine) as connection:
            return notifications.record_failure(connection, failed, number, in_utc(now))

    def period(self, since: str, now: str, chosen: Chosen | None = None) -> Period:
        """Return the period of the runs that started since a time."""
        from ecmpaudit.history.period import read_period  # noqa: PLC0415 - only a report over time needs it

        with self._reading() as connection:
            return read_period(connection, in_utc(since), in_utc(now), chosen)

    def observation(self, name: str) -> Observation:
        """Return what a run observed: its number, `last`, or `last-1` for the one before."""
        with self._reading() as connection:
            return reading.read_observation(connection, _number_of(connection, name))

    def prune(self, keep: dt.timedelta, *, now: str, after: int | None = None) -> int:
        """Delete the runs that are older than `keep`, and return their number.

        With `after`, the number of a run just recorded, ages count from the run before it: a clock that is ahead in one
        run deletes nothing.
        """
        with self._errors(), writing(self.engine) as connection:
            counted = in_utc(now) if after is None else counted_from(connection, after, in_utc(now))
            return prune_before(connection, reading.time_before(counted, keep), in_utc(now)) if counted else 0

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    def _errors(self) -> contextlib.AbstractContextManager[None]:
        return _errors_of(self.engine.url)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._errors():
            if self.connection is not None:
                yield self.connection
                return
            with reading_from(self.engine) as connection:
                yield connection


@contextlib.contextmanager
def open_history(place: str, *, create: bool = True) -> Iterator[History]:
    """Open the history in a file or at a URL, and close it; its schema is brought to this version's.

    Raises:
        HistoryError: it cannot be opened, or does not exist and `create` is false, or a newer ecmpaudit wrote it.
    """
    engine = opened_engine(place, create=create)
    history = History(engine)
    try:
        yield history
    finally:
        history.close()


@contextlib.contextmanager
def _errors_of(url: URL) -> Iterator[None]:
    """Turn errors of the database, and of what it holds, into a HistoryError of one sentence.

    What this version wrote can be read by it. So an error of types and values comes from rows that something else has
    changed or damaged: broken JSON, a text for a number, a key that is missing.
    """
    with database_errors(url):
        try:
            yield
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
            reason = " ".join(str(error).split())[:_LONGEST_REASON]
            raise UnusableHistoryError(
                f"history {shown(url)}: what it holds is damaged ({type(error).__name__}: {reason}); restore it from a "
                "backup, or name another history"
            ) from error


def in_utc(time: str) -> str:
    """Return an ISO 8601 time with its zone as the history keeps it: `2026-11-20T10:15:00Z`."""
    in_zone = dt.datetime.fromisoformat(time).astimezone(dt.UTC)
    return in_zone.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _number_of(connection: Connection, name: str) -> int:
    if name.isdecimal():
        number = number_in(name, _LARGEST_RUN)
    else:
        before = number_in(name.removeprefix("last").removeprefix("-") or "0", _LARGEST_RUN)
        number = None if before is None else reading.newest(connection, before)
    if number is None:
        raise HistoryError(f"there is no run {name}; the history has fewer")
    return number
