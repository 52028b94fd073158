"""`ecmpaudit report`: what a span of time was like, from the history."""

from __future__ import annotations

import datetime as dt
import enum
from typing import TYPE_CHECKING, Annotated

import typer

from ecmpaudit.cli.history import SINCE, opened
from ecmpaudit.cli.keeping import HistoryPlace, now
from ecmpaudit.cli.options import OUTPUT, Config, OutputFile, write

if TYPE_CHECKING:
    from pathlib import Path


class PeriodFormat(enum.StrEnum):
    """The forms of a report over time."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"


def report(
    since: Annotated[dt.timedelta, SINCE] = "7d",  # type: ignore[assignment]  # Typer parses it as what is typed
    place: HistoryPlace = None,
    config: Config = None,
    form: Annotated[
        PeriodFormat | None,
        typer.Option(
            "--format",
            "-f",
            help="Form of the report; without it, the one of the output's name, else text.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    output: OutputFile = None,
) -> None:
    """Tell from the history how often each prefix had its full spread, what was short, and when it was mended.

    Exit codes: 0, or 3 where there is no run or the next complete one is overdue.

    Example: ecmpaudit report --since 7d -o week.html
    """  # fmt: skip
    from ecmpaudit.reporting.period import exit_code_of, render_period  # noqa: PLC0415 - heavy imports are lazy

    until = now()
    with opened(place, config) as history:
        period = history.period((dt.datetime.fromisoformat(until) - since).isoformat(), until)
    write(render_period(period, form or _form_of(output)), output)
    raise typer.Exit(exit_code_of(period))


def _form_of(output: Path | None) -> PeriodFormat:
    suffixes = {".md": PeriodFormat.MARKDOWN, ".html": PeriodFormat.HTML}
    return suffixes.get(output.suffix.lower(), PeriodFormat.TEXT) if output else PeriodFormat.TEXT
