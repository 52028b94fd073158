"""Several outputs of one command of one router, pasted one below the other: the newest is judged.

The last one is the newest, as in a terminal. A scan asks each command once, so only pasted texts are compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.parsing.parts import was_pasted

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.route_table import RouteTable

_SHOW, _ROUTE = re.compile(r"^(?:sh|sho|show)\b"), re.compile(r"\b(?:ro|rou|rout|route)\b")


@dataclass(frozen=True, slots=True)
class OlderTable:
    """An output that a newer one replaces."""

    older: Capture
    newer: Capture

    def __str__(self) -> str:
        """Return a note for the report."""
        place = f"{self.older.router}: " if self.older.router else ""
        asked = f"`{self.older.command}`" if self.older.command else "the same table"
        return (
            f"{place}{_place(self.newer)} is the newest output of {asked} and is judged; {_place(self.older)} is older "
            "and is not: save both to files to compare them with `ecmpaudit diff OLD NEW`"
        )


def newest(tables: Sequence[RouteTable]) -> tuple[list[RouteTable], list[OlderTable]]:
    """Return the tables without those that a later one replaces, in their order, and those that are replaced."""
    kept: list[RouteTable] = []
    older: list[OlderTable] = []
    by_question: dict[Hashable, list[RouteTable]] = {}
    for table in reversed(tables):
        alike = by_question.setdefault(_question(table), [])
        newer = next((later for later in alike if _replaces(later, table)), None)
        if newer is None:
            alike.append(table)
            kept.append(table)
        else:
            older.append(OlderTable(table.capture, newer.capture))
    return kept[::-1], older[::-1]


def _question(table: RouteTable) -> Hashable:
    command = table.capture.command
    asked = _ROUTE.sub("route", _SHOW.sub("show", " ".join(command.split()))) if command else None
    return table.router, table.platform, asked


def _replaces(later: RouteTable, table: RouteTable) -> bool:
    """Without a command, only tables with a prefix in common are answers to one question."""
    if not (was_pasted(later.capture) and was_pasted(table.capture)):
        return False
    return later.capture.command is not None or not _prefixes(later).isdisjoint(_prefixes(table))


def _prefixes(table: RouteTable) -> set[tuple[str, str]]:
    return set(table.views())


def _place(capture: Capture) -> str:
    return f"{capture.source}:{capture.first_line}"
