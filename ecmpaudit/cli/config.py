"""`ecmpaudit config`: write a first configuration file, check one, and print its JSON schema for editors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import options
from ecmpaudit.cli.options import FILE
from ecmpaudit.errors import ConfigurationError

if TYPE_CHECKING:
    from ecmpaudit.commands.options import InputOptions


@click.group
def config() -> None:
    """Write a first configuration file, check one, or print its JSON schema."""


@config.command
@click.argument(
    "file", metavar="[FILE]", required=False, type=FILE, help="The file; without it, the one that a run would use."
)
@click.option("--config", "-c", "named", type=FILE, help="The same as FILE; - reads standard input.")
def check(file: Path | None, named: Path | None) -> None:
    """Check that the configuration can be used; exit code 2 and a line for every fault if not.

    Example: ecmpaudit config check
    """
    from ecmpaudit.commands.config import checked_configuration

    if file and named:
        raise click.UsageError(f"give one file: {file}, or --config {named}")
    try:
        click.echo(checked_configuration(file or named))
    except ConfigurationError as error:
        click.echo(str(error), err=True)
        raise Exit(2) from error


@config.command
@options.inputs_if_any
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


@config.command
def schema() -> None:
    """Print the JSON schema (draft 2020-12) of the configuration file.

    Example: ecmpaudit config schema > ecmpaudit.schema.json
    """
    from ecmpaudit.commands.config import schema_text

    click.echo(schema_text())
