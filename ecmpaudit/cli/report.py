"""`ecmpaudit report`: what a span of time was like, from the history."""

from __future__ import annotations

import datetime as dt
import enum
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import keeping, options
from ecmpaudit.cli.history import SINCE, opened
from ecmpaudit.cli.keeping import now
from ecmpaudit.cli.printing import write

if TYPE_CHECKING:
    from pathlib import Path


class PeriodFormat(enum.StrEnum):
    """The forms of a report over time."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"


@click.command
@click.option("--since", default="7d", **SINCE)
@keeping.history_place
@options.config
@options.form_of(PeriodFormat, "Form of the report; without it, the one of the output's name, else text.")
@options.output_file
def report(
    since: dt.timedelta,
    place: str | None,
    config: Path | None,
    form: PeriodFormat | None,
    output: Path | None,
) -> None:
    """Tell from the history how often each prefix had its full spread, what was short, and when it was mended.

    Exit codes: 0, or 3 where there is no run or the next complete one is overdue.

    Example: ecmpaudit report --since 7d -o week.html
    """
    from ecmpaudit.reporting.period import exit_code_of, render_period  # noqa: PLC0415 - heavy imports are lazy
    from ecmpaudit.reporting.period_json import render_period_json  # noqa: PLC0415

    until = now()
    with opened(place, config) as history:
        period = history.period((dt.datetime.fromisoformat(until) - since).isoformat(), until)
    form = form or _form_of(output)
    write(render_period_json(period) if form is PeriodFormat.JSON else render_period(period, form), output)
    raise Exit(exit_code_of(period))


def _form_of(output: Path | None) -> PeriodFormat:
    suffixes = {".md": PeriodFormat.MARKDOWN, ".html": PeriodFormat.HTML, ".json": PeriodFormat.JSON}
    return suffixes.get(output.suffix.lower(), PeriodFormat.TEXT) if output else PeriodFormat.TEXT
