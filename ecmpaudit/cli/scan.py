"""`ecmpaudit scan`: ask routers and nodes over SSH, then audit their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import completion, options
from ecmpaudit.cli.options import ASKING, FILE, HISTORY
from ecmpaudit.cli.outputs import OUTPUT, OneOf
from ecmpaudit.cli.parsers import parsers
from ecmpaudit.commands.options import AlertOptions, CollectionOptions
from ecmpaudit.configuration.transports import TransportName

if TYPE_CHECKING:
    from ecmpaudit.auditing.scope import FilterOptions, ScopeOptions
    from ecmpaudit.commands.options import HistoryOptions, ReportOptions

_collection = options.collected(
    "collection",
    CollectionOptions,
    click.argument(
        "routers",
        nargs=-1,
        metavar="[ROUTER]…",
        shell_complete=completion.routers,
        help="Only these routers of the configuration.",
        panel=ASKING,
    ),
    click.option(
        "--limit",
        metavar="HOSTS",
        multiple=True,
        shell_complete=completion.hosts,
        help="Ask only these routers and nodes: names, patterns as tor*, groups, site=a, and !tor3 for all but it.",
        panel=ASKING,
    ),
    click.option(
        "--transport",
        type=OneOf(TransportName),
        help="How hosts are reached that name no transport: SSH in this process, the program ssh, or not by SSH.",
        panel=ASKING,
    ),
    click.option(
        "--check",
        is_flag=True,
        help="Only log in and ask for the version: kind, step and remedy of each failure; -v lists every host.",
        panel=ASKING,
    ),
    click.option(
        "--full",
        is_flag=True,
        help="Ask for whole tables, not only for the audited prefixes and what covers them.",
        panel=ASKING,
    ),
    click.option(
        "--jobs", type=click.IntRange(min=1), default=10, help="Routers and nodes asked at once.", panel=ASKING
    ),
    click.option(
        "--connect-rate",
        metavar="N",
        type=click.FloatRange(min=0.01),
        help="Begin at most N connections in a second, not evenly; without it, as many as --jobs allows.",
        panel=ASKING,
    ),
    click.option(
        "--save", metavar="DIR", type=FILE, help="Save the raw answers; `analyze DIR` replays them.", panel=ASKING
    ),
    click.option(
        "--overwrite", is_flag=True, help="With --save: replace a snapshot that is in DIR already.", panel=ASKING
    ),
    click.option(
        "--keep-secrets",
        is_flag=True,
        help="With --save: keep passwords and keys of configurations; else they are masked.",
        panel=ASKING,
    ),
    click.option(
        "--accept-new",
        metavar="NAME",
        multiple=True,
        shell_complete=completion.hosts,
        help="Accept the unknown host keys of these routers and nodes: names, patterns as tor*, comma lists.",
        panel=ASKING,
    ),
    click.option(
        "--exec",
        "exec_pods",
        is_flag=True,
        help="With --kubectl: run the fixed read commands of nodes in the pods that speak BGP, too.",
        panel=ASKING,
    ),
    click.option(
        "--deadline",
        metavar="SECONDS",
        type=click.FloatRange(min=1),
        help="Stop asking and reading after this time; whatever is left is incomplete.",
        panel=ASKING,
    ),
    options.memory(ASKING),
    click.option(
        "--dask",
        metavar="ADDRESS",
        help="Let the workers of a Dask cluster ask: tcp://HOST:PORT of its scheduler, or local:N.",
        panel=ASKING,
    ),
    parsers,
)
_alerts = options.collected(
    "alerts",
    AlertOptions,
    click.option(
        "--confirm",
        metavar="N",
        type=click.IntRange(min=1),
        help="Notify of a fault once N runs in a row have found it; 1 unless configured.",
        panel=HISTORY,
    ),
    click.option(
        "--quiet-unless-changed",
        is_flag=True,
        help="With --record: print nothing unless the set of faults changed since the last run.",
        panel=OUTPUT,
    ),
)


@click.command
@_collection
@options.scope
@options.filters
@options.reports
@options.history
@_alerts
def scan(
    collection: CollectionOptions,
    scope: ScopeOptions,
    filters: FilterOptions,
    reports: ReportOptions,
    history: HistoryOptions,
    alerts: AlertOptions,
) -> None:
    """Ask the routers and nodes of the configuration over SSH, and audit the answers.

    Example: ecmpaudit scan --config ecmpaudit.yaml --save today
    """
    _refuse_without_record(history, alerts)
    from ecmpaudit.commands.scan import scan as run

    raise Exit(run(collection, scope, filters, reports, history, alerts))


def _refuse_without_record(history: HistoryOptions, alerts: AlertOptions) -> None:
    """Without earlier runs to compare with, silence would hide faults."""
    flag = "--quiet-unless-changed" if alerts.quiet_unless_changed else "--confirm" if alerts.confirm else None
    if flag and not history.record:
        raise click.BadParameter("compares with earlier runs, so give --record too", param_hint=flag)
