"""Contradictions within a table: what no router prints, so that a line was lost, moved or torn.

Below a lost route line the next hops attach to the route above, and every line is understood. What the text then says
of that route cannot be: a next hop twice, an age unlike that of the others. Which of two lines is the wrong one is not
known, so both are reported, and the routes are kept but not judged.

The checks read the canonical table, so text and JSON have the same ones. Which of them hold for a table is in its
`platform.toml` (`invariants`), and a test proves them on every dump.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from ecmpaudit.parsing.prefix_order import ORDERS, inversions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from ecmpaudit.parsing.prefix_order import Key, Row

CONTRADICTS = "contradicts itself"
MOST_IN_ORDER = 20_000
"""Routes up to which the order of prefixes is checked: for more, that would take as long as all other parsing."""
FOUND = pl.Schema({"line": pl.UInt32(), "other": pl.UInt32(), "prefix": pl.String(), "reason": pl.String()})
"""One contradiction: the line at which it shows, the other line (may be null), the prefix that cannot be judged."""
NOTHING_FOUND = FOUND.to_frame()
_HOP = ("route", "next_hop", "interface", "next_hop_vrf")
_ROUTE = ("vrf", "prefix", "protocol", "source", "distance", "metric", "next_hop", "interface")


@dataclass(frozen=True, slots=True)
class _Check:
    """One thing that cannot be."""

    reason: str
    columns: frozenset[str]
    """The check is skipped where one of them was not read."""
    find: Callable[[pl.DataFrame], pl.DataFrame]
    """Returns the rows where it is so, with the line that contradicts theirs as `other`."""


def contradictions(
    routes: pl.DataFrame, invariants: Collection[str], starts: Sequence[int] = (), *, of_lists: bool = True
) -> pl.DataFrame:
    """Return the contradictions of a canonical table, by line.

    `starts` are the numbers of the first lines, where several tables were parsed as one. Without `of_lists`, routes are
    not compared with each other, which takes longer than what is found within one route.
    """
    if not routes.height:
        return NOTHING_FOUND
    follows = (routes["route"] == routes["route"].shift()).fill_null(value=False)
    is_of_several = follows | follows.shift(-1, fill_value=False)
    several = routes if is_of_several.all() else routes.filter(is_of_several)
    found = [NOTHING_FOUND]
    for name, check in CHECKS.items():
        if name in invariants and several.height and check.columns <= set(routes.columns):
            found.append(_as_found(check.find(several), check.reason))
    if of_lists:
        firsts = _first_rows(routes, ~follows, starts)
        for name, check in CHECKS_OF_LISTS.items():
            if name in invariants and check.columns <= set(routes.columns):
                found.append(_as_found(check.find(firsts), check.reason))
        found += [_out_of_order(firsts, ORDERS[name]) for name in ORDERS.keys() & set(invariants)]
    return pl.concat(found).sort("line")


def _first_rows(routes: pl.DataFrame, is_first: pl.Series, starts: Sequence[int]) -> pl.DataFrame:
    """Return the first row of each route, with `hops`, how many rows it has, and `list`, the number of its list.

    A heading or an unknown line between two routes, which leaves a gap in their numbers, begins a new list.
    """
    hops = is_first.arg_true().append(pl.Series([len(is_first)], dtype=pl.UInt32)).diff().drop_nulls()
    firsts = routes.filter(is_first).with_columns(hops=hops)
    table = pl.Series(starts, dtype=pl.UInt32).search_sorted(firsts["line"], side="right")
    gap = (firsts["route"].diff() > 1) | (table.diff() > 0)
    return firsts.with_columns(list=gap.fill_null(value=False).cum_sum())


def miscounted(rows: pl.DataFrame, routes: pl.DataFrame) -> pl.DataFrame:
    """Return the routes with another number of next hops than their text itself says; `rows` are a template's rows."""
    if "COUNT" not in rows.columns:
        return NOTHING_FOUND
    said = rows.filter(pl.col("COUNT") != "").select("route", "COUNT", other="line")
    as_printed = routes.select("line", "prefix").join(rows.select("line", "route"), on="line", maintain_order="left")
    listed = as_printed.group_by("route").agg(pl.len(), pl.last("line"), pl.last("prefix"))
    both = said.join(listed, on="route", how="inner", maintain_order="left")
    return _as_found(both.filter(pl.col("COUNT") != pl.col("len").cast(pl.String)), "its number of next hops differs")


