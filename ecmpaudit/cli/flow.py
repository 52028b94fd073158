"""`ecmpaudit flow SRC[:PORT] VIP:PORT`: which node gets this flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import completion, options
from ecmpaudit.cli.options import ASKING
from ecmpaudit.cli.outputs import form_of
from ecmpaudit.cli.parsers import parsers
from ecmpaudit.commands.options import FlowOptions, TextFormat

if TYPE_CHECKING:
    from ecmpaudit.auditing.scope import ScopeOptions

_flow = options.collected(
    "flow_options",
    FlowOptions,
    click.argument("source", metavar="SRC[:PORT]", help="Where the flow comes from.", panel=ASKING),
    click.argument("destination", metavar="VIP:PORT[/tcp|udp]", help="Where it goes to.", panel=ASKING),
    click.option(
        "--at",
        metavar="ROUTER",
        multiple=True,
        shell_complete=completion.routers,
        help="Where it comes in; without it, at each router to which no other one sends it; may be repeated.",
        panel=ASKING,
    ),
    options.timeout,
    options.jobs,
    options.accept_new,
    parsers,
)


@click.command
@_flow
@options.scope
@form_of(TextFormat)
@options.verbose_explanation
def flow(flow_options: FlowOptions, scope: ScopeOptions, form: TextFormat, verbose: bool) -> None:
    """Ask every known router which next hop its kernel takes for a flow, and name the node that gets it.

    Exit codes: 0 the node is known, 1 the flow goes nowhere, 3 something could not be asked or computed.

    Example: ecmpaudit flow 203.0.113.9:40001 198.51.100.7:443/tcp
    """
    from ecmpaudit.commands.flow import flow as run

    raise Exit(run(flow_options, scope, form, verbose=verbose))
