"""What `fabric` says of routers and nodes that is no such name, or contradicts itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.configuration.references import Fault, unknown_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ecmpaudit.configuration.fabric import FabricSection


def fabric_faults(fabric: FabricSection, routers: Collection[str], nodes: Collection[str]) -> Iterator[Fault]:
    """Yield the contradictions between the fabric and the other sections, and within it."""
    tiers: dict[str, int] = {}
    for number, tier in enumerate(fabric.tiers):
        place = ("fabric", "tiers", number)
        yield from unknown_names(tier.routers, routers, "router", (*place, "routers"))
        if any(tier.name == other.name for other in fabric.tiers[:number]):
            yield Fault((*place, "name"), f"{tier.name} is another tier's name already")
        for index, name in enumerate(tier.routers):
            if tiers.setdefault(name, number) != number:
                yield Fault((*place, "routers", index), f"{name} is in tier {fabric.tiers[tiers[name]].name} already")
    yield from _link_faults(fabric, tiers, routers, nodes)
    if not fabric.tiers and not fabric.links and not fabric.learn:
        yield Fault(("fabric",), "expected tiers, links or `learn: true`: without them, it expects nothing")
    if fabric.tiers and not fabric.learn:
        for name in nodes:
            if name not in fabric.links:
                yield Fault(
                    ("fabric", "links"), f"node {name} is missing: write the routers above it, or `learn: true`"
                )


def _link_faults(
    fabric: FabricSection, tiers: dict[str, int], routers: Collection[str], nodes: Collection[str]
) -> Iterator[Fault]:
    known = {*routers, *nodes}
    for lower, uppers in fabric.links.items():
        place = ("fabric", "links", lower)
        if lower not in known:
            yield from (Fault(place, fault.message) for fault in unknown_names((lower,), known, "router or node", ()))
        yield from unknown_names(uppers, routers, "router", place)
        for index, upper in enumerate(uppers):
            if tiers.get(upper, -1) >= tiers.get(lower, len(fabric.tiers)) >= 0 and upper in tiers:
                yield Fault((*place, index), f"{upper} is not above {lower}: links go from a tier to one above it")
