"""Which node a flow takes, as models of how routers spread flows, and the share of flows that a change moves.

Nothing is sampled: a model divides all values of the hash among the nodes, and two divisions are compared exactly, as
fractions of all values. Every value is taken to be equally likely, which many flows with different hashes are.

`hash-threshold` is the Linux kernel's (RFC 2992): `fib_rebalance` in net/ipv4/fib_semantics.c,
`rt6_multipath_rebalance` in net/ipv6/route.c and `nh_hthr_group_rebalance` in net/ipv4/nexthop.c give the same bounds.
`resilient` is that of its resilient groups (`ecmpaudit/changes/buckets.py`).
`modulo-n` is a model of some ASICs, and no particular device's.
"""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING, TypeAlias

from ecmpaudit.changes.bounds import bounds
from ecmpaudit.changes.buckets import migrated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_VALUES = 1 << 31
"""The kernel's hash of a flow is a number of 31 bits."""
_CACHED = 65536


@dataclass(frozen=True, slots=True)
class Member:
    """One next hop of a set, at its place in the order that the router keeps."""

    hop: str
    """Its address, and its interface where that is needed; a set has it once."""
    node: str
    """The node that it leads to; several next hops may lead to one."""
    weight: int = 1


Members: TypeAlias = tuple[Member, ...]
_Pairs: TypeAlias = "Counter[tuple[str | None, str | None]]"
"""How many values of the hash have one node before and one after; None where the flow has none."""


class Model(enum.StrEnum):
    """How a router chooses among the next hops of a set."""

    HASH_THRESHOLD = "hash-threshold"
    RESILIENT = "resilient"
    MODULO_N = "modulo-n"


@dataclass(frozen=True)
class Movement:
    """What a change does to the flows of one set."""

    moved: Fraction
    """Of all flows, those whose node changes; all where no next hop is left."""
    innocent: Fraction
    """Of the flows of nodes that stay, those that move to another node that stays."""
    shares_before: Mapping[str, Fraction] = field(default_factory=dict)
    """Of all flows, by node in the order of the set."""
    shares_after: Mapping[str, Fraction] = field(default_factory=dict)
    moves_later: Fraction = Fraction(0)
    """Of all flows, those that a resilient group moves once their bucket is idle, and not with the change."""
    pairs: Mapping[tuple[str | None, str | None], int] = field(default_factory=dict)
    """How many values of the hash have one node before and one after; None where the flow has none."""

    def moved_of(self, node: str) -> Fraction:
        """Return the share of a node's flows that move to another one, or nowhere."""
        return self._share_of(node, lambda new: new != node)

    def innocent_of(self, node: str) -> Fraction:
        """Return the share of a node's flows that move to another node that was there before."""
        return self._share_of(node, lambda new: new != node and new in self.shares_before)

    def _share_of(self, node: str, counts: Callable[[str | None], bool]) -> Fraction:
        own = [(new, count) for (old, new), count in self.pairs.items() if old == node]
        total = sum(count for _, count in own)
        return Fraction(sum(count for new, count in own if counts(new)), total) if total else Fraction(0)


def movement(before: Members, after: Members, model: Model, buckets: int | None = None) -> Movement:
    """Return what changes between two sets; `buckets` are those of a resilient group.

    Raises:
        ValueError: the model is `resilient`, and no number of buckets is given.
    """
    if model is Model.RESILIENT:
        if buckets is None:
            raise ValueError("a resilient group has a number of buckets")
        return _resilient(before, after, buckets)
    return _movement(before, after, model)


@lru_cache(maxsize=_CACHED)
def _movement(before: Members, after: Members, model: Model) -> Movement:
    pairs = _of_thresholds(before, after) if model is Model.HASH_THRESHOLD else _of_remainders(before, after)
    return _of_pairs(pairs, before, after)


def _of_pairs(pairs: _Pairs, before: Members, after: Members) -> Movement:
    total = sum(pairs.values())
    if not total:
        return Movement(Fraction(0), Fraction(0))
    staying = {member.node for member in before} & {member.node for member in after}
    of_staying = sum(count for (old, _), count in pairs.items() if old in staying)
    moved = sum(count for (old, new), count in pairs.items() if old != new and old is not None)
    innocent = sum(count for (old, new), count in pairs.items() if old != new and {old, new} <= staying)
    return Movement(
        Fraction(moved, total),
        Fraction(innocent, of_staying) if of_staying else Fraction(0),
        _shares(before, pairs, total, lambda pair: pair[0]),
        _shares(after, pairs, total, lambda pair: pair[1]),
        pairs=pairs,
    )


def _shares(
    members: Members, pairs: _Pairs, total: int, node_of: Callable[[tuple[str | None, str | None]], str | None]
) -> dict[str, Fraction]:
    counts: Counter[str | None] = Counter()
    for pair, count in pairs.items():
        counts[node_of(pair)] += count
    return {node: Fraction(counts[node], total) for node in dict.fromkeys(member.node for member in members)}


def _of_thresholds(before: Members, after: Members) -> _Pairs:
    """Count values of the hash by walking along the bounds of both sets."""
    sides = [
        list(zip(bounds(_VALUES, [m.weight for m in members]), [m.node for m in members], strict=True))
        if members
        else [(_VALUES, None)]
        for members in (before, after)
    ]
    pairs: _Pairs = Counter()
    first = second = reached = 0
    while first < len(sides[0]) and second < len(sides[1]):
        (old_end, old), (new_end, new) = sides[0][first], sides[1][second]
        end = min(old_end, new_end)
        pairs[old, new] += end - reached
        reached = end
        first += old_end == end
        second += new_end == end
    return pairs


def _of_remainders(before: Members, after: Members) -> _Pairs:
    """Count values of the hash by their remainders: two of them occur together if they agree modulo the divisor."""
    old, new = _repeated(before), _repeated(after)
    divisor = gcd(len(old), len(new))
    pairs: _Pairs = Counter()
    for residue in range(divisor):
        new_nodes = Counter(new[residue::divisor])
        for one, often in Counter(old[residue::divisor]).items():
            for other, count in new_nodes.items():
                pairs[one, other] += often * count
    return pairs


def _repeated(members: Members) -> list[str | None]:
    """Return each node as often as its weight, the weights as small as they can be; one None for an empty set."""
    divisor = gcd(*(member.weight for member in members)) or 1
    return [member.node for member in members for _ in range(member.weight // divisor)] or [None]


@lru_cache(maxsize=_CACHED)
def _resilient(before: Members, after: Members, buckets: int) -> Movement:
    """Compare the buckets of a group: those of lost next hops move at once, others once they are idle."""
    full = migrated((None,) * buckets, _weights(before))
    at_once = migrated(full, _weights(after))
    later = migrated(at_once, _weights(after), are_idle=True)
    # A node may take over the address of another one.
    old_node, new_node = ({member.hop: member.node for member in members} for members in (before, after))
    pairs: _Pairs = Counter(
        (old_node.get(old or ""), new_node.get(new or "")) for old, new in zip(full, at_once, strict=True)
    )
    moved_later = sum(
        new_node.get(one or "") != new_node.get(other or "") for one, other in zip(at_once, later, strict=True)
    )
    return replace(_of_pairs(pairs, before, after), moves_later=Fraction(moved_later, buckets))


def _weights(members: Members) -> tuple[tuple[str, int], ...]:
    return tuple((member.hop, member.weight) for member in members)
