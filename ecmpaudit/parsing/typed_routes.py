"""Typed routes of packed tables.

Equal next hops are one object in all tables that share a `KnownNextHops`, and so are equal sets of them: what follows
from a set is computed once for a whole fleet.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ecmpaudit.model import NextHop, NextHops, Route
from ecmpaudit.parsing.packed_rows import HOP_FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from ecmpaudit.parsing.packed_rows import PackedHops, PackedRows

_ROUTE_FACTS = ("vrf", "prefix", "protocol", "source", "distance", "metric", "selected", "line")


class KnownNextHops:
    """The next hops and the sets of them that tables have shown so far."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Any, ...], int] = {}
        """By the facts of a next hop."""
        self._of_packed: dict[PackedHops, list[int]] = {}
        self._kinds: list[str] = []
        self._hops: list[NextHop | None] = []
        """None for a row that is no next hop, as that of a blackhole."""
        self._sets: dict[tuple[int, ...], tuple[str, NextHops]] = {}
        self._words: dict[Any, Any] = {}

    def numbers(self, hops: PackedHops) -> list[int]:
        """Return the number of each next hop, in their order."""
        if hops not in self._of_packed:
            self._of_packed[hops] = [self._number(facts) for facts in hops.frame.select(HOP_FACTS).rows()]
        return self._of_packed[hops]

    def _number(self, facts: tuple[Any, ...]) -> int:
        number = self._numbers.setdefault(facts, len(self._numbers))
        if number == len(self._hops):
            kind, address, interface, vrf, vrf_of_hop, weight, installed, active, depth, marks = facts
            hop = NextHop(address, interface, vrf_of_hop or vrf, weight, installed, active, depth, tuple(marks.split()))
            self._kinds.append(kind)
            self._hops.append(hop if kind == "unicast" else None)
        return number

    def together(self, numbers: tuple[int, ...]) -> tuple[str, NextHops]:
        """Return the kind of a route that has these in its rows, and its next hops."""
        if numbers not in self._sets:
            kind = next((kind for number in numbers if (kind := self._kinds[number]) != "unicast"), "unicast")
            hops = tuple(hop for number in numbers if (hop := self._hops[number]) is not None)
            self._sets[numbers] = kind, NextHops(hops)
        return self._sets[numbers]

    def word(self, text: Any) -> Any:
        """Return the same text, or None, as one object for all tables."""
        return self._words.setdefault(text, text)


def typed_routes(rows: PackedRows, source: str, known: KnownNextHops) -> Iterator[tuple[str, Route]]:
    """Yield the VRF of each route and the route, in output order; `source` is that of the capture."""
    numbers, of_rows, lines = known.numbers(rows.hops), rows.numbers.to_list(), rows.rows["line"]
    sets: dict[tuple[int, ...], tuple[str, NextHops]] = {}
    start = 0
    for height, facts in zip(rows.rows_of_routes, rows.firsts(_ROUTE_FACTS).iter_rows(), strict=True):
        key = tuple(of_rows[start : start + height])
        if key not in sets:
            sets[key] = known.together(tuple(numbers[place] for place in key))
        kind, next_hops = sets[key]
        vrf, prefix, protocol, instance = map(known.word, facts[:4])
        distance, metric, selected, line = facts[4:]
        line_of = partial(_line_of_hop, lines, start, height)
        yield vrf, Route(prefix, protocol, next_hops, instance, distance, metric, selected, kind, line, source, line_of)
        start += height


def _line_of_hop(lines: pl.Series, start: int, height: int, hop: int) -> int | None:
    """Return the line of one next hop of a route; the lines stay in the dataframe engine until one is asked for."""
    return int(lines[start + hop]) if hop < height else None
