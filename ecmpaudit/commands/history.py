"""Show and prune the history: its runs, and its incidents and faults over time."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING

from ecmpaudit.commands.options import TextFormat
from ecmpaudit.commands.output import write_outputs
from ecmpaudit.commands.run_history import now, place_in_use
from ecmpaudit.configuration.reader import find_configuration, read_configuration
from ecmpaudit.history.store import open_history
from ecmpaudit.reporting.history import render_history, render_history_json
from ecmpaudit.reporting.verdict import EXIT_CLEAN, EXIT_INCOMPLETE
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.auditing.scope import FilterOptions
    from ecmpaudit.commands.options import OutputOptions, StoredHistoryOptions
    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.history.store import History
    from ecmpaudit.model.runs import KnownFault, KnownIncident, Run


def show(
    stored: StoredHistoryOptions,
    since: dt.timedelta | None,
    keep: dt.timedelta | None,
    filters: FilterOptions,
    outputs: OutputOptions,
    *,
    verbose: bool = False,
) -> int:
    """Write the runs and the incidents of the last `since`; with `keep`, forget older runs first.

    With `verbose` the text has the single faults too. The exit code is returned: 3 where no run is left to list.
    """
    with opened_history(stored) as (history, configuration):
        if keep is not None:
            history.prune(keep, now=now())
        runs, incidents, faults = listed(history, configuration, since, filters)
    write_outputs(
        outputs,
        lambda form, _: (
            render_history_json(runs, incidents, faults, filters.given)
            if form is TextFormat.JSON
            else render_history(runs, incidents, faults if verbose else (), filters.given)
        ),
    )
    return EXIT_CLEAN if runs else EXIT_INCOMPLETE


def listed(
    history: History, configuration: Configuration | None, since: dt.timedelta | None, filters: FilterOptions
) -> tuple[tuple[Run, ...], tuple[KnownIncident, ...], tuple[KnownFault, ...]]:
    """Return the runs, incidents and faults of the last `since`, or of all time."""
    start = None if since is None else start_of(since)
    with history.at_one_moment() as then:
        chosen = then.chosen(filters, configuration)
        runs, incidents = then.runs(since=start, chosen=chosen), then.incidents(since=start, chosen=chosen)
        return runs, incidents, then.findings(since=start, chosen=chosen)


def prune(stored: StoredHistoryOptions, keep: dt.timedelta) -> str:
    """Forget the runs that are older than `keep`, and return how many they were: `3 runs forgotten`."""
    with opened_history(stored) as (history, _):
        return f"{counted(history.prune(keep, now=now()), 'run')} forgotten"


def start_of(span: dt.timedelta) -> str:
    """Return when a span that ends now began, in ISO 8601 and UTC."""
    return (dt.datetime.now(dt.UTC) - span).isoformat()


@contextlib.contextmanager
def opened_history(stored: StoredHistoryOptions) -> Iterator[tuple[History, Configuration | None]]:
    """Give the history of the flag, the environment or the configuration, and the latter.

    Raises:
        HistoryError: it does not exist, or cannot be read.
    """
    path = find_configuration(stored.config)
    configuration = read_configuration(path) if path else None
    with open_history(place_in_use(stored.place, configuration), create=False) as history:
        yield history, configuration
