"""What the commands share about history: its options, and one run between its past and its record."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecmpaudit.auditing.request import Request
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
        help="Judge with what earlier runs knew: a file, or postgresql://HOST/DATABASE.",
        envvar="ECMPAUDIT_HISTORY",
        rich_help_panel=KEEPING,
    ),
]


@dataclass(frozen=True)
class Keeper:
    """The history of one run; without one, nothing is known and nothing is kept."""

    request: Request
    command: str
    started: str
    is_recording: bool = False
    history: History | None = None

    def past(self) -> Past:
        """Return what earlier runs knew."""
        from ecmpaudit.model import Past  # noqa: PLC0415 - beside the audit

        return self.history.past(self.started) if self.history else Past()

    def keep(self, audit: Audit, rules: Iterable[Rule], routers: Sequence[str] = ()) -> None:
        """Keep the run, and forget those that the configuration says are too old."""
        if self.history is None or not self.is_recording:
            return
        from ecmpaudit.configuration.ages import age_of  # noqa: PLC0415 - only with a history
        from ecmpaudit.model import Asked  # noqa: PLC0415

        path, configuration = self.request.path, self.request.configuration
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path else None
        codes = tuple(rule.code for rule in rules)
        asked = Asked(self.command, tuple(routers), tuple(self.request.audited), digest, codes)
        self.history.record(audit, asked, started=self.started, finished=now())
        if configuration and configuration.history.keep:
            self.history.prune(age_of(configuration.history.keep), now=self.started)


@contextlib.contextmanager
def keeper(request: Request, command: str, place: str | None, *, record: bool) -> Iterator[Keeper]:
    """Give the history of one run, open where it is asked for with --record or --history.

    Raises:
        HistoryError: it cannot be opened; better said before routers are asked than after.
    """
    started = now()
    if not record and place is None:
        yield Keeper(request, command, started)
        return
    from ecmpaudit.configuration.history_places import history_place  # noqa: PLC0415 - SQLAlchemy costs 200 ms
    from ecmpaudit.history.store import open_history  # noqa: PLC0415

    configured = request.configuration.history.url if request.configuration else None
    with open_history(history_place(place, configured), create=record) as history:
        yield Keeper(request, command, started, record, history)


def now() -> str:
    """Return the time, in ISO 8601 and UTC."""
    return dt.datetime.now(dt.UTC).isoformat()
