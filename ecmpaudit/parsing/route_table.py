"""Route tables: captures in, one canonical table out, with every line that was not understood.

`RouteTable.routes` is the public pandas table; the typed routes that rules see are built for the asked prefixes only.
The template is checked by a count that needs no template: as many next-hop lines as a plain pattern sees in the text.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

import polars as pl

from ecmpaudit.model import NextHop, Route, UnparsedLine
from ecmpaudit.parsing.columns import empty_table
from ecmpaudit.parsing.cut_tables import ENDS_EARLY, cut_last_row, explained, where_cut
from ecmpaudit.parsing.detection import detect
from ecmpaudit.parsing.json_tables import looks_like_json, read_json
from ecmpaudit.parsing.line_repairs import repaired
from ecmpaudit.parsing.normalise import Normalised, normalise
from ecmpaudit.parsing.template import read_rows
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from ecmpaudit.model import Capture
    from ecmpaudit.platforms.registry import Platform, TableFormat

_log = logging.getLogger(__name__)
_REPAIRS = 3
"""Rounds of mending: a line may be indented and wrapped."""


@dataclass(frozen=True)
class RouteTable:
    """What one capture says of one router's routes."""

    capture: Capture
    platform: str
    """Key of `parsers/<platform>/platform.toml`."""
    frame: pl.DataFrame = field(repr=False)
    """The canonical table; see `parsing.columns`. Use `routes` outside of `parsing`."""
    unparsed: tuple[UnparsedLine, ...] = ()
    messages: tuple[str, ...] = ()
    """What the program said instead of routes, for example `% Network not in table`."""
    lines_understood: int = 0
    is_whole: bool = True
    """The command prints the whole table; only then is an absent prefix a missing one."""
    cut: str | None = None
    """Where the text shows that a part of the table is not there: `begins in mid-table`, `ends in mid-table`."""

    @property
    def router(self) -> str | None:
        """Name of the router, None where the text does not tell it."""
        return self.capture.router

    @cached_property
    def routes(self) -> pd.DataFrame:
        """The canonical table for pandas, one row per next hop in output order, with Arrow-backed types."""
        return _as_pandas(self.frame)

    @property
    def tells_candidates_only(self) -> bool:
        """The table tells which route is best, not which next hops are installed (BIRD)."""
        return platforms()[self.platform].tells_candidates_only

    @property
    def last_prefix(self) -> str | None:
        """The prefix of the last route of a table that ends in the middle: its next hops are perhaps not all there."""
        return str(self.frame["prefix"][-1]) if self.cut and "ends" in self.cut and len(self.frame) else None

    @property
    def families(self) -> frozenset[int]:
        """The families (4, 6) that the table has routes of."""
        return frozenset(self.frame["family"].unique())

    @property
    def next_hops(self) -> int:
        """How many next hops the table lists."""
        return int(self.frame["kind"].eq("unicast").sum())

    @property
    def route_count(self) -> int:
        """How many routes the table lists."""
        return self.frame["route"].n_unique()

    def views(self) -> Mapping[tuple[str, str], tuple[Route, ...]]:
        """Return the typed routes of every prefix, by `(vrf, prefix)`, in output order."""
        return _views(self.frame, self.capture.source)


def read_capture(capture: Capture) -> RouteTable:
    """Parse one capture.

    Raises:
        UnknownFormatError: the text is no route table of any known platform.
        TemplateError: a template is damaged.
    """
    family = _family_of_command(capture.command)
    if looks_like_json(capture.text):
        platform, frame = read_json(capture.text, capture.source, family)
        return RouteTable(
            capture, platform, _named(frame, capture), lines_understood=_nonblank(capture.text.split("\n"))
        )
    lines = capture.text.split("\n")
    known, table_format = detect(capture, lines)
    lines, normalised = _read_twice(lines, table_format, known, family, capture)
    unparsed = tuple(_unparsed(normalised.rejected, capture, lines, known))
    cut = where_cut(lines, normalised.routes, normalised.rejected["line"].to_list())
    unparsed += _miscounted(table_format, capture, lines, normalised.routes, unparsed)
    return RouteTable(
        capture,
        known.name,
        _named(normalised.routes, capture),
        unparsed,
        normalised.messages,
        lines_understood=_nonblank(lines) - len({line.line for line in unparsed}),
        is_whole=_is_whole(capture.command, table_format) and cut is None,
        cut=cut,
    )


def _read_twice(
    lines: list[str], table_format: TableFormat, known: Platform, family: int | None, capture: Capture
) -> tuple[list[str], Normalised]:
    """Return the rows, and the lines as they were read: those not understood at first are mended where they can be."""
    normalised = normalise(read_rows(table_format.template, lines), known, family)
    for _ in range(_REPAIRS):
        if normalised.rejected.is_empty():
            break
        mended, changes = repaired(table_format.template, lines, normalised.rejected["line"].to_list())
        if mended == lines:
            break
        for change in changes:
            _log.info("%s: %s", capture.source, change)
        lines, normalised = mended, normalise(read_rows(table_format.template, mended), known, family)
    return lines, _without_cut_row(normalised, lines)


