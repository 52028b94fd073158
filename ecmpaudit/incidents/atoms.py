"""Rows and columns that are alike, folded into one before blocks are looked for.

A set of nodes, routers or prefixes is the bits of one integer. Nodes that are missing in the same places are one atom,
and so are routers with equal rows and prefixes with equal columns: what is left is as small as the faults are few,
however large the network is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

Cells = dict[tuple[int, int], int]
"""By router and prefix, the nodes."""
_MASKS_KEPT = 16_384


@lru_cache(maxsize=_MASKS_KEPT)
def bits(mask: int) -> tuple[int, ...]:
    """Return the numbers of the bits that are set, the lowest first; most sets are asked for many times."""
    numbers = []
    while mask:
        lowest = mask & -mask
        numbers.append(lowest.bit_length() - 1)
        mask ^= lowest
    return tuple(numbers)


def mask_of(numbers: Iterable[int]) -> int:
    """Return the integer with these bits."""
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask


@dataclass(frozen=True, slots=True)
class Universe:
    """Which cells exist: where each node is expected, in sets of nodes that are expected together."""

    on_router: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    """By router and set of nodes, the prefixes that expect the set."""
    at_prefix: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    """By prefix and set of nodes, the routers on which it is expected."""
    sets: frozenset[int] = frozenset()
    """Every set of nodes that is expected somewhere."""

    @classmethod
    def of(cls, expected: Mapping[tuple[int, int], int]) -> Universe:
        """Return the universe of what is expected by router and prefix."""
        on_router: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        at_prefix: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for (router, prefix), nodes in expected.items():
            on_router[router][nodes] |= 1 << prefix
            at_prefix[prefix][nodes] |= 1 << router
        return cls(on_router, at_prefix, frozenset(expected.values()))

    def prefixes(self, nodes: int, routers: int) -> int:
        """Return the prefixes that expect one of the nodes on one of the routers."""
        return _together(nodes, (self.on_router.get(router, {}) for router in bits(routers)))

    def routers(self, nodes: int, prefixes: int) -> int:
        """Return the routers on which one of the nodes is expected for one of the prefixes."""
        return _together(nodes, (self.at_prefix.get(prefix, {}) for prefix in bits(prefixes)))


def _together(nodes: int, expected: Iterable[Mapping[int, int]]) -> int:
    found = 0
    for by_set in expected:
        for expected_nodes, numbers in by_set.items():
            if expected_nodes & nodes:
                found |= numbers
    return found


@dataclass(slots=True)
class Grid:
    """The faulty cells of one kind, by atoms; each atom has a weight, and the bits that it is made of."""

    nodes: list[int] = field(default_factory=list)
    """Per atom, its nodes."""
    routers: list[int] = field(default_factory=list)
    prefixes: list[int] = field(default_factory=list)
    faulty: Cells = field(default_factory=dict)
    """The atoms of nodes that are missing, by atoms of router and prefix."""
    wanted: Cells = field(default_factory=dict)
    """Those that a block has to explain; the other faulty ones may be part of one."""
    complete_on: dict[int, int] = field(default_factory=dict)
    """By router, the nodes that are missing at each prefix that expects them there."""
    complete_at: dict[int, int] = field(default_factory=dict)
    """By prefix, the nodes that are missing on each router that expects them for it."""


def grid_of(faulty: Cells, wanted: Cells, universe: Universe, named_sets: Sequence[int] = ()) -> Grid:
    """Return the grid; nodes of different `named_sets` are kept apart."""
    grid = Grid()
    atom_of = _node_atoms(grid, {*faulty.values(), *wanted.values(), *universe.sets, *named_sets})
    folded = {mask: atom_of(mask) for mask in {*faulty.values(), *wanted.values()}}
    first = [bits(nodes)[0] for nodes in grid.nodes]
    on_router, at_prefix = _complete(faulty, folded, first, universe)
    rows: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for (router, prefix), nodes in faulty.items():
        rows[router].append(
            (prefix, folded[nodes], folded[wanted[router, prefix]] if (router, prefix) in wanted else 0)
        )
    alike = _alike({router: (tuple(sorted(row)), on_router[router]) for router, row in rows.items()})
    columns: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for number, routers in enumerate(alike):
        grid.routers.append(mask_of(routers))
        grid.complete_on[number] = on_router[routers[0]]
        for prefix, missing, explained in rows[routers[0]]:
            columns[prefix].append((number, missing, explained))
    alike = _alike({prefix: (tuple(column), at_prefix[prefix]) for prefix, column in columns.items()})
    for number, prefixes in enumerate(alike):
        grid.prefixes.append(mask_of(prefixes))
        grid.complete_at[number] = at_prefix[prefixes[0]]
        for router, missing, explained in columns[prefixes[0]]:
            grid.faulty[router, number] = missing
            if explained:
                grid.wanted[router, number] = explained
    return grid


def _node_atoms(grid: Grid, sets: Iterable[int]) -> Callable[[int], int]:
    """Fill in the atoms of nodes, and return a function from a set of nodes to one of atoms."""
    member: dict[int, int] = defaultdict(int)
    for number, mask in enumerate(sorted(sets)):
        for node in bits(mask):
            member[node] |= 1 << number
    alike = _alike(member)
    grid.nodes.extend(map(mask_of, alike))
    atom = {node: number for number, nodes in enumerate(alike) for node in nodes}
    return lambda mask: mask_of({atom[node] for node in bits(mask)})


def _alike(signatures: Mapping[int, Hashable]) -> list[list[int]]:
    """Return the numbers in groups of one signature, in the order of the lowest of each."""
    groups: dict[Hashable, list[int]] = {}
    for number in sorted(signatures):
        groups.setdefault(signatures[number], []).append(number)
    return list(groups.values())


def _complete(
    faulty: Cells, folded: Mapping[int, int], first: Sequence[int], universe: Universe
) -> tuple[dict[int, int], dict[int, int]]:
    """Return by router, and by prefix, the atoms of nodes whose every cell there is faulty."""
    per_router: dict[int, Counter[int]] = defaultdict(Counter)
    per_prefix: dict[int, Counter[int]] = defaultdict(Counter)
    for (router, prefix), nodes in faulty.items():
        per_router[router][folded[nodes]] += 1
        per_prefix[prefix][folded[nodes]] += 1

    @cache
    def cells(counts: frozenset[tuple[int, int]], node: int) -> int:
        return sum(number for nodes, number in counts if nodes >> node & 1)

    def complete(missing: Counter[int], expected: Mapping[int, int]) -> int:
        numbers: Counter[int] = Counter()
        for atoms, number in missing.items():
            for atom in bits(atoms):
                numbers[atom] += number
        counts = frozenset((nodes, where.bit_count()) for nodes, where in expected.items())
        return mask_of(atom for atom, number in numbers.items() if number == cells(counts, first[atom]))

    return (
        {router: complete(missing, universe.on_router.get(router, {})) for router, missing in per_router.items()},
        {prefix: complete(missing, universe.at_prefix.get(prefix, {})) for prefix, missing in per_prefix.items()},
    )
