"""`ecmpaudit config`: check the configuration file, and print its JSON schema for editors."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecmpaudit.configuration.reader import find_configuration, places_searched, read_configuration
from ecmpaudit.errors import ConfigurationError

if TYPE_CHECKING:
    from ecmpaudit.configuration.schema import Configuration

app = typer.Typer(name="config", help="Check the configuration file, or print its JSON schema.", no_args_is_help=True)


@app.command()
def check(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The file; without it, the one that a run would use.")
    ] = None,
) -> None:
    """Say whether the configuration can be used; exit code 2 with every fault if not.

    Example: ecmpaudit config check
    """
    try:
        path = _file_in_use(file)
        configuration = read_configuration(path)
    except ConfigurationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(f"{path}: ok, {_contents(configuration)}")


@app.command()
def schema() -> None:
    """Print the JSON schema (draft 2020-12) of the configuration file.

    Example: ecmpaudit config schema > ecmpaudit.schema.json
    """
    import json  # noqa: PLC0415 - only this command needs it

    from ecmpaudit.configuration.schema import json_schema  # noqa: PLC0415 - pydantic costs 50 ms

    typer.echo(json.dumps(json_schema(), indent=2))


def _file_in_use(file: Path | None) -> Path:
    path = find_configuration(file)
    if path is None:
        looked_for = ", ".join(str(place) for place in places_searched())
        raise ConfigurationError(f"no configuration found; looked for {looked_for}")
    return path


def _contents(configuration: "Configuration") -> str:
    clusters = configuration.clusters.values()
    counted = {
        "router": len(configuration.routers),
        "node": len(configuration.nodes),
        "cluster": len(clusters),
        "pool": sum(len(cluster.pools) for cluster in clusters),
        "exception": sum(len(cluster.exceptions) for cluster in clusters),
    }
    return ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for word, number in counted.items())
