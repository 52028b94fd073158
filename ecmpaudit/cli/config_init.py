"""`ecmpaudit config init`: a first configuration file from route tables, a saved scan or a cluster's objects."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from ecmpaudit.cli import options
from ecmpaudit.cli.options import FILE
from ecmpaudit.cli.parsers import parsers
from ecmpaudit.commands.options import InputOptions


@click.command
@options.collected(
    "inputs",
    InputOptions,
    options.files(required=False),
    options.router_or_name,
    options.platform,
    options.memory(options.INPUT),
    parsers,
)
@click.option(
    "--kube-dump", "kube_dumps", metavar="FILE", multiple=True, type=FILE, help="Objects of a cluster; may be repeated."
)
@click.option(
    "--output", "-o", metavar="FILE", type=FILE, default=Path("ecmpaudit.yaml"), help="The new file: ./ecmpaudit.yaml."
)
def init(inputs: InputOptions, kube_dumps: tuple[Path, ...], output: Path) -> None:
    """Write a first ecmpaudit.yaml from what route tables, a saved scan or a cluster's objects show.

    No file is overwritten. What was inferred is marked, and the findings with and without the file are compared.

    Example: ecmpaudit config init tor1.txt tor2.txt
    """
    from ecmpaudit.commands.config_init import write_first_configuration

    click.echo(write_first_configuration(inputs, kube_dumps, output))
