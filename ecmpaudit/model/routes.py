"""Routes and their next hops, as a route table shows them. Next hops are kept sorted by address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, overload

from ecmpaudit.cached import cached_property
from ecmpaudit.model.addressing import DEFAULT_VRF, address_key, is_link_local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


_UNNUMBERED = "169.254.0.1"
"""How FRR installs an IPv4 route over an interface without IPv4 (RFC 8950): only the interface identifies it."""


@dataclass(frozen=True, slots=True)
class NextHop:
    """One next hop of one route."""

    address: str | None
    """Canonical text form; None when directly connected."""
    interface: str | None = None
    vrf: str = DEFAULT_VRF
    weight: int | None = None
    is_installed: bool = True
    """This hop is in the FIB, as far as the output shows."""
    is_active: bool = True
    recursive_depth: int = 0
    """0 for a hop as the protocol gave it; 1 and more for what a recursive one resolved to."""
    marks: tuple[str, ...] = ()
    """Flags of the output: `inactive`, `queued`, `rejected`, `recursive`, `duplicate`, `backup`, `dead` …"""

    def __str__(self) -> str:
        if self.address is None:
            return f"directly connected, {self.interface}" if self.interface else "directly connected"
        if is_link_local(self.address) and self.interface:
            return f"{self.address}%{self.interface}"
        return self.address

    @property
    def effective_weight(self) -> int:
        """The weight that shares are calculated with: 1 where the output shows none."""
        return 1 if self.weight is None else self.weight

    def is_same_as(self, other: NextHop) -> bool:
        """Return whether two tables mean one next hop; interfaces are compared only where both show one."""
        interfaces = {self.interface, other.interface} - {None}
        if _UNNUMBERED in {self.address, other.address}:
            return len(interfaces) == 1
        return self.address == other.address and len(interfaces) <= 1

    @property
    def sort_key(self) -> tuple[int, int, str]:
        """Order next hops by family, then by address as a number, then by interface."""
        return (*address_key(self.address), self.interface or "")


@dataclass(frozen=True)
class DistinctNextHops(Sequence[NextHop]):
    """Next hops of which each is there once, sorted.

    Prefixes with equal next hops share one object, so that what follows from it is computed once for all of them.
    """

    hops: tuple[NextHop, ...] = ()

    def __iter__(self) -> Iterator[NextHop]:
        return iter(self.hops)

    def __len__(self) -> int:
        return len(self.hops)

    @overload
    def __getitem__(self, place: int) -> NextHop: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[NextHop, ...]: ...

    def __getitem__(self, place: int | slice) -> NextHop | tuple[NextHop, ...]:
        return self.hops[place]

    @cached_property
    def addresses(self) -> frozenset[str | None]:
        """Their addresses; None among them where one has none."""
        return frozenset(hop.address for hop in self)

    @cached_property
    def have_equal_weights(self) -> bool:
        """Traffic is spread over them in equal shares."""
        return len({hop.effective_weight for hop in self}) <= 1


_NOT_FORWARDING = frozenset({"recursive", "duplicate", "backup"})


@dataclass(frozen=True)
class NextHops:
    """The next hops of a route, in the order of its table, and the sets that follow from them.

    Routes with equal next hops share one object, so each set is computed once for all of them.
    """

    hops: tuple[NextHop, ...] = ()

    def __iter__(self) -> Iterator[NextHop]:
        return iter(self.hops)

    def __len__(self) -> int:
        return len(self.hops)

    @cached_property
    def installed(self) -> DistinctNextHops:
        """The distinct next hops that traffic is spread over, sorted."""
        return distinct_next_hops(hop for hop in self.hops if hop.is_installed)

    @cached_property
    def forwarding_candidates(self) -> DistinctNextHops:
        """The distinct usable next hops, installed or not: no recursive parents, duplicates or backups."""
        return distinct_next_hops(hop for hop in self.hops if _NOT_FORWARDING.isdisjoint(hop.marks))

    @cached_property
    def not_installed(self) -> tuple[NextHop, ...]:
        """The forwarding candidates that are not in the FIB."""
        return tuple(hop for hop in self.forwarding_candidates if not hop.is_installed)

    @property
    def are_inactive(self) -> bool:
        """There are next hops, and all are marked inactive."""
        return bool(self.hops) and all("inactive" in hop.marks for hop in self.hops)

    @cached_property
    def recursive(self) -> tuple[tuple[NextHop, tuple[NextHop, ...]], ...]:
        """Each recursive next hop that traffic is forwarded by, with the next hops in the FIB that it resolves to.

        A resolved next hop that is in the FIB for another parent already counts for this one too.
        """
        in_fib = {(hop.address, hop.interface) for hop in self.installed}
        parents = [number for number, hop in enumerate(self.hops) if "recursive" in hop.marks]
        pairs = ((self.hops[number], self._resolved(number, in_fib)) for number in parents)
        return tuple((parent, resolved) for parent, resolved in pairs if resolved)

    @cached_property
    def parents(self) -> DistinctNextHops:
        """The distinct recursive next hops, sorted."""
        return distinct_next_hops(hop for hop in self.hops if "recursive" in hop.marks)

    @cached_property
    def announced(self) -> DistinctNextHops:
        """The next hops in use as the protocol gave them: a recursive one instead of those that it resolves to."""
        if not self.recursive:
            return self.installed
        top_level = {(hop.address, hop.interface) for hop in self.hops if hop.recursive_depth == 0}
        direct = (hop for hop in self.installed if (hop.address, hop.interface) in top_level)
        return distinct_next_hops((*(parent for parent, _ in self.recursive), *direct))

    def _resolved(self, number: int, in_fib: set[tuple[str | None, str | None]]) -> tuple[NextHop, ...]:
        """Return the next hops in the FIB below a recursive one: those that follow it at a greater depth."""
        depth = self.hops[number].recursive_depth
        further = (self.hops[place] for place in range(number + 1, len(self.hops)))
        below = takewhile(lambda hop: hop.recursive_depth > depth, further)
        return tuple(hop for hop in below if (hop.address, hop.interface) in in_fib)


@dataclass(frozen=True, slots=True)
class Route:
    """One route to one prefix from one protocol (for BIRD, from one protocol instance)."""

    prefix: str
    protocol: str
    """`bgp`, `ospf`, `static`, `connected`, `kernel` …; of BIRD's plain table, the name of the instance."""
    next_hops: NextHops
    source: str | None = None
    """The protocol instance: `node1` in BIRD, `ospf 10` in FRR."""
    distance: int | None = None
    metric: int | None = None
    is_selected: bool = False
    kind: str = "unicast"
    """`unicast`, `blackhole`, `unreachable` or `prohibit`."""
    line: int | None = None
    """1-based line of the route in its capture."""
    text_source: str | None = None
    """The source of that capture."""
    line_of_hop: Callable[[int], int | None] | None = field(default=None, compare=False, repr=False)
    """The line of a next hop by its number, from 0; None where lines are not known."""

    def line_of(self, hop: NextHop) -> int | None:
        """Return the line of a next hop; that of the route where its own is not known."""
        number = next((number for number, own in enumerate(self.next_hops) if own == hop), None)
        known = self.line_of_hop(number) if self.line_of_hop and number is not None else None
        return known or self.line

    @property
    def installed(self) -> DistinctNextHops:
        """The distinct next hops that traffic is spread over, sorted."""
        return self.next_hops.installed

    def distance_to(self, other: Route) -> int:
        """Return the difference of the distances; BIRD prefers the higher distance, all others the lower."""
        return abs((self.distance or 0) - (other.distance or 0))

    @property
    def forwarding_candidates(self) -> DistinctNextHops:
        """The distinct usable next hops, installed or not: no recursive parents, duplicates or backups."""
        return self.next_hops.forwarding_candidates


def have_same_names(one: Sequence[NextHop], other: Sequence[NextHop]) -> bool:
    """Return whether two sets of next hops are called the same in messages, whatever their weights and marks are."""
    if one is other:
        return True
    name_parts = attrgetter("address", "interface")
    return [*map(name_parts, one)] == [*map(name_parts, other)] or {*map(str, one)} == {*map(str, other)}


def distinct_next_hops(hops: Iterable[NextHop]) -> DistinctNextHops:
    """Return each `(address, interface, vrf)` once, sorted; the first of several wins."""
    by_identity: dict[tuple[str | None, str | None, str], NextHop] = {}
    for hop in hops:
        by_identity.setdefault((hop.address, hop.interface, hop.vrf), hop)
    return DistinctNextHops(tuple(sorted(by_identity.values(), key=lambda hop: hop.sort_key)))
