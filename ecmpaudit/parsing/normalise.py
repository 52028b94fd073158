"""From a template's rows to the canonical routes table.

Three kinds of rows come out of a template: next hops; lines that no rule understood (UNPARSED) or that are a message
of the program (MESSAGE); and rows without a next hop, which tell only facts of their route and are dropped once those
facts are taken. A next hop whose prefix is not known is reported, never glued to the route before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.parsing.columns import NOT_IN_FIB, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecmpaudit.platforms.registry import Platform

_TEMPLATE_COLUMNS = (
    *(
        "VRF",
        "PREFIX",
        "PROTOCOL",
        "INSTANCE",
        "SOURCE",
        "SELECTED",
        "STATUS",
        "BACKUP",
        "DISTANCE",
        "METRIC",
        "INDENT",
    ),
    *("NEXTHOP", "INTERFACE", "NEXTHOP_VRF", "VIA_FAMILY", "KIND", "MARKS", "WEIGHT", "UPTIME", "TYPE"),
    *("MESSAGE", "UNPARSED"),
)
_IPV4 = r"^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\.|/)){4}(?:3[0-2]|[12]?[0-9])$"
_SECONDS = {"y": 365 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}


@dataclass(frozen=True, slots=True)
class Normalised:
    """A canonical table, and what could not become part of it."""

    routes: pl.DataFrame
    rejected: pl.DataFrame
    """Columns `line` and `reason` of the lines that are unparsed, orphaned or impossible."""
    messages: tuple[str, ...]


def normalise(rows: pl.DataFrame, platform: Platform, family: int | None) -> Normalised:
    """Return the canonical table of a template's rows; `family` is what the command tells, where it tells it."""
    present = rows.with_columns(pl.lit("").alias(name) for name in _TEMPLATE_COLUMNS if name not in rows.columns)
    unparsed = present.filter(pl.col("UNPARSED") != "").select("line", reason=pl.lit("no rule matches"))
    messages = present.filter(pl.col("MESSAGE") != "")["MESSAGE"].to_list()
    told = _add_meaning(present.filter((pl.col("UNPARSED") == "") & (pl.col("MESSAGE") == "")), platform)
    is_hop = (pl.col("NEXTHOP") != "") | (pl.col("INTERFACE") != "") | (pl.col("kind") != "unicast")
    hops = told.filter(is_hop)
    hopless = told.filter(~is_hop & (pl.col("PREFIX") != "") & ~pl.col("route").is_in(hops["route"].implode()))
    orphans = hops.filter(pl.col("PREFIX") == "")
    hops, impossible = _with_prefixes(hops.filter(pl.col("PREFIX") != ""), family)
    rejected = pl.concat(
        [
            unparsed,
            hopless.unique("route", keep="first").select(
                "line", reason=pl.lit("a route without a next hop: was the output cut short?")
            ),
            orphans.select("line", reason=pl.lit("a next hop without a route line above it")),
            impossible,
        ]
    )
    return Normalised(_canonical(hops, platform), rejected.sort("line"), tuple(dict.fromkeys(messages)))


def _add_meaning(rows: pl.DataFrame, platform: Platform) -> pl.DataFrame:
    """Add `kind`, and give every next hop what a line of its own tells of its route: its TYPE, its UPTIME."""
    kinds = dict(platform.kinds)
    return rows.with_columns(
        kind=pl.when(pl.col("KIND") == "").then(pl.lit("unicast")).otherwise(_translated("KIND", kinds)),
        **{
            name: pl.when(pl.col(name) == "").then(pl.col(name).max().over("route")).otherwise(name)
            for name in _told_apart(rows)
        },
    )


def _told_apart(rows: pl.DataFrame) -> list[str]:
    hopless = rows.filter((pl.col("NEXTHOP") == "") & (pl.col("INTERFACE") == ""))
    return [name for name in ("TYPE", "UPTIME") if hopless[name].str.len_bytes().sum()]


