"""`ecmpaudit config`: write a first configuration file, check one, list its hosts, print its JSON schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import options
from ecmpaudit.cli.config_init import init
from ecmpaudit.cli.groups import Group
from ecmpaudit.cli.options import FILE
from ecmpaudit.cli.parsers import parsers
from ecmpaudit.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


@click.group(cls=Group)
def config() -> None:
    """Write a first configuration file, check one, list its hosts, or print its JSON schema."""


config.add_command(init)


@config.command
@click.argument(
    "file", metavar="[FILE]", required=False, type=FILE, help="The file; without it, the one that a run would use."
)
@click.option("--config", "-c", "named", type=FILE, help="The same as FILE; - reads standard input.")
@parsers
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
@options.config
@options.inventory
@click.option(
    "--limit",
    metavar="HOSTS",
    multiple=True,
    help="Only these: names, patterns as tor*, groups, site=a, and !tor3 for all but it.",
)
@parsers
def hosts(config: Path | None, inventories: tuple[str, ...], limit: tuple[str, ...]) -> None:
    """List the routers and nodes of the configuration and of inventories, as a scan would ask them.

    Example: ecmpaudit config hosts --inventory hosts.ini --limit 'leafs,!tor3'
    """
    from ecmpaudit.commands.config import hosts_known

    click.echo(hosts_known(config, inventories, limit))


@config.command
def schema() -> None:
    """Print the JSON schema (draft 2020-12) of the configuration file.

    Example: ecmpaudit config schema > ecmpaudit.schema.json
    """
    from ecmpaudit.commands.config import schema_text

    click.echo(schema_text())
