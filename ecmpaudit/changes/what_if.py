"""What a change does to each audited prefix on each router: which flows move, and what is left of its next hops."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from ecmpaudit.changes.aftermath import Fallback, fallback_of
from ecmpaudit.changes.needs import not_known
from ecmpaudit.changes.placed import placed
from ecmpaudit.changes.spreading import Member, Members, Movement, movement
from ecmpaudit.model import address_key
from ecmpaudit.model.addressing import family_of, is_link_local
from ecmpaudit.rules.hashing import hash_of
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecmpaudit.changes.names import Names
    from ecmpaudit.changes.placed import Chosen, Placed, Spreading
    from ecmpaudit.changes.planned import Change
    from ecmpaudit.changes.replayed import Replay
    from ecmpaudit.model import AuditedPrefix, Ceiling, Network, NextHop, Node, RouterState
    from ecmpaudit.model.questions import OpenQuestion

_Keyed: TypeAlias = "tuple[tuple[int, int, str], Member]"
"""A next hop with how it sorts by address."""
_IPV4 = 4
_NAMED = 3
"""Next hops that a reason names."""
_LAYERS = {"0": "l3", "1": "l4", "2": "inner"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change does to one prefix on one router."""

    prefix: AuditedPrefix
    before: Members
    after: Members
    movement: Movement
    chosen: Chosen
    uncertain: tuple[str, ...] = ()
    """Why the figures may differ from what the router does."""
    may_change: bool = False
    """A node of the change may be one of its next hops, of which nothing shows the node."""
    is_below_minimum: bool = False
    exceeded: Ceiling | None = None
    """The ceiling that keeps some of the next hops out after the change, and none before."""
    fallback: Fallback | None = None
    """What takes over where no next hop is left and some were there."""
    replay: Replay | None = None
    """The same of flows that the router's kernel was asked about; None where it was not."""

    @property
    def changes(self) -> bool:
        """Return whether the set of next hops is another one afterwards."""
        return self.before != self.after

    @property
    def loses_last(self) -> bool:
        """Return whether the last next hop is lost."""
        return bool(self.before) and not self.after

    @property
    def largest_share(self) -> Fraction:
        """The largest share of one node afterwards; 0 where none is left."""
        return max(self.movement.shares_after.values(), default=Fraction(0))

    @property
    def even_share(self) -> Fraction:
        """The share of each node if all had the same; 0 where none is left."""
        return Fraction(1, len(self.movement.shares_after)) if self.movement.shares_after else Fraction(0)

    @property
    def is_finding(self) -> bool:
        """Return whether the change leaves too few next hops, or more than the ceiling."""
        return self.loses_last or self.is_below_minimum or self.exceeded is not None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What a change does to everything that is audited."""

    outcomes: tuple[Outcome, ...]
    """Of each audited prefix on each router that stays."""
    lost_routers: tuple[str, ...] = ()
    not_checked: tuple[RouterState, ...] = ()
    """Routers that did not answer, or not completely."""
    unanswered: tuple[str, ...] = ()
    """Parts of the request that could not be looked at."""
    notes: tuple[str, ...] = ()
    order: tuple[str, ...] | None = None
    """The nodes in the order of draining that moves the fewest flows; None where it was not asked for."""
    moved_by_order: Fraction = Fraction(0)
    """By draining all nodes in this order, moves per flow: 2 if each flow moves twice."""

    @property
    def is_incomplete(self) -> bool:
        """Return whether something could not be looked at."""
        return bool(self.not_checked or self.unanswered or not self.outcomes)

    @property
    def moved(self) -> Fraction:
        """The share of all flows that move, each prefix on each router counting the same."""
        return _mean([outcome.movement.moved for outcome in self.outcomes])

    @property
    def innocent(self) -> Fraction:
        """The share of the flows of staying nodes that move, each prefix on each router counting the same."""
        return _mean([outcome.movement.innocent for outcome in self.outcomes if outcome.before])


def _mean(shares: Sequence[Fraction]) -> Fraction:
    # One addition for each distinct share: a thousand routers have few of them, and fractions are slow.
    counts: dict[Fraction, int] = {}
    for share in shares:
        counts[share] = counts.get(share, 0) + 1
    total = sum((share * count for share, count in counts.items()), Fraction(0))
    return total / len(shares) if shares else Fraction(0)


def what_if(
    network: Network,
    change: Change,
    names: Names,
    spreading: Spreading,
    minimum: int | None = None,
    open_questions: Iterable[OpenQuestion] = (),
) -> WhatIf:
    """Return what a change does; `minimum` is how many next hops each prefix should keep.

    `open_questions` are what hosts were asked and did not answer: what the figures need of it makes them incomplete.

    Raises:
        ConfigurationError: the change names a node or a router that is not known, although everything was read, or
            its parts do not fit together.
    """
    not_checked = tuple(filter(is_not_checked, network.routers))
    names.check_parts(change)
    if network.prefixes and not not_checked:
        names.check(change, [state.name for state in network.routers])
    applied = _Applied(network, change, names, spreading, minimum)
    return WhatIf(
        outcomes=tuple(applied.outcome(p) for p in network.prefixes if p.router not in change.lose_routers),
        lost_routers=change.lose_routers,
        not_checked=not_checked,
        unanswered=(
            *network.unanswered,
            *(f"{name}: nothing is known of it" for name in network.uncounted),
            *not_known(open_questions, network.routers, layer=spreading.layer),
        ),
        notes=(*network.notes, *applied.notes()),
    )


def is_not_checked(state: RouterState) -> bool:
    """Return whether a router did not answer, or not completely."""
    return bool(state.failure or state.unparsed or not state.has_data)


class _Applied:
    """A change, applied to one prefix after the other."""

    def __init__(
        self, network: Network, change: Change, names: Names, spreading: Spreading, minimum: int | None
    ) -> None:
        self._network, self._change, self._names = network, change, names
        self._spreading, self._minimum = spreading, minimum
        self._lost = {name for text in change.lose for name in names.all_meant(text)} | set(change.lose_routers)
        self._replaced = {name: self._newcomer(new) for old, new in change.replace for name in names.all_meant(old)}
        self._weights = {name: weight for text, weight in change.weights.items() for name in names.all_meant(text)}
        self._whole = {state.name: state.whole_families for state in network.routers}
        self._changed = {*self._lost, *self._replaced, *self._weights}
        self._met: set[str] = set()
        self._came: set[str] = set()
        self._may_be_met = False
        self._known: dict[tuple[object, ...], Outcome] = {}

    def _newcomer(self, new: Node | str) -> Node | str:
        return self._names.node(new) or new if isinstance(new, str) else new

    def outcome(self, prefix: AuditedPrefix) -> Outcome:
        """Return what the change does to one prefix; prefixes of a router with the same next hops share the answer."""
        key = self._key(prefix)
        known = self._known.get(key) if key else None
        if known is None:
            known = self._outcome(prefix)
            if key:
                self._known[key] = known
        fallback = self._fallback(prefix) if known.loses_last else None
        return replace(known, prefix=prefix, fallback=fallback)

    def _key(self, prefix: AuditedPrefix) -> tuple[object, ...] | None:
        """Return what decides about the outcome of a prefix: routes with equal next hops share one object."""
        if prefix.is_recursive:
            return None
        in_kernel = id(prefix.kernel_route.next_hops) if prefix.kernel_route else None
        route = self._network.facts.object_route.get(prefix.key)
        number = route.number if route else None
        place = (prefix.router, prefix.family, prefix.ceiling, prefix.shows_candidates_only)
        return (*place, id(prefix.installed), in_kernel, number)

    def _outcome(self, prefix: AuditedPrefix) -> Outcome:
        before = placed(prefix, self._network, self._names, self._spreading)
        kept = [
            (key, replace(member, weight=self._weight_of(member)))
            for key, member, parents in zip(before.keys, before.members, before.parents, strict=True)
            if not self._is_lost(member, parents)
        ]
        self._met |= _names_in(before)
        newcomers = list(self._newcomers(before, [member for _, member in kept], prefix))
        self._came |= {member.node for _, member in newcomers}
        exceeded = _exceeded(prefix, len(before.members), len(kept) + len(newcomers))
        together = [*kept, *newcomers][: exceeded.value if exceeded else None]
        if before.ordered.is_by_address and newcomers:
            together.sort(key=lambda pair: pair[0])
        after = tuple(member for _, member in together)
        reasons = [reason for reason in (before.chosen.uncertain, before.ordered.uncertain) if reason]
        if exceeded:
            reasons.append(f"which next hops stay out at the ceiling of {exceeded.value} is not known")
        if prefix.ceiling and len(kept) < len(before.members) >= prefix.ceiling.value:
            reasons.append(f"its ceiling of {prefix.ceiling.value} is reached: another next hop may take the place")
        if before.members != after and max(len(before.members), len(after)) > 1:
            reasons += self._of_hash(prefix)
        reasons += self._of_weights(before, newcomers)
        unknown = list(self._of_unknown_nodes(before))
        reasons += unknown
        self._may_be_met |= bool(unknown)
        moved = movement(before.members, after, before.chosen.model, before.chosen.buckets)
        is_below = self._minimum is not None and len(after) < self._minimum
        doubts = tuple(reasons)
        return Outcome(prefix, before.members, after, moved, before.chosen, doubts, bool(unknown), is_below, exceeded)

    def _of_weights(self, before: Placed, newcomers: Iterable[_Keyed]) -> Iterator[str]:
        """Yield which next hops come to a set of unequal weights with a weight that was not given."""
        given = {*self._weights, *(new if isinstance(new, str) else new.name for new in self._replaced.values())}
        assumed = [member.node for _, member in newcomers if member.node not in given]
        if assumed and len({member.weight for member in before.members}) > 1:
            yield f"the weight of {listed(assumed, _NAMED)} is not known, 1 is assumed; --weights gives it"

    def _of_unknown_nodes(self, before: Placed) -> Iterator[str]:
        """Yield why a node of the change may be in a set of which no next hop is known to be its own."""
        pairs = zip(before.ordered.hops, before.members, strict=True)
        unknown = [
            member.hop
            for hop, member in pairs
            if is_link_local(hop.address or "") and member.node == member.hop and member.hop not in self._changed
        ]
        absent = self._changed - _names_in(before)
        if unknown and absent:
            yield f"which node has next hop {listed(unknown, _NAMED)} is not known: it may be {listed(sorted(absent))}"

    def _is_lost(self, member: Member, parents: Sequence[str]) -> bool:
        """Return whether a next hop goes; one that several recursive ones resolve to goes with the last of them."""
        going = self._lost | self._replaced.keys()
        return not going.isdisjoint({member.node, member.hop}) or (bool(parents) and going.issuperset(parents))

    def _weight_of(self, member: Member) -> int:
        return self._weights.get(member.hop, self._weights.get(member.node, member.weight))

    def _newcomers(self, before: Placed, kept: Sequence[Member], prefix: AuditedPrefix) -> Iterator[_Keyed]:
        """Yield each next hop that comes, with how it sorts by address."""
        weight = before.members[0].weight if len({member.weight for member in before.members}) == 1 else 1
        coming = {
            self._replaced[name]: member.weight
            for member, parents in zip(before.members, before.parents, strict=True)
            for name in (member.hop, member.node, *parents)
            if name in self._replaced and self._is_lost(member, parents)
        }
        present = {name for member in kept for name in (member.node, member.hop)}
        for node in dict.fromkeys((*(new for new in self._replaced.values() if new in coming), *self._change.add)):
            name = node if isinstance(node, str) else node.name
            address = None if isinstance(node, str) else _address_in(node, prefix, before)
            if (isinstance(node, str) or address) and present.isdisjoint({name, address}):
                own = self._weights.get(name, coming.get(node, weight))
                yield (*address_key(address), ""), Member(address or name, name, own)
        growth = self._change.growth
        if growth and before.members:
            for number in range(1, growth.after(len(before.members)) - len(before.members) + 1):
                yield (9, number, ""), Member(f"new{number}", f"new{number}", weight)

    def _of_hash(self, prefix: AuditedPrefix) -> Iterator[str]:
        known = hash_of(prefix.router, prefix.family, self._network.facts)
        layer = self._spreading.layer or (_LAYERS.get(known.policy) if known else None)
        lacks_ports = layer is None and known is not None and known.lacks_ports(prefix.family)
        if layer == "l3" or lacks_ports:
            hashed = "addresses" if prefix.family == _IPV4 or lacks_ports else "addresses and flow labels"
            yield f"layer 3: only {hashed} are hashed, so with few clients no share is predictable"

    def _fallback(self, prefix: AuditedPrefix) -> Fallback:
        def is_lost(hop: NextHop) -> bool:
            return self._is_lost(Member(str(hop), self._names.owner_of(hop) or str(hop)), ())

        is_whole = prefix.family in self._whole.get(prefix.router, ())
        return fallback_of(prefix, self._network.facts, is_lost, is_whole=is_whole)

    def notes(self) -> Iterator[str]:
        """Yield what a reader of the figures has to know; after all prefixes."""
        for name in sorted(self._changed - self._met):
            if name not in self._change.lose_routers:
                is_unknown = self._may_be_met or any(map(is_not_checked, self._network.routers))
                yield f"{name} is {'not known to be a' if is_unknown else 'no'} next hop of any audited prefix"
        for node in self._change.add:
            if node.name not in self._came:
                is_present = not self._met.isdisjoint({node.name, *node.addresses})
                why = "it is a next hop already" if is_present else "no audited prefix has a next hop of its families"
                yield f"{node.name}: to add it changes nothing: {why}"
        for name in self._change.lose_routers:
            if name in self._met:
                yield f"{name}: its own flows take the other routers, and how they are spread there does not change"
            else:
                yield f"{name} is no next hop on any router that was read: who takes its flows is not known"


def _names_in(before: Placed) -> set[str]:
    """Return by what the next hops of a set are named: nodes, each as it is printed, and those resolved to it."""
    of_members = {name for member in before.members for name in (member.node, member.hop)}
    return of_members.union(*before.parents)


def _address_in(node: Node, prefix: AuditedPrefix, before: Placed) -> str | None:
    """Return the address with which a node becomes a next hop; None where it has none of a family in use."""
    families = {family_of(hop.address) for hop in before.ordered.hops if hop.address} or {prefix.family}
    own = [address for address in node.addresses if family_of(address) in families]
    return min(own, key=address_key, default=None)


def _exceeded(prefix: AuditedPrefix, before: int, after: int) -> Ceiling | None:
    ceiling = prefix.ceiling
    return ceiling if ceiling and after > ceiling.value and after > before else None
