"""`ecmpaudit report`: what a span of time was like, from the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import options
from ecmpaudit.commands.options import PeriodFormat

if TYPE_CHECKING:
    import datetime as dt

    from ecmpaudit.auditing.scope import FilterOptions
    from ecmpaudit.commands.options import OutputOptions, StoredHistoryOptions


@click.command
@options.since("7d")
@options.stored_history
@options.filters
@options.written(PeriodFormat)
def report(since: dt.timedelta, stored: StoredHistoryOptions, filters: FilterOptions, outputs: OutputOptions) -> None:
    """Report from the history how often each prefix had its full spread, what was missing, and for how long.

    Exit codes: 0, or 3 where there is no run or the next complete one is overdue.

    Example: ecmpaudit report --since 7d -o week.html
    """
    from ecmpaudit.commands.report import report as run

    raise Exit(run(stored, since, filters, outputs))
