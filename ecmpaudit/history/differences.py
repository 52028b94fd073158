"""What changed between two observations, per router and prefix.

A prefix that one observation lacks has no route there only if that observation read the router's whole table and
audits the prefix. Otherwise the prefix is reported as not compared, with the reason.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.history.judging import could_judge
from ecmpaudit.model import prefix_key
from ecmpaudit.model.addressing import DEFAULT_VRF, family_of
from ecmpaudit.model.runs import Change, Differences, Spread
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecmpaudit.model import Fault, NextHop, Node, Place
    from ecmpaudit.model.runs import Observation, RouterAnswer

_NO_ROUTE = Spread()
_ATTRIBUTES = ("protocol", "kind", "distance", "metric", "expected", "ceiling")
_UNKNOWN = "unknown"
_ROUTER_NOT_CHECKED = "ECMP001"
_PREFIX_MISSING = "ECMP102"
"""The rule that an absent prefix concerns; where it could not be judged, an absent prefix may exist."""


def differences(before: Observation, after: Observation, nodes: tuple[Node, ...] | None = None) -> Differences:
    """Return what changed from one observation to the other; with `nodes`, of next hops only what concerns them."""
    sides = _Side.of(before), _Side.of(after)
    changes: list[Change] = []
    unknown: Counter[str] = Counter()
    places = sorted(dict.fromkeys([*before.spreads, *after.spreads]), key=_order)
    for place in places:
        old, new = (side.known(place) for side in sides)
        if isinstance(old, str) or isinstance(new, str):
            reasons = [f"{side.title}: {why}" for side, why in ((before, old), (after, new)) if isinstance(why, str)]
            unknown["; ".join(reasons)] += 1
        elif old != new and (change := _change(place, old, new, nodes)):
            changes.append(change)
    gaps = [*_routers_not_compared(before, after), *_gaps(before, after), *_gaps(after, before)]
    return Differences(
        before=before.title,
        after=after.title,
        changes=tuple(changes),
        unchanged=len(places) - len(changes) - unknown.total(),
        new_faults=_messages(_only_in_first(after, before)),
        gone_faults=_messages(_only_in_first(before, after)),
        not_compared=tuple(dict.fromkeys([*gaps, *_counted(unknown)])),
        not_judged=tuple(dict.fromkeys([*_not_judged(before, after), *_not_judged(after, before)])),
        codes={message: fault.code for side in (after, before) for fault, message in side.faults.items()},
    )


def _order(place: Place) -> tuple[str, str, tuple[int, int, int]]:
    router, vrf, prefix = place
    return router, vrf, prefix_key(prefix)


@dataclass(frozen=True)
class _Side:
    """An observation, and the VRFs that it has of each router."""

    observation: Observation
    vrfs: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, observation: Observation) -> _Side:
        return cls(observation, frozenset((router, vrf) for router, vrf, _ in observation.spreads))

    def known(self, place: Place) -> Spread | str:
        """Return what is known of a place, or why nothing is."""
        found = self.observation.spreads.get(place)
        if found is not None:
            return found
        router, vrf, prefix = place
        answer = self.observation.answers.get(router)
        if answer is None or not answer.has_data:
            return _why_not_read(router, answer)
        family = family_of(prefix)
        is_whole = family in answer.whole_families and answer.has_judged(_PREFIX_MISSING, (family,))
        if not is_whole or (vrf != DEFAULT_VRF and (router, vrf) not in self.vrfs):
            return f"{router or 'its table'}: not known to be whole"
        if not any(_is_inside(prefix, covered) for covered in self.observation.covers):
            return f"{router or 'its table'}: not among the audited prefixes"
        return _NO_ROUTE


def _is_inside(prefix: str, covered: str) -> bool:
    """Of different families, neither is inside the other."""
    (family, address, length), (of_cover, first, shortest) = prefix_key(prefix), prefix_key(covered)
    host_bits = (128 if family == 6 else 32) - shortest  # noqa: PLR2004 - IPv6
    return family == of_cover and length >= shortest and address >> host_bits == first >> host_bits


def _change(place: Place, old: Spread, new: Spread, nodes: tuple[Node, ...] | None) -> Change | None:
    removed, added = _of_nodes(nodes, _only_in(old, new)), _of_nodes(nodes, _only_in(new, old))
    attributes = tuple(_attributes(old, new, nodes)) if old.protocol and new.protocol else ()
    if not (removed or added or attributes or bool(old.protocol) != bool(new.protocol)):
        return None  # only the known names of nodes differ, or next hops of nodes that were not asked for
    return Change(
        place=place,
        before=len(old.next_hops) if old.protocol else None,
        after=len(new.next_hops) if new.protocol else None,
        removed=tuple(_named(hop, old, new) for hop in removed),
        added=tuple(_named(hop, new, old) for hop in added),
        attributes=attributes,
    )


def _of_nodes(nodes: tuple[Node, ...] | None, hops: Iterable[NextHop]) -> list[NextHop]:
    return [hop for hop in hops if nodes is None or any(node.has(hop) for node in nodes)]


def _only_in(one: Spread, other: Spread) -> list[NextHop]:
    in_other = {(hop.address, hop.interface, hop.vrf) for hop in other.next_hops}
    return [hop for hop in one.next_hops if (hop.address, hop.interface, hop.vrf) not in in_other]


def _named(hop: NextHop, own: Spread, other: Spread) -> str:
    """Return a next hop with its node's name, as far as either side knows it."""
    node = next((node for node in (*own.nodes, *other.nodes) if node.has(hop)), None)
    interface = f" on {hop.interface}" if _only_its_interface_changed(hop, other) else ""
    return f"{hop}{interface}" if node is None or node.name == hop.address else f"{node.name} ({hop}{interface})"


