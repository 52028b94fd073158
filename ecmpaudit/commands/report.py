"""Report on a span of time, from the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.commands.history import opened_history, start_of
from ecmpaudit.commands.options import PeriodFormat
from ecmpaudit.commands.output import write_outputs
from ecmpaudit.commands.run_history import now
from ecmpaudit.reporting.period import exit_code_of, render_period
from ecmpaudit.reporting.period_json import render_period_json

if TYPE_CHECKING:
    import datetime as dt

    from ecmpaudit.commands.options import OutputOptions, StoredHistoryOptions


def report(stored: StoredHistoryOptions, since: dt.timedelta, outputs: OutputOptions) -> int:
    """Write the report of the last `since`, and return the exit code."""
    with opened_history(stored) as history:
        period = history.period(start_of(since), now())
    write_outputs(
        outputs,
        lambda form, _: render_period_json(period) if form is PeriodFormat.JSON else render_period(period, form),
    )
    return exit_code_of(period)
