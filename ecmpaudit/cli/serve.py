"""`ecmpaudit serve`: scan at an interval, and serve the last run over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import options
from ecmpaudit.cli.options import ASKING, FILE, HISTORY
from ecmpaudit.cli.parsers import parsers
from ecmpaudit.commands.options import (
    AlertOptions,
    CollectionOptions,
    HistoryOptions,
    ReportOptions,
    ServeOptions,
)
from ecmpaudit.digits import number_in

if TYPE_CHECKING:
    from ecmpaudit.auditing.scope import ScopeOptions

SERVING = "How it is served"
_LARGEST_PORT = 65535


def _address(_context: click.Context, _option: click.Parameter, text: str) -> tuple[str, int]:
    host, _, digits = text.rpartition(":")
    port = number_in(digits, _LARGEST_PORT)
    if not host or port is None:
        raise click.BadParameter(f'expected HOST:PORT, such as 127.0.0.1:9808 or [::1]:9808, found "{text}"')
    return host.removeprefix("[").removesuffix("]"), port


_serving = options.collected(
    "serving",
    ServeOptions,
    click.option(
        "--listen",
        metavar="HOST:PORT",
        default="127.0.0.1:9808",
        callback=_address,
        help="Where to listen; beyond loopback, give --token-file or --insecure.",
        panel=SERVING,
    ),
    click.option(
        "--token-file",
        metavar="FILE",
        type=FILE,
        help="File of mode 0600 with a token, without which nothing but /healthz and /readyz is answered.",
        panel=SERVING,
    ),
    click.option("--insecure", is_flag=True, help="Serve beyond loopback without a token.", panel=SERVING),
    click.option(
        "--tls-certificate", "certificate", metavar="FILE", type=FILE, help="Certificate in PEM form.", panel=SERVING
    ),
    click.option(
        "--tls-key", "key", metavar="FILE", type=FILE, help="Key of the certificate, in PEM form.", panel=SERVING
    ),
    click.option(
        "--interval",
        metavar="SECONDS",
        type=click.FloatRange(min=1),
        default=300,
        help="From the start of a scan to the start of the next.",
        panel=ASKING,
    ),
    click.option(
        "--jitter",
        metavar="SECONDS",
        type=click.FloatRange(min=0),
        default=10,
        help="Up to so much is added to each interval, at random.",
        panel=ASKING,
    ),
    click.option(
        "--stale-after",
        metavar="N",
        type=click.IntRange(min=1),
        default=3,
        help="/readyz fails once the last complete run is older than N intervals.",
        panel=SERVING,
    ),
)
_collection = options.collected(
    "collection",
    CollectionOptions,
    click.option(
        "--deadline",
        metavar="SECONDS",
        type=click.FloatRange(min=1),
        help="Stop asking and reading after this time; the interval unless given.",
        panel=ASKING,
    ),
    options.memory(ASKING),
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
)
_rules = (options.metrics_limit, options.select, options.ignore, options.fail_on)


@click.command
@_serving
@_collection
@options.scope
@options.collected("reports", ReportOptions, *_rules)
@options.collected("history", HistoryOptions, options.history_place)
@_alerts
def serve(
    serving: ServeOptions,
    collection: CollectionOptions,
    scope: ScopeOptions,
    reports: ReportOptions,
    history: HistoryOptions,
    alerts: AlertOptions,
) -> None:
    """Scan at an interval as `scan --record` does, and serve the last run: report, JSON, metrics.

    Example: ecmpaudit serve --config ecmpaudit.yaml --interval 300
    """
    from dataclasses import replace

    from ecmpaudit.commands.serve import serve as run

    collection = replace(collection, deadline=collection.deadline or serving.interval)
    reports, history = replace(reports, quiet=True), replace(history, record=True)
    raise Exit(run(serving, collection, scope, reports, history, alerts))
