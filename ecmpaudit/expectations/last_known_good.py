"""The last known good: a prefix without a configured expectation should have what it last had without a fault.

This is a guess like the one from siblings, and called inferred too: it shows that something changed, not that the
change is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ecmpaudit.expectations.node_lists import in_order
from ecmpaudit.model import Expectation, Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import NextHop, Past, PastSet

KnownGood: TypeAlias = dict[tuple[str, str], Mapping[str, Expectation]]
"""Expectations by router and VRF, then by prefix."""


@dataclass(frozen=True, slots=True)
class _OfOneTable(Mapping[str, Expectation]):
    """The expectations of one router and VRF by prefix: made when they are asked for.

    Where a configuration says what is expected, hardly any is.
    """

    sets: Mapping[str, PastSet]

    def __getitem__(self, prefix: str) -> Expectation:
        return _expectation(self.sets[prefix])

    def __iter__(self) -> Iterator[str]:
        return iter(self.sets)

    def __len__(self) -> int:
        return len(self.sets)


def last_known_good(past: Past) -> KnownGood:
    """Return what each prefix had in the last run that found nothing wrong with it."""
    known: dict[tuple[str, str], dict[str, PastSet]] = {}
    for (router, vrf, prefix), before in past.good.items():
        if before.next_hops:
            known.setdefault((router, vrf), {})[prefix] = before
    return {table: _OfOneTable(sets) for table, sets in known.items()}


def _expectation(before: PastSet) -> Expectation:
    """The nodes are named only if each next hop has one of its own: fe80::1 on two interfaces is two next hops."""
    nodes = {node.name: node for node in (_node_of(hop, before) for hop in before.next_hops) if node}
    named = in_order(nodes.values()) if len(nodes) == len(before.next_hops) else ()
    return Expectation(f"last known good, {before.run}", len(before.next_hops), named, is_inferred=True)


def _node_of(hop: NextHop, before: PastSet) -> Node | None:
    if hop.address is None:
        return None
    known = next((node for node in before.nodes if node.has(hop)), None)
    return known or Node(hop.address, frozenset({hop.address}))
