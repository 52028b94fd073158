"""Which local preferences Cilium sets on the routes of one prefix.

As cilium pkg/bgp/manager/reconciler/policies.go (MergeRoutePolicies) decides it: of several entries for one session the
highest counts, and without any it is the 100 of every BGP speaker. Routers of another AS are sent none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecmpaudit.kubernetes.cilium_schema import CiliumAdvertised
    from ecmpaudit.kubernetes.cilium_sessions import Offer

_DEFAULT = 100


def preferences_of(
    selecting: Sequence[tuple[int, Sequence[Offer]]], length_of: Callable[[CiliumAdvertised], int], length: int
) -> tuple[tuple[str, int], ...]:
    """Return what sets a preference and which, once for each group of nodes with the same sessions.

    `selecting` has the offers that select a Service, by the number of the group. A group of which it is not known what
    holds has none, and so has one whose sessions do not carry the same entries: which router gets which is not known.
    """
    by_group: dict[int, list[Sequence[Offer]]] = {}
    for number, offers in selecting:
        by_group.setdefault(number, []).append(offers)
    known: dict[int, tuple[str, int]] = {}
    found: dict[tuple[str, int], None] = {}
    for choices in by_group.values():
        if len(choices) > 1:
            continue
        key = id(choices[0])
        if key not in known:
            own = [offer for offer in choices[0] if length_of(offer.entry) == length]
            if not own or not all(offer.is_internal and offer.is_for_all for offer in own):
                continue
            known[key] = max(((offer.source, _preference(offer)) for offer in own), key=lambda pair: pair[1])
        found[known[key]] = None
    return tuple(found)


def _preference(offer: Offer) -> int:
    set_one = offer.entry.attributes.local_preference
    return _DEFAULT if set_one is None else set_one
