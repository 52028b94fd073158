"""`ecmpaudit diff OLD NEW`: what changed between two runs, dumps or snapshots, in any combination."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import completion, options
from ecmpaudit.cli.options import INPUT
from ecmpaudit.cli.parsers import parsers
from ecmpaudit.commands.options import InputOptions, OutputOptions, RuleOptions, TextFormat

if TYPE_CHECKING:
    from ecmpaudit.auditing.scope import FilterOptions, ScopeOptions

_SIDE: dict[str, Any] = {
    "metavar": "RUN|DIR|FILE",
    "shell_complete": completion.runs_and_files,
    "help": "A run (41, last, last-1), a folder, a file, or -.",
}


@click.command
@click.argument("before", **_SIDE)
@click.argument("after", **_SIDE)
@options.collected("inputs", InputOptions, options.router_name, options.platform, options.memory(INPUT), parsers)
@options.scope
@options.filters
@options.collected("rules", RuleOptions, options.select, options.ignore, options.history_place)
@options.written(TextFormat)
@options.verbose
def diff(
    before: str,
    after: str,
    inputs: InputOptions,
    scope: ScopeOptions,
    filters: FilterOptions,
    rules: RuleOptions,
    outputs: OutputOptions,
    verbose: bool,
) -> None:
    """Show what changed per prefix and router: next hops added and removed, attributes, ceilings, findings.

    Exit codes: 0 nothing changed, 1 something did, 3 no known change, but not everything could be compared.

    Example: ecmpaudit diff before.txt after.txt --nodes node1=192.0.2.101,node2=192.0.2.102
    """
    from ecmpaudit.commands.diff import diff as run

    raise Exit(run(replace(inputs, files=(before, after)), scope, filters, rules, outputs, verbose=verbose))