def _without_cut_row(normalised: Normalised, lines: list[str]) -> Normalised:
    cut = cut_last_row(normalised.routes, lines)
    if cut is None:
        return normalised
    rejected = pl.concat(
        [normalised.rejected, pl.DataFrame({"line": [cut], "reason": [ENDS_EARLY]}, schema=normalised.rejected.schema)]
    )
    return Normalised(normalised.routes.filter(pl.col("line") != cut), rejected, normalised.messages)


def _is_whole(command: str | None, table_format: TableFormat) -> bool:
    """A table without its command is taken for whole, unless its form is that of one prefix only."""
    if table_format.whole is None:
        return False
    return command is None or table_format.whole.search(command) is not None


def _named(frame: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    """Name the router in every row, and count lines in the source instead of in the capture."""
    return frame.with_columns(
        router=pl.lit(capture.router, dtype=pl.String),
        line=(pl.col("line") + (capture.first_line - 1)).cast(pl.UInt32),
    )


def _nonblank(lines: Iterable[str]) -> int:
    return sum(1 for line in lines if line.strip())


def _family_of_command(command: str | None) -> int | None:
    if command is None:
        return None
    return 6 if "ipv6" in command or "-6" in command.split() else 4


def _unparsed(
    rejected: pl.DataFrame, capture: Capture, lines: Sequence[str], platform: Platform
) -> Iterator[UnparsedLine]:
    for number, reason in rejected.select("line", "reason").iter_rows():
        text = lines[number - 1]
        by_looks = next((e.reason for e in platform.explanations if e.pattern.search(text)), reason)
        told = reason if reason == ENDS_EARLY else explained(text) or by_looks
        yield UnparsedLine(capture.router, capture.source, number + capture.first_line - 1, text, told)


def _miscounted(
    table_format: TableFormat,
    capture: Capture,
    lines: Sequence[str],
    routes: pl.DataFrame,
    unparsed: Sequence[UnparsedLine],
) -> tuple[UnparsedLine, ...]:
    """Report the first next-hop line that gave no row: a template that loses a next hop must not go unseen."""
    if table_format.next_hop_lines is None:
        return ()
    read = set(routes["line"].to_list()) | {line.line - capture.first_line + 1 for line in unparsed}
    lost = [n for n, line in enumerate(lines, start=1) if n not in read and table_format.next_hop_lines.search(line)]
    return tuple(
        UnparsedLine(
            capture.router,
            capture.source,
            n + capture.first_line - 1,
            lines[n - 1],
            "a next hop that the template lost",
        )
        for n in lost
    )


_ROUTE_FACTS = ("prefix", "protocol", "source", "distance", "metric", "selected", "line")
_HOP_FACTS = ("next_hop", "interface", "vrf", "weight", "installed", "active", "recursive_depth", "marks")


def _views(frame: pl.DataFrame, source: str) -> dict[tuple[str, str], tuple[Route, ...]]:
    by_prefix: dict[tuple[str, str], list[Route]] = {}
    for route, hops in _facts_by_route(frame):
        kind = next((kind for kind, _ in hops if kind != "unicast"), "unicast")
        vrf, prefix, protocol, instance, distance, metric, selected, line = route
        next_hops = tuple(hop for kind, hop in hops if kind == "unicast")
        by_prefix.setdefault((vrf, prefix), []).append(
            Route(prefix, protocol, next_hops, instance, distance, metric, selected, kind, line, source)
        )
    return {key: tuple(routes) for key, routes in by_prefix.items()}


def _facts_by_route(frame: pl.DataFrame) -> Iterator[tuple[tuple[Any, ...], list[tuple[str, NextHop]]]]:
    """Yield each route's facts and its next hops with their kind; equal next hops are one object."""
    interned: dict[tuple[Any, ...], NextHop] = {}
    hop_facts = (
        pl.coalesce("next_hop_vrf", "vrf").alias(name) if name == "vrf" else pl.col(name) for name in _HOP_FACTS
    )
    routes = frame.select("route", "vrf", *_ROUTE_FACTS).rows()
    hops = frame.select("kind", *hop_facts).rows()
    for _, rows in groupby(zip(routes, hops, strict=True), key=lambda pair: pair[0][0]):
        pairs = list(rows)
        yield (
            pairs[0][0][1:],
            [(hop[0], interned.get(hop[1:]) or interned.setdefault(hop[1:], _next_hop(hop[1:]))) for _, hop in pairs],
        )


def _next_hop(facts: tuple[Any, ...]) -> NextHop:
    address, interface, vrf, weight, installed, active, depth, marks = facts
    return NextHop(address, interface, vrf, weight, installed, active, depth, tuple(marks.split()))


def all_routes(tables: Sequence[RouteTable]) -> pd.DataFrame:
    """Return the routes of several tables one below the other, as one pandas table."""
    return _as_pandas(pl.concat([table.frame for table in tables]) if tables else empty_table())


def _as_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - 0.4 s, paid only by who wants a DataFrame

    return frame.to_pandas(types_mapper=pd.ArrowDtype)
