"""Findings of the other rules: those with the same code and the same message, but for places and counts, are one.

A finding that only adds something to another one about the same place follows that one: a fault that came back, a set
that shrank, a next hop that is missing because it is not in the FIB.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ecmpaudit.incidents.groups import groups_of_spots
from ecmpaudit.incidents.kinds import message_kind
from ecmpaudit.model import MISSING_NEXT_HOPS, Kind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecmpaudit.incidents.board import Board, Spot
    from ecmpaudit.incidents.groups import Group
    from ecmpaudit.model import Finding

_OF_THE_SAME_SET = frozenset({"ECMP202", "ECMP301", "ECMP602"})
"""They report next hops that 101 reports as missing, if it does."""
_CAME_BACK = "ECMP604"


def leaders_of(board: Board, findings: Sequence[Finding], grouped: Iterable[int]) -> dict[int, int]:
    """Return the findings that follow another one about the same router and prefix, each with that one."""
    first: dict[tuple[str, Spot], int] = {}
    short: dict[Spot, int] = {}
    for number, finding in enumerate(findings):
        spot = board.spot_of(finding)
        first.setdefault((finding.code, spot), number)
        if finding.code in MISSING_NEXT_HOPS:
            short[spot] = number
    done = set(grouped)
    leaders: dict[int, int] = {}
    for number, finding in enumerate(findings):
        spot = board.spot_of(finding)
        leader = None
        if finding.code in _OF_THE_SAME_SET:
            leader = short.get(spot)
        elif finding.code == _CAME_BACK:
            leader = next((first[code, spot] for code in _codes_in(finding) if (code, spot) in first), None)
        if leader is not None and number not in done:
            leaders[number] = leader
    return leaders


def _codes_in(finding: Finding) -> Iterator[str]:
    """Yield the code of the fault that came back, from the message `tor1 …: ECMP101 about node3 has returned`."""
    yield from (word for word in finding.message.split() if word.startswith("ECMP") and word != _CAME_BACK)


def other_groups(board: Board, findings: Sequence[Finding], left: Iterable[int]) -> Iterator[Group]:
    """Yield the groups of findings, given by number, that are alike."""
    alike: dict[tuple[Kind, str, str], dict[Spot, list[int]]] = defaultdict(dict)
    for number in left:
        finding = findings[number]
        kind = Kind.NOT_CHECKED if finding.severity is Severity.INCOMPLETE else Kind.OTHER
        key = (kind, finding.code, message_kind(finding))
        alike[key].setdefault(board.spot_of(finding), []).append(number)
    for (kind, code, message), at in alike.items():
        yield from groups_of_spots(board, kind, {(code, message): at})
