"""A matrix as people read it: faulty rows first, equal rows as one, faultless rows as a sentence.

Of many nodes, neighbours that have the same cells in every faulty row are one column. Nothing is left out: a folded row
lists its prefixes, a folded column has the names of its nodes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from ecmpaudit.reporting.matrix import Cell, CellState, Column, Row, runs
from ecmpaudit.wording import counted, in_ranges, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ecmpaudit.reporting.matrix import Matrix

_Thing = TypeVar("_Thing")
_MOST_COLUMNS = 24
"""Nodes up to which each has a column."""
_NAMED = 3
"""Prefixes or nodes of a folded row that are shown before it is opened."""


@dataclass(frozen=True, slots=True)
class FoldedRow:
    """Prefixes of one router with equal cells, counts, codes and incidents."""

    number: int
    """Of the row on the page, from 1."""
    prefixes: tuple[str, ...]
    first: Row
    incidents: tuple[int, ...]
    """Places in `Audit.incidents`."""
    codes: tuple[tuple[str, int], ...]
    """Code and place of each finding of the first prefix."""
    severities: tuple[str, ...]
    cells: tuple[Cell, ...]
    """One for each column of the folded matrix."""

    @property
    def name(self) -> str:
        """The prefix, or how many there are."""
        return self.prefixes[0] if len(self.prefixes) == 1 else counted(len(self.prefixes), "prefix")

    @property
    def beginning(self) -> str:
        """The first prefixes, and how many follow."""
        return listed(self.prefixes, _NAMED)

    @property
    def runs(self) -> Iterator[tuple[CellState, str, int]]:
        """State, text and length of the runs of equal cells."""
        return runs(self.cells)


@dataclass(frozen=True, slots=True)
class Faultless:
    """Prefixes of one router that have the same next hops, and no fault."""

    prefixes: tuple[str, ...]
    sentence: str
    """`297 prefixes with all 64 next hops`"""


@dataclass(frozen=True, slots=True)
class Folded:
    """What one router has of the prefixes of one VRF."""

    vrf: str
    columns: tuple[Column, ...]
    faulty: tuple[FoldedRow, ...]
    not_drawn: int
    """Prefixes with a fault for which the page has no room."""
    faultless: tuple[Faultless, ...]
    cells: Counter[Cell]
    """How often each cell is seen, in all rows."""

    @property
    def name_length(self) -> int:
        """Characters of the longest name of a row."""
        return max((len(row.name) for row in self.faulty), default=0)

    @property
    def most_codes(self) -> int:
        """The most findings that one row has."""
        return max((len(row.codes) for row in self.faulty), default=0)


@dataclass(slots=True)
class Room:
    """How many rows the page has, and how many more it may have."""

    most: int
    used: int = 0


class Folding:
    """Folds one matrix after the other; the page's rows are numbered through."""

    def __init__(
        self, incidents_of: Callable[[Matrix, Row], tuple[int, ...]], codes: Sequence[tuple[str, str]], room: Room
    ) -> None:
        """`codes` are code and severity of each finding of the audit."""
        self._incidents_of = incidents_of
        self._codes = codes
        self._room = room

    def folded(self, matrix: Matrix) -> Folded:
        """Return the matrix, folded."""
        faulty = [(row, self._incidents_of(matrix, row)) for row in matrix.rows if row.is_faulty]
        alike = _together(faulty, lambda each: (*_kind(each[0]), each[1], *map(self._code, each[0].findings)))
        drawn = alike[: self._room.most - self._room.used]
        columns = _columns(matrix.columns, [group[0][0].cells for group in drawn])
        shown = tuple(Column(*_joined([matrix.columns[place] for place in places])) for places in columns)
        rows = tuple(self._row(group, [places[0] for places in columns]) for group in drawn)
        fine = _together((row for row in matrix.rows if not row.is_faulty), _kind)
        return Folded(
            vrf=matrix.vrf,
            columns=shown,
            faulty=rows,
            not_drawn=sum(len(group) for group in alike[len(drawn) :]),
            faultless=tuple(_faultless(group, matrix.columns) for group in fine),
            cells=_counted_cells(matrix.rows),
        )

    def _code(self, finding: int) -> str:
        return self._codes[finding][0]

    def _row(self, group: Sequence[tuple[Row, tuple[int, ...]]], places: Sequence[int]) -> FoldedRow:
        self._room.used += 1
        row, incidents = group[0]
        return FoldedRow(
            number=self._room.used,
            prefixes=tuple(each.prefix for each, _ in group),
            first=row,
            incidents=incidents,
            codes=tuple((self._code(number), number) for number in row.findings),
            severities=tuple(dict.fromkeys(self._codes[number][1] for each, _ in group for number in each.findings)),
            cells=tuple(row.cells[place] for place in places),
        )


def _kind(row: Row) -> tuple[object, ...]:
    return id(row.cells), row.installed, row.expected, row.is_inferred


def _together(things: Iterable[_Thing], key: Callable[[_Thing], object]) -> list[list[_Thing]]:
    """Return the things with equal keys together, each group where its first one is."""
    groups: dict[object, list[_Thing]] = {}
    for thing in things:
        groups.setdefault(key(thing), []).append(thing)
    return list(groups.values())


def _counted_cells(rows: Sequence[Row]) -> Counter[Cell]:
    """Count cells; rows with equal cells have the same tuple."""
    number_of = Counter(id(row.cells) for row in rows)
    counts: Counter[Cell] = Counter()
    for key, cells in {id(row.cells): row.cells for row in rows}.items():
        for cell, number in Counter(cells).items():
            counts[cell] += number * number_of[key]
    return counts


def _columns(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[list[int]]:
    """Return the places of the nodes in each column: of many, neighbours with equal cells are together."""
    places = range(len(columns))
    if len(columns) <= _MOST_COLUMNS:
        return [[place] for place in places]
    return [list(run) for _, run in groupby(places, lambda place: tuple(cells[place] for cells in rows))]


def _joined(columns: Sequence[Column]) -> tuple[str, str, str]:
    """Return name, label and title of neighbours in one column."""
    if len(columns) == 1:
        return columns[0].name, columns[0].label, columns[0].title
    ranges = in_ranges(column.label for column in columns)
    names = ", ".join(ranges)
    number = len(columns)
    label = f"{names} ({number})" if len(ranges) == 1 else f"{columns[0].label} and {number - 1} more"
    return names, label, f"{counted(number, 'node')}: {names}"


def _faultless(rows: Sequence[Row], columns: Sequence[Column]) -> Faultless:
    row = rows[0]
    who = row.prefix if len(rows) == 1 else counted(len(rows), "prefix")
    what = counted(row.installed, "next hop")
    if row.expected is None:
        what = f"{what}; it is not known how many there should be"
    elif row.expected == row.installed:
        what = f"all {what}" if row.installed > 1 else f"the {what} that is expected"
    else:
        what = f"{what}, expected {row.expected}"
    if row.is_inferred:
        what += " (inferred)"
    present = [c.label for c, cell in zip(columns, row.cells, strict=True) if cell.state is CellState.PRESENT]
    names = f": {listed(in_ranges(present), _NAMED)}" if len(present) < len(columns) else ""
    return Faultless(tuple(each.prefix for each in rows), f"{who} with {what}{names}")
