"""The columns of the canonical routes table and their types, written down once."""

from __future__ import annotations

import polars as pl

SCHEMA: dict[str, pl.DataType] = {
    "router": pl.String(),
    "vrf": pl.String(),
    "family": pl.Int8(),
    "prefix": pl.String(),
    "protocol": pl.String(),
    "distance": pl.Int64(),
    "metric": pl.Int64(),
    "selected": pl.Boolean(),
    "next_hop": pl.String(),
    "interface": pl.String(),
    "weight": pl.Int64(),
    "installed": pl.Boolean(),
    "active": pl.Boolean(),
    "recursive_depth": pl.Int16(),
    "kind": pl.String(),
    "age": pl.Int64(),
    "line": pl.UInt32(),
    "route": pl.UInt32(),
    "source": pl.String(),
    "next_hop_vrf": pl.String(),
    "marks": pl.String(),
}
"""One row per next hop, in output order. `age` is in seconds, `line` 1-based in the capture, `route` the ordinal of
the route within the capture; `source` (BIRD's instance, `ospf 10`), `next_hop_vrf` and `marks` (words with blanks
between) are what some platforms alone tell. A blackhole, unreachable or prohibit route is a row without next hop."""

NOT_IN_FIB = frozenset({"inactive", "queued", "rejected", "recursive", "duplicate", "backup", "dead", "linkdown"})
"""Marks of next hops that do not forward, whatever star stands beside them."""


def empty_table() -> pl.DataFrame:
    """Return a canonical table without rows."""
    return pl.DataFrame(schema=SCHEMA)
