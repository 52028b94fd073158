"""Canonical tables that take little memory: what routes and next hops have is kept once, and each row has numbers.

A fleet has millions of rows and few next hops that differ. A row takes 200 bytes, a packed one 8.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

HOP_FACTS = (
    "kind",
    "next_hop",
    "interface",
    "vrf",
    "next_hop_vrf",
    "weight",
    "installed",
    "active",
    "recursive_depth",
    "marks",
)
"""The columns of the canonical table that a next hop is made of."""
_HOP, _ROWS = "_hop", "_rows"


@dataclass(frozen=True, slots=True, eq=False)
class PackedHops:
    """The next hops of tables that were packed together, which share this object."""

    frame: pl.DataFrame
    """The columns of the canonical table that differ within routes, each combination once."""


@dataclass(frozen=True, slots=True)
class PackedRows:
    """One canonical table; the rows of a route follow one another."""

    columns: tuple[str, ...]
    """Those of the canonical table, in their order."""
    rows: pl.DataFrame
    """One row per next hop: its `line`, and in `_hop` its place in `hops`."""
    routes: pl.DataFrame
    """One row per route: the columns in which its rows do not differ, and in `_rows` how many it has."""
    hops: PackedHops
    """All other columns."""

    def unpacked(self) -> pl.DataFrame:
        """Return the canonical table as it was."""
        route = pl.int_range(self.routes.height, dtype=pl.UInt32, eager=True)
        numbers = pl.select(route.repeat_by(self.routes[_ROWS]).explode()).to_series()
        of_each = (self.rows.select("line"), self.routes[numbers], self.hops.frame[self.rows[_HOP]])
        return pl.concat(of_each, how="horizontal").select(self.columns)

    def firsts(self, columns: Sequence[str]) -> pl.DataFrame:
        """Return these columns of the first row of each route."""
        of_routes = self.routes.select(column for column in columns if column in self.routes.columns)
        if of_routes.width == len(columns):
            return of_routes
        first = self.rows[self.rows_of_routes.cum_sum() - self.rows_of_routes]
        of_hops = self.hops.frame.select(column for column in columns if column in self.hops.frame.columns)
        parts = (first.select("line"), of_routes, of_hops[first[_HOP]])
        return pl.concat(parts, how="horizontal").select(columns)

    @property
    def rows_of_routes(self) -> pl.Series:
        """How many rows each route has."""
        return self.routes[_ROWS]

    @property
    def numbers(self) -> pl.Series:
        """The place in `hops` of each row's next hop."""
        return self.rows[_HOP]


def packed(frames: Sequence[pl.DataFrame]) -> list[PackedRows]:
    """Return canonical tables with the same columns, packed together."""
    whole = pl.concat(frames, rechunk=True)
    borders = list(accumulate((frame.height for frame in frames), initial=0))
    is_first = whole["route"].ne_missing(whole["route"].shift())
    is_first[[border for border in borders if border < whole.height]] = True
    of_routes = _same_within_routes(whole, is_first)
    hops, numbers = _numbered(whole.drop("line", *of_routes))
    rows = whole.select("line", numbers)
    firsts = is_first.arg_true()
    heights = firsts.extend_constant(whole.height, 1).diff().slice(1).alias(_ROWS)
    routes = whole.select(of_routes)[firsts].with_columns(heights)
    shared = PackedHops(hops)
    borders_of_routes = firsts.search_sorted(pl.Series(borders, dtype=firsts.dtype)).to_list()
    return [
        PackedRows(tuple(whole.columns), rows[start:stop], routes[first:below], shared)
        for (start, stop), (first, below) in zip(pairwise(borders), pairwise(borders_of_routes), strict=True)
    ]


def _same_within_routes(whole: pl.DataFrame, is_first: pl.Series) -> list[str]:
    """Return the columns beside those of next hops that have one value in all rows of each route."""
    others = [column for column in whole.columns if column not in {"line", *HOP_FACTS}]
    goes_on = whole.select(pl.col(others).eq_missing(pl.col(others).shift()))
    return [column for column in others if (goes_on[column] | is_first).all()]


def _numbered(facts: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Return the distinct rows, and the place of each row among them; most columns have one value in all rows."""
    differ = facts.select(pl.all().ne_missing(pl.all().first()).any())
    key = [column for column in facts.columns if differ[column].item()] or facts.columns[:1]
    places = facts.select(key).with_row_index("_first").unique(key, keep="first", maintain_order=True)
    by_key = places.select(key).with_row_index(_HOP)
    numbers = facts.select(key).join(by_key, on=key, how="left", nulls_equal=True, maintain_order="left")
    return facts[places["_first"]], numbers[_HOP]
