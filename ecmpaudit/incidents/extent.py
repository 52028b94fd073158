"""How far an incident reaches, in words: `on rtr25, all 300 prefixes`, `on 2 of 40 routers, 6 of 300 prefixes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.cached import cached_property
from ecmpaudit.incidents.atoms import bits
from ecmpaudit.rules.messages import place_of_router
from ecmpaudit.wording import and_listed, counted, in_ranges, listed, without_shared_domain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.incidents.atoms import Universe
    from ecmpaudit.incidents.board import Board
    from ecmpaudit.incidents.widening import Block

_NAMED = 2
"""Routers or prefixes up to which all are named."""
_NODES_NAMED = 6


class Extent:
    """The words for the routers and prefixes of one block."""

    def __init__(self, board: Board, block: Block) -> None:
        self._board, self._block = board, block
        self._routers = [place_of_router(*board.routers[router]) for router in bits(block.routers)]
        self._prefixes = [board.prefixes[prefix] for prefix in bits(block.prefixes) if board.prefixes[prefix]]

    @cached_property
    def _universe(self) -> Universe:
        return self._board.universe if self._block.nodes else self._board.whole_network

    @cached_property
    def _of_routers(self) -> int:
        """How many routers expect one of the nodes for one of the prefixes."""
        block = self._block
        return (self._universe.routers(block.nodes or 1, block.prefixes) | block.routers).bit_count()

    @cached_property
    def _of_prefixes(self) -> int:
        """How many prefixes expect one of the nodes on one of the routers."""
        block = self._block
        return (self._universe.prefixes(block.nodes or 1, block.routers) | block.prefixes).bit_count()

    @cached_property
    def routers(self) -> str:
        """`on rtr25`, `on rtr3 and rtr4`, `on all 40 routers`, `on 12 of 40 routers`; empty for an unnamed router."""
        names = [name for name in self._routers if name]
        if not names:
            return ""
        number = len(self._routers)
        if number > 1 and number == self._of_routers:
            return f"on all {counted(number, 'router')}"
        if number <= _NAMED:
            return f"on {and_listed(names)}"
        return f"on {number:,} of {counted(self._of_routers, 'router')}"

    @cached_property
    def prefixes(self) -> str:
        """`172.31.0.9/32`, `all 300 prefixes`, `6 of 300 prefixes`; empty where it is about none."""
        number = len(self._prefixes)
        if number == 1:
            return self._prefixes[0]
        if not number:
            return ""
        if number == self._of_prefixes:
            return f"all {counted(number, 'prefix')}"
        return f"{number:,} of {counted(self._of_prefixes, 'prefix')}"

    @property
    def text(self) -> str:
        """Both, as a list."""
        return ", ".join(filter(None, (self.routers, self.prefixes)))

    @property
    def phrase(self) -> str:
        """Both, as the end of a sentence; of an unnamed router `at 172.31.0.9/32`."""
        return self.text if self.routers or not self.prefixes else f"at {self.prefixes}"


def named(names: Sequence[str], most: int = _NODES_NAMED) -> str:
    """Return names in ranges, without the domain that they share: `worker-40 … worker-63 (example.com)`."""
    short, domain = without_shared_domain(names)
    return listed(in_ranges(short), most) + (f" (all in {domain})" if domain else "")
