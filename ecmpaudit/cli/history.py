"""`ecmpaudit history`: the recorded runs and the incidents over time; `history prune` forgets old runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import options
from ecmpaudit.cli.groups import Group
from ecmpaudit.commands.options import TextFormat

if TYPE_CHECKING:
    import datetime as dt

    from ecmpaudit.auditing.scope import FilterOptions
    from ecmpaudit.commands.options import OutputOptions, StoredHistoryOptions


@click.group(cls=Group, invoke_without_command=True)
@options.since()
@options.keep()
@options.stored_history
@options.filters
@options.written(TextFormat)
@options.verbose_history
@click.pass_context
def history(
    context: click.Context,
    since: dt.timedelta | None,
    keep: dt.timedelta | None,
    stored: StoredHistoryOptions,
    filters: FilterOptions,
    outputs: OutputOptions,
    verbose: bool,
) -> None:
    """List the runs and the incidents over time; with --keep, forget older runs first.

    Exit codes: 0, or 3 where there is no run to list.

    Example: ecmpaudit history --since 7d --router tor1
    """
    if context.invoked_subcommand is None:
        from ecmpaudit.commands.history import show

        raise Exit(show(stored, since, keep, filters, outputs, verbose=verbose))


@history.command
@options.keep(required=True)
@options.stored_history
def prune(keep: dt.timedelta, stored: StoredHistoryOptions) -> None:
    """Forget the runs that are older than an age.

    Example: ecmpaudit history prune --keep 90d
    """
    from ecmpaudit.commands.history import prune as run

    click.echo(run(stored, keep))
