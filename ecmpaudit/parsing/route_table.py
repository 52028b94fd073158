"""Route tables as the rest of the program sees them: a pandas table for people, typed routes for rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import polars as pl

from ecmpaudit.model import NextHop, NextHops, Route
from ecmpaudit.model.addressing import family_of
from ecmpaudit.parsing.columns import empty_table
from ecmpaudit.parsing.cut_marks import CUT_OUT
from ecmpaudit.parsing.cut_tables import WITHOUT_LINE_END, WITHOUT_SUMMARY, may_continue
from ecmpaudit.parsing.typed_commands import filter_of
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import pandas as pd

    from ecmpaudit.model import Capture, UnparsedLine


@dataclass(frozen=True)
class RouteTable:
    """The routes of one router, as one capture shows them."""

    capture: Capture
    platform: str
    """Key of `parsers/<platform>/platform.toml`."""
    frame: pl.DataFrame = field(repr=False)
    """The canonical table; see `parsing.columns`. Use `routes` outside of `parsing`."""
    unparsed: tuple[UnparsedLine, ...] = ()
    messages: tuple[str, ...] = ()
    """What the program printed instead of routes, for example `% Network not in table`."""
    lines_understood: int = 0
    is_whole: bool = True
    """The command prints the whole table; only then is an absent prefix a missing one."""
    inside: tuple[str, ...] = ()
    """The prefixes inside of which the command prints everything, where it does not print the whole table."""
    is_around: bool = False
    """It lists only what covers other prefixes."""
    asked_family: int | None = None
    """The family (4, 6) that the command asked for; None: both, or unknown because there is no command."""
    other_families: frozenset[int] = frozenset()
    """Families of routes that were skipped because they were not wanted."""
    cut: str | None = None
    """Where the text shows that a part of the table is missing: `begins in mid-table`, `ends in mid-table`."""
    contradicted: frozenset[str] = frozenset()
    """Prefixes of routes that contradict themselves: their next hops are not known."""

    @property
    def router(self) -> str | None:
        """Name of the router, None where it is unknown."""
        return self.capture.router

    @cached_property
    def local_prefixes(self) -> tuple[str, ...]:
        """The prefixes of its local routes: the router's own addresses."""
        if not {"protocol", "prefix"} <= set(self.frame.columns):
            return ()
        found = self.frame.filter(pl.col("protocol").cast(pl.String) == "local").get_column("prefix")
        return tuple(sorted({str(prefix) for prefix in found}))

    @cached_property
    def routes(self) -> pd.DataFrame:
        """The canonical table for pandas, one row per next hop in output order, with Arrow-backed types."""
        return _as_pandas(self.frame)

    @property
    def shows_candidates_only(self) -> bool:
        """The table shows which route is best, not which next hops are installed (BIRD)."""
        return platforms()[self.platform].shows_candidates_only

    @property
    def last_prefix(self) -> str | None:
        """The prefix of the last route of a table that ends in the middle: its next hops may not all be listed."""
        if not (self.cut and len(self.frame)):
            return None
        prefix = str(self.frame["prefix"][-1])
        if self.cut in {WITHOUT_LINE_END, WITHOUT_SUMMARY}:
            return prefix
        if "ends" not in self.cut:
            return None
        is_selected = bool(self.frame.filter(pl.col("prefix") == prefix)["selected"].any())
        return prefix if may_continue(self.frame["line"][-1], None if is_selected else prefix, self.unparsed) else None

    @property
    def filtered_by(self) -> str | None:
        """What filtered the lines, `include 192.0.2`: further next hops are on lines without the prefix."""
        return filter_of(self.capture.command) if self.capture.command else None

    @property
    def cut_prefixes(self) -> frozenset[str]:
        """The prefixes that may have more next hops than were read: the table is cut within them, or filtered."""
        if self.filtered_by:
            return frozenset(self.frame["prefix"].unique())
        cuts = [line.line for line in self.unparsed if line.reason == CUT_OUT]
        above = (self.frame.filter(pl.col("line") < line)["prefix"] for line in cuts)
        last = frozenset(prefixes[-1] for prefixes in above if len(prefixes))
        return last | {self.last_prefix} if self.last_prefix else last

    def lists_all_of(self, prefix: str) -> bool:
        """Return whether the table would have this prefix, or would have all that is inside of it."""
        if self.is_whole:
            return family_of(prefix) in self.families
        network = ip_network(prefix)
        around = (ip_network(one) for one in self.inside)
        return any(network.version == one.version and network.subnet_of(one) for one in around)  # type: ignore[arg-type]

    @property
    def complete_families(self) -> frozenset[int]:
        """The families (4, 6) of which it lists everything, at least inside of prefixes."""
        return self.families if self.is_whole else frozenset(map(family_of, self.inside))

    @cached_property
    def families(self) -> frozenset[int]:
        """The families (4, 6) that the table has routes of, also where only some of its routes were kept."""
        return frozenset(self.frame["family"].unique()) | self.other_families

    def spread(self) -> list[tuple[int, str, int, int]]:
        """Return how many routes have how many distinct installed next hops: family, protocol, next hops, routes."""
        forwarding = self.frame.filter("installed", kind="unicast")
        hop = pl.col("route").hash() ^ pl.col("next_hop").hash(seed=1) ^ pl.col("interface").hash(seed=2)
        if forwarding.select(hop.n_unique()).item() != forwarding.height:  # numbers are compared quicker than words
            forwarding = forwarding.filter(hop.is_first_distinct())
        next_hops = forwarding["route"].rle().struct.field("len")  # the rows of a route follow one another
        per_route = forwarding.select("family", "protocol")[next_hops.cum_sum() - next_hops]
        counted = per_route.with_columns(next_hops=next_hops).group_by("family", "protocol", "next_hops").len()
        return counted.sort("family", "protocol", "next_hops").rows()

    @property
    def next_hops(self) -> int:
        """How many next hops the table lists."""
        return int(self.frame["kind"].eq("unicast").sum())

    @property
    def route_count(self) -> int:
        """How many routes the table lists."""
        return self.frame["route"].n_unique()

    def origins(self, *, without_next_hop: bool) -> list[tuple[str, str]]:
        """Return the prefix of every route and what gave it, BIRD's instance or a protocol; those of the host alone."""
        routes = self.frame.filter(pl.col("next_hop").is_null()) if without_next_hop else self.frame
        first = routes.unique("route", keep="first", maintain_order=True)
        return first.select("prefix", pl.coalesce("source", "protocol")).rows()

    def without(self, protocol: str | None, prefixes: Collection[tuple[str, str]] | None) -> RouteTable:
        """Return the table without the routes of a protocol or instance to these prefixes, `(vrf, prefix)`; None: any.

        It is the same object where it has none of them.
        """
        is_left_out = pl.lit(value=True)
        if protocol is not None:
            is_left_out &= (pl.col("protocol") == protocol) | pl.col("source").eq_missing(protocol)
        if prefixes is not None:
            places = pl.DataFrame(list(prefixes), schema={"vrf": pl.String, "prefix": pl.String}, orient="row")
            is_left_out &= pl.struct("vrf", "prefix").is_in(places.to_struct().implode())
        kept = self.frame.filter(~is_left_out)
        return self if kept.height == self.frame.height else replace(self, frame=kept)

    def views(self) -> Mapping[tuple[str, str], tuple[Route, ...]]:
        """Return the typed routes of every prefix, by `(vrf, prefix)`, in output order."""
        return _views(self.frame, self.capture.source)


