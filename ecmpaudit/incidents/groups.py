"""A group of findings: its block, what it is about, and which findings could be its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from ecmpaudit.incidents.blocks import cover
from ecmpaudit.incidents.widening import Block

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from ecmpaudit.incidents.board import Board, Spot
    from ecmpaudit.incidents.kinds import CauseKind
    from ecmpaudit.model import Kind

_Subject = TypeVar("_Subject", bound="Hashable")


@dataclass(slots=True)
class Group:
    """Findings that are one incident."""

    kind: Kind
    block: Block
    """In the numbers of the board; without nodes where the findings are not about nodes that are expected."""
    subject: Hashable = ""
    """What the findings share beside their block: the ceilings, unnamed nodes, the code and the message."""
    cause: CauseKind | None = None
    candidates: list[int] = field(default_factory=list)
    """The findings that it explains, also in part, by number."""
    findings: list[int] = field(default_factory=list)
    """Those of them that are in no other group."""


def groups_of_spots(
    board: Board, kind: Kind, by_subject: Mapping[_Subject, Mapping[Spot, Sequence[int]]]
) -> Iterator[Group]:
    """Yield the groups of findings, by number, that share a subject: one for each block of routers and prefixes."""
    for subject, at in by_subject.items():
        cells = dict.fromkeys(at, 1)
        for block in cover(cells, cells, board.whole_network):
            found = [number for spot, numbers in at.items() if block.has(*spot) for number in numbers]
            yield Group(kind, Block(0, block.routers, block.prefixes), subject, candidates=found)
