"""`ecmpaudit what-if FILE…`: which flows a planned change moves, and what it leaves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import completion, options
from ecmpaudit.cli.outputs import Word
from ecmpaudit.commands.options import ChangeOptions, WhatIfFormat

if TYPE_CHECKING:
    from ecmpaudit.auditing.scope import ScopeOptions
    from ecmpaudit.commands.options import InputOptions, OutputOptions

CHANGE = "What changes"
MOST_FLOWS = 1_000_000
MODEL = "How flows are spread"

_change = options.collected(
    "change",
    ChangeOptions,
    click.option(
        "--lose",
        metavar="NODE",
        multiple=True,
        shell_complete=completion.nodes,
        help="A node, by name, pattern or address; may be repeated.",
        panel=CHANGE,
    ),
    click.option(
        "--lose-router",
        "lose_routers",
        metavar="NAME",
        multiple=True,
        shell_complete=completion.routers,
        help="A router; may be repeated.",
        panel=CHANGE,
    ),
    click.option(
        "--add",
        metavar="NAME=ADDRESS",
        multiple=True,
        help="A node that is added, as in --nodes; may be repeated.",
        panel=CHANGE,
    ),
    click.option(
        "--replace",
        metavar="OLD=NEW",
        multiple=True,
        help="A node that goes and the one that comes: node1=node9=192.0.2.9; may be repeated.",
        panel=CHANGE,
    ),
    click.option(
        "--weights", metavar="NODE=WEIGHT,…", multiple=True, help="The weights after the change.", panel=CHANGE
    ),
    click.option(
        "--order",
        is_flag=True,
        help="Also print in which order draining all nodes moves the fewest flows.",
        panel=CHANGE,
    ),
    click.option(
        "--min",
        "minimum",
        metavar="N",
        type=click.IntRange(min=1),
        help="How many next hops each prefix has to keep; fewer are a finding.",
        panel=CHANGE,
    ),
    click.option(
        "--model",
        type=Word(["hash-threshold", "modulo-n"]),
        help="How every router chooses a next hop, in place of what is known of its platform.",
        panel=MODEL,
    ),
    click.option(
        "--resilient",
        metavar="BUCKETS",
        type=click.IntRange(min=1, max=65535),
        help="As if each set were a resilient group of Linux with so many buckets.",
        panel=MODEL,
    ),
    click.option(
        "--hash",
        "layer",
        type=Word(["l3", "l4", "inner"]),
        help="What is hashed: addresses, ports too, or the inner packet of a tunnel.",
        panel=MODEL,
    ),
    click.option(
        "--from-kernel",
        metavar="N",
        type=click.IntRange(min=1, max=MOST_FLOWS),
        help="Ask the kernel of each router where it sends N flows, and count these.",
        panel=MODEL,
    ),
    click.option(
        "--flows",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Flows for --from-kernel, as `conntrack -L` or `ss -tn` printed them, or SRC:PORT VIP:PORT in each line.",
        panel=MODEL,
    ),
)


@click.command("what-if")
@options.inputs_or_scan
@_change
@options.scope
@options.written(WhatIfFormat)
@options.verbose_explanation
def what_if(
    inputs: InputOptions, change: ChangeOptions, scope: ScopeOptions, outputs: OutputOptions, verbose: bool
) -> None:
    """Show per router and prefix which flows a planned change moves, and what it leaves. Nothing is changed.

    Without a FILE, the routers and nodes of the configuration are asked, as `scan` does it.

    Exit codes: 0 every prefix keeps enough next hops, 1 one loses its last, falls below --min or exceeds its ceiling,
    3 something could not be looked at.

    Example: ecmpaudit what-if today --lose node3 --min 3
    """
    from ecmpaudit.commands.what_if import what_if as run

    raise Exit(run(inputs, scope, change, outputs, verbose=verbose))
