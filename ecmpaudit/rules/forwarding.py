"""What a router's kernel does with a next hop that does not answer: it sends packets to it all the same, or avoids it.

Measured on Linux 6.18 in both families (docs/beyond-the-kernel.md): a route with next hops of its own is hashed over
all of them, unless it is IPv4's and `fib_multipath_use_neigh` is 1. Of a group of next-hop objects, the kernel uses
only members that answer, unless the group is resilient. Where none answers, packets go to one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.model.forwarding_kinds import RESILIENT
from ecmpaudit.model.questions import Question
from ecmpaudit.model.routes import DistinctNextHops, NextHop, distinct_next_hops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.model import AuditedPrefix, Facts
    from ecmpaudit.model.facts import NeighborEntry, NextHopObject

_IPV4 = 4
_USE_NEIGH = "fib_multipath_use_neigh"


@dataclass(frozen=True, slots=True)
class Unanswering:
    """A next hop that the kernel has, and whose neighbour entry says that it does not answer."""

    hop: NextHop
    entry: NeighborEntry


def next_hops_of_kernel(prefix: AuditedPrefix, facts: Facts) -> Sequence[NextHop]:
    """Return the next hops that the kernel forwards with, as far as they are known.

    They are those of the kernel's route, else of its next-hop object, else those that the daemon reports as installed.
    """
    if prefix.in_kernel is not None:
        return prefix.in_kernel
    known = object_of(prefix, facts)
    of_object = hops_of_object(known, facts) if known else None
    if of_object is not None:
        return of_object
    return () if prefix.shows_candidates_only else prefix.installed


def object_of(prefix: AuditedPrefix, facts: Facts) -> NextHopObject | None:
    """Return the next-hop object of the kernel's route; None where it has none, or it is not known."""
    route = facts.object_route.get(prefix.key)
    return facts.next_hop_object.get((prefix.router, route.number)) if route else None


def hops_of_object(known: NextHopObject, facts: Facts) -> DistinctNextHops | None:
    """Return the next hops of a next-hop object, with the weights that it gives them; None where a member is absent."""
    members = members_of_object(known, facts)
    return None if members is None else distinct_next_hops(members)


def members_of_object(known: NextHopObject, facts: Facts) -> tuple[NextHop, ...] | None:
    """Return the next hops of a next-hop object in its order, in which the kernel divides flows among them.

    One that drops packets has none; a group has it as its only member.
    """
    if known.is_blackhole:
        return ()
    if not known.members:
        return (NextHop(known.address, known.interface),)
    members = [(facts.next_hop_object.get((known.host, member.number)), member) for member in known.members]
    hops = tuple(NextHop(one.address, one.interface, weight=member.weight) for one, member in members if one)
    if any(one and one.is_blackhole for one, _ in members):
        return ()
    return hops if len(hops) == len(members) else None


def unanswering(prefix: AuditedPrefix, facts: Facts) -> tuple[Unanswering, ...]:
    """Return the next hops of the kernel whose neighbour entries are FAILED or INCOMPLETE.

    An old entry (STALE), and none at all, are what a next hop has that got no packet lately.
    """
    if prefix.router not in facts.hosts_with_unresolved_neighbors:
        return ()
    found = ((hop, entry_of(hop, prefix, facts)) for hop in next_hops_of_kernel(prefix, facts))
    return tuple(Unanswering(hop, entry) for hop, entry in found if entry is not None and entry.is_unresolved)


def entry_of(hop: NextHop, prefix: AuditedPrefix, facts: Facts) -> NeighborEntry | None:
    """Return the neighbour entry of a next hop."""
    return facts.neighbor_entry(prefix.router, hop.address, hop.interface)


def avoids(prefix: AuditedPrefix, facts: Facts) -> bool | None:
    """Return whether the kernel sends nothing to the next hops that do not answer; None where that is not known."""
    if len(unanswering(prefix, facts)) == len(next_hops_of_kernel(prefix, facts)):
        return False
    if prefix.key in facts.object_route:
        known = object_of(prefix, facts)
        return None if known is None else known.kind != RESILIENT
    if not is_kernel_known(prefix, facts):
        return None
    if prefix.family != _IPV4:
        return False
    setting = facts.setting(prefix.router, _USE_NEIGH, _IPV4)
    return setting.value != "0" if setting else None


def is_kernel_known(prefix: AuditedPrefix, facts: Facts) -> bool:
    """Return whether the kernel's route was read, so that one without a next-hop object has none."""
    if prefix.in_kernel is not None:
        return True
    is_main = prefix.vrf == DEFAULT_VRF
    return is_main and facts.knows(prefix.router, Question.KERNEL_ROUTES, prefix.family)


def differing_from_object(prefix: AuditedPrefix, facts: Facts) -> tuple[Sequence[NextHop], Sequence[NextHop]] | None:
    """Return the next hops that only the route has, and those that only its next-hop object has; None where unknown.

    The route is the kernel's where it lists its next hops, else the daemon's. Weights are compared only with the
    kernel's own, since a daemon scales them.
    """
    known = object_of(prefix, facts)
    of_object = hops_of_object(known, facts) if known else None
    listed = prefix.in_kernel or (None if prefix.shows_candidates_only else prefix.installed)
    if of_object is None or not listed:
        return None
    with_weights = bool(prefix.in_kernel)
    lacking = [hop for hop in listed if not any(_is_same(hop, other, with_weights) for other in of_object)]
    beyond = [hop for hop in of_object if not any(_is_same(hop, other, with_weights) for other in listed)]
    return lacking, beyond


def _is_same(one: NextHop, other: NextHop, with_weights: bool) -> bool:
    return one.is_same_as(other) and (not with_weights or one.effective_weight == other.effective_weight)
