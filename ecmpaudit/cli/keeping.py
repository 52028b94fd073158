"""What the commands share about history: its options, and one run between its past and its record."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from ecmpaudit.cli.options import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.history.store import History
    from ecmpaudit.model import Audit, Past
    from ecmpaudit.rules import Rule

KEEPING = "History"

Record = Annotated[bool, typer.Option("--record", help="Keep this run in the history.", rich_help_panel=KEEPING)]
HistoryPlace = Annotated[
    str | None,
    typer.Option(
        "--history",
        metavar="FILE|URL",
        help="The history, and judge with what it knows: a file, or postgresql://HOST/DATABASE.",
        envvar="ECMPAUDIT_HISTORY",
        rich_help_panel=KEEPING,
    ),
]


class ShownFormat(enum.StrEnum):
    """The forms of a history and of differences."""

    TEXT = "text"
    JSON = "json"


ShownAs = Annotated[ShownFormat, typer.Option("--format", "-f", help="Form of the output.", rich_help_panel=OUTPUT)]


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
        with self._opened() as history:
            return history.past(self.started)

    def keep(self, audit: Audit, rules: Iterable[Rule], routers: Sequence[str] = ()) -> None:
        """Keep the run, and forget those that the configuration says are too old."""
        if not self.is_recording:
            return
        from ecmpaudit.configuration.ages import age_of  # noqa: PLC0415 - only with a history
        from ecmpaudit.model import Asked  # noqa: PLC0415

        path, configuration = self.request.path, self.request.configuration
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path else None
        codes = tuple(rule.code for rule in rules)
        asked = Asked(self.command, tuple(routers), tuple(self.request.audited), digest, codes)
        with self._opened() as history:
            history.record(audit, asked, started=self.started, finished=now())
            if configuration and configuration.history.keep:
                history.prune(age_of(configuration.history.keep), now=self.started)

    def _opened(self) -> AbstractContextManager[History]:
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
    with run._opened():  # noqa: SLF001 - its own module
        return run


def place_in_use(given: str | None, configuration: Configuration | None) -> str:
    """Return the place of the history: the flag's, the environment's, the configuration's, or the user's own."""
    from ecmpaudit.configuration.history_places import history_place  # noqa: PLC0415 - only with a history

    return history_place(given, configuration.history.url if configuration else None)


def now() -> str:
    """Return the time, in ISO 8601 and UTC."""
    return dt.datetime.now(dt.UTC).isoformat()
