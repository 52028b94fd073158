"""The JSON of Linux's route tables, `ip -j route`, of the usual shape, read into columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import polars as pl
from msgspec.structs import fields

from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.parsing.canonical import canonical_prefix, ipv4_network_pattern
from ecmpaudit.parsing.canonical_columns import canonical_column
from ecmpaudit.parsing.json_columns import (
    COLUMNS,
    canonical_addresses,
    canonical_table,
    decoded,
    distinct,
    lines_above,
    may_forward,
    nonblank_lines,
    numbers_of_routes,
)
from ecmpaudit.parsing.json_shapes import LinuxNextHop, LinuxRoute
from ecmpaudit.parsing.json_tables import LINUX_KINDS, MAIN_TABLE, JsonTable, prefix_of_default

if TYPE_CHECKING:
    from collections.abc import Sequence

_DOCUMENT = msgspec.json.Decoder(list[LinuxRoute])
_OF_HOP = [field for field in fields(LinuxNextHop) if field.type in COLUMNS]
_OF_ROUTE = [field for field in fields(LinuxRoute) if field.name in {"type", "table", "protocol", "metric"}]


def linux_table(content: bytes, family: int | None) -> JsonTable:
    """Return the canonical table; `family` is that of `default` where no next hop shows it."""
    listed = decoded(_DOCUMENT, content)
    hops, hop_of_row = distinct([hop for route in listed for hop in route.nexthops or (route,)], _OF_HOP)
    counts = pl.Series([len(route.nexthops or (route,)) for route in listed], dtype=pl.Int64)
    route_of_row = numbers_of_routes(counts)
    address = pl.when(pl.col("gateway") != "").then("gateway").otherwise("via")
    own = hops.select(
        "weight",
        next_hop=canonical_addresses(hops.select(pl.when(address != "").then(address)).to_series()),
        interface="dev",
        marks="flags",
        may_forward=may_forward(pl.col("flags")),
    )
    rows = pl.concat([_facts_of_routes(listed, family)[route_of_row], own[hop_of_row]], how="horizontal").with_columns(
        route=route_of_row + 1,
        installed=pl.col("selected") & pl.col("may_forward"),
        active=pl.lit(value=True),
        recursive_depth=pl.lit(0),
        line=pl.lit(1 + lines_above(content), dtype=pl.UInt32),
    )
    return JsonTable("linux", canonical_table(rows), (), nonblank_lines(content))


def _facts_of_routes(listed: Sequence[LinuxRoute], family: int | None) -> pl.DataFrame:
    kinds, kind_of_route = distinct(listed, _OF_ROUTE)
    metric, dst = pl.col("metric").fill_null(0), pl.col("dst")
    facts = kinds.select(
        "metric",
        pl.col("protocol").replace("", "unknown").fill_null("unknown"),
        vrf=pl.col("table").fill_null(MAIN_TABLE).replace(MAIN_TABLE, DEFAULT_VRF),
        kind=pl.col("type").replace({"": "unicast", **LINUX_KINDS}).fill_null("unicast"),
    )
    written = [
        prefix_of_default(msgspec.to_builtins(route), family) if route.dst == "default" else route.dst
        for route in listed
    ]
    length = pl.when(dst.str.contains(":", literal=True)).then(pl.lit("/128")).otherwise(pl.lit("/32"))
    whole = pl.when(dst.str.contains("/", literal=True)).then(dst).otherwise(dst + length)
    prefixes = pl.DataFrame({"dst": pl.Series(written, dtype=pl.String)}).select(whole)["dst"]
    routes = facts[kind_of_route].with_columns(
        prefix=canonical_column(prefixes, ipv4_network_pattern(), canonical_prefix)
    )
    return routes.with_columns(selected=metric == metric.min().over("vrf", "prefix"))
