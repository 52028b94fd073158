"""The JSON of FRR's route tables, `show ip route json`, of the usual shape, read into columns."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

import msgspec
import polars as pl
from msgspec.structs import fields

from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.parsing.ages import seconds
from ecmpaudit.parsing.canonical import canonical_prefix, ipv4_network_pattern
from ecmpaudit.parsing.canonical_columns import canonical_column
from ecmpaudit.parsing.json_columns import (
    COLUMNS,
    ENCODER,
    UnusualError,
    canonical_addresses,
    canonical_table,
    decoded,
    distinct,
    lines_above,
    may_forward,
    nonblank_lines,
    numbers_of_routes,
)
from ecmpaudit.parsing.json_contradictions import ACTIVE, IN_FIB, NUMBERS, contradictions_of_routes
from ecmpaudit.parsing.json_shapes import FrrDocument, FrrNextHop, FrrRoute
from ecmpaudit.parsing.json_tables import (
    FRR_KINDS,
    FRR_MAIN_TABLES,
    FRR_MARKS,
    FRR_PROTOCOLS,
    FRR_ROUTE_MARKS,
    JsonTable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.parsing.json_contradictions import JsonContradiction

_BETWEEN_DOCUMENTS = re.compile(rb"\}\s+(?=\{)")
"""The end of the JSON of one VRF, before that of the next one; within a document there is a comma."""
_DOCUMENT, _HOP = msgspec.json.Decoder(FrrDocument), msgspec.json.Decoder(FrrNextHop)
_OF_HOP = [field for field in fields(FrrNextHop) if field.type in COLUMNS]
_OF_ROUTE = [field for field in fields(FrrRoute) if field.type in COLUMNS and field.name != "prefix"]
_List = tuple[str, "list[FrrRoute]"]


def frr_table(content: bytes) -> JsonTable:
    """Return the canonical table, and what in the text contradicts itself."""
    tables, found, count, line = [], [], 0, 1
    for number, (document, text) in enumerate(_documents(content), start=1):
        lists = _lists_of(document)
        routes = [route for _, listed in lists for route in listed]
        table, contradicting = _rows_of(lists, routes)
        unnamed = DEFAULT_VRF if number == 1 else f"unnamed-{number}"
        place = {"line": pl.lit(line + lines_above(text), dtype=pl.UInt32), "route": pl.col("route") + (count + 1)}
        tables.append(table.with_columns(pl.col("vrf").fill_null(unnamed), **place))
        found += [(line + lines_above(text), contradiction) for contradiction in contradicting]
        count += len(routes)
        line += text.count(b"\n") if len(text) < len(content) else 0
    return JsonTable("frr", canonical_table(pl.concat(tables)), tuple(found), nonblank_lines(content))


def _documents(content: bytes) -> list[tuple[FrrDocument, bytes]]:
    """Return each document of FRR with its text."""
    try:
        return [(decoded(_DOCUMENT, content), content)]
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        starts = [0, *(between.end() for between in _BETWEEN_DOCUMENTS.finditer(content))]
    texts = (content[start:stop] for start, stop in zip(starts, [*starts[1:], len(content)], strict=True))
    return [(decoded(_DOCUMENT, text), text) for text in texts]


def _lists_of(document: FrrDocument) -> list[_List]:
    """Return the routes to each prefix with it, below its VRF or not."""
    lists: list[_List] = []
    for key, value in document.items():
        if isinstance(value, dict):
            lists += value.items()
        else:
            lists.append((key, value))
    if not all("/" in key for key, _ in lists):
        raise UnusualError
    return lists


def _next_hops_of(listed: Sequence[FrrRoute]) -> tuple[pl.DataFrame, pl.Series]:
    """Return a row for each next hop that is printed differently, and which of them each next hop is."""
    numbers: dict[bytes, int] = {}
    printed = map(bytes, chain.from_iterable(route.nexthops for route in listed))
    of_rows = [numbers.setdefault(text, len(numbers)) for text in printed]
    hops, kinds = distinct([decoded(_HOP, text) for text in numbers], _OF_HOP)
    return hops[kinds], pl.Series(of_rows, dtype=pl.UInt32)


def _rows_of(lists: Sequence[_List], listed: Sequence[FrrRoute]) -> tuple[pl.DataFrame, list[JsonContradiction]]:
    """Return a row for each next hop, and what the routes say twice in different ways."""
    kinds, kind_of_route = distinct(listed, _OF_ROUTE)
    hops, hop_of_row = _next_hops_of(listed)
    routes = pl.DataFrame(
        {
            "key": pl.Series([key for key, of_key in lists for _ in of_key], dtype=pl.String),
            "prefix": pl.Series([route.prefix for route in listed], dtype=pl.String),
            "count": pl.Series([len(route.nexthops) for route in listed], dtype=pl.Int64),
        }
    )
    route_of_row = numbers_of_routes(routes["count"])
    contradicting = _contradicting(
        pl.concat([routes, kinds.select("prefixLen", *NUMBERS)[kind_of_route]], how="horizontal"),
        _with_flags_compared(hops)[hop_of_row].with_columns(route_of_row),
    )
    wrong = set(contradicting)
    plain = ({key: msgspec.json.decode(ENCODER.encode(of_key))} for key, of_key in lists if key in wrong)
    prefixes = canonical_column(routes["prefix"], ipv4_network_pattern(), canonical_prefix)
    facts = _facts_of_routes(kinds)
    of_routes = facts[kind_of_route].with_columns(prefixes)[route_of_row]
    rows = pl.concat([of_routes, _facts_of_hops(hops)[hop_of_row]], how="horizontal").with_columns(route_of_row)
    marks = pl.col("marks")
    if facts["marks_of_route"].ne("").any():
        marks = pl.concat_str("marks", "marks_of_route", separator=" ").str.strip_chars(" ")
    installed = pl.col("fib") & pl.col("is_in_use") & pl.col("may_forward") & pl.col("may_forward_route")
    return rows.with_columns(marks=marks, installed=installed), list(
        chain.from_iterable(map(contradictions_of_routes, plain))
    )


def _facts_of_routes(routes: pl.DataFrame) -> pl.DataFrame:
    vrf, table, instance = pl.col("vrfName"), pl.col("table"), pl.col("instance")
    is_other_table = (vrf == DEFAULT_VRF) & ~table.is_in(list(FRR_MAIN_TABLES), nulls_equal=True)
    ages = {uptime: seconds(uptime or "") for uptime in routes["uptime"].unique()}
    marks = _words({word: pl.col(key) for key, word in FRR_ROUTE_MARKS.items()})
    protocol = pl.col("protocol").replace(FRR_PROTOCOLS)
    return routes.select(
        "distance",
        "metric",
        protocol,
        pl.col("selected").fill_null(value=False),
        vrf=pl.when(is_other_table).then(pl.format("{} table {}", vrf, table)).otherwise(vrf),
        source=pl.when(instance != 0).then(pl.format("{} {}", protocol, instance)),
        age=pl.col("uptime").replace_strict(ages, return_dtype=pl.Int64),
        is_in_use=pl.col("installed").fill_null(value=False) | pl.col("nexthopGroupId").is_null(),
        marks_of_route=marks,
        may_forward_route=may_forward(marks),
    )


def _facts_of_hops(hops: pl.DataFrame) -> pl.DataFrame:
    is_active = pl.col("active").fill_null(value=False)
    marks = _words({word: pl.col(key) for key, word in FRR_MARKS.items()} | {"inactive": ~is_active})
    return hops.select(
        "weight",
        pl.col("fib").fill_null(value=False),
        active=is_active,
        kind=pl.coalesce(*(pl.when(key).then(pl.lit(kind)) for key, kind in FRR_KINDS.items()), pl.lit("unicast")),
        next_hop=canonical_addresses(hops["ip"]),
        interface="interfaceName",
        recursive_depth=pl.when("resolver").then(1).otherwise(0),
        next_hop_vrf="vrf",
        marks=marks,
        may_forward=may_forward(marks),
    )


def _words(conditions: dict[str, pl.Expr]) -> pl.Expr:
    """Return the words whose conditions hold, with blanks between."""
    words = [pl.when(condition).then(pl.lit(word)) for word, condition in conditions.items()]
    return pl.concat_str(words, separator=" ", ignore_nulls=True)


def _with_flags_compared(hops: pl.DataFrame) -> pl.DataFrame:
    """Return which next hops are active, in the FIB, and have `flags` that say otherwise."""
    is_active, is_in_fib = (pl.col(name).fill_null(value=False) for name in ("active", "fib"))
    shown = is_active.cast(pl.Int64) * ACTIVE + is_in_fib.cast(pl.Int64) * IN_FIB
    differs = ((pl.col("flags") & (ACTIVE | IN_FIB)) != shown).fill_null(value=False)
    return hops.select(is_active, is_in_fib, differs=differs)


def _contradicting(routes: pl.DataFrame, hops: pl.DataFrame) -> pl.Series:
    """Return the key of each route of FRR that says something twice in different ways."""
    counted = hops.group_by("route").agg(pl.sum("active", "fib"), pl.any("differs"))
    number = pl.int_range(pl.len(), dtype=pl.UInt32).alias("route")
    numbers = zip(NUMBERS, (pl.col("count"), pl.col("active").fill_null(0), pl.col("fib").fill_null(0)), strict=True)
    wrong = pl.any_horizontal(
        pl.col("prefix") != pl.col("key"),
        ~pl.col("key").str.ends_with(pl.format("/{}", "prefixLen")),
        pl.col("differs"),
        *(pl.col(key) != expected for key, expected in numbers),
    )
    return routes.with_columns(number).join(counted, on="route", how="left").filter(wrong)["key"]
