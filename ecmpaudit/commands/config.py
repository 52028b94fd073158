"""Check the configuration file, and print its JSON schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ecmpaudit.configuration.reader import find_configuration, places_searched, read_configuration
from ecmpaudit.configuration.schema import json_schema
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.wording import counted, listed

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.configuration.schema import Configuration


def checked_configuration(file: Path | None) -> str:
    """Return one line about the configuration that a run would use.

    Raises:
        ConfigurationError: there is none, or it cannot be used; the message has a line for every fault.
    """
    path = find_configuration(file)
    if path is None:
        looked_for = ", ".join(str(place) for place in places_searched())
        raise ConfigurationError(f"no configuration found; looked for {looked_for}")
    return f"{path}: ok, {_contents(read_configuration(path))}"


def schema_text() -> str:
    """Return the JSON schema of the configuration file."""
    return json.dumps(json_schema(), indent=2)


def _contents(configuration: Configuration) -> str:
    clusters = configuration.clusters.values()
    numbers = {
        "router": len(configuration.routers),
        "node": len(configuration.nodes),
        "cluster": len(clusters),
        "pool": sum(len(cluster.pools) for cluster in clusters),
        "exception": sum(len(cluster.exceptions) for cluster in clusters),
    }
    return listed(counted(number, thing) for thing, number in numbers.items())
