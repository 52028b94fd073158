"""From a template's rows to the canonical routes table.

Three kinds of rows come out of a template: next hops; lines that no rule understood (UNPARSED) or that are a message
of the program (MESSAGE); and rows without a next hop, which hold only facts of their route and are dropped after those
facts are copied to its next hops. A next hop whose prefix is not known is reported, never added to the route above it.

Tables have millions of rows and few words, so a word is translated once and not once per row, and a column that
is not wanted is never made: the canonical table is lazy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.parsing.ages import seconds
from ecmpaudit.parsing.canonical_columns import divided, with_prefixes
from ecmpaudit.parsing.columnar import FEW
from ecmpaudit.parsing.columns import NOT_IN_FIB, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecmpaudit.platforms.registry import Platform

_TEMPLATE_COLUMNS = frozenset(
    "VRF PREFIX PROTOCOL INSTANCE SOURCE SELECTED STATUS BACKUP DISTANCE METRIC INDENT NEXTHOP INTERFACE NEXTHOP_VRF "  # noqa: SIM905 - a list of words reads better as one
    "VIA_FAMILY IPV6_ONLY TABLE KIND MARKS WEIGHT UPTIME TYPE MESSAGE UNPARSED HEADING OTHER_FAMILY".split()
)
_MAIN_TABLE = "254"
_MASK = "MASK"
"""Set by the few platforms that print the length apart from the prefix; see `_with_mask`."""
_COUNT = "COUNT"
"""Set by the platform that counts the next hops of all protocols in the line of their prefix (NX-OS)."""
_MOST_ROUTES = 1 << 27
"""More routes than any text has."""
_NONE_REJECTED = pl.DataFrame(schema={"line": pl.UInt32, "reason": pl.String})
_NUMBERS, _DIGITS = ("DISTANCE", "METRIC", "WEIGHT"), 18
"""Values that are numbers, and the most digits that 64 bits surely hold."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """A canonical table, and the lines that could not become part of it."""

    routes: pl.LazyFrame
    rejected: pl.DataFrame
    """Columns `line` and `reason` of the lines that are unparsed, orphaned or impossible."""
    messages: tuple[str, ...]
    of_other_families: pl.Series
    """The lines of tables whose destinations are no IP prefixes."""


def normalise(rows: pl.DataFrame, platform: Platform, family: int | None) -> Normalised:
    """Return the canonical table of a template's rows; `family` is that of the command, if it has one."""
    present = rows.with_columns(pl.lit("").alias(name) for name in _TEMPLATE_COLUMNS.difference(rows.columns))
    unparsed, messages, of_others, understood = _sorted_out(present)
    understood = understood.with_columns(kind=_kind(platform))
    if _MASK in rows.columns:
        understood = understood.with_columns(PREFIX=_with_mask())
    is_hop = (pl.col("NEXTHOP") != "") | (pl.col("INTERFACE") != "") | (pl.col("kind") != "unicast")
    hops, facts = divided(understood, is_hop)
    orphans, hops = divided(_with_late_facts(hops, facts), pl.col("PREFIX") == "")
    without_hops = _without_hops(facts, hops)
    hops, impossible = with_prefixes(hops, family)
    oversized, hops = divided(hops, _is_oversized())
    hops = _of_one_protocol_each(hops) if _COUNT in rows.columns else hops
    rejected = (
        _rejected(unparsed, "no rule matches"),
        _rejected(without_hops, "a route without a next hop: was the output cut short?"),
        _rejected(orphans, "a next hop without a route line above it"),
        impossible,
        _rejected(oversized, "a number in it is larger than any that a route can have"),
    )
    reported = pl.concat(rejected).sort("line")
    return Normalised(_canonical(hops, platform), reported, _once(messages["MESSAGE"]), of_others["line"])


