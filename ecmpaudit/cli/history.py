"""`ecmpaudit history`: the runs that are kept and the faults over time; `history prune` forgets old ones."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Any

import rich_click as click

from ecmpaudit.cli import keeping, options
from ecmpaudit.cli.keeping import ShownFormat, now, place_in_use
from ecmpaudit.cli.printing import write
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecmpaudit.history.store import History


def _age(text: str) -> dt.timedelta:
    from ecmpaudit.configuration.ages import age_of  # noqa: PLC0415 - beside the others

    try:
        return age_of(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


_KEEP: dict[str, Any] = {"metavar": "AGE", "type": _age, "help": "Forget runs that are older, for example 90d."}
SINCE: dict[str, Any] = {"metavar": "AGE", "type": _age, "help": "Only what is this young, for example 7d."}


@click.group(invoke_without_command=True)
@click.option("--since", **SINCE)
@click.option("--keep", **_KEEP)
@keeping.history_place
@options.config
@keeping.shown_as
@options.output_file
@click.pass_context
def history(
    context: click.Context,
    since: dt.timedelta | None,
    keep: dt.timedelta | None,
    place: str | None,
    config: Path | None,
    form: ShownFormat,
    output: Path | None,
) -> None:
    """List the runs and the faults over time; with --keep, forget what is older first.

    Example: ecmpaudit history --since 7d
    """
    if context.invoked_subcommand is not None:
        return
    from ecmpaudit.reporting.history import render_history, render_history_json  # noqa: PLC0415 - heavy imports are lazy

    with opened(place, config) as known:
        if keep is not None:
            known.prune(keep, now=now())
        start = None if since is None else (dt.datetime.now(dt.UTC) - since).isoformat()
        runs, faults = known.runs(since=start), known.findings(since=start)
    write(render_history_json(runs, faults) if form is ShownFormat.JSON else render_history(runs, faults), output)


@history.command
@click.option("--keep", required=True, **_KEEP)
@keeping.history_place
@options.config
def prune(keep: dt.timedelta, place: str | None, config: Path | None) -> None:
    """Forget the runs that are older than an age.

    Example: ecmpaudit history prune --keep 90d
    """
    with opened(place, config) as known:
        forgotten = known.prune(keep, now=now())
    click.echo(f"{counted(forgotten, 'run')} forgotten")


@contextlib.contextmanager
def opened(place: str | None, config: Path | None) -> Iterator[History]:
    """Give the history of the flag, the environment or the configuration; HistoryError where there is none yet."""
    from ecmpaudit.configuration.reader import find_configuration, read_configuration  # noqa: PLC0415 - as above
    from ecmpaudit.history.store import open_history  # noqa: PLC0415

    path = find_configuration(config)
    configuration = read_configuration(path) if path else None
    with open_history(place_in_use(place, configuration), create=False) as known:
        yield known