def untyped(rows: pl.DataFrame, routes: pl.DataFrame) -> pl.DataFrame:
    """Return the routes without their type in a text that has it for others on a line of its own (BIRD's `all`)."""
    if "TYPE" not in rows.columns:
        return NOTHING_FOUND
    typed = rows.filter((pl.col("TYPE") != "") & (pl.col("NEXTHOP") == "") & (pl.col("INTERFACE") == ""))["route"]
    if not len(typed):
        return NOTHING_FOUND
    others = routes.filter(~pl.col("route").is_in(typed.implode())).unique("route", keep="first", maintain_order=True)
    return _as_found(others.with_columns(other=pl.lit(None)), "a route without its type, which others have")


def both_lines(found: pl.DataFrame) -> pl.DataFrame:
    """Return the contradictions with a row for each of their two lines: `line`, `reason` and `prefix`."""
    if not found.height:
        return found.select("line", "reason", "prefix")
    others = found.filter(pl.col("other").is_not_null()).with_columns(line="other")
    return pl.concat([found, others]).select("line", "reason", "prefix").unique(maintain_order=True).sort("line")


def _as_found(rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    if not rows.height:
        return NOTHING_FOUND
    facts = rows.select("line", "other", "prefix", reason=pl.lit(f"{CONTRADICTS}: {reason}"))
    return facts.cast(FOUND)


def _next_hop_twice(several: pl.DataFrame) -> pl.DataFrame:
    installed = several.filter("installed", pl.col("kind") == "unicast")
    key = [name for name in _HOP if name in installed.columns]
    return _repeated(installed, key)


def _repeated(rows: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Return the rows whose values an earlier row has; numbers are compared first, much quicker than words."""
    first, *rest = (pl.col(name).hash(seed=seed) for seed, name in enumerate(key))
    for column in rest:
        first = first ^ column
    if rows.select(first.n_unique()).item() == rows.height:
        return rows.clear().with_columns(other="line")
    return rows.with_columns(other=pl.col("line").first().over(key)).filter(~pl.struct(key).is_first_distinct())


def _via_below_no_address(several: pl.DataFrame) -> pl.DataFrame:
    """Find next hops with an address below the line of a connected or unreachable route."""
    first = pl.col("next_hop").is_null().first().over("route")
    if several["next_hop"].null_count() == 0:
        return several.clear().with_columns(other="line")
    return several.with_columns(other=pl.col("line").first().over("route")).filter(
        first, pl.col("next_hop").is_not_null()
    )


def _ages_differ(several: pl.DataFrame) -> pl.DataFrame:
    several = _without_backups(several)
    first = pl.col("age").first().over("route")
    differs = pl.col("age").ne_missing(first)
    return several.with_columns(other=pl.col("line").first().over("route")).filter(differs)


def _weight_missing(several: pl.DataFrame) -> pl.DataFrame:
    """Find next hops without a weight in routes of several; the other line is a neighbour's."""
    if several["weight"].null_count() == 0:
        return several.clear().with_columns(other="line")
    below, above = (pl.col("line").shift(step).over("route") for step in (-1, 1))
    return several.with_columns(other=pl.coalesce(below, above)).filter(pl.col("weight").is_null())


def _without_backups(several: pl.DataFrame) -> pl.DataFrame:
    """Return the rows without backups: FRR 7 prints no age for them."""
    return several.filter(~pl.col("marks").str.contains("backup")) if "marks" in several.columns else several


def _unlike_the_first(several: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the rows that have a value where the first row of their route has none, or the other way round."""
    several = _without_backups(several)
    if several[name].null_count() in {0, several.height}:
        return several.clear().with_columns(other="line")
    is_absent = pl.col(name).is_null()
    other = pl.col("line").first().over("route")
    return several.with_columns(other=other).filter(is_absent != is_absent.first().over("route"))


def _without_protocol(firsts: pl.DataFrame) -> pl.DataFrame:
    return firsts.filter(protocol="unknown").with_columns(other=pl.lit(None))


def _kinds_differ(several: pl.DataFrame) -> pl.DataFrame:
    first = pl.col("kind").first().over("route")
    return several.with_columns(other=pl.col("line").first().over("route")).filter(pl.col("kind") != first)


def _without_address(firsts: pl.DataFrame) -> pl.DataFrame:
    return firsts.filter(pl.col("next_hop").is_null()).with_columns(other=pl.lit(None))


def _weight_alone(firsts: pl.DataFrame) -> pl.DataFrame:
    return firsts.filter(pl.col("weight").is_not_null(), hops=1).with_columns(other=pl.lit(None))


def _selected_twice(firsts: pl.DataFrame) -> pl.DataFrame:
    return _repeated(firsts.filter("selected"), ("list", "vrf", "prefix"))


def _route_twice(firsts: pl.DataFrame) -> pl.DataFrame:
    """Find learned routes that are there twice; a connected one may be, for two addresses of one interface."""
    return _repeated(firsts.filter(pl.col("next_hop").is_not_null()), ("list", *_ROUTE))


def _prefix_apart(firsts: pl.DataFrame) -> pl.DataFrame:
    """Find routes of a prefix that has others further above, with those of other prefixes between."""
    key = ("list", "vrf", "prefix")
    return _repeated(firsts.filter(pl.struct(key).rle_id().is_first_distinct()), key)


def _out_of_order(firsts: pl.DataFrame, key: Key) -> pl.DataFrame:
    """Return each of two prefixes that are in the order in which the platform never prints them."""
    if firsts.height > MOST_IN_ORDER:
        return NOTHING_FOUND
    lists: dict[tuple[Any, ...], list[Row]] = {}
    for row in firsts.select("line", "prefix", "list", "vrf", "family").rows():
        lists.setdefault(row[2:], []).append(row)
    pairs = [pair for rows in lists.values() for pair in inversions(rows, key)]
    found = [(a[0], b[0], a[1]) for pair in pairs for a, b in (pair, pair[::-1])]
    return _as_found(pl.DataFrame(found, schema=["line", "other", "prefix"], orient="row"), "prefixes out of order")


CHECKS: dict[str, _Check] = {
    "each next hop once": _Check(
        "one route has the same next hop twice",
        frozenset({"installed", "kind", "next_hop", "interface"}),
        _next_hop_twice,
    ),
    "no next hop below a route without address": _Check(
        "next hops follow the line of a route that has none",
        frozenset({"next_hop"}),
        _via_below_no_address,
    ),
    "one age for a route": _Check("the next hops of one route differ in age", frozenset({"age"}), _ages_differ),
    "a weight for each of several": _Check(
        "one of several next hops has no weight",
        frozenset({"weight"}),
        _weight_missing,
    ),
    "a weight for all or for none": _Check(
        "some next hops of one route have a weight, and others have none",
        frozenset({"weight"}),
        partial(_unlike_the_first, name="weight"),
    ),
    "an age for all or for none": _Check(
        "some next hops of one route have an age, and others have none",
        frozenset({"age"}),
        partial(_unlike_the_first, name="age"),
    ),
    "one kind for a route": _Check("one route has next hops and has none", frozenset({"kind"}), _kinds_differ),
    "an address for all or for none": _Check(
        "some next hops of one route have an address, and others have none",
        frozenset({"next_hop"}),
        partial(_unlike_the_first, name="next_hop"),
    ),
    "an interface for all or for none": _Check(
        "some next hops of one route have an interface, and others have none",
        frozenset({"interface"}),
        partial(_unlike_the_first, name="interface"),
    ),
}
"""The checks of the rows of routes with several next hops, by their names in `platform.toml`."""
CHECKS_OF_LISTS: dict[str, _Check] = {
    "an address for each next hop": _Check("a next hop without its address", frozenset({"next_hop"}), _without_address),
    "no weight for one alone": _Check(
        "a single next hop has a weight, as only one of several has",
        frozenset({"weight"}),
        _weight_alone,
    ),
    "a protocol for each route": _Check("a route without its protocol", frozenset({"protocol"}), _without_protocol),
    "one selected route": _Check(
        "two selected routes for one prefix",
        frozenset({"vrf", "prefix", "selected"}),
        _selected_twice,
    ),
    "a prefix in one place": _Check(
        "routes of one prefix that do not follow one another",
        frozenset({"vrf", "prefix"}),
        _prefix_apart,
    ),
    "each route once": _Check("the same route twice", frozenset(_ROUTE), _route_twice),
}
"""The checks of the first rows of all routes, by their names in `platform.toml`."""
