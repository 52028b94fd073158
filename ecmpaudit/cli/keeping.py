"""What the commands share about history: its options, and one run between its past and its record."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

import rich_click as click

from ecmpaudit.cli.options import form_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.history.store import History
    from ecmpaudit.model import Audit, Past, Severity
    from ecmpaudit.model.runs import News, Run
    from ecmpaudit.rules import Rule

KEEPING = "History"

record = click.option("--record", is_flag=True, help="Keep this run in the history.", panel=KEEPING)
history_place = click.option(
    "--history",
    "place",
    metavar="FILE|URL",
    help="The history, and judge with what it knows: a file, or postgresql://HOST/DATABASE.",
    envvar="ECMPAUDIT_HISTORY",
    show_envvar=True,
    panel=KEEPING,
)


class ShownFormat(enum.StrEnum):
    """The forms of a history and of differences."""

    TEXT = "text"
    JSON = "json"


shown_as = form_of(ShownFormat, "Form of the output.", ShownFormat.TEXT)


@dataclass(frozen=True, slots=True)
class Kept:
    """A run that was kept, and how it differs from those before it."""

    run: Run
    news: News
    """What came up and what went with this run."""
    is_first: bool
    """No run before it was asked for the same."""
    last_good: str | None
    """When the last run before it started that could check everything; ISO 8601, UTC."""
    faults: int
    """Confirmed ones that are there now."""

    @property
    def has_news(self) -> bool:
        """There is something that nobody was shown yet."""
        return self.is_first or not self.news.is_empty


@dataclass(frozen=True)
class Keeper:
    """The history of one run; without a place, nothing is known and nothing is kept.

    It is open only while it is asked, not while routers are.
    """

    request: Request
    command: str
    started: str
    place: str | None
    is_recording: bool

    def past(self) -> Past:
        """Return what earlier runs knew."""
        from ecmpaudit.model import Past  # noqa: PLC0415 - beside the audit

        if self.place is None:
            return Past()
        with self.opened() as history:
            return history.past(self.started)

    def keep(
        self,
        audit: Audit,
        rules: Iterable[Rule],
        routers: Sequence[str] = (),
        *,
        fail_on: Severity,
        confirm: int | None = None,
    ) -> Kept | None:
        """Keep the run and forget those that the configuration says are too old; None where runs are not kept."""
        if not self.is_recording:
            return None
        from ecmpaudit.configuration.ages import age_of  # noqa: PLC0415 - only with a history
        from ecmpaudit.model.runs import Asked  # noqa: PLC0415

        configuration = self.request.configuration
        codes = tuple(rule.code for rule in rules)
        asked = Asked(self.command, tuple(routers), tuple(self.request.audited), self.request.digest, codes)
        times = confirm or (configuration.alerts.confirm if configuration else 1)
        with self.opened() as history:
            run = history.record(
                audit, asked, started=self.started, finished=now(), confirm=times, severities=_telling(fail_on)
            )
            if configuration and configuration.history.keep:
                history.prune(age_of(configuration.history.keep), now=self.started, after=run.number)
            return Kept(
                run=run,
                news=history.news(run.number),
                is_first=history.is_first(run.number),
                last_good=history.last_good_before(run.number),
                faults=history.open_fault_count(run.number),
            )

    def opened(self) -> AbstractContextManager[History]:
        """Return the open history; HistoryError where it cannot be opened."""
        from ecmpaudit.history.store import open_history  # noqa: PLC0415 - SQLAlchemy costs 200 ms

        return open_history(str(self.place), create=self.is_recording)


def keeper(request: Request, command: str, given: str | None, *, record: bool) -> Keeper:
    """Return the history of one run, for --record or --history.

    Raises:
        HistoryError: it cannot be opened; better said before routers are asked than after.
    """
    if not record and given is None:
        return Keeper(request, command, now(), None, is_recording=False)
    place = place_in_use(given, request.configuration)
    run = Keeper(request, command, now(), place, is_recording=record)
    with run.opened():
        return run


def _telling(fail_on: Severity) -> list[Severity]:
    """Return the severities that people are told of: those that fail a run, and what could not be checked."""
    from ecmpaudit.model import Severity  # noqa: PLC0415 - beside the audit
    from ecmpaudit.reporting.verdict import counts_as_failure  # noqa: PLC0415

    return [each for each in Severity if each is Severity.INCOMPLETE or counts_as_failure(each, fail_on)]


def place_in_use(given: str | None, configuration: Configuration | None) -> str:
    """Return the place of the history: the flag's, the environment's, the configuration's, or the user's own."""
    from ecmpaudit.configuration.history_places import history_place  # noqa: PLC0415 - only with a history

    return history_place(given, configuration.history.url if configuration else None)


def now() -> str:
    """Return the time, in ISO 8601 and UTC."""
    return dt.datetime.now(dt.UTC).isoformat()
