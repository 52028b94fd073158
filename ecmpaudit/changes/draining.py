"""In which order to drain all nodes, each back before the next one goes, so that the fewest flows move.

With hash-threshold, a node in the middle moves the fewest flows, and a node that returns is the last one (by the age of
next-hop objects). So what a node costs changes with each one before it. The next node is always the one that costs
least now: for one set of equal weights no order moves fewer flows, because the last places only get more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from ecmpaudit.changes.spreading import Members, movement
from ecmpaudit.model import name_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecmpaudit.changes.what_if import Chosen, Placed


_Sets: TypeAlias = "Counter[tuple[Members, bool, Chosen]]"
"""How often there is a set, whether addresses decide its order, and its model."""


@dataclass(frozen=True, slots=True)
class Drains:
    """Nodes, one drained after the other."""

    nodes: tuple[str, ...]
    moved: Fraction
    """How often each flow moves on average, by drains and returns."""


def order_of_draining(sets: Iterable[Placed]) -> Drains:
    """Return the order in which draining all nodes moves the fewest flows."""
    counts = _counted(sets)
    left = sorted({member.node for members, *_ in counts for member in members}, key=name_key)
    chosen: list[str] = []
    total = Fraction(0)
    while left:
        costs = [(_cost(counts, node), place) for place, node in enumerate(left)]
        cost, place = min(costs)
        total += cost
        chosen.append(left[place])
        counts = _after(counts, left.pop(place))
    return Drains(tuple(chosen), total / max(1, sum(counts.values())))


def drained_in(nodes: Sequence[str], sets: Iterable[Placed]) -> Drains:
    """Return what draining the nodes in a given order moves."""
    counts = _counted(sets)
    total = Fraction(0)
    for node in nodes:
        total += _cost(counts, node)
        counts = _after(counts, node)
    return Drains(tuple(nodes), total / max(1, sum(counts.values())))


def _counted(sets: Iterable[Placed]) -> _Sets:
    return Counter((one.members, one.ordered.is_by_address, one.chosen) for one in sets if one.members)


def _cost(counts: _Sets, node: str) -> Fraction:
    """Return how many flows move when a node goes and when it comes back, as shares of the sets together."""
    cost = Fraction(0)
    for (members, is_by_address, chosen), count in counts.items():
        without = tuple(member for member in members if member.node != node)
        if len(without) < len(members):
            back = _back(members, node, is_by_address=is_by_address)
            gone = movement(members, without, chosen.model, chosen.buckets)
            come = movement(without, back, chosen.model, chosen.buckets)
            cost += count * (gone.moved + come.moved)  # an idle bucket that moves later has no flow
    return cost


def _after(counts: _Sets, node: str) -> _Sets:
    after: _Sets = Counter()
    for (members, is_by_address, chosen), count in counts.items():
        after[_back(members, node, is_by_address=is_by_address), is_by_address, chosen] += count
    return after


def _back(members: Members, node: str, *, is_by_address: bool) -> Members:
    """Return the set after a node was away: it is last, unless the order is that of the addresses."""
    if is_by_address:
        return members
    return (*(m for m in members if m.node != node), *(m for m in members if m.node == node))
