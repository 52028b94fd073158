"""The next hops of a prefix on a router, each at its place with its node, and how flows are spread over them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.changes.order_of_next_hops import ordered_next_hops
from ecmpaudit.changes.spreading import Member, Members, Model
from ecmpaudit.model.forwarding_kinds import RESILIENT
from ecmpaudit.rules.forwarding import object_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecmpaudit.changes.names import Names
    from ecmpaudit.changes.order_of_next_hops import Ordered
    from ecmpaudit.model import AuditedPrefix, Facts, Network


@dataclass(frozen=True, slots=True)
class Spreading:
    """How flows are taken to be spread."""

    model: Model | None = None
    """That of every router; None where each counts as it is known to do it."""
    buckets: int | None = None
    """Where every set is taken for a resilient group."""
    layer: str | None = None
    """`l3`, `l4` or `inner`: what is hashed; None where the router's own setting counts."""
    of_router: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    """The title of each router's platform and its model; None where no source says how it does it."""

    def of(self, prefix: AuditedPrefix, facts: Facts, size: int) -> Chosen:
        """Return how the flows of one prefix are taken to be spread; `size` is the number of its next hops."""
        if self.buckets:
            return Chosen(Model.RESILIENT, self.buckets)
        if self.model:
            return Chosen(self.model)
        group = object_of(prefix, facts)
        if group and group.kind == RESILIENT and group.buckets:
            return Chosen(Model.RESILIENT, group.buckets)
        title, model = self.of_router.get(prefix.router, ("", Model.HASH_THRESHOLD.value))
        if any(use.host == prefix.router for use in facts.table_uses):
            title, model = "the ASIC of this router", None
        uncertain = None
        route = facts.object_route.get(prefix.key)
        if group and group.kind == RESILIENT:
            uncertain = "its group is resilient with an unknown number of buckets"
        elif model is None:
            uncertain = f"how {title} chooses a next hop is not known"
        elif route and not group and size > 1:
            uncertain = f"its group {route.number} is not known (ip nexthop): fewer flows move if it is resilient"
        return Chosen(Model(model or Model.HASH_THRESHOLD), None, uncertain)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The model of one set."""

    model: Model
    buckets: int | None = None
    uncertain: str | None = None
    """Why it is not known how the router does it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A set of next hops, each at its place."""

    members: Members
    keys: tuple[tuple[int, int, str], ...]
    """How each member sorts by address."""
    ordered: Ordered
    chosen: Chosen
    parents: tuple[tuple[str, ...], ...] = ()
    """The names of the recursive next hops that each member is resolved for."""


def placed(prefix: AuditedPrefix, network: Network, names: Names, spreading: Spreading) -> Placed:
    """Return the set of a prefix in the order of its kernel."""
    ordered = ordered_next_hops(prefix, network.facts)
    members = tuple(Member(str(hop), names.of(hop, prefix), hop.effective_weight) for hop in ordered.hops)
    keys = tuple(hop.sort_key for hop in ordered.hops)
    parents = tuple(names.parents_of(hop, prefix) for hop in ordered.hops)
    return Placed(members, keys, ordered, spreading.of(prefix, network.facts, len(members)), parents)
