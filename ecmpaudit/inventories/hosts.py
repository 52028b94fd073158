"""What an inventory says of a host, in the keys of `ecmpaudit.yaml`, before anything is checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecmpaudit.configuration.patterns import GROUP

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OWN = "ecmpaudit_"
"""What the variables begin with that name a key of `ecmpaudit.yaml`: `ecmpaudit_command_prefix`."""
LARGEST_TEXT = 64 * 1024**2
"""Bytes of one file; 10,000 hosts with ten variables each take about 4 MiB."""


@dataclass(frozen=True, slots=True)
class Host:
    """One host of an inventory."""

    name: str
    place: str
    """File and line, or the URL and what has the host there: for messages."""
    settings: Mapping[str, Any]
    """Keys of a router or node, with their values as they are written; `platform` is the inventory's own word."""
    labels: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    """Keys whose value cannot be used, each with the reason and the remedy; `password` is one of them."""


def labels_of(variables: Mapping[str, Any], chosen: Iterable[str], groups: Iterable[str] = ()) -> dict[str, str]:
    """Return the chosen variables that have a plain value, and the groups, as labels."""
    plain = {name: variables[name] for name in chosen if isinstance(variables.get(name), (str, int, float))}
    found = {name: str(value).strip() for name, value in plain.items() if str(value).strip()}
    words = " ".join(dict.fromkeys(groups))
    return {GROUP: words, **found} if words else found


def own_settings(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables that are written for ecmpaudit, without what their names begin with."""
    return {name.removeprefix(OWN): value for name, value in variables.items() if name.startswith(OWN)}
