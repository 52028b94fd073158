"""Route tables as the rest of the program sees them: a pandas table for people, typed routes for rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.cached import cached_property
from ecmpaudit.model.addressing import family_of
from ecmpaudit.parsing.columns import empty_table
from ecmpaudit.parsing.cut_marks import CUT_OUT
from ecmpaudit.parsing.cut_tables import WITHOUT_LINE_END, WITHOUT_SUMMARY, may_continue
from ecmpaudit.parsing.packed_rows import PackedRows, packed
from ecmpaudit.parsing.typed_commands import filter_of
from ecmpaudit.parsing.typed_routes import KnownNextHops, typed_routes
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd

    from ecmpaudit.model import Capture, Route, UnparsedLine


@dataclass(frozen=True)
class RouteTable:
    """The routes of one router, as one capture shows them."""

    capture: Capture
    platform: str
    """Key of `parsers/<platform>/platform.toml`."""
    rows: pl.DataFrame | PackedRows = field(repr=False)
    """The canonical table, which `frame` returns; packed where many are kept."""
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

    @property
    def frame(self) -> pl.DataFrame:
        """The canonical table; see `parsing.columns`. Use `routes` outside of `parsing`."""
        return self.rows.unpacked() if isinstance(self.rows, PackedRows) else self.rows

    def _first_rows(self, *columns: str) -> pl.DataFrame:
        """Return the first row of each route at least: what a route has beside next hops is known from it."""
        return self.rows.firsts(columns) if isinstance(self.rows, PackedRows) else self.rows.select(columns)

    @cached_property
    def local_prefixes(self) -> tuple[str, ...]:
        """The prefixes of its local routes: the router's own addresses."""
        if not {"protocol", "prefix"} <= set(self.rows.columns):
            return ()
        found = (
            self._first_rows("protocol", "prefix")
            .filter(pl.col("protocol").cast(pl.String) == "local")
            .get_column("prefix")
        )
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
        return frozenset(self._first_rows("family")["family"].unique()) | self.other_families

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
        if isinstance(self.rows, PackedRows):
            return int(self.rows.hops.frame["kind"].eq("unicast")[self.rows.numbers].sum())
        return int(self.rows["kind"].eq("unicast").sum())

    @property
    def route_count(self) -> int:
        """How many routes the table lists."""
        return self.rows.routes.height if isinstance(self.rows, PackedRows) else self.rows["route"].n_unique()

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
        frame = self.frame
        kept = frame.filter(~is_left_out)
        return self if kept.height == frame.height else replace(self, rows=kept)

    def views(self, known: KnownNextHops | None = None) -> Mapping[tuple[str, str], tuple[Route, ...]]:
        """Return the typed routes of every prefix, by `(vrf, prefix)`, in output order.

        Tables that are given the same `known` share the objects of equal next hops.
        """
        rows = self.rows if isinstance(self.rows, PackedRows) else packed([self.rows])[0]
        by_prefix: dict[tuple[str, str], list[Route]] = {}
        for vrf, route in typed_routes(rows, self.capture.source, known or KnownNextHops()):
            by_prefix.setdefault((vrf, route.prefix), []).append(route)
        return {key: tuple(routes) for key, routes in by_prefix.items()}


def packed_tables(tables: Sequence[RouteTable]) -> list[RouteTable]:
    """Return tables with the same columns, packed together: they take less memory."""
    rows = packed([table.frame for table in tables]) if tables else []
    return [replace(table, rows=own) for table, own in zip(tables, rows, strict=True)]


def all_routes(tables: Sequence[RouteTable]) -> pd.DataFrame:
    """Return the routes of several tables one below the other, as one pandas table."""
    return _as_pandas(pl.concat([table.frame for table in tables]) if tables else empty_table())


def _as_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - 0.4 s, paid only by who wants a DataFrame

    return frame.to_pandas(types_mapper=pd.ArrowDtype)
