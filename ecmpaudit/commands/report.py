"""Report on a span of time, from the history."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.commands.history import opened_history, start_of
from ecmpaudit.commands.options import PeriodFormat
from ecmpaudit.commands.output import write_outputs
from ecmpaudit.commands.run_history import now
from ecmpaudit.reporting.period import exit_code_of, render_period
from ecmpaudit.reporting.period_json import render_period_json

if TYPE_CHECKING:
    import datetime as dt

    from ecmpaudit.auditing.scope import FilterOptions
    from ecmpaudit.commands.options import OutputOptions, StoredHistoryOptions


def report(stored: StoredHistoryOptions, since: dt.timedelta, filters: FilterOptions, outputs: OutputOptions) -> int:
    """Write the report of the last `since`, and return the exit code: 3 where no run is in it."""
    with opened_history(stored) as (history, configuration), history.at_one_moment() as then:
        period = then.period(start_of(since), now(), then.chosen(filters, configuration))
    period = replace(period, only=filters.given)
    write_outputs(
        outputs,
        lambda form, _: render_period_json(period) if form is PeriodFormat.JSON else render_period(period, form),
    )
    return exit_code_of(period)
