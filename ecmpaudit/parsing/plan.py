"""Which part of a table is wanted, and how its text is parsed for that: nothing else is made of a large table."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ecmpaudit.parsing.columns import SCHEMA, values_for
from ecmpaudit.parsing.template import engine_of

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network
    from pathlib import Path

    from ecmpaudit.parsing.columnar import ColumnarTemplate
    from ecmpaudit.platforms.registry import Platform, TableFormat

TOO_LATE = "not read: the run's deadline was over (--deadline)"
FOR_CHECKS = frozenset({"line", "prefix", "family", "kind", "route"})
"""Columns that are always made: lines are checked by them, routes counted."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which routes and columns are wanted."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Only the routes inside of these, and those around them; empty means all."""
    columns: frozenset[str] = frozenset(SCHEMA)
    """Only these columns of the canonical table."""
    until: float = math.inf
    """The moment of the monotonic clock after which no further text is read."""

    @property
    def is_late(self) -> bool:
        """Return whether that moment has passed."""
        return time.monotonic() > self.until


@dataclass(frozen=True, slots=True)
class ParsingPlan:
    """How every chunk of one text is parsed."""

    table_format: TableFormat
    platform: Platform
    family: int | None
    """4 or 6 where the command says so."""
    wanted: Wanted
    checks_everything: bool = False
    """Every check for contradictions is made, and the columns that only these read: the text is not large."""

    def template(self) -> ColumnarTemplate | None:
        """Return the template with only the values that are needed; None where it runs on the textfsm library."""
        needed = values_for(self._wanted_columns)
        if not self.platform.selected_words:
            needed |= {"METRIC"}
        return _narrowed(self.table_format.template, needed)

    @property
    def _wanted_columns(self) -> frozenset[str]:
        return frozenset(SCHEMA) if self.checks_everything else self.wanted.columns

    @property
    def columns(self) -> list[str]:
        """Return the columns of the canonical table that are made."""
        needed = self._wanted_columns | FOR_CHECKS
        if not self.platform.selected_words:
            needed |= {"vrf", "metric", "selected", "installed"}
        return [column for column in SCHEMA if column in needed]


@cache
def _narrowed(template: Path, values: frozenset[str]) -> ColumnarTemplate | None:
    columnar = engine_of(template).columnar
    return columnar and columnar.narrowed(values)
