"""`ecmpaudit drain NODE…`: what a drain moves, and whether the nodes are gone or back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import completion, options
from ecmpaudit.cli.options import ASKING
from ecmpaudit.cli.outputs import form_of
from ecmpaudit.cli.parsers import parsers
from ecmpaudit.commands.options import DrainOptions, TextFormat

if TYPE_CHECKING:
    from ecmpaudit.auditing.scope import ScopeOptions

WAITING = "How long to wait"

_drain = options.collected(
    "drain_options",
    DrainOptions,
    click.argument(
        "drained",
        nargs=-1,
        required=True,
        metavar="NODE…",
        shell_complete=completion.nodes,
        help="Nodes by name, pattern or address.",
        panel=ASKING,
    ),
    click.option(
        "--from",
        "saved",
        metavar="FILE",
        multiple=True,
        help="A saved scan or outputs, in place of a scan; a wait takes the nodes' addresses from it; may be repeated.",
        panel=ASKING,
    ),
    click.option(
        "--wait-gone",
        is_flag=True,
        help="Poll until the nodes are in no set of next hops, routing table and kernel, on every router.",
        panel=WAITING,
    ),
    click.option(
        "--wait-back",
        is_flag=True,
        help="Poll until every prefix has all its next hops on every router, and stays so.",
        panel=WAITING,
    ),
    options.timeout,
    click.option(
        "--interval",
        metavar="SECONDS",
        type=click.FloatRange(min=0, min_open=True),
        default=2.0,
        help="Time between two polls.",
        panel=WAITING,
    ),
    click.option(
        "--stable",
        metavar="N",
        type=click.IntRange(min=1),
        help="Polls in a row that have to show it: 1 for --wait-gone and 3 for --wait-back unless given.",
        panel=WAITING,
    ),
    click.option(
        "--min",
        "minimum",
        metavar="N",
        type=click.IntRange(min=1),
        help="How many next hops each prefix has to keep; fewer are a finding.",
        panel=options.EXPECTED,
    ),
    options.jobs,
    options.accept_new,
    parsers,
)


@click.command
@_drain
@options.scope
@form_of(TextFormat)
@options.verbose_explanation
def drain(drain_options: DrainOptions, scope: ScopeOptions, form: TextFormat, verbose: bool) -> None:
    """Show what a drain of nodes moves, with a verdict; or wait until they are gone or back. Nothing is changed.

    Exit codes: 0 may be drained, gone or back; 1 not, or not within the time; 3 a router could not be asked.

    Example: ecmpaudit drain node3 --wait-gone --timeout 120
    """
    from ecmpaudit.commands.drain import drain as run

    raise Exit(run(drain_options, scope, form, verbose=verbose))
