"""Check the configuration file, list its hosts, and print its JSON schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ecmpaudit.configuration.reader import find_configuration, places_searched
from ecmpaudit.configuration.schema import json_schema
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.reading import read_with_inventories
from ecmpaudit.inventories.selection import limited
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.configuration.sections import Device

_HEAD = ("kind", "name", "host", "transport", "port", "user", "jump", "platform", "labels")


def checked_configuration(file: Path | None) -> str:
    """Return one line about the configuration that a run would use.

    Raises:
        ConfigurationError: there is none, or it cannot be used; the message has a line for every fault.
    """
    path = find_configuration(file)
    if path is None:
        looked_for = ", ".join(str(place) for place in places_searched())
        raise ConfigurationError(f"no configuration found; looked for {looked_for}")
    configuration, _ = read_with_inventories(path)
    return f"{path}: ok, {_contents(configuration)}" if configuration else f"{path}: ok"


def hosts_known(file: Path | None, inventories: Sequence[str], limit: Sequence[str]) -> str:
    """Return a table of the routers and nodes, with how each is reached.

    Raises:
        ConfigurationError: there is neither a configuration nor an inventory, or one of them cannot be used.
    """
    path = find_configuration(file)
    configuration, _ = read_with_inventories(path, inventories, limit)
    if configuration is None:
        raise ConfigurationError("no configuration found: give --config FILE, or --inventory FILE")
    names = limited("--limit", limit, configuration)
    rows: list[tuple[str, ...]] = [_HEAD]
    for kind, devices in (("router", configuration.routers), ("node", configuration.nodes)):
        for name, device in devices.items():
            if name in names:
                rows.append((kind, name, *_reached(configuration, name, device)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(safe(line.rstrip()) for line in lines)


def _reached(configuration: Configuration, name: str, device: Device) -> tuple[str, ...]:
    ssh = configuration.device_ssh(name)
    host = device.host or (name if name in configuration.routers else None)
    labels = " ".join(f"{key}={value}" for key, value in device.labels.items())
    return tuple(
        str(cell or "-") for cell in (host, ssh.transport, ssh.port, ssh.user, ssh.jump, device.platform, labels)
    )


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
