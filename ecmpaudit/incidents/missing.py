"""Missing nodes: one layer of cells for each cause, and one for what has no next hop left."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

from ecmpaudit.incidents.atoms import bits
from ecmpaudit.incidents.blocks import cover
from ecmpaudit.incidents.groups import Group, groups_of_spots
from ecmpaudit.incidents.kinds import CauseKind, cause_kind
from ecmpaudit.incidents.widening import Block
from ecmpaudit.model import MISSING_NEXT_HOPS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecmpaudit.incidents.atoms import Cells
    from ecmpaudit.incidents.board import Board, Spot
    from ecmpaudit.model import Finding

_WITHOUT_A_ROUTE = frozenset({"ECMP102", "ECMP103"})
_MOST_TO_JOIN = 20
"""Blocks of the same nodes up to which each two are compared."""


class MissingNodes:
    """The missing cells of a run: which node is missing where, and why."""

    def __init__(self, board: Board, findings: Sequence[Finding], excused: Iterable[Spot]) -> None:
        self.board = board
        self.finding_at: dict[Spot, int] = {}
        self.all: Cells = {}
        """Every missing node."""
        self.whole: dict[Spot, CauseKind | None] = {}
        """Where no expected next hop is left, with the cause that all nodes share."""
        self.unnamed: dict[Spot, int] = {}
        """Where it is not known which nodes are missing: how many."""
        self.excused = frozenset(excused)
        """Where a ceiling keeps next hops out: a node without a cause of its own needs no other explanation."""
        self.wanted: dict[CauseKind | None, Cells] = defaultdict(dict)
        """The nodes that are to be explained, by cause."""
        self.optional: dict[CauseKind | None, Cells] = defaultdict(dict)
        """Those that may be part of a block."""
        for number, finding in enumerate(findings):
            if finding.code in MISSING_NEXT_HOPS:
                self._read(number, finding)

    def _read(self, number: int, finding: Finding) -> None:
        spot = self.board.spot_of(finding)
        self.finding_at[spot] = number
        missing = self.all[spot] = self.board.mask(finding.missing)
        by_kind = self._by_kind(finding, missing)
        is_whole = finding.code in _WITHOUT_A_ROUTE or missing == self.board.expected.get(spot)
        if is_whole and missing.bit_count() != 1:
            self.whole[spot] = next(iter(by_kind)) if len(by_kind) == 1 else None
        elif not missing and spot not in self.excused:
            self.unnamed[spot] = (finding.expected or 0) - (finding.actual or 0)
        for kind, nodes in by_kind.items():
            is_optional = spot in self.whole or (kind is None and spot in self.excused)
            (self.optional if is_optional else self.wanted)[kind][spot] = nodes

    def _by_kind(self, finding: Finding, missing: int) -> dict[CauseKind | None, int]:
        kinds: dict[CauseKind | None, int] = defaultdict(int)
        left = missing
        for cause in finding.causes:
            number = self.board.number_of(cause.node)
            kind = cause_kind(cause, finding)
            if number is not None and left >> number & 1 and kind is not None and not self._is_of_a_ceiling(kind):
                left &= ~(1 << number)
                kinds[kind] |= 1 << number
        if left:
            kinds[None] |= left
        return kinds

    @staticmethod
    def _is_of_a_ceiling(kind: CauseKind) -> bool:
        """Return whether the cause is a ceiling: `ceilings` groups those that are known."""
        return kind.link == "ceiling"

    def groups(self) -> list[Group]:
        """Return the groups of missing nodes, then those of prefixes without a next hop."""
        found = [group for kind, wanted in self.wanted.items() for group in self._of_a_cause(kind, wanted)]
        found = self._joined(found)
        for group in found:
            spots = self._spots(group.block)
            group.candidates = [self.finding_at[spot] for spot in spots if self.all[spot] & group.block.nodes]
        return [*found, *self._of_whole_prefixes(found), *self._of_unnamed_nodes()]

    def _of_a_cause(self, kind: CauseKind | None, wanted: Cells) -> Iterator[Group]:
        faulty = dict(wanted)
        for each in {kind, None}:
            for spot, nodes in self.optional.get(each, {}).items():
                faulty[spot] = faulty.get(spot, 0) | nodes
        for block in cover(faulty, wanted, self.board.universe, tuple(self.board.named_sets)):
            yield Group(Kind.MISSING, block, cause=kind)

    def _spots(self, block: Block) -> Iterator[Spot]:
        """Yield the places in a block where nodes are missing."""
        if block.routers.bit_count() * block.prefixes.bit_count() > len(self.all):
            yield from (spot for spot in self.all if block.has(*spot))
            return
        for router in bits(block.routers):
            yield from ((router, prefix) for prefix in bits(block.prefixes) if (router, prefix) in self.all)

    def _joined(self, groups: list[Group]) -> list[Group]:
        """Return the groups, those of the same nodes as one where they fill a block and their causes do not differ.

        A node is missing on one router because its session is down, on another for a reason that nobody asked for:
        that is one fault if it is missing on all routers, or at all prefixes of these routers.
        """
        by_nodes: dict[int, list[Group]] = defaultdict(list)
        for group in groups:
            by_nodes[group.block.nodes].append(group)
        return [group for alike in by_nodes.values() for group in self._joined_pairs(alike)]

    def _joined_pairs(self, groups: list[Group]) -> list[Group]:
        if not 1 < len(groups) <= _MOST_TO_JOIN:
            return groups
        for one, other in combinations(groups, 2):
            both = self._as_one(one, other)
            if both:
                return self._joined_pairs([*(group for group in groups if group not in (one, other)), both])
        return groups

    def _as_one(self, one: Group, other: Group) -> Group | None:
        causes = [cause for cause in (one.cause, other.cause) if cause is not None]
        if any(cause.is_of_a_prefix for cause in causes) or len({cause.link for cause in causes}) > 1:
            return None
        if not causes:
            return None
        both = Block(
            one.block.nodes, one.block.routers | other.block.routers, one.block.prefixes | other.block.prefixes
        )
        return Group(Kind.MISSING, both, cause=causes[0]) if self._is_complete(both) else None

    def _is_complete(self, block: Block) -> bool:
        """Return whether the block has all prefixes of its nodes on its routers, and the nodes are missing at each."""
        return all(
            not prefixes & ~block.prefixes
            and all(not expected & block.nodes & ~self.all.get((router, prefix), 0) for prefix in bits(prefixes))
            for router in bits(block.routers)
            for expected, prefixes in self.board.universe.on_router.get(router, {}).items()
            if expected & block.nodes
        )

    def _of_whole_prefixes(self, groups: Sequence[Group]) -> Iterator[Group]:
        """Yield groups of the prefixes without a next hop, where missing nodes do not explain it one by one."""
        explained: dict[Spot, int] = defaultdict(int)
        for group in groups:
            for spot in self._spots(group.block) if self.whole else ():
                explained[spot] |= group.block.nodes
        left: dict[CauseKind | None, dict[Spot, list[int]]] = defaultdict(dict)
        for spot, kind in self.whole.items():
            missing = self.all[spot]
            if not missing or missing & ~explained[spot]:
                left[kind][spot] = [self.finding_at[spot]]
        for group in groups_of_spots(self.board, Kind.NO_ROUTE, left):
            group.cause = group.subject if isinstance(group.subject, CauseKind) else None
            yield group

    def _of_unnamed_nodes(self) -> Iterator[Group]:
        by_number: dict[int, dict[Spot, list[int]]] = defaultdict(dict)
        for spot, number in self.unnamed.items():
            by_number[number][spot] = [self.finding_at[spot]]
        yield from groups_of_spots(self.board, Kind.MISSING, by_number)
