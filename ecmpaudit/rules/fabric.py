"""What of a fabric is reported once: a lost link in place of every prefix that lacks it, a fault where it is.

A router that lacks a neighbour for a prefix has no fault of its own where the neighbour has lost all its own next hops
for it: the fault is there, or behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.cached import cached_property
from ecmpaudit.model import Confidence
from ecmpaudit.rules.causes import Diagnosis, Link, diagnose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Network, NextHop, Node
    from ecmpaudit.model.fabric_links import FabricLink


@dataclass(frozen=True, slots=True)
class LostLink:
    """A link of the fabric over which nothing is exchanged, as one of its ends shows it."""

    link: FabricLink
    prefix: AuditedPrefix
    """One that lacks it: on the router that reports why."""
    neighbor: Node
    """The other end."""
    diagnosis: Diagnosis
    prefixes: tuple[AuditedPrefix, ...]
    """All that lack it, on both ends."""


@dataclass(frozen=True)
class FabricView:
    """The network by the links of its fabric."""

    network: Network

    @cached_property
    def _prefixes(self) -> dict[tuple[str, str], AuditedPrefix]:
        return {(prefix.router, prefix.prefix): prefix for prefix in self.network.prefixes}

    @cached_property
    def _neighbors(self) -> dict[tuple[str, str], FabricLink]:
        links = self.network.links
        pairs = {(link.upper.name, link.lower.name): link for link in links}
        return pairs | {(link.lower.name, link.upper.name): link for link in links}

    def is_reported_elsewhere(self, prefix: AuditedPrefix) -> bool:
        """Return whether each node that a prefix lacks is explained by a fault that is reported in another place."""
        if not self.network.links or not prefix.missing:
            return False
        return all(self._is_explained(prefix, node) for node in prefix.missing)

    def is_detour(self, prefix: AuditedPrefix, hop: NextHop) -> bool:
        """Return whether a next hop is a router of the fabric that takes the traffic while nodes are missing."""
        links = (link for (router, _), link in self._neighbors.items() if router == prefix.router)
        return bool(prefix.missing) and any(link.upper.has(hop) for link in links if link.lower.name == prefix.router)

    def _is_explained(self, prefix: AuditedPrefix, node: Node) -> bool:
        link = self._neighbors.get((prefix.router, node.name))
        if link is None:
            return False
        return self._is_consequence(prefix, node) or any(
            lost.link == link and prefix in lost.prefixes for lost in self.lost_links
        )

    def _is_consequence(self, prefix: AuditedPrefix, node: Node) -> bool:
        """Return whether the router or the neighbour is known to be without what it needs itself."""
        silent = self.network.facts.silent_daemon_of
        if node.name in silent or prefix.router in silent:
            return True
        there = self._prefixes.get((node.name, prefix.prefix))
        nodes = there.expectation.nodes if there and there.expectation else ()
        return bool(nodes) and there is not None and len(there.missing) == len(nodes)

    @cached_property
    def lost_links(self) -> tuple[LostLink, ...]:
        """The links over which nothing comes that should, since the session is down, each once."""
        return tuple(lost for link in self.network.links for lost in self._lost(link))

    def _lost(self, link: FabricLink) -> Iterator[LostLink]:
        lacking: list[tuple[AuditedPrefix, Node]] = []
        for family in (4, 6):
            over = [
                (prefix, node)
                for prefix, node in self._over(link)
                if prefix.family == family and not self._is_consequence(prefix, node)
            ]
            if all(node in prefix.missing for prefix, node in over):
                lacking += over
        found = [(prefix, node, diagnose(prefix, node, self.network.facts)) for prefix, node in lacking]
        found = [each for each in found if each[2].broken and each[2].broken.link is Link.SESSION]
        if found:
            prefix, node, diagnosis = min(found, key=lambda each: each[2].confidence is not Confidence.CERTAIN)
            prefixes = tuple(prefix for prefix, _ in lacking)
            yield LostLink(link, prefix, node, diagnosis, prefixes)

    def _over(self, link: FabricLink) -> Iterator[tuple[AuditedPrefix, Node]]:
        """Yield each prefix that should go over a link, on the router at one end, with the other end."""
        for router, neighbor in ((link.upper.name, link.lower), (link.lower.name, link.upper)):
            for prefix in self._by_router.get(router, ()):
                nodes = prefix.expectation.nodes if prefix.expectation else ()
                if own := next((node for node in nodes if node.name == neighbor.name), None):
                    yield prefix, own

    @cached_property
    def _by_router(self) -> dict[str, list[AuditedPrefix]]:
        found: dict[str, list[AuditedPrefix]] = {}
        for prefix in self.network.prefixes:
            found.setdefault(prefix.router, []).append(prefix)
        return found
