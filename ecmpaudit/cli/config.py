"""`ecmpaudit config`: check the configuration file, and print its JSON schema for editors."""

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli.options import FILE
from ecmpaudit.configuration.reader import find_configuration, places_searched, read_configuration
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.wording import counted, listed

if TYPE_CHECKING:
    from ecmpaudit.configuration.schema import Configuration


@click.group
def config() -> None:
    """Check the configuration file, or print its JSON schema."""


@config.command
@click.argument(
    "file", metavar="[FILE]", required=False, type=FILE, help="The file; without it, the one that a run would use."
)
def check(file: Path | None) -> None:
    """Say whether the configuration can be used; exit code 2 with every fault if not.

    Example: ecmpaudit config check
    """
    try:
        path = _file_in_use(file)
        configuration = read_configuration(path)
    except ConfigurationError as error:
        click.echo(str(error), err=True)
        raise Exit(2) from error
    click.echo(f"{path}: ok, {_contents(configuration)}")


@config.command
def schema() -> None:
    """Print the JSON schema (draft 2020-12) of the configuration file.

    Example: ecmpaudit config schema > ecmpaudit.schema.json
    """
    import json  # noqa: PLC0415 - only this command needs it

    from ecmpaudit.configuration.schema import json_schema  # noqa: PLC0415 - pydantic costs 50 ms

    click.echo(json.dumps(json_schema(), indent=2))


def _file_in_use(file: Path | None) -> Path:
    path = find_configuration(file)
    if path is None:
        looked_for = ", ".join(str(place) for place in places_searched())
        raise ConfigurationError(f"no configuration found; looked for {looked_for}")
    return path


def _contents(configuration: "Configuration") -> str:
    clusters = configuration.clusters.values()
    numbers = {
        "router": len(configuration.routers),
        "node": len(configuration.nodes),
        "cluster": len(clusters),
        "pool": sum(len(cluster.pools) for cluster in clusters),
        "exception": sum(len(cluster.exceptions) for cluster in clusters),
    }
    return listed(counted(number, thing) for thing, number in numbers.items())