_ROUTE_FACTS = ("vrf", "prefix", "protocol", "source", "distance", "metric", "selected", "line")
_HOP_FACTS = ("next_hop", "interface", "vrf", "weight", "installed", "active", "recursive_depth", "marks")


def _views(frame: pl.DataFrame, source: str) -> dict[tuple[str, str], tuple[Route, ...]]:
    by_prefix: dict[tuple[str, str], list[Route]] = {}
    for route, kind, next_hops in _facts_by_route(frame):
        vrf, prefix, protocol, instance, distance, metric, selected, line, line_of_hop = route
        by_prefix.setdefault((vrf, prefix), []).append(
            Route(prefix, protocol, next_hops, instance, distance, metric, selected, kind, line, source, line_of_hop)
        )
    return {key: tuple(routes) for key, routes in by_prefix.items()}


def _facts_by_route(frame: pl.DataFrame) -> Iterator[tuple[tuple[Any, ...], str, NextHops]]:
    """Yield each route's facts, its kind and its next hops; equal next hops are one object, and so are equal sets.

    Next hops are numbered before they leave the dataframe engine: routes have far more of them than differ.
    """
    facts = [pl.coalesce("next_hop_vrf", "vrf").alias(name) if name == "vrf" else name for name in _HOP_FACTS]
    hops = frame.select("kind", *facts)
    distinct = hops.unique(maintain_order=True)
    known = [_next_hop(row) if kind == "unicast" else None for kind, *row in distinct.rows()]
    numbers = hops.join(
        distinct.with_row_index("hop"), on=hops.columns, how="left", nulls_equal=True, maintain_order="left"
    )
    other_kind = pl.col("kind").filter(pl.col("kind") != "unicast").first().fill_null("unicast")
    routes = (
        frame.select("route", "kind", *_ROUTE_FACTS, hop=numbers["hop"])
        .group_by("route", maintain_order=True)
        .agg(pl.first(*_ROUTE_FACTS), other_kind, "hop", lines=pl.col("line"))
    )
    lines = routes["lines"]
    shared: dict[tuple[int, ...], NextHops] = {}
    for number, (_, *route, kind, listed) in enumerate(routes.drop("lines").iter_rows()):
        key = tuple(listed)
        if key not in shared:
            shared[key] = NextHops(tuple(hop for number in key if (hop := known[number]) is not None))
        yield (*route, partial(_line_of_hop, lines, number)), kind, shared[key]


def _line_of_hop(lines: pl.Series, route: int, hop: int) -> int | None:
    """Return the line of one next hop of one route; the lines stay in the dataframe engine until one is asked for."""
    of_route = lines[route]
    return int(of_route[hop]) if hop < len(of_route) else None


def _next_hop(facts: Sequence[Any]) -> NextHop:
    address, interface, vrf, weight, installed, active, depth, marks = facts
    return NextHop(address, interface, vrf, weight, installed, active, depth, tuple(marks.split()))


def all_routes(tables: Sequence[RouteTable]) -> pd.DataFrame:
    """Return the routes of several tables one below the other, as one pandas table."""
    return _as_pandas(pl.concat([table.frame for table in tables]) if tables else empty_table())


def _as_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - 0.4 s, paid only by who wants a DataFrame

    return frame.to_pandas(types_mapper=pd.ArrowDtype)
