"""What an incident does to traffic: prefixes that are short, the share that moved, prefixes with no next hop left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import MISSING_NEXT_HOPS, Effect, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.incidents.board import Board
    from ecmpaudit.incidents.groups import Group
    from ecmpaudit.model import Finding

_DIGITS = 4
"""Of the share of traffic."""


def effect_of(group: Group, board: Board, findings: Sequence[Finding]) -> Effect:
    """Return the effect; `findings` are those that the incident explains, also in part."""
    short, empty, shares = set(), set(), []
    for finding in findings:
        view = board.views.get(board.spot_of(finding))
        if view is None or finding.prefix is None:
            continue
        if finding.code in MISSING_NEXT_HOPS:
            short.add(finding.prefix)
            if share := _share(group, board, finding):
                shares.append(share)
        if not view.installed:
            empty.add(finding.prefix)
    moved = round(sum(shares) / len(shares), _DIGITS) if shares else None
    return Effect(len(short), moved, len(empty))


def _share(group: Group, board: Board, finding: Finding) -> float | None:
    """Return which share of the prefix's traffic on this router went to what the incident took away."""
    if not finding.expected:
        return None
    missing = finding.expected - (finding.actual or 0)
    if group.kind is Kind.MISSING and group.block.nodes:
        missing = (board.mask(finding.missing) & group.block.nodes).bit_count()
    return min(1.0, max(0, missing) / finding.expected)
