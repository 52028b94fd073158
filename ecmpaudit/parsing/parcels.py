"""Route tables on their way to another process: those that are packed together travel as three compressed blocks.

A table of a router is small: sent alone, what describes its columns is most of it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.parsing.packed_rows import PackedHops, PackedRows, packed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    from ecmpaudit.parsing.route_table import RouteTable

    _Placed: TypeAlias = tuple[int, RouteTable, PackedRows]

_NO_ROWS = pl.DataFrame()


@dataclass(frozen=True, slots=True)
class Parcel:
    """Tables that were packed together."""

    places: tuple[int, ...]
    """Those of its tables among all that travel."""
    tables: tuple[RouteTable, ...]
    """Without their rows."""
    heights: tuple[tuple[int, int], ...]
    """How many rows and how many routes each table has."""
    columns: tuple[str, ...]
    blocks: tuple[bytes, bytes, bytes]
    """The rows and the routes of all tables, one below the other, and the next hops, as `PackedRows` has them."""

    def opened(self) -> Iterator[RouteTable]:
        """Yield the tables with their rows."""
        rows, routes, frame = (pl.read_ipc_stream(io.BytesIO(block)) for block in self.blocks)
        hops = PackedHops(frame)
        row = route = 0
        for table, (height, routes_of_it) in zip(self.tables, self.heights, strict=True):
            own = PackedRows(self.columns, rows.slice(row, height), routes.slice(route, routes_of_it), hops)
            yield replace(table, rows=own)
            row, route = row + height, route + routes_of_it


def parcels_of(tables: Sequence[RouteTable]) -> list[Parcel]:
    """Return the tables in as few parcels as possible."""
    together: list[list[_Placed]] = []
    for place, table in enumerate(tables):
        rows = table.rows if isinstance(table.rows, PackedRows) else packed([table.rows])[0]
        known = next((group for group in together if _are_together(group[0][2], rows)), None)
        if known is None:
            together.append(known := [])
        known.append((place, table, rows))
    return [_parcel(group) for group in together]


def opened(parcels: Sequence[Parcel]) -> list[RouteTable]:
    """Return the tables of parcels as they were sent, in their order."""
    placed = ((place, table) for one in parcels for place, table in zip(one.places, one.opened(), strict=True))
    return [table for _, table in sorted(placed, key=itemgetter(0))]


def _are_together(one: PackedRows, other: PackedRows) -> bool:
    return one.hops is other.hops and one.routes.schema == other.routes.schema


def _parcel(group: Sequence[_Placed]) -> Parcel:
    first = group[0][2]
    return Parcel(
        tuple(place for place, _, _ in group),
        tuple(replace(table, rows=_NO_ROWS) for _, table, _ in group),
        tuple((rows.rows.height, rows.routes.height) for _, _, rows in group),
        first.columns,
        (
            _block(pl.concat([rows.rows for _, _, rows in group])),
            _block(pl.concat([rows.routes for _, _, rows in group])),
            _block(first.hops.frame),
        ),
    )


def _block(frame: pl.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.write_ipc_stream(written, compression="zstd")
    return written.getvalue()
