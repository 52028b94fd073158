"""The configuration with the hosts of its inventories and of those given by `--inventory`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.configuration.reader import configuration_of, read_source
from ecmpaudit.configuration.texts import STANDARD_INPUT
from ecmpaudit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.configuration.sections import InventorySource
    from ecmpaudit.configuration.yaml_source import Source
    from ecmpaudit.inventories.hosts import Host

OPTION = "--inventory"
_MOST_FAULTS = 100
"""Faults of hosts that are listed; further ones are counted."""


def read_with_inventories(
    path: Path | None, given: Sequence[str] = (), limit: Sequence[str] = (), known: Source | None = None
) -> tuple[Configuration | None, str | None]:
    """Return the checked configuration with all hosts, and the SHA-256 of its file; None without file and inventory.

    Faults of hosts that `limit` leaves out are no errors: these are not asked. `known` are the values of a
    configuration that is no file: then `path` is its name, and no file is read for it.

    Raises:
        ConfigurationError: one line for each fault, with its place.
    """
    if path is None and not given:
        return None, None
    # Imported here because most offline runs have no configuration file, and pydantic costs 50 ms.
    from ecmpaudit.configuration.yaml_source import Place, Source  # noqa: PLC0415 - see above

    source, digest = known or Source({}, {(): Place(1, None, None)}), None
    if path and known is None:
        source, digest = read_source(path)
    name = str(path) if path else OPTION
    configuration = configuration_of(source, name, names_are_known=False if given else None)
    inventories = [*configuration.inventory, *(_given(word) for word in given)]
    if not inventories:
        return configuration, digest
    _refuse_standard_input_twice(path, inventories)
    from ecmpaudit.configuration.problems import render  # noqa: PLC0415 - see above
    from ecmpaudit.inventories.entries import Entries  # noqa: PLC0415 - see above
    from ecmpaudit.inventories.selection import chosen  # noqa: PLC0415 - see above

    entries = Entries(source.values)
    for index, inventory in enumerate(inventories):
        beside = path.parent if path and index < len(configuration.inventory) else Path()
        entries.add(_hosts_of(inventory, beside), inventory)
    if limit:
        entries.without(entries.problems.keys() - chosen("--limit", limit, entries.labels()))
    problems = [problem for of_host in entries.problems.values() for problem in of_host]
    if problems:
        more = f"\n… and {len(problems) - _MOST_FAULTS:,} more" if len(problems) > _MOST_FAULTS else ""
        raise ConfigurationError(render(problems[:_MOST_FAULTS], name) + more)
    source.values, source.elsewhere = entries.values, entries.places
    return configuration_of(source, name, names_are_known=True), digest


def _given(word: str) -> InventorySource:
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - as in read_with_inventories

    from ecmpaudit.configuration.problems import refusals  # noqa: PLC0415 - as above
    from ecmpaudit.configuration.sections import InventoryEntry  # noqa: PLC0415 - as above

    adapter: TypeAdapter[InventorySource] = TypeAdapter(InventoryEntry)
    try:
        return adapter.validate_python(word)
    except ValidationError as error:
        faults = "; ".join(problem.message for problem in refusals(error, (OPTION, ""), OPTION))
        raise ConfigurationError(f"{OPTION}: {faults}") from None


def _hosts_of(inventory: InventorySource, beside: Path) -> list[Host]:
    from ecmpaudit.configuration.home import in_home  # noqa: PLC0415 - as in read_with_inventories
    from ecmpaudit.inventories.formats import hosts_in  # noqa: PLC0415 - as above

    file = inventory.file
    if inventory.netbox is not None:
        return _hosts_of_netbox(inventory.netbox, inventory)
    if file is None:
        raise ConfigurationError("inventory: expected `file` or `netbox`")
    return hosts_in(file if file == STANDARD_INPUT else beside / in_home(file), inventory.labels)


def _hosts_of_netbox(url: str, inventory: InventorySource) -> list[Host]:
    try:
        from ecmpaudit.inventories.netbox import netbox_hosts  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if error.name not in {"pynetbox", "requests"}:
            raise
        raise ConfigurationError(
            f"inventory {url}: NetBox needs pynetbox, which is not installed: pip install 'ecmpaudit[netbox]'"
        ) from error
    return netbox_hosts(url, inventory)


def _refuse_standard_input_twice(path: Path | None, inventories: Sequence[InventorySource]) -> None:
    readers = [path, *(inventory.file for inventory in inventories)].count(STANDARD_INPUT)
    if readers > 1:
        raise ConfigurationError(f"{OPTION} -: standard input is read already: give one of them as a file")