def _with_prefixes(hops: pl.DataFrame, family: int | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the hops with canonical `prefix` and `next_hop`, and the lines where one is impossible."""
    hops = _with_default_spelled_out(hops, family)
    prefixes = _mapped(hops["PREFIX"], _canonical_prefix)
    addresses = _mapped(hops["NEXTHOP"], _canonical_address)
    hops = hops.with_columns(
        prefix=pl.when(pl.col("PREFIX").str.contains(_IPV4)).then("PREFIX").otherwise(prefixes),
        next_hop=addresses,
    )
    bad_prefix = pl.col("prefix").is_null()
    bad_address = pl.col("next_hop").is_null() & (pl.col("NEXTHOP") != "")
    impossible = hops.filter(bad_prefix | bad_address).select(
        "line",
        reason=pl.when(pl.col("prefix").is_null())
        .then(pl.format("{} is no IP prefix", "PREFIX"))
        .otherwise(pl.format("{} is no IP address", "NEXTHOP")),
    )
    return hops.filter(~(bad_prefix | bad_address)), impossible


def _with_default_spelled_out(hops: pl.DataFrame, family: int | None) -> pl.DataFrame:
    """Linux prints `default` in both families: the next hop tells which, else the command, else the table."""
    if not hops["PREFIX"].eq("default").any():
        return hops
    others = hops.filter(pl.col("PREFIX") != "default")["PREFIX"]
    mostly_v6 = family == 6 or (family is None and others.str.contains(":").sum() * 2 > len(others))  # noqa: PLR2004 - IP version
    own = pl.when((pl.col("NEXTHOP") != "") & (pl.col("VIA_FAMILY") == "")).then(pl.col("NEXTHOP").str.contains(":"))
    is_v6 = own.max().over("route").fill_null(mostly_v6)
    spelled = pl.when(is_v6).then(pl.lit("::/0")).otherwise(pl.lit("0.0.0.0/0"))
    return hops.with_columns(PREFIX=pl.when(pl.col("PREFIX") == "default").then(spelled).otherwise("PREFIX"))


def _canonical(hops: pl.DataFrame, platform: Platform) -> pl.DataFrame:
    status_column = "STATUS" if hops["STATUS"].str.len_bytes().sum() else "SELECTED"
    said = pl.format("{}\t{}\t{}", "MARKS", "BACKUP", status_column)
    protocol = (
        pl.when(pl.col("TYPE") != "").then("TYPE").when(pl.col("PROTOCOL") != "").then("PROTOCOL").otherwise("SOURCE")
    )
    hops = hops.with_columns(marks=said, protocol=protocol)
    hops = hops.with_columns(
        marks=_mapped(hops["marks"], lambda text: _marks(text, platform)),
        protocol=_mapped(hops["protocol"], lambda word: platform.protocols.get(word, word.lower() or "unknown")),
        selected=pl.col("SELECTED").is_in(platform.selected_words)
        if platform.selected_words
        else _is_preferred_of_its_prefix(),
    )
    is_listed_in_fib = pl.col(status_column).is_in(_in_fib(platform)) if platform.status else pl.col("selected")
    return hops.select(
        router=pl.lit(None, dtype=pl.String),
        vrf=_mapped(hops["VRF"], lambda vrf: platform.vrfs.get(vrf, vrf or "default")),
        family=pl.when(pl.col("prefix").str.contains(":", literal=True)).then(6).otherwise(4).cast(pl.Int8),
        prefix="prefix",
        protocol="protocol",
        distance=pl.col("DISTANCE").cast(pl.Int64, strict=False),
        metric=pl.col("METRIC").cast(pl.Int64, strict=False),
        selected="selected",
        next_hop="next_hop",
        interface=_or_null("INTERFACE"),
        weight=pl.col("WEIGHT").cast(pl.Int64, strict=False),
        installed=is_listed_in_fib & _mapped(hops["marks"], _forwards, pl.Boolean()),
        active=~pl.col("marks").str.contains("inactive", literal=True),
        recursive_depth=_recursive_depth(hops).cast(pl.Int16),
        kind="kind",
        age=_mapped(hops["UPTIME"], seconds, pl.Int64()),
        line="line",
        route="route",
        source=_source(),
        next_hop_vrf=_or_null("NEXTHOP_VRF"),
        marks="marks",
    ).cast(SCHEMA)  # type: ignore[arg-type]  # a dict of column types is what cast takes


def _marks(said: str, platform: Platform) -> str:
    """Return the words for what one line says of its next hop: its marks, `backup`, and its status if not installed."""
    marks, backup, status = said.split("\t")
    words = [meaning for mark, meaning in platform.marks.items() if f" {mark}" in marks]
    meaning = platform.status.get(status, "installed")
    return " ".join(words + ["backup"] * bool(backup) + [meaning] * (meaning != "installed"))


def _forwards(marks: str) -> bool:
    return NOT_IN_FIB.isdisjoint(marks.split(" "))


def _in_fib(platform: Platform) -> list[str]:
    return [character for character, meaning in platform.status.items() if meaning not in NOT_IN_FIB]


def _is_preferred_of_its_prefix() -> pl.Expr:
    """Of several kernel routes to one prefix, the kernel follows the lowest metric."""
    metric = pl.col("METRIC").cast(pl.Int64, strict=False).fill_null(0)
    return metric == metric.min().over("VRF", "PREFIX")


def _recursive_depth(hops: pl.DataFrame) -> pl.Expr:
    """Each two blanks of indentation below the first level are one level of recursion (FRR's zebra_vty.c).

    The route's own line has no indentation to compare with: if its next hop is recursive, the line below is level 1.
    """
    recursive = pl.col("MARKS").str.contains("recursive", literal=True)
    if not hops.select(recursive.any()).item():
        return pl.lit(0)
    indent = pl.col("INDENT").str.len_bytes().cast(pl.Int64)
    first_below = indent.filter(indent > 0).first().over("route")
    head_is_recursive = (recursive & (indent == 0)).any().over("route").cast(pl.Int64)
    depth = (indent - first_below) // 2 + head_is_recursive
    return pl.when(indent == 0).then(0).otherwise(depth.clip(0))


def _source() -> pl.Expr:
    instance = pl.when(pl.col("INSTANCE") != "").then(pl.format("{} {}", "protocol", "INSTANCE"))
    return pl.when(pl.col("SOURCE") != "").then("SOURCE").otherwise(instance)


def _or_null(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != "").then(name)


def _translated(name: str, words: Mapping[str, str]) -> pl.Expr:
    return pl.col(name).replace(dict(words)) if words else pl.col(name)


def _mapped(column: pl.Series, function: Callable[[str], object], dtype: pl.DataType | None = None) -> pl.Series:
    """Return the column with `function` applied once to each distinct value: of most there are few."""
    dtype = dtype or pl.String()
    if column.is_empty():
        return pl.Series(column.name, [], dtype=dtype)
    distinct = column.unique()
    results = pl.Series([function(value) for value in distinct], dtype=dtype)
    return column.replace_strict(distinct, results, return_dtype=dtype)


def _canonical_prefix(text: str) -> str | None:
    try:
        return str(ip_network(text, strict=True))
    except ValueError:
        return None


def _canonical_address(text: str) -> str | None:
    try:
        return str(ip_address(text)) if text else None
    except ValueError:
        return None


def seconds(age: str) -> int | None:
    """Return a routing daemon's age in seconds: `00:00:05`, `1d00h00m`, `05w0d00h`; None for none and `never`."""
    if ":" in age:
        hours, minutes, rest = (int(part) for part in age.split(":"))
        return (hours * 60 + minutes) * 60 + rest
    total, number = 0, ""
    for character in age:
        if character.isdigit():
            number += character
        elif number and character in _SECONDS:
            total, number = total + int(number) * _SECONDS[character], ""
        else:
            return None
    return total if age else None
