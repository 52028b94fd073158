"""`ecmpaudit routes FILE…`: show the parsed route tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.auditing.scope import FilterOptions
from ecmpaudit.cli import options
from ecmpaudit.cli.options import FILTERS
from ecmpaudit.cli.outputs import OUTPUT
from ecmpaudit.commands.options import RouteOptions, RoutesFormat

if TYPE_CHECKING:
    from ecmpaudit.commands.options import InputOptions, OutputOptions

_route_options = options.collected(
    "route_options",
    RouteOptions,
    click.option("--within", help="This prefix and all inside it.", panel=FILTERS),
    click.option("--protocol", help="bgp, ospf, static …", panel=FILTERS),
    click.option("--ecmp", is_flag=True, help="Only routes with several installed next hops.", panel=FILTERS),
    click.option("--lookup", metavar="ADDRESS", help="Longest match, per router and VRF.", panel=FILTERS),
    click.option("--summary", is_flag=True, help="Only how many prefixes have how many next hops.", panel=OUTPUT),
    options.verbose,
)


@click.command
@options.inputs
@options.collected("filters", FilterOptions, options.router, options.prefix, options.vrf)
@_route_options
@click.option(
    "--explain-line", metavar="N", type=int, help="Which rule matches line N, or that none does.", panel=OUTPUT
)
@options.written(RoutesFormat)
def routes(
    inputs: InputOptions,
    filters: FilterOptions,
    route_options: RouteOptions,
    explain_line: int | None,
    outputs: OutputOptions,
) -> None:
    """Show the parsed routes of files, folders, saved snapshots or standard input.

    Exits with 0 when every line was understood, else with 3.

    Example: ecmpaudit routes tor1.txt --within 172.31.0.0/16 --format json
    """
    from ecmpaudit.commands import routes as run

    if explain_line is not None:
        raise Exit(run.explain(inputs, explain_line, outputs, verbose=route_options.verbose))
    raise Exit(run.routes(inputs, filters, route_options, outputs))
