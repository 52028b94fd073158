"""Report on a span of time, from the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.commands.history import opened_history, start_of
from ecmpaudit.commands.options import PeriodFormat
from ecmpaudit.commands.output import form_by_name, write
from ecmpaudit.commands.run_history import now
from ecmpaudit.reporting.period import exit_code_of, render_period
from ecmpaudit.reporting.period_json import render_period_json

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from ecmpaudit.commands.options import StoredHistoryOptions

_SUFFIXES = {".md": PeriodFormat.MARKDOWN, ".html": PeriodFormat.HTML, ".json": PeriodFormat.JSON}


def report(stored: StoredHistoryOptions, since: dt.timedelta, form: PeriodFormat | None, output: Path | None) -> int:
    """Write the report of the last `since`, and return the exit code."""
    with opened_history(stored) as history:
        period = history.period(start_of(since), now())
    form = form or form_by_name(output, _SUFFIXES, PeriodFormat.TEXT)
    write(render_period_json(period) if form is PeriodFormat.JSON else render_period(period, form), output)
    return exit_code_of(period)
