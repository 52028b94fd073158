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
between) are printed by some platforms only. A blackhole, unreachable or prohibit route is a row without next hop."""

COMPARED = frozenset({"vrf", "prefix", "protocol", "source"})
"""The columns by which a table is known to be of the same routes as an older one."""

SPREAD = COMPARED | {"route", "family", "next_hop", "interface", "installed", "kind"}
"""The columns that counting the next hops of each route needs, in the newest table with it."""

ALWAYS_READ = frozenset(
    "VRF TABLE PREFIX NEXTHOP INTERFACE KIND VIA_FAMILY IPV6_ONLY TYPE MESSAGE UNPARSED HEADING MASK COUNT "  # noqa: SIM905 - as a sentence
    "OTHER_FAMILY".split()
)
"""The template's values that say which route a row belongs to, and whether it is a next hop at all."""

READ_FOR: dict[str, frozenset[str]] = {
    "protocol": frozenset({"PROTOCOL", "SOURCE"}),
    "distance": frozenset({"DISTANCE"}),
    "metric": frozenset({"METRIC"}),
    "selected": frozenset({"SELECTED"}),
    "installed": frozenset({"STATUS", "SELECTED", "MARKS", "BACKUP"}),
    "recursive_depth": frozenset({"INDENT", "MARKS"}),
    "active": frozenset({"STATUS", "SELECTED", "MARKS", "BACKUP"}),
    "marks": frozenset({"STATUS", "SELECTED", "MARKS", "BACKUP"}),
    "weight": frozenset({"WEIGHT"}),
    "age": frozenset({"UPTIME"}),
    "source": frozenset({"SOURCE", "PROTOCOL", "INSTANCE"}),
    "next_hop_vrf": frozenset({"NEXTHOP_VRF"}),
}
"""The template's values that a column is made of, in addition to those that are always read."""


def values_for(columns: frozenset[str]) -> frozenset[str]:
    """Return the template's values that these columns are made of."""
    return ALWAYS_READ.union(*(READ_FOR.get(column, frozenset()) for column in columns))


NOT_IN_FIB = frozenset({"inactive", "queued", "rejected", "recursive", "duplicate", "backup", "dead", "linkdown"})
"""Marks of next hops that do not forward, even where a star marks them too."""


def empty_table() -> pl.DataFrame:
    """Return a canonical table without rows."""
    return pl.DataFrame(schema=SCHEMA)
