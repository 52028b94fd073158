"""`ecmpaudit explain PREFIX FILE…`: the whole chain of one prefix, from the nodes' addresses to the kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import options
from ecmpaudit.commands.options import RuleOptions, TextFormat

if TYPE_CHECKING:
    from ecmpaudit.auditing.scope import FilterOptions, ScopeOptions
    from ecmpaudit.commands.options import InputOptions, OutputOptions


@click.command
@click.argument("prefix", help="The prefix, or an address for its /32 or /128.", panel=options.INPUT)
@options.inputs
@options.scope
@options.filters_of_prefix
@options.collected("rules", RuleOptions, options.select, options.ignore, options.fail_on, options.history_place)
@options.written(TextFormat)
@options.verbose_explanation
def explain(
    prefix: str,
    inputs: InputOptions,
    scope: ScopeOptions,
    filters: FilterOptions,
    rules: RuleOptions,
    outputs: OutputOptions,
    verbose: bool,
) -> None:
    """Show for one prefix, router by router and node by node, which link of the chain holds and which is broken.

    The findings and the exit code are those of `analyze` for this prefix.

    Example: ecmpaudit explain 172.31.1.1 today --config ecmpaudit.yaml
    """
    from ecmpaudit.commands.explain import explain as run

    raise Exit(run(prefix, inputs, scope, filters, rules, outputs, verbose=verbose))
