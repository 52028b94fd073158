"""The fabric that `ecmpaudit.yaml` describes: its tiers and links, those written and those learned."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ecmpaudit.expectations.fabric import Fabric
from ecmpaudit.model import Node

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecmpaudit.configuration.fabric import FabricSection
    from ecmpaudit.configuration.schema import Configuration

Links = dict[str, tuple[str, ...]]
"""By router or node, the routers above it."""


def fabric_of(configuration: Configuration, learned: Mapping[str, frozenset[str]] | None = None) -> Fabric | None:
    """Return the fabric; None where there is none.

    `learned` are the neighbours of each router by its next hops in the last run without a fault, None where there was
    no such run.
    """
    section = configuration.fabric
    if section is None:
        return None
    tiers = [tier.routers for tier in section.tiers]
    names = {router: tier.name for tier in section.tiers for router in tier.routers}
    links = {lower: tuple(uppers) for lower, uppers in section.links.items()}
    if section.learn and learned:
        distances = _by_tiers(section) or _distances(learned, configuration)
        links = _learned_links(learned, distances) | links
        names = names or {name: f"tier {distance}" for name, distance in distances.items() if distance}
    for upper, lower in pairwise(tiers):
        for router in lower:
            links.setdefault(router, upper)
    members = {*names, *(name for pair in links.items() for name in (pair[0], *pair[1]))} & set(configuration.routers)
    return Fabric(
        {name: Node(name, frozenset()) for name in sorted(members)},
        names,
        links,
        section.default_route,
        section.loopbacks,
    )


def _by_tiers(section: FabricSection) -> dict[str, int]:
    """Return the distance of each router from the nodes, as the tiers have it."""
    last = len(section.tiers)
    return {router: last - number for number, tier in enumerate(section.tiers) for router in tier.routers}


def _distances(learned: Mapping[str, frozenset[str]], configuration: Configuration) -> dict[str, int]:
    """Return the distance of each router from the nearest node."""
    found = dict.fromkeys(configuration.nodes, 0)
    distance, last = 0, set(found)
    while last:
        distance += 1
        last = {router for router, near in learned.items() if router not in found and near & last}
        found |= dict.fromkeys(last, distance)
    return found


def _learned_links(learned: Mapping[str, frozenset[str]], distances: Mapping[str, int]) -> Links:
    """Return the links between neighbours of different distances, from the farther one to the one that is nearer."""
    links: dict[str, set[str]] = {}
    for router, neighbors in learned.items():
        for neighbor in neighbors:
            lower, upper = sorted((router, neighbor), key=lambda name: distances.get(name, 0))
            if distances.get(lower, 0) < distances.get(upper, 0):
                links.setdefault(lower, set()).add(upper)
    return {lower: tuple(sorted(uppers)) for lower, uppers in links.items()}
