"""Prefixes against nodes, one matrix for each router and VRF: which cell is present, missing, or something else.

A column is an expected node or, where no node is known for it, a next hop. A prefix of which only a number is expected
has no missing cells: the absent nodes are unknown, and only the count of the row shows how many there are.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from ecmpaudit.model import address_key, name_key
from ecmpaudit.wording import in_ranges, listed, shared_domain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecmpaudit.model import Audit, AuditedPrefix, Finding, NextHop

_HEXADECIMAL = re.compile(r"[0-9a-fA-F.:]+")


class CellState(enum.StrEnum):
    """What a prefix has of a node; the value is the word of the legend."""

    PRESENT = "present"
    MISSING = "missing"
    UNEQUAL = "unequal weight"
    UNEXPECTED = "unexpected"
    NOT_IN_FIB = "not in FIB"
    UNKNOWN = "unknown"
    NONE = "not expected here"


SYMBOLS = {
    CellState.PRESENT: "●",
    CellState.MISSING: "×",  # noqa: RUF001 - the multiplication sign is in every font, and meant
    CellState.UNEXPECTED: "+",
    CellState.NOT_IN_FIB: "○",
    CellState.UNKNOWN: "?",
    CellState.NONE: "",
}
"""The shape of each state; a cell of unequal weight shows its weight."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One prefix and one node."""

    state: CellState
    text: str
    """The symbol, or the weight."""


@dataclass(frozen=True, slots=True)
class Column:
    """An expected node, or a next hop of no known node."""

    name: str
    label: str
    """The name without the domain that all nodes share."""
    title: str
    """With the addresses."""


@dataclass(frozen=True, slots=True)
class Row:
    """One prefix on one router."""

    prefix: str
    installed: int
    expected: int | None
    is_inferred: bool
    cells: tuple[Cell, ...]
    """One for each column."""
    faults: str
    """In words, for those who see no cells: `missing: node3, node4; unexpected: 192.0.2.9`."""
    findings: tuple[int, ...]
    """Places of the prefix's own findings in `Audit.findings`."""

    @property
    def is_short(self) -> bool:
        """It has fewer next hops than expected."""
        return self.expected is not None and self.installed < self.expected

    @property
    def is_faulty(self) -> bool:
        """Something is wrong with the prefix, or not known."""
        return bool(self.faults or self.findings) or self.is_short


def runs(cells: Iterable[Cell]) -> Iterator[tuple[CellState, str, int]]:
    """Yield state, text and length of the runs: of equal cells beside each other.

    Most cells are present, so a row has few runs; a hundred thousand elements would block a browser.
    """
    for (_, cell), run in groupby(enumerate(cells), _alike):
        yield cell.state, cell.text, sum(1 for _ in run)


def _alike(place: tuple[int, Cell]) -> tuple[int, Cell]:
    """Return a key that all present cells share, and all that are not expected; any other cell has its own."""
    number, cell = place
    return (-1 if cell.state in {CellState.PRESENT, CellState.NONE} else number, cell)


@dataclass(frozen=True, slots=True)
class Matrix:
    """What one router has of each prefix of one VRF."""

    router: str
    vrf: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    prefixes: tuple[AuditedPrefix, ...]
    """What the rows were read from, in the same order."""


_Place = tuple[str | None, str | None, str | None]


def matrices(audit: Audit) -> tuple[Matrix, ...]:
    """Return one matrix for each router and VRF with audited prefixes, in the order of the audit."""
    of_scope: dict[tuple[str, str], list[AuditedPrefix]] = {}
    for prefix in audit.network.prefixes:
        of_scope.setdefault((prefix.router, prefix.vrf), []).append(prefix)
    findings = _by_place(audit.findings)
    domain = node_domain(audit)
    return tuple(_matrix(*scope, prefixes, findings, domain) for scope, prefixes in of_scope.items())


def node_domain(audit: Audit) -> str:
    """Return the domain that the names of all expected nodes share; empty where they share none."""
    expectations = {id(prefix.expectation): prefix.expectation for prefix in audit.network.prefixes}.values()
    names = {node.name: node for expectation in expectations if expectation for node in expectation.nodes}
    return shared_domain([name for name, node in names.items() if name not in node.addresses])


def _by_place(findings: Sequence[Finding]) -> dict[_Place, tuple[int, ...]]:
    places: dict[_Place, tuple[int, ...]] = {}
    for number, finding in enumerate(findings):
        place = (finding.router, finding.vrf, finding.prefix)
        places[place] = (*places.get(place, ()), number)
    return places


def _matrix(
    router: str,
    vrf: str,
    prefixes: Sequence[AuditedPrefix],
    findings: Mapping[_Place, tuple[int, ...]],
    domain: str,
) -> Matrix:
    addresses = _known_addresses(prefixes)
    owners = {address: name for name, known in addresses.items() for address in known}
    hops = {hop for prefix in prefixes for hop in (*_in_use(prefix), *prefix.not_in_fib) if hop.address not in owners}
    beyond = {column_of(hop, owners) for hop in hops}
    names = [*sorted(addresses, key=natural_key), *sorted(beyond - addresses.keys(), key=natural_key)]
    columns = tuple(
        Column(
            name, name.removesuffix(f".{domain}") if domain else name, _title(name, addresses.get(name, frozenset()))
        )
        for name in names
    )
    line = _Line(columns, owners)
    rows = tuple(line.row(prefix, findings.get((router, vrf, prefix.prefix), ())) for prefix in prefixes)
    return Matrix(router, vrf, columns, rows, tuple(prefixes))