def _only_its_interface_changed(hop: NextHop, other: Spread) -> bool:
    """Return whether the other set has this address too, so that only the interface differs."""
    return hop.interface is not None and any(str(hop) == str(its) for its in other.next_hops)


def _attributes(old: Spread, new: Spread, nodes: tuple[Node, ...] | None) -> Iterator[tuple[str, str, str]]:
    for name in _ATTRIBUTES:
        one, other = getattr(old, name), getattr(new, name)
        is_inferred = name == "expected" and (old.is_inferred or new.is_inferred)
        if one != other and not is_inferred:
            yield name, _word(one), _word(other)
    weights = {(hop.address, hop.interface, hop.vrf): hop.weight for hop in old.next_hops}
    for hop in _of_nodes(nodes, new.next_hops):
        weight = weights.get((hop.address, hop.interface, hop.vrf), hop.weight)
        if weight != hop.weight:
            yield f"weight of {_named(hop, new, new)}", _word(weight), _word(hop.weight)


def _word(value: object) -> str:
    return _UNKNOWN if value is None else str(value)


def _only_in_first(first: Observation, second: Observation) -> dict[Fault, str]:
    """Return the faults of the network that the second observation could judge and does not have."""
    found = {fault.followed for fault in second.faults}
    return {
        fault: message
        for fault, message in first.faults.items()
        if not (fault.followed in found or fault.is_a_gap) and could_judge(fault, second, first)
    }


def _gaps(first: Observation, second: Observation) -> Iterator[str]:
    """Yield what the first observation alone could not check, beside routers, which have a sentence of their own."""
    for fault, message in sorted(first.faults.items()):
        if fault.is_a_gap and fault.code != _ROUTER_NOT_CHECKED and fault not in second.faults:
            yield f"{first.title}: {message}"


def _not_judged(first: Observation, second: Observation) -> Iterator[tuple[str, str]]:
    """Yield the second's title with each fault of the first that it could not judge; a change is no lasting state."""
    found = {fault.followed for fault in second.faults.keys() - second.carried_over}
    for fault, message in sorted(first.faults.items()):
        if not (fault.followed in found or fault.is_of_a_change or fault.is_a_gap or could_judge(fault, second, first)):
            yield second.title, message


def _messages(faults: Mapping[Fault, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(message for _, message in sorted(faults.items())))


def _routers_not_compared(before: Observation, after: Observation) -> Iterator[str]:
    for router in sorted({*before.answers, *after.answers}):
        for observation in (before, after):
            answer = observation.answers.get(router)
            if answer is None or not answer.is_complete:
                yield f"{observation.title}: {_why_not_read(router, answer)}"


def _why_not_read(router: str, answer: RouterAnswer | None) -> str:
    name = router or "its router"
    if answer is None:
        return f"{name}: not asked"
    return f"{name}: {'not' if not answer.has_data else 'not completely'} read: {answer.failure or 'no answer'}"


def _counted(unknown: Counter[str]) -> Sequence[str]:
    """Return why prefixes were not compared, once for each reason."""
    return [f"{reason} ({counted(count, 'prefix')})" for reason, count in sorted(unknown.items())]