def _rejected(rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    return rows.select("line", reason=pl.lit(reason)) if rows.height else _NONE_REJECTED


def _sorted_out(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the rows that are unparsed, are messages, are of other families, and all others."""
    is_unparsed = (pl.col("UNPARSED") != "") | (pl.col("HEADING") != "")
    is_message, is_of_others = pl.col("MESSAGE") != "", pl.col("OTHER_FAMILY") != ""
    if not rows.select((is_unparsed | is_message | is_of_others).any()).item():  # as most often
        none = rows.clear()
        return none, none, none, rows
    unparsed, rows = divided(rows, is_unparsed)
    messages, rows = divided(rows, is_message)
    return unparsed, messages, *divided(rows, is_of_others)


def _is_oversized() -> pl.Expr:
    """Return whether a number has more digits than a column holds: it must not become null, as if not printed."""
    numbers = (pl.col(name).str.strip_chars_start("0").str.len_bytes() > _DIGITS for name in _NUMBERS)
    return pl.any_horizontal(numbers)


def _kind(platform: Platform) -> pl.Expr:
    words = {"": "unicast"} | dict(platform.kinds)
    return pl.col("KIND").replace(words)


def _with_mask() -> pl.Expr:
    """Give a prefix without a length that of MASK: IOS prints it once for all subnets of a network, VRP apart.

    Without either, `198.51.100.0/` is no prefix: a network must not be taken for a host.
    """
    lacks = (pl.col("PREFIX") != "") & ~pl.col("PREFIX").str.contains("/", literal=True)
    return pl.when(lacks).then(pl.format("{}/{}", "PREFIX", _MASK)).otherwise("PREFIX")


def _once(messages: pl.Series) -> tuple[str, ...]:
    return tuple(dict.fromkeys(messages.to_list()))


def _with_late_facts(hops: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Give every next hop the TYPE and the UPTIME that its route has on a separate line."""
    for name in ("TYPE", "UPTIME") if facts.height else ():
        late = facts.filter(pl.col(name) != "").select("route", late=name).unique("route", keep="first")
        if late.height:
            own = pl.when(pl.col(name) != "").then(name).otherwise(pl.col("late").fill_null(""))
            joined = hops.join(late, on="route", how="left", maintain_order="left")
            hops = joined.with_columns(own.alias(name)).drop("late")
    return hops


def _without_hops(facts: pl.DataFrame, hops: pl.DataFrame) -> pl.DataFrame:
    """Return the first row of each route that has a prefix and no next hop."""
    if not facts.height:
        return facts
    of_prefixes = facts.filter(pl.col("PREFIX") != "").unique("route", keep="first", maintain_order=True)
    return of_prefixes.join(hops.select("route"), on="route", how="anti")


def _of_one_protocol_each(hops: pl.DataFrame) -> pl.DataFrame:
    """Give each protocol's next hops a route of their own: NX-OS prints `local` and `direct` below one prefix.

    The numbers of such routes are above those of all chunks.
    """
    is_same_route = hops["route"] == hops["route"].shift()
    is_other = (is_same_route & (hops["PROTOCOL"] != hops["PROTOCOL"].shift())).fill_null(value=False)
    if not is_other.any():
        return hops
    others_above = pl.col("others").cum_sum().over("route")
    numbered = hops.with_columns(is_other.cast(pl.UInt32).alias("others"))
    return numbered.with_columns(route=pl.col("route") + others_above * _MOST_ROUTES).drop("others")


def _canonical(hops: pl.DataFrame, platform: Platform) -> pl.LazyFrame:
    status = "SELECTED" if hops["STATUS"].eq("").all() else "STATUS"
    hop = hops.lazy().with_columns(
        marks=_marks(hops, status, platform),
        selected=pl.col("SELECTED").is_in(platform.selected_words) if platform.selected_words else pl.lit(value=True),
    )
    in_fib = pl.col(status).is_in(_in_fib(platform)) if platform.status else pl.col("selected")
    protocol = pl.coalesce(_or_null("TYPE"), _or_null("PROTOCOL"), "SOURCE")
    return hop.select(
        router=pl.lit(None, dtype=pl.String),
        vrf=_with_table(_translated(pl.col("VRF"), lambda vrf: _vrf(vrf, platform)), hops),
        family=pl.when(pl.col("prefix").str.contains(":", literal=True)).then(6).otherwise(4),
        prefix="prefix",
        protocol=_translated(protocol, lambda word: platform.protocols.get(word, word.lower() or "unknown")),
        distance=pl.col("DISTANCE").cast(pl.Int64, strict=False),
        metric=pl.col("METRIC").cast(pl.Int64, strict=False),
        selected="selected",
        next_hop=_or_null("next_hop"),
        interface=_or_null("INTERFACE"),
        weight=pl.col("WEIGHT").cast(pl.Int64, strict=False),
        installed=in_fib & _forwards(),
        active=~pl.col("marks").str.contains("inactive", literal=True),
        recursive_depth=_recursive_depth(hops),
        kind="kind",
        age=_translated(pl.col("UPTIME"), seconds, pl.Int64()),
        line="line",
        route="route",
        source=_source(platform),
        next_hop_vrf=_or_null("NEXTHOP_VRF"),
        marks="marks",
    ).cast(SCHEMA)  # type: ignore[arg-type]  # a dict of column types is what cast takes


def _vrf(name: str, platform: Platform) -> str:
    """Return the VRF that a heading names: a heading that no rule reads has brackets or a colon around it."""
    name = name.strip("[](){}'\":;,=")
    return platform.vrfs.get(name, name or DEFAULT_VRF)


def _with_table(vrf: pl.Expr, hops: pl.DataFrame) -> pl.Expr:
    """Return where routes are: a table by number is not the VRF's main table, as `default table 88`."""
    if hops["TABLE"].is_in(["", _MAIN_TABLE]).all():
        return vrf
    is_main = pl.col("TABLE").is_in(["", _MAIN_TABLE])
    return pl.when(is_main).then(vrf).otherwise(pl.format("{} table {}", vrf, "TABLE"))


def _marks(hops: pl.DataFrame, status: str, platform: Platform) -> pl.Expr:
    """Return the words for the marks of each next hop, `backup`, and its status if it is not installed."""
    distinct = hops.select("MARKS", "BACKUP", status).unique().rows()
    words = {f"{marks}\t{backup}\t{sign}": _words(marks, backup, sign, platform) for marks, backup, sign in distinct}
    if not any(words.values()):
        return pl.lit("")
    signs = pl.concat_str("MARKS", "BACKUP", status, separator="\t")
    return signs.replace_strict(list(words), list(words.values()), return_dtype=pl.String)


def _words(marks: str, backup: str, status: str, platform: Platform) -> str:
    words = [meaning for mark, meaning in platform.marks.items() if f" {mark}" in marks]
    if backup:
        words.append("backup")
    meaning = platform.status.get(status, "installed")
    if meaning != "installed":
        words.append(meaning)
    return " ".join(words)


def _forwards() -> pl.Expr:
    """Return whether none of the marks says that the next hop does not forward; a star does not overrule them."""
    return ~pl.col("marks").str.contains("|".join(sorted(NOT_IN_FIB)))


def _in_fib(platform: Platform) -> list[str]:
    return [character for character, meaning in platform.status.items() if meaning not in NOT_IN_FIB]


def preferred_of_each_prefix(routes: pl.DataFrame) -> pl.DataFrame:
    """Return a canonical table with the preferred routes selected, where the platform prints no word for them.

    Of several kernel routes to one prefix, the kernel follows the lowest metric.
    """
    metric = pl.col("metric").fill_null(0)
    if routes.select((metric == metric.first()).all()).item():
        return routes
    best = metric == metric.min().over("vrf", "prefix")
    return routes.with_columns(selected=pl.col("selected") & best, installed=pl.col("installed") & best)


def _recursive_depth(hops: pl.DataFrame) -> pl.Expr:
    """Return the level of recursion: two blanks of indentation for each below the first (FRR's zebra_vty.c).

    The route's own line has no indentation to compare with: if its next hop is recursive, the line below is level 1.
    """
    recursive = pl.col("MARKS").str.contains("recursive", literal=True)
    if "recursive" not in "".join(hops["MARKS"].unique()):
        return pl.lit(0)
    indent = pl.col("INDENT").str.len_bytes().cast(pl.Int64)
    first_below = indent.filter(indent > 0).first().over("route")
    head_is_recursive = (recursive & (indent == 0)).any().over("route").cast(pl.Int64)
    depth = (indent - first_below) // 2 + head_is_recursive
    return pl.when(indent == 0).then(0).otherwise(depth.clip(0))


def _source(platform: Platform) -> pl.Expr:
    """Return BIRD's instance, or FRR's protocol with its instance number."""
    protocol = _translated(pl.col("PROTOCOL"), lambda word: platform.protocols.get(word, word.lower()))
    instance = pl.when(pl.col("INSTANCE") != "").then(pl.format("{} {}", protocol, "INSTANCE"))
    return pl.coalesce(_or_null("SOURCE"), instance)


def _or_null(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != "").then(name)


def _translated(column: pl.Expr, function: Callable[[str], object], dtype: pl.DataType | None = None) -> pl.Expr:
    """Return the column with `function` applied once to each distinct value: of most there are few."""
    result = dtype or pl.String()

    def translate(values: pl.Series) -> pl.Series:
        if len(values) <= FEW:
            meaning = {value: function(value) for value in set(values)}
            return pl.Series(values.name, [meaning[value] for value in values], dtype=result, strict=False)
        distinct = values.unique()
        meanings = pl.Series([function(value) for value in distinct], dtype=result, strict=False)
        if len(distinct) == 1:
            return pl.repeat(meanings[0], len(values), dtype=result, eager=True).alias(values.name)
        return values.replace_strict(distinct, meanings, return_dtype=result) if len(values) else meanings

    return column.map_batches(translate, return_dtype=result)
