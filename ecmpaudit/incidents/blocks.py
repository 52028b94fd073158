"""The smallest number of blocks of nodes, routers and prefixes that cover the faulty cells, as far as it is found.

Of the largest blocks around all cells the one that explains most is taken, again and again, until no cell is left. A
block that others explain is dropped, two that are one are joined, and what another block explains is cut off, unless
the block is then no longer all routers, all prefixes or a whole named set of nodes.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

from ecmpaudit.incidents.atoms import bits, grid_of
from ecmpaudit.incidents.widening import Block, Widening

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.incidents.atoms import Cells, Grid, Universe

_MOST_TO_JOIN = 60
"""Blocks up to which each two are tried as one."""


def cover(faulty: Cells, wanted: Cells, universe: Universe, named_sets: Sequence[int] = ()) -> list[Block]:
    """Return blocks of faulty cells that have every wanted one, the largest first.

    `named_sets` are sets of nodes that have something in common: a block keeps such a set whole.
    """
    if not wanted:
        return []
    grid = grid_of(faulty, wanted, universe, named_sets)
    cover_of_atoms = _Cover(grid, [_folded(nodes, grid) for nodes in named_sets])
    blocks = cover_of_atoms.trimmed(cover_of_atoms.joined(cover_of_atoms.needed(cover_of_atoms.greedy())))
    return sorted((_unfolded(block, grid) for block in blocks), key=lambda block: (-block.size, block))


def _folded(nodes: int, grid: Grid) -> int:
    return sum(1 << number for number, atom in enumerate(grid.nodes) if atom & nodes)


def _unfolded(block: Block, grid: Grid) -> Block:
    def together(atoms: int, masks: Sequence[int]) -> int:
        return sum(masks[atom] for atom in bits(atoms))

    return Block(
        together(block.nodes, grid.nodes),
        together(block.routers, grid.routers),
        together(block.prefixes, grid.prefixes),
    )


class _Cover:
    """Blocks that cover the wanted cells of one grid."""

    def __init__(self, grid: Grid, named_sets: Sequence[int]) -> None:
        self.grid = grid
        self.widening = Widening(grid)
        self.named_sets = frozenset(named_sets)
        self.wanted: dict[tuple[int, int], int] = defaultdict(int)
        """By node and router, the prefixes."""
        for (router, prefix), nodes in grid.wanted.items():
            for node in bits(nodes):
                self.wanted[node, router] |= 1 << prefix
        self._node_weights = [atom.bit_count() for atom in grid.nodes]
        self._router_weights = [atom.bit_count() for atom in grid.routers]
        self._prefix_weights = [atom.bit_count() for atom in grid.prefixes]
        self._is_unfolded = all(weight == 1 for weight in self._prefix_weights)

    def greedy(self) -> list[Block]:
        """Return blocks that cover all wanted cells, each time the one that explains most of what is left."""
        left = dict(self.wanted)
        queue = [
            (-self._explained(block, left), block.size, block) for block in set(self.widening.around(self.grid.wanted))
        ]
        heapq.heapify(queue)
        chosen = []
        while queue and left:
            before, size, block = heapq.heappop(queue)
            explained = self._explained(block, left)
            if explained == -before:
                chosen.append(block)
                self._take(block, left)
            elif explained:
                heapq.heappush(queue, (-explained, size, block))
        return chosen

    def _explained(self, block: Block, left: dict[tuple[int, int], int]) -> int:
        number = 0
        for node in bits(block.nodes):
            for router in bits(block.routers):
                if own := left.get((node, router), 0) & block.prefixes:
                    number += self._node_weights[node] * self._router_weights[router] * self._weight(own)
        return number

    def _weight(self, prefixes: int) -> int:
        if self._is_unfolded:
            return prefixes.bit_count()
        return sum(self._prefix_weights[prefix] for prefix in bits(prefixes))

    @staticmethod
    def _take(block: Block, left: dict[tuple[int, int], int]) -> None:
        for node in bits(block.nodes):
            for router in bits(block.routers):
                rest = left.get((node, router), 0) & ~block.prefixes
                if rest:
                    left[node, router] = rest
                else:
                    left.pop((node, router), None)

    def needed(self, blocks: Sequence[Block]) -> list[Block]:
        """Return the blocks without those whose cells the others have too, the smallest tried first."""
        times = self._times(blocks)
        kept = []
        for block in sorted(blocks, key=lambda block: (block.size, block)):
            if self._is_covered_twice(block, times):
                self._count(block, times, -1)
            else:
                kept.append(block)
        return kept

    def _times(self, blocks: Sequence[Block]) -> dict[tuple[int, int, int], int]:
        """Return how many blocks have each wanted cell."""
        times: dict[tuple[int, int, int], int] = defaultdict(int)
        for block in blocks:
            self._count(block, times, 1)
        return times

    def _count(self, block: Block, times: dict[tuple[int, int, int], int], number: int) -> None:
        for cell in self._wanted_cells(block):
            times[cell] += number

    def _wanted_cells(self, block: Block) -> Iterator[tuple[int, int, int]]:
        for node in bits(block.nodes):
            for router in bits(block.routers):
                for prefix in bits(self.wanted.get((node, router), 0) & block.prefixes):
                    yield node, router, prefix

    def _is_covered_twice(self, block: Block, times: dict[tuple[int, int, int], int]) -> bool:
        return all(times[cell] > 1 for cell in self._wanted_cells(block))

    def joined(self, blocks: list[Block]) -> list[Block]:
        """Return the blocks, each two that are one block as one."""
        if len(blocks) > _MOST_TO_JOIN:
            return blocks
        for one, other in combinations(blocks, 2):
            both = Block(one.nodes | other.nodes, one.routers | other.routers, one.prefixes | other.prefixes)
            if self.widening.routers_with(both.nodes, both.prefixes) & both.routers == both.routers:
                return self.joined(self.needed([*(block for block in blocks if block not in (one, other)), both]))
        return blocks

    def trimmed(self, blocks: list[Block]) -> list[Block]:
        """Return the blocks without the nodes, routers and prefixes whose cells other blocks have."""
        times = self._times(blocks)
        return [self._trimmed(block, times) for block in sorted(blocks, key=lambda block: (block.size, block))]

    def _trimmed(self, block: Block, times: dict[tuple[int, int, int], int]) -> Block:
        if all(times[cell] == 1 for cell in self._wanted_cells(block)):
            return block
        for axis, is_whole in (
            ("nodes", self._is_named),
            ("routers", self._has_all_routers),
            ("prefixes", self._has_all_prefixes),
        ):
            for number in () if is_whole(block) else bits(getattr(block, axis)):
                part = block._replace(**{axis: 1 << number})
                if part != block and self._is_covered_twice(part, times):
                    self._count(part, times, -1)
                    block = block._replace(**{axis: getattr(block, axis) & ~(1 << number)})
        return block

    def _is_named(self, block: Block) -> bool:
        return block.nodes in self.named_sets

    def _has_all_routers(self, block: Block) -> bool:
        complete = self.widening.complete_prefixes
        return all(complete[node] & block.prefixes == block.prefixes for node in bits(block.nodes))

    def _has_all_prefixes(self, block: Block) -> bool:
        complete = self.widening.complete_routers
        return all(complete[node] & block.routers == block.routers for node in bits(block.nodes))
