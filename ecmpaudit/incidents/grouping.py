"""Findings in groups: by the cause that they share, then by the smallest number of blocks; each is in one group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.incidents.assignment import assign
from ecmpaudit.incidents.ceilings import ceiling_groups, spots_at_a_ceiling
from ecmpaudit.incidents.missing import MissingNodes
from ecmpaudit.incidents.others import leaders_of, other_groups
from ecmpaudit.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.incidents.board import Board
    from ecmpaudit.incidents.groups import Group
    from ecmpaudit.model import Finding

_OF_A_ROUTERS_CEILING = frozenset({"ECMP203", "ECMP204"})
_WITHOUT_DAEMON = "ECMP405"


def groups_of(board: Board, findings: Sequence[Finding]) -> list[Group]:
    """Return the findings in groups; each finding, by its number, is in `findings` of exactly one."""
    at_a_ceiling = spots_at_a_ceiling(board, findings)
    groups = [
        *ceiling_groups(board, findings, at_a_ceiling),
        *MissingNodes(board, findings, at_a_ceiling).groups(),
    ]
    grouped = {number for group in groups for number in group.candidates}
    for group, number in _of_routers(board, findings, groups):
        group.candidates.append(number)
        grouped.add(number)
    leaders = leaders_of(board, findings, grouped)
    left = [number for number in range(len(findings)) if number not in grouped and number not in leaders]
    groups += other_groups(board, findings, left)
    assign(groups)
    _follow(leaders, groups)
    return groups


def _of_routers(board: Board, findings: Sequence[Finding], groups: Sequence[Group]) -> Iterator[tuple[Group, int]]:
    """Yield the findings about whole routers that add to a group, each with that group."""
    for number, finding in enumerate(findings):
        if finding.code in _OF_A_ROUTERS_CEILING:
            of_kind = [group for group in groups if group.kind is Kind.CEILING]
        elif finding.code == _WITHOUT_DAEMON:
            of_kind = [group for group in groups if group.cause and group.cause.clause.endswith("does not run")]
            of_kind = [group for group in of_kind if group.cause and group.cause.clause.startswith("{router}")]
        else:
            continue
        router, _ = board.spot_of(finding)
        if group := next((group for group in of_kind if group.block.routers >> router & 1), None):
            yield group, number


def _follow(leaders: dict[int, int], groups: Sequence[Group]) -> None:
    """Put each finding that follows another one into the group of that one."""
    owner = {number: group for group in groups for number in group.findings}
    for number in leaders:
        first = number
        while first in leaders:
            first = leaders[first]
        owner[first].findings.append(number)
        owner[first].candidates.append(number)
