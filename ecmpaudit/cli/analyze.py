"""`ecmpaudit analyze FILE…|-`: audit route tables that were captured or pasted before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import options

if TYPE_CHECKING:
    from ecmpaudit.auditing.scope import FilterOptions, ScopeOptions
    from ecmpaudit.commands.options import HistoryOptions, InputOptions, ReportOptions


@click.command
@options.inputs_or_cluster
@options.scope
@options.filters
@options.reports
@options.history
def analyze(
    inputs: InputOptions,
    scope: ScopeOptions,
    filters: FilterOptions,
    reports: ReportOptions,
    history: HistoryOptions,
) -> None:
    """Audit files, folders, saved snapshots or standard input.

    Without --pool, --expect, --nodes, --kube-dump or a configuration, expectations are inferred from sibling prefixes.

    Example: ecmpaudit analyze tor1.txt --pool 172.31.0.0/16 --nodes 172.30.250.101-105
    """
    from ecmpaudit.commands.analyze import analyze as run

    raise Exit(run(inputs, scope, filters, reports, history))
