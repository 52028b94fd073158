"""In which order to drain all nodes, each back before the next one goes, so that the fewest flows move.

With hash-threshold, a node in the middle moves the fewest flows, and a node that returns is the last one (by the age of
next-hop objects). So what a node costs changes with each one before it. The next node is the one that costs least now:
for one set of equal weights no order moves fewer flows, because the last places only get more. With other weights, or
sets of several kinds, another order may; of few nodes all orders are compared.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from ecmpaudit.changes.spreading import Member, Members, movement
from ecmpaudit.model import name_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecmpaudit.changes.placed import Chosen, Placed


_FEW, _MOST_SETS = 6, 64
"""Nodes of which all orders are compared, 720 at most, and distinct sets with which that is quick."""


@dataclass(frozen=True, slots=True)
class _Set:
    """One set, and how often there is one like it."""

    members: Members
    chosen: Chosen
    is_by_address: bool
    count: int
    places: Mapping[str, tuple[int, ...]]
    """Where each node is in it."""

    def after(self, node: str) -> _Set:
        """Return the set after a node was away: it is last, unless the order is that of the addresses."""
        if self.is_by_address or node not in self.places:
            return self
        return _set(_back(self.members, self.places[node]), self.chosen, self.count, is_by_address=False)


@dataclass(frozen=True, slots=True)
class Drains:
    """Nodes, one drained after the other."""

    nodes: tuple[str, ...]
    moved: Fraction
    """How often each flow moves on average, by drains and returns."""


def order_of_draining(sets: Iterable[Placed]) -> Drains:
    """Return the order in which draining all nodes moves the fewest flows."""
    now = _counted(sets)
    left = sorted({node for one in now for node in one.places}, key=name_key)
    total, chosen = _of_all(now, left) if len(left) <= _FEW and len(now) <= _MOST_SETS else _one_by_one(now, left)
    return Drains(chosen, total / max(1, sum(one.count for one in now)))


def _one_by_one(now: Sequence[_Set], left: Sequence[str]) -> tuple[Fraction, tuple[str, ...]]:
    """Return what an order costs in which the next node is always the one that costs least, and the order."""
    chosen: list[str] = []
    total = Fraction(0)
    while len(chosen) < len(left):
        cost, place = min((_cost(now, node), place) for place, node in enumerate(left) if node not in chosen)
        total += cost
        chosen.append(left[place])
        now = [one.after(left[place]) for one in now]
    return total, tuple(chosen)


def _of_all(now: Sequence[_Set], left: Sequence[str]) -> tuple[Fraction, tuple[str, ...]]:
    """Return the same of the order that costs least of all; of several, the one that is found first."""
    best = _one_by_one(now, left)

    def search(now: Sequence[_Set], chosen: tuple[str, ...], so_far: Fraction) -> None:
        nonlocal best
        if len(chosen) == len(left):
            best = (so_far, chosen)
            return
        for cost, place in sorted((_cost(now, node), place) for place, node in enumerate(left) if node not in chosen):
            if so_far + cost < best[0]:
                search([one.after(left[place]) for one in now], (*chosen, left[place]), so_far + cost)

    search(now, (), Fraction(0))
    return best


def drained_in(nodes: Sequence[str], sets: Iterable[Placed]) -> Drains:
    """Return what draining the nodes in a given order moves."""
    now = _counted(sets)
    total = Fraction(0)
    for node in nodes:
        total += _cost(now, node)
        now = [one.after(node) for one in now]
    return Drains(tuple(nodes), total / max(1, sum(one.count for one in now)))


def _counted(sets: Iterable[Placed]) -> list[_Set]:
    counts = Counter((one.members, one.chosen, one.ordered.is_by_address) for one in sets if one.members)
    return [
        _set(members, chosen, count, is_by_address=is_by_address)
        for (members, chosen, is_by_address), count in counts.items()
    ]


def _set(members: Members, chosen: Chosen, count: int, *, is_by_address: bool) -> _Set:
    places: dict[str, tuple[int, ...]] = {}
    for place, member in enumerate(members):
        places[member.node] = (*places.get(member.node, ()), place)
    return _Set(members, chosen, is_by_address, count, places)


def _cost(sets: Iterable[_Set], node: str) -> Fraction:
    """Return how many flows move when a node goes and when it comes back, as shares of the sets together.

    Where each node is once in a set, only the weights and the node's place count: so few costs are worked out.
    """
    shapes: Counter[tuple[tuple[int, ...], int, bool, Chosen]] = Counter()
    cost = Fraction(0)
    for one in sets:
        places = one.places.get(node)
        if places is None:
            continue
        if len(one.places) == len(one.members):
            weights = tuple([member.weight for member in one.members])
            shapes[weights, places[0], one.is_by_address, one.chosen] += one.count
        else:
            cost += one.count * _moved(one.members, places, one.chosen, is_by_address=one.is_by_address)
    return cost + sum((_of_shape(*shape) * count for shape, count in shapes.items()), Fraction(0))


@lru_cache(maxsize=65536)
def _of_shape(weights: tuple[int, ...], place: int, is_by_address: bool, chosen: Chosen) -> Fraction:
    members = tuple(Member(str(number), str(number), weight) for number, weight in enumerate(weights))
    return _moved(members, (place,), chosen, is_by_address=is_by_address)


def _moved(members: Members, places: tuple[int, ...], chosen: Chosen, *, is_by_address: bool) -> Fraction:
    """Return the flows of one set that move when what is at some places goes and comes back."""
    without = tuple(member for number, member in enumerate(members) if number not in places)
    back = members if is_by_address else _back(members, places)
    gone = movement(members, without, chosen.model, chosen.buckets)
    come = movement(without, back, chosen.model, chosen.buckets)
    return gone.moved + come.moved  # an idle bucket that moves later has no flow


def _back(members: Members, places: tuple[int, ...]) -> Members:
    """Return the members with those at some places last."""
    rest = (member for number, member in enumerate(members) if number not in places)
    return (*rest, *(members[place] for place in places))
