"""The largest blocks around a cell: each axis in turn takes as much as the others allow.

A cell may be part of a block if it is faulty. It may also be one that does not exist, where the node is missing at all
prefixes of that router, or on all routers of that prefix: else a prefix that only some routers have would divide it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from ecmpaudit.incidents.atoms import bits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.incidents.atoms import Cells, Grid


class Block(NamedTuple):
    """Sets of nodes, routers and prefixes, each as the bits of an integer."""

    nodes: int
    routers: int
    prefixes: int

    @property
    def size(self) -> int:
        """How many cells it has, those that do not exist included."""
        return self.nodes.bit_count() * self.routers.bit_count() * self.prefixes.bit_count()

    def has(self, router: int, prefix: int) -> bool:
        """Return whether the block is about this router and prefix."""
        return bool(self.routers >> router & 1 and self.prefixes >> prefix & 1)


class Widening:
    """The cells of a grid, looked up along each axis; every answer is kept, as blocks share most of their lines."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.every_router = (1 << len(grid.routers)) - 1
        self.every_prefix = (1 << len(grid.prefixes)) - 1
        self.faulty_prefixes: dict[tuple[int, int], int] = defaultdict(int)
        """By node and router."""
        self._faulty_routers: dict[tuple[int, int], int] = defaultdict(int)
        """By node and prefix."""
        for (router, prefix), nodes in grid.faulty.items():
            for node in bits(nodes):
                self.faulty_prefixes[node, router] |= 1 << prefix
                self._faulty_routers[node, prefix] |= 1 << router
        self.complete_routers = _by_node(grid.complete_on)
        """By node, the routers on which it is missing at every prefix."""
        self.complete_prefixes = _by_node(grid.complete_at)
        """By node, the prefixes for which it is missing on every router."""
        self._routers: dict[tuple[int, int], int] = {}
        self._prefixes: dict[tuple[int, int], int] = {}
        self._nodes: dict[tuple[int, int], int] = {}
        self._closed: dict[tuple[int, int, int], Block] = {}

    def prefixes_on(self, node: int, router: int) -> int:
        """Return the prefixes that a block with this node and router may have."""
        if self.complete_routers[node] >> router & 1:
            return self.every_prefix
        return self.faulty_prefixes.get((node, router), 0) | self.complete_prefixes[node]

    def routers_at(self, node: int, prefix: int) -> int:
        """Return the routers that a block with this node and prefix may have."""
        if self.complete_prefixes[node] >> prefix & 1:
            return self.every_router
        return self._faulty_routers.get((node, prefix), 0) | self.complete_routers[node]

    def routers_with(self, nodes: int, prefixes: int) -> int:
        """Return the routers that a block with these nodes and prefixes may have."""
        routers = self.every_router
        for node in bits(nodes):
            if (node, prefixes) not in self._routers:
                self._routers[node, prefixes] = self._all_routers(node, prefixes)
            routers &= self._routers[node, prefixes]
        return routers

    def _all_routers(self, node: int, prefixes: int) -> int:
        routers = self.every_router
        for prefix in bits(prefixes):
            routers &= self.routers_at(node, prefix)
        return routers

    def prefixes_with(self, nodes: int, routers: int) -> int:
        """Return the prefixes that a block with these nodes and routers may have."""
        prefixes = self.every_prefix
        for node in bits(nodes):
            if (node, routers) not in self._prefixes:
                self._prefixes[node, routers] = self._all_prefixes(node, routers)
            prefixes &= self._prefixes[node, routers]
        return prefixes

    def _all_prefixes(self, node: int, routers: int) -> int:
        prefixes = self.every_prefix
        for router in bits(routers):
            prefixes &= self.prefixes_on(node, router)
        return prefixes

    def nodes_with(self, routers: int, prefixes: int) -> int:
        """Return the nodes that a block with these routers and prefixes may have."""
        key = routers, prefixes
        if key not in self._nodes:
            self._nodes[key] = self._all_nodes(routers, prefixes)
        return self._nodes[key]

    def _all_nodes(self, routers: int, prefixes: int) -> int:
        grid = self.grid
        nodes = (1 << len(grid.nodes)) - 1
        for router in bits(routers):
            for prefix in bits(prefixes):
                nodes &= grid.faulty.get((router, prefix), 0) | grid.complete_on[router] | grid.complete_at[prefix]
                if not nodes & (nodes - 1):  # no further node, and one that the block is about
                    return nodes
        return nodes

    def around(self, cells: Cells) -> Iterator[Block]:
        """Yield the largest blocks around faulty cells, one for each order of the axes; some of them repeatedly.

        A block that can have no second node is the same in both orders of the other two axes, and is yielded once.
        """
        on_routers, at_prefixes = set(), set()
        for (router, prefix), nodes in cells.items():
            for node in bits(nodes):
                on_routers.add((node, router))
                at_prefixes.add((node, prefix))
            yield from self._nodes_first(router, prefix)
        for node, router in sorted(on_routers):
            yield from self._prefixes_first(node, router)
        for node, prefix in sorted(at_prefixes):
            yield from self._routers_first(node, prefix)

    def _prefixes_first(self, node: int, router: int) -> Iterator[Block]:
        prefixes = self.prefixes_on(node, router)
        routers = self.routers_with(1 << node, prefixes)
        nodes = self.nodes_with(1 << router, prefixes)
        if nodes != 1 << node:
            yield self.closed(self.nodes_with(routers, prefixes), routers, prefixes)
        yield self.closed(nodes, self.routers_with(nodes, prefixes), prefixes)

    def _routers_first(self, node: int, prefix: int) -> Iterator[Block]:
        routers = self.routers_at(node, prefix)
        nodes = self.nodes_with(routers, 1 << prefix)
        if nodes != 1 << node:
            prefixes = self.prefixes_with(1 << node, routers)
            yield self.closed(self.nodes_with(routers, prefixes), routers, prefixes)
        yield self.closed(nodes, routers, self.prefixes_with(nodes, routers))

    def _nodes_first(self, router: int, prefix: int) -> Iterator[Block]:
        nodes = self.nodes_with(1 << router, 1 << prefix)
        if not nodes & (nodes - 1):
            return
        routers = self.routers_with(nodes, 1 << prefix)
        yield self.closed(nodes, routers, self.prefixes_with(nodes, routers))
        prefixes = self.prefixes_with(nodes, 1 << router)
        yield self.closed(nodes, self.routers_with(nodes, prefixes), prefixes)

    def closed(self, nodes: int, routers: int, prefixes: int) -> Block:
        """Return the block without what has no faulty cell in it."""
        key = nodes, routers, prefixes
        if key not in self._closed:
            self._closed[key] = self._with_faulty_cells(*key)
        return self._closed[key]

    def _with_faulty_cells(self, nodes: int, routers: int, prefixes: int) -> Block:
        used = [0, 0, 0]
        for node in bits(nodes):
            for router in bits(routers):
                if own := self.faulty_prefixes.get((node, router), 0) & prefixes:
                    used[0] |= 1 << node
                    used[1] |= 1 << router
                    used[2] |= own
        return Block(*used)


def _by_node(nodes_by_number: dict[int, int]) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    for number, nodes in nodes_by_number.items():
        for node in bits(nodes):
            found[node] |= 1 << number
    return found
