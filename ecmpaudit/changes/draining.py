"""In which order to drain all nodes, each back before the next one goes, so that the fewest flows move.

With hash-threshold, a node in the middle moves the fewest flows, and a node that returns is the last one (by the age of
next-hop objects). So what a node costs changes with each one before it. The next node is always the one that costs
least now: for one set of equal weights no order moves fewer flows, because the last places only get more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ecmpaudit.changes.spreading import Members, movement
from ecmpaudit.model import name_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecmpaudit.changes.what_if import Placed, Spreading


@dataclass(frozen=True, slots=True)
class Drains:
    """Nodes, one drained after the other."""

    nodes: tuple[str, ...]
    moved: Fraction
    """How often each flow moves on average, by drains and returns."""


def order_of_draining(sets: Iterable[Placed], spreading: Spreading) -> Drains:
    """Return the order in which draining all nodes moves the fewest flows."""
    counts = Counter((one.members, one.ordered.is_by_address) for one in sets if one.members)
    left = sorted({member.node for members, _ in counts for member in members}, key=name_key)
    chosen: list[str] = []
    total = Fraction(0)
    while left:
        costs = [(_cost(counts, node, spreading), place) for place, node in enumerate(left)]
        cost, place = min(costs)
        total += cost
        chosen.append(left[place])
        counts = _after(counts, left.pop(place))
    return Drains(tuple(chosen), total / max(1, sum(counts.values())))


def drained_in(nodes: Sequence[str], sets: Iterable[Placed], spreading: Spreading) -> Drains:
    """Return what draining the nodes in a given order moves."""
    counts = Counter((one.members, one.ordered.is_by_address) for one in sets if one.members)
    total = Fraction(0)
    for node in nodes:
        total += _cost(counts, node, spreading)
        counts = _after(counts, node)
    return Drains(tuple(nodes), total / max(1, sum(counts.values())))


def _cost(counts: Counter[tuple[Members, bool]], node: str, spreading: Spreading) -> Fraction:
    """Return how many flows move when a node goes and when it comes back, as shares of the sets together."""
    cost = Fraction(0)
    for (members, is_by_address), count in counts.items():
        without = tuple(member for member in members if member.node != node)
        if len(without) < len(members):
            back = _back(members, node, is_by_address=is_by_address)
            gone = movement(members, without, spreading.model, spreading.buckets)
            come = movement(without, back, spreading.model, spreading.buckets)
            cost += count * (gone.moved + come.moved + come.moves_later)
    return cost


def _after(counts: Counter[tuple[Members, bool]], node: str) -> Counter[tuple[Members, bool]]:
    after: Counter[tuple[Members, bool]] = Counter()
    for (members, is_by_address), count in counts.items():
        after[_back(members, node, is_by_address=is_by_address), is_by_address] += count
    return after


def _back(members: Members, node: str, *, is_by_address: bool) -> Members:
    """Return the set after a node was away: it is last, unless the order is that of the addresses."""
    if is_by_address:
        return members
    return (*(m for m in members if m.node != node), *(m for m in members if m.node == node))