def _known_addresses(prefixes: Iterable[AuditedPrefix]) -> dict[str, frozenset[str]]:
    """Return every expected node with its addresses; the prefixes of one family may know only some of them."""
    expectations = {id(prefix.expectation): prefix.expectation for prefix in prefixes if prefix.expectation}
    known: dict[str, frozenset[str]] = {}
    for expectation in expectations.values():
        for node in expectation.nodes:
            known[node.name] = known.get(node.name, frozenset()) | node.addresses
    return known


def column_of(hop: NextHop, owners: Mapping[str, str]) -> str:
    """Return the name of a next hop's column: its node's, or its own."""
    return owners.get(hop.address or "") or str(hop)


def _title(name: str, addresses: frozenset[str]) -> str:
    others = sorted(addresses - {name}, key=lambda address: (address_key(address), address))
    return f"{name} ({', '.join(others)})" if others else name


class _Line:
    """Makes the rows of one matrix; rows with equal cells have the same tuple of cells."""

    def __init__(self, columns: Sequence[Column], owners: Mapping[str, str]) -> None:
        self._columns = columns
        self._owners = owners
        self._whole: dict[int, tuple[Cell, ...]] = {}
        """The cells of a prefix that has exactly its nodes, by the identity of its expectation."""
        self._kept: dict[tuple[Cell, ...], tuple[Cell, ...]] = {}

    def row(self, prefix: AuditedPrefix, findings: tuple[int, ...]) -> Row:
        """Return the row of a prefix."""
        is_whole = _has_exactly_its_nodes(prefix)
        cells = self._whole.get(id(prefix.expectation)) if is_whole else None
        if cells is None:
            of_name = dict(_cells(prefix, self._owners))
            nothing = Cell(CellState.NONE, SYMBOLS[CellState.NONE])
            cells = tuple(of_name.get(column.name, nothing) for column in self._columns)
            cells = self._kept.setdefault(cells, cells)
            if is_whole:
                self._whole[id(prefix.expectation)] = cells
        return Row(
            prefix=prefix.prefix,
            installed=len(prefix.installed),
            expected=prefix.expected,
            is_inferred=prefix.expectation is not None and prefix.expectation.is_inferred,
            cells=cells,
            faults="" if is_whole else _faults(cells, self._columns),
            findings=findings,
        )


def _has_exactly_its_nodes(prefix: AuditedPrefix) -> bool:
    """Return whether every expected node is present, with equal weights, and nothing else is to be shown."""
    expectation = prefix.expectation
    return (
        expectation is not None
        and len(expectation.nodes) == len(prefix.installed) > 0
        and not (prefix.missing or prefix.unexpected or prefix.not_in_fib or prefix.unidentified)
        and not (prefix.is_recursive or prefix.shows_candidates_only)
        and prefix.installed.have_equal_weights
    )


def _cells(prefix: AuditedPrefix, owners: Mapping[str, str]) -> Iterator[tuple[str, Cell]]:
    """Yield column and cell; a later one overrules an earlier one."""
    absent = CellState.UNKNOWN if prefix.unidentified else CellState.MISSING
    for node in prefix.expectation.nodes if prefix.expectation else ():
        yield node.name, Cell(absent, SYMBOLS[absent])
    for hop in prefix.not_in_fib:
        yield column_of(hop, owners), Cell(CellState.NOT_IN_FIB, SYMBOLS[CellState.NOT_IN_FIB])
    is_unequal = not prefix.installed.have_equal_weights
    for hop in _in_use(prefix):
        state = _state(hop, prefix, is_unequal=is_unequal)
        text = str(hop.effective_weight) if state is CellState.UNEQUAL else SYMBOLS[state]
        yield column_of(hop, owners), Cell(state, text)


def _in_use(prefix: AuditedPrefix) -> tuple[NextHop, ...]:
    """Return the next hops in the FIB, and the recursive ones that they are resolved from."""
    return (*prefix.installed, *(prefix.announced if prefix.is_recursive else ()))


def _state(hop: NextHop, prefix: AuditedPrefix, *, is_unequal: bool) -> CellState:
    if hop in prefix.unexpected:
        return CellState.UNEXPECTED
    if hop in prefix.unidentified or (prefix.shows_candidates_only and prefix.ceiling is None):
        return CellState.UNKNOWN
    return CellState.UNEQUAL if is_unequal else CellState.PRESENT


def _faults(cells: Iterable[Cell], columns: Iterable[Column]) -> str:
    of_state: dict[CellState, list[str]] = {}
    for cell, column in zip(cells, columns, strict=True):
        if cell.state not in {CellState.PRESENT, CellState.NONE}:
            of_state.setdefault(cell.state, []).append(column.label)
    faults = ((state, listed(in_ranges(of_state[state]))) for state in CellState if state in of_state)
    return "; ".join(f"{state}: {names}" for state, names in faults)


def natural_key(name: str) -> tuple[int, tuple[int, int], tuple[tuple[int, str], ...]]:
    """Sort names as people do: node2 before node10, and addresses after names, as numbers."""
    address, _, _ = name.partition("%")
    parts = name_key(name)
    try:
        is_address = _HEXADECIMAL.fullmatch(address) is not None
        return (1, address_key(address), parts) if is_address else (0, (0, 0), parts)
    except ValueError:
        return (0, (0, 0), parts)
