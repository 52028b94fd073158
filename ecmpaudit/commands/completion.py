"""The words that a shell is offered: of rules, platforms, hosts of the configuration, and runs of the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.commands.history import opened_history
from ecmpaudit.commands.options import StoredHistoryOptions
from ecmpaudit.configuration.reader import find_configuration, names_in, text_of
from ecmpaudit.rules import all_rules

if TYPE_CHECKING:
    from pathlib import Path

_RUNS = 20
"""Newest runs that are offered."""


def codes() -> list[str]:
    """Return the codes of the rules, then their families."""
    found = [known.code for known in all_rules()]
    return [*found, *sorted({f"{code.removeprefix('ECMP')[0]}xx" for code in found})]


def hosts(config: Path | None, *sections: str) -> list[str]:
    """Return the names in sections of the configuration, whatever its values are."""
    path = find_configuration(config)
    return names_in(text_of(path), str(path), sections) if path else []


def runs(place: str | None, config: Path | None) -> list[str]:
    """Return the words for the newest runs of the history."""
    with opened_history(StoredHistoryOptions(place, config)) as (history, _):
        numbers = [run.number for run in history.runs(since=None)]
    return ["last", "last-1", *map(str, sorted(numbers, reverse=True)[:_RUNS])]
