"""Ceilings: what rules 201 and 202 report, and the missing nodes where a ceiling is known to keep them out."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ecmpaudit.incidents.groups import groups_of_spots
from ecmpaudit.model import MISSING_NEXT_HOPS, Kind
from ecmpaudit.rules.ceilings import reached_ceiling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.incidents.board import Board, Spot
    from ecmpaudit.incidents.groups import Group
    from ecmpaudit.model import Finding

CODES = frozenset({"ECMP201", "ECMP202"})
"""The rules that report a ceiling by prefix; the others report it by router."""


def spots_at_a_ceiling(board: Board, findings: Sequence[Finding]) -> set[Spot]:
    """Return where a ceiling keeps next hops out, so that missing nodes need no other explanation.

    A ceiling that is only suspected counts where all short prefixes of the router have the same number of next hops
    and lack different nodes: where they lack the same ones, these are the fault.
    """
    short: dict[int, set[tuple[int | None, int]]] = defaultdict(set)
    suspected: set[Spot] = set()
    for finding in findings:
        spot = board.spot_of(finding)
        if finding.code in MISSING_NEXT_HOPS:
            short[spot[0]].add((finding.actual, board.mask(finding.missing)))
        elif finding.code in CODES and board.views[spot].ceiling is None:
            suspected.add(spot)
    proven = {
        router
        for router, sets in short.items()
        if len({actual for actual, _ in sets}) == 1 < len({missing for _, missing in sets})
    }
    known = (spot for spot, view in board.views.items() if view.ceiling is not None and reached_ceiling(view))
    return {*known, *(spot for spot in suspected if spot[0] in proven)}


def ceiling_groups(board: Board, findings: Sequence[Finding], at_a_ceiling: set[Spot]) -> Iterator[Group]:
    """Yield the groups of routers with the same ceilings, and of the prefixes that these keep too small."""
    by_spot: dict[Spot, list[int]] = defaultdict(list)
    for number, finding in enumerate(findings):
        if finding.code in CODES or finding.code in MISSING_NEXT_HOPS:
            spot = board.spot_of(finding)
            if spot in at_a_ceiling or (finding.code in CODES and board.views[spot].ceiling is not None):
                by_spot[spot].append(number)
    values: dict[int, set[int]] = defaultdict(set)
    for spot in by_spot:
        ceiling = board.views[spot].ceiling
        values[spot[0]].add(ceiling.value if ceiling else len(board.views[spot].installed))
    by_ceiling: dict[tuple[int, ...], dict[Spot, list[int]]] = defaultdict(dict)
    for spot, numbers in by_spot.items():
        by_ceiling[tuple(sorted(values[spot[0]]))][spot] = numbers
    yield from groups_of_spots(board, Kind.CEILING, by_ceiling)
