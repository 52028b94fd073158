"""`ecmpaudit history`: the runs that are kept and the faults over time; `history prune` forgets old ones."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from ecmpaudit.cli.keeping import HistoryPlace, ShownAs, ShownFormat, now, place_in_use
from ecmpaudit.cli.options import Config, OutputFile, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecmpaudit.history.store import History

app = typer.Typer(name="history")


def _age(text: str) -> dt.timedelta:
    from ecmpaudit.configuration.ages import age_of  # noqa: PLC0415 - beside the others

    try:
        return age_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


_KEEP = typer.Option("--keep", metavar="AGE", parser=_age, help="Forget runs that are older, for example 90d.")
SINCE = typer.Option("--since", metavar="AGE", parser=_age, help="Only what is this young, for example 7d.")


@app.callback(invoke_without_command=True)
def history(
    context: typer.Context,
    since: Annotated[dt.timedelta | None, SINCE] = None,
    keep: Annotated[dt.timedelta | None, _KEEP] = None,
    place: HistoryPlace = None,
    config: Config = None,
    form: ShownAs = ShownFormat.TEXT,
    output: OutputFile = None,
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


@app.command()
def prune(
    keep: Annotated[dt.timedelta, _KEEP],
    place: HistoryPlace = None,
    config: Config = None,
) -> None:
    """Forget the runs that are older than an age.

    Example: ecmpaudit history prune --keep 90d
    """
    with opened(place, config) as known:
        forgotten = known.prune(keep, now=now())
    typer.echo(f"{forgotten} run{'' if forgotten == 1 else 's'} forgotten")


@contextlib.contextmanager
def opened(place: str | None, config: Path | None) -> Iterator[History]:
    """Give the history of the flag, the environment or the configuration; HistoryError where there is none yet."""
    from ecmpaudit.configuration.reader import find_configuration, read_configuration  # noqa: PLC0415 - as above
    from ecmpaudit.history.store import open_history  # noqa: PLC0415

    path = find_configuration(config)
    configuration = read_configuration(path) if path else None
    with open_history(place_in_use(place, configuration), create=False) as known:
        yield known
