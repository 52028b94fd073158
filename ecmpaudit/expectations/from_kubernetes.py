"""What a cluster's objects let expect: each prefix that its Services need, with the nodes that should announce it.

Nodes are called as Kubernetes calls them. An entry of the same name in `nodes` of ecmpaudit.yaml has the last word on
their addresses, for nodes that peer from another one than their InternalIP; where it has none of a family, those of
Kubernetes stand.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ecmpaudit.expectations.node_lists import in_order
from ecmpaudit.expectations.scopes import PrefixSet, has_address_of
from ecmpaudit.model import Expectation, Node
from ecmpaudit.model.addressing import family_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecmpaudit.kubernetes.announcing import Announcements, Share


@dataclass(frozen=True)
class ClusterKnowledge:
    """What is expected because of a cluster's Services."""

    expected: Mapping[str, Expectation] = field(default_factory=dict)
    """By prefix; an expectation of 0 says that nobody should announce it."""
    nodes: tuple[Node, ...] = ()
    """Every node of the cluster, sorted."""
    ranges: tuple[str, ...] = ()
    """The prefixes that Services get their addresses from."""
    is_complete: bool = False
    """Every Service is known: what is announced inside `ranges` and expected by none belongs to none."""
    routers: frozenset[str] | None = None
    """The routers that its nodes announce to; None means every router."""
    undetermined: tuple[str, ...] = ()
    """What could not be determined, in sentences."""
    notes: tuple[str, ...] = ()
    """What was assumed, and which addresses are no routes."""

    @cached_property
    def twins(self) -> dict[str, str]:
        """The prefixes of Services that have one in each family, both ways."""
        of_services: dict[tuple[str, ...], list[str]] = {}
        for prefix, expectation in self.expected.items():
            if expectation.services:
                of_services.setdefault(expectation.services, []).append(prefix)
        pairs = (prefixes for prefixes in of_services.values() if sorted(map(family_of, prefixes)) == [4, 6])
        return {prefix: other for one, two in pairs for prefix, other in ((one, two), (two, one))}

    def holds_for(self, router: str | None) -> bool:
        """A router without a name may be any of those listed."""
        return router is None or self.routers is None or router in self.routers

    def audits(self, prefix: str) -> bool:
        """A prefix is audited if a Service needs it, or if it lies where Services get their addresses from."""
        return prefix in self.expected or self.is_in_ranges(prefix)

    def is_in_ranges(self, prefix: str) -> bool:
        """Say whether a prefix lies in one of the ranges."""
        return self._inside.holds(prefix)

    @cached_property
    def _inside(self) -> PrefixSet:
        return PrefixSet(self.ranges)

    def with_nodes(self, by_name: Mapping[str, Node]) -> ClusterKnowledge:
        """Return a copy in which nodes have the addresses given here, where their names are."""
        nodes = tuple(by_name.get(node.name, node) for node in self.nodes)
        known = {node.name: node for node in nodes}
        return replace(self, nodes=nodes, expected={p: _with_nodes(e, known) for p, e in self.expected.items()})


def knowledge_of(
    found: Announcements, overrides: Iterable[Node] = (), routers: Iterable[str] | None = None
) -> ClusterKnowledge:
    """Return what the announcements of a cluster let expect."""
    given = {node.name: node for node in overrides}
    nodes = in_order(Node(name, _addresses(given.get(name), own)) for name, own in found.nodes.items())
    by_name = {node.name: node for node in nodes}
    return ClusterKnowledge(
        expected={prefix: _expectation(share, by_name) for prefix, share in found.shares.items()},
        nodes=nodes,
        ranges=found.ranges,
        is_complete=found.is_complete,
        routers=None if routers is None else frozenset(routers),
        undetermined=tuple(found.undetermined),
        notes=tuple(found.notes),
    )


def _expectation(share: Share, nodes: Mapping[str, Node]) -> Expectation:
    """Where no node has an address of the prefix's family, only their number is known."""
    willing = tuple(nodes[name] for name in share.nodes)
    version = family_of(share.prefix)
    return Expectation(
        source=share.source,
        count=len(willing),
        nodes=willing if any(has_address_of(node, version) for node in willing) else (),
        services=share.services,
        excluded=tuple((nodes[name], why) for name, why in share.excluded.items()),
    )


def _addresses(given: Node | None, own: frozenset[str]) -> frozenset[str]:
    """Return what was given, and of a family of which nothing was given, the node's own."""
    if given is None:
        return own
    families = {version for version in (4, 6) if has_address_of(given, version)}
    return given.addresses | {address for address in own if family_of(address) not in families}


def _with_nodes(expectation: Expectation, known: Mapping[str, Node]) -> Expectation:
    return replace(
        expectation,
        nodes=tuple(known[node.name] for node in expectation.nodes),
        excluded=tuple((known[node.name], why) for node, why in expectation.excluded),
    )
