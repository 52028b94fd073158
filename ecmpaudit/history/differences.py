"""What changed between two sights, per router and prefix: each side is gone through once.

A prefix that one side does not have has no route there only if that side read the router's whole table, and would
have looked at the prefix; otherwise it is not known, and said to be not compared.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model import prefix_key
from ecmpaudit.model.addressing import DEFAULT_VRF, family_of
from ecmpaudit.model.runs import Change, Differences, Spread
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model import Fault, NextHop, Place
    from ecmpaudit.model.runs import RouterAnswer, Sight

_NO_ROUTE = Spread()
_ATTRIBUTES = ("protocol", "kind", "distance", "metric", "expected", "ceiling")
_UNKNOWN = "unknown"


def differences(before: Sight, after: Sight) -> Differences:
    """Return what changed from one sight to the other."""
    sides = _Side.of(before), _Side.of(after)
    changes: list[Change] = []
    unknown: Counter[str] = Counter()
    places = sorted(dict.fromkeys([*before.spreads, *after.spreads]), key=_order)
    for place in places:
        old, new = (side.known(place) for side in sides)
        if isinstance(old, str) or isinstance(new, str):
            reasons = [f"{sight.title}: {why}" for sight, why in ((before, old), (after, new)) if isinstance(why, str)]
            unknown["; ".join(reasons)] += 1
        elif old != new and (change := _change(place, old, new)):
            changes.append(change)
    both = _faults_both_could_know(before, after)
    return Differences(
        before=before.title,
        after=after.title,
        changes=tuple(changes),
        unchanged=len(places) - len(changes) - unknown.total(),
        new_faults=_messages(after, both - before.faults.keys()),
        gone_faults=_messages(before, both - after.faults.keys()),
        not_compared=tuple(dict.fromkeys([*_routers_not_compared(before, after), *_counted(unknown)])),
    )


def _order(place: Place) -> tuple[str, str, tuple[int, int, int]]:
    router, vrf, prefix = place
    return router, vrf, prefix_key(prefix)


@dataclass(frozen=True)
class _Side:
    """A sight, and the VRFs that it has of each router."""

    sight: Sight
    vrfs: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, sight: Sight) -> _Side:
        return cls(sight, frozenset((router, vrf) for router, vrf, _ in sight.spreads))

    def known(self, place: Place) -> Spread | str:
        """Return what is known of a place, or why nothing is."""
        found = self.sight.spreads.get(place)
        if found is not None:
            return found
        router, vrf, prefix = place
        answer = self.sight.answers.get(router)
        if answer is None or not answer.has_data:
            return _why_not_read(router, answer)
        is_whole = family_of(prefix) in answer.whole_families
        if not is_whole or (vrf != DEFAULT_VRF and (router, vrf) not in self.vrfs):
            return f"{router or 'its table'}: not known to be whole"
        if not any(_is_inside(prefix, covered) for covered in self.sight.covers):
            return f"{router or 'its table'}: not among the audited prefixes"
        return _NO_ROUTE


def _is_inside(prefix: str, covered: str) -> bool:
    """Of different families, neither is inside the other."""
    (family, address, length), (of_cover, first, shortest) = prefix_key(prefix), prefix_key(covered)
    host_bits = (128 if family == 6 else 32) - shortest  # noqa: PLR2004 - IPv6
    return family == of_cover and length >= shortest and address >> host_bits == first >> host_bits


def _change(place: Place, old: Spread, new: Spread) -> Change | None:
    gone, come = _only_in(old, new), _only_in(new, old)
    attributes = tuple(_attributes(old, new)) if old.protocol and new.protocol else ()
    if not (gone or come or attributes or bool(old.protocol) != bool(new.protocol)):
        return None  # nothing but the known names of nodes
    return Change(
        place=place,
        before=len(old.next_hops) if old.protocol else None,
        after=len(new.next_hops) if new.protocol else None,
        gone=tuple(_named(hop, old, new) for hop in gone),
        come=tuple(_named(hop, new, old) for hop in come),
        attributes=attributes,
    )


def _only_in(one: Spread, other: Spread) -> list[NextHop]:
    there = {(hop.address, hop.interface, hop.vrf) for hop in other.next_hops}
    return [hop for hop in one.next_hops if (hop.address, hop.interface, hop.vrf) not in there]


def _named(hop: NextHop, own: Spread, other: Spread) -> str:
    """Return a next hop with its node's name, as far as either side knows it."""
    node = next((node for node in (*own.nodes, *other.nodes) if node.has(hop)), None)
    interface = f" on {hop.interface}" if _is_elsewhere(hop, other) else ""
    return f"{hop}{interface}" if node is None or node.name == hop.address else f"{node.name} ({hop}{interface})"


def _is_elsewhere(hop: NextHop, other: Spread) -> bool:
    """The same address stays and only its interface changed: without it, a line would say that nothing did."""
    return hop.interface is not None and any(str(hop) == str(kept) for kept in other.next_hops)


def _attributes(old: Spread, new: Spread) -> Iterator[tuple[str, str, str]]:
    for name in _ATTRIBUTES:
        one, other = getattr(old, name), getattr(new, name)
        is_guess = name == "expected" and (old.is_inferred or new.is_inferred)
        if one != other and not is_guess:
            yield name, _word(one), _word(other)
    weights = {(hop.address, hop.interface, hop.vrf): hop.weight for hop in old.next_hops}
    for hop in new.next_hops:
        weight = weights.get((hop.address, hop.interface, hop.vrf), hop.weight)
        if weight != hop.weight:
            yield f"weight of {_named(hop, new, new)}", _word(weight), _word(hop.weight)


def _word(value: object) -> str:
    return _UNKNOWN if value is None else str(value)


def _faults_both_could_know(before: Sight, after: Sight) -> set[Fault]:
    """Return the faults of routers that both sides could look at, and those of no router."""
    routers = {name for name in before.answers.keys() & after.answers.keys() if _is_read(before, after, name)}
    return {fault for fault in (*before.faults, *after.faults) if not fault.router or fault.router in routers}


def _is_read(before: Sight, after: Sight, router: str) -> bool:
    return before.answers[router].has_data and after.answers[router].has_data


def _messages(sight: Sight, faults: set[Fault]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sight.faults[fault] for fault in sorted(faults)))


def _routers_not_compared(before: Sight, after: Sight) -> Iterator[str]:
    for router in sorted({*before.answers, *after.answers}):
        for sight in (before, after):
            answer = sight.answers.get(router)
            if answer is None or not answer.is_complete:
                yield f"{sight.title}: {_why_not_read(router, answer)}"


def _why_not_read(router: str, answer: RouterAnswer | None) -> str:
    name = router or "its router"
    if answer is None:
        return f"{name}: not asked"
    return f"{name}: {'not' if not answer.has_data else 'not completely'} read: {answer.failure or 'no answer'}"


def _counted(unknown: Counter[str]) -> Sequence[str]:
    """Return why prefixes were not compared, once for each reason; a router that was not read was told before."""
    return [f"{reason} ({counted(count, 'prefix')})" for reason, count in sorted(unknown.items())]
