"""The history around one run: what earlier runs found, and the record of this one."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.configuration.ages import age_of
from ecmpaudit.configuration.history_places import history_place
from ecmpaudit.errors import UnusableHistoryError
from ecmpaudit.model import Past, Severity
from ecmpaudit.model.runs import Asked
from ecmpaudit.reporting.verdict import counts_as_failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.commands.options import HistoryOptions
    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.history.store import History
    from ecmpaudit.model import Audit
    from ecmpaudit.model.runs import News, Run
    from ecmpaudit.rules import Rule


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run in the history, and how it differs from the runs before it."""

    run: Run
    news: News
    """The incidents that began, changed in kind or ended with this run."""
    is_first: bool
    """No earlier run has the same series."""
    last_good: str | None
    """When the last earlier run started that could check everything; ISO 8601, UTC."""
    open_incidents: int
    """Confirmed ones that are open in this run, without those of routers that are not asked any more."""
    not_judged: int
    """How many of them it could not judge."""

    @property
    def is_changed(self) -> bool:
        """There is something to report: a first run, or news of an incident."""
        return self.is_first or not self.news.is_empty


@dataclass(frozen=True)
class RunHistory:
    """The history of one run; without a place, nothing is known and nothing is recorded.

    It is opened for each query, and closed while routers are asked.
    """

    request: Request
    command: str
    """`scan` or `analyze`."""
    started: str
    """ISO 8601, UTC."""
    place: str | None
    is_recording: bool

    def past(self) -> Past:
        """Return what earlier runs found."""
        if self.place is None:
            return Past()
        with self.opened() as history:
            return history.past(self.started)

    def record(
        self,
        audit: Audit,
        rules: Iterable[Rule],
        *,
        routers: Sequence[str] = (),
        fail_on: Severity,
        confirm: int | None = None,
    ) -> RecordedRun | None:
        """Record the run and forget those older than the configured age; None where runs are not recorded.

        `routers` are those that were asked. `confirm` overrules the configuration.
        """
        if not self.is_recording:
            return None
        configuration = self.request.configuration
        codes = tuple(rule.code for rule in rules)
        asked = Asked(self.command, tuple(routers), tuple(self.request.audited), self.request.digest, codes)
        times = confirm or (configuration.alerts.confirm if configuration else 1)
        with self.opened() as history:
            run = history.record(
                audit, asked, started=self.started, finished=now(), confirm=times, severities=_notifiable(fail_on)
            )
            if configuration and configuration.history.keep:
                history.prune(age_of(configuration.history.keep), now=self.started, after=run.number)
            with history.at_one_moment() as then:
                return _recorded(then, run)

    def opened(self) -> AbstractContextManager[History]:
        """Return the open history; HistoryError where it cannot be opened."""
        from ecmpaudit.history.store import open_history  # noqa: PLC0415 - SQLAlchemy costs 200 ms

        return open_history(str(self.place), create=self.is_recording)


def _recorded(history: History, run: Run) -> RecordedRun:
    open_incidents = [known for known in history.open_incidents(run.number) if known.not_asked_since is None]
    return RecordedRun(
        run=run,
        news=history.news(run.number),
        is_first=history.is_first(run.number),
        last_good=history.last_good_before(run.number),
        open_incidents=len(open_incidents),
        not_judged=sum(known.not_judged_since is not None for known in open_incidents),
    )


def run_history(request: Request, command: str, options: HistoryOptions) -> RunHistory:
    """Return the history of one run, for --record or --history.

    Raises:
        HistoryError: it is no history of this version, which has to be known before routers are asked. One whose disk
            or server refuses is reported after the report.
    """
    if not options.record and options.place is None:
        return RunHistory(request, command, now(), None, is_recording=False)
    place = place_in_use(options.place, request.configuration)
    history = RunHistory(request, command, now(), place, is_recording=options.record)
    with contextlib.suppress(UnusableHistoryError), history.opened():
        pass
    return history


def _notifiable(fail_on: Severity) -> list[Severity]:
    """Return the severities that people are notified of: those that fail a run, and what could not be checked."""
    return [each for each in Severity if each is Severity.INCOMPLETE or counts_as_failure(each, fail_on)]


def place_in_use(given: str | None, configuration: Configuration | None) -> str:
    """Return the place of the history: the flag's, the environment's, the configuration's, or the default."""
    return history_place(given, configuration.history.url if configuration else None)


def now() -> str:
    """Return the time, in ISO 8601 and UTC."""
    return dt.datetime.now(dt.UTC).isoformat()
