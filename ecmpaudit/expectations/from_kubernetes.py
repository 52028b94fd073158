"""Expectations from the objects of a cluster: each prefix of its Services, with the nodes that should announce it.

Nodes have their names in Kubernetes. An entry of the same name in `nodes` of ecmpaudit.yaml replaces their addresses,
for nodes that peer from another address than their InternalIP; where it has none of a family, Kubernetes' addresses of
that family are used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, overload

from ecmpaudit.cached import cached_property
from ecmpaudit.expectations.node_lists import in_order
from ecmpaudit.expectations.scopes import PrefixSet, has_address_of
from ecmpaudit.model import Expectation, Facts, Node
from ecmpaudit.model.addressing import family_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecmpaudit.kubernetes.announcing import Announcements
    from ecmpaudit.kubernetes.shares import Share
    from ecmpaudit.model import Capture
    from ecmpaudit.model.cluster_faults import ClusterFault


_SameNodes = dict[int, tuple[Node, ...]]
"""Nodes by the identity of the tuple that they follow from: Services of a large cluster share their nodes."""


@dataclass(frozen=True)
class ClusterKnowledge:
    """What the Services of a cluster expect."""

    expected: Mapping[str, Expectation] = field(default_factory=dict)
    """By prefix; an expectation of 0 means that no node should announce it."""
    nodes: tuple[Node, ...] = ()
    """Every node of the cluster, sorted."""
    ranges: tuple[str, ...] = ()
    """The prefixes that Services get their addresses from."""
    is_complete: bool = False
    """Every Service is known: a prefix inside `ranges` that none expects belongs to none."""
    routers: frozenset[str] | None = None
    """The routers that its nodes announce to; None means every router."""
    undetermined: tuple[str, ...] = ()
    """What could not be determined, in sentences."""
    notes: tuple[str, ...] = ()
    """What was assumed, and which addresses are no routes."""
    faults: tuple[ClusterFault, ...] = ()
    """What is wrong in the objects by themselves."""
    reported: Facts = Facts()  # noqa: RUF009 - frozen, and empty
    """What nodes report of themselves in objects, as facts."""
    configurations: tuple[Capture, ...] = ()
    """The configurations that their routing daemons run with."""

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
        """Return whether the cluster announces to a router; one without a name may be any of those listed."""
        return router is None or self.routers is None or router in self.routers

    def audits(self, prefix: str) -> bool:
        """Return whether a Service needs a prefix, or it is in a range of addresses for Services."""
        return prefix in self.expected or self.is_in_ranges(prefix)

    def is_in_ranges(self, prefix: str) -> bool:
        """Return whether a prefix lies in one of the ranges."""
        return self._inside.holds(prefix)

    @cached_property
    def _inside(self) -> PrefixSet:
        return PrefixSet(self.ranges)

    def narrowed(self, pools: Sequence[str]) -> ClusterKnowledge:
        """Return a copy with only the prefixes and ranges inside these pools."""
        inside = PrefixSet(pools)
        return replace(
            self,
            expected={prefix: known for prefix, known in self.expected.items() if inside.holds(prefix)},
            ranges=(
                *(known for known in self.ranges if inside.holds(known)),
                *(pool for pool in pools if self.is_in_ranges(pool) and pool not in self.ranges),
            ),
        )

    def with_nodes(self, by_name: Mapping[str, Node]) -> ClusterKnowledge:
        """Return a copy in which nodes have the addresses given here, where their names are."""
        nodes = tuple(by_name.get(node.name, node) for node in self.nodes)
        known = {node.name: node for node in nodes}
        same: _SameNodes = {}
        return replace(self, nodes=nodes, expected={p: _with_nodes(e, known, same) for p, e in self.expected.items()})


def knowledge_of(
    found: Announcements, overrides: Iterable[Node] = (), routers: Iterable[str] | None = None
) -> ClusterKnowledge:
    """Return the expectations that follow from the announcements of a cluster."""
    given = {node.name: node for node in overrides}
    nodes = in_order(
        Node(
            name,
            _addresses(given.get(name), own),
            (*(given[name].labels if name in given else ()), *found.labels.get(name, ())),
            name in given and given[name].is_stateful,
        )
        for name, own in found.nodes.items()
    )
    by_name = {node.name: node for node in nodes}
    same: _SameNodes = {}
    return ClusterKnowledge(
        expected={prefix: _expectation(share, by_name, same) for prefix, share in found.shares.items()},
        nodes=nodes,
        ranges=found.ranges,
        is_complete=found.is_complete,
        routers=None if routers is None else frozenset(routers),
        undetermined=tuple(found.undetermined),
        notes=tuple(found.notes),
        faults=tuple(found.faults),
        reported=found.reported.facts,
        configurations=found.reported.captures,
    )


@dataclass(frozen=True, eq=False)
class ExcludedNodes(Sequence[tuple[Node, str]]):
    """The nodes that are not expected, each with the reason; made when they are asked for, as there are many."""

    reasons: Mapping[str, str]
    nodes: Mapping[str, Node]

    @cached_property
    def _all(self) -> tuple[tuple[Node, str], ...]:
        return tuple((self.nodes[name], why) for name, why in self.reasons.items())

    def __len__(self) -> int:
        return len(self.reasons)

    @overload
    def __getitem__(self, index: int) -> tuple[Node, str]: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[tuple[Node, str], ...]: ...
    def __getitem__(self, index: int | slice) -> tuple[Node, str] | tuple[tuple[Node, str], ...]:
        return self._all[index]


def _expectation(share: Share, nodes: Mapping[str, Node], same: _SameNodes) -> Expectation:
    """Where no node has an address of the prefix's family, only their number is known."""
    if id(share.nodes) not in same:
        same[id(share.nodes)] = tuple(nodes[name] for name in share.nodes)
    willing = same[id(share.nodes)]
    version = family_of(share.prefix)
    return Expectation(
        source=share.source,
        count=len(willing),
        nodes=willing if any(has_address_of(node, version) for node in willing) else (),
        services=share.services,
        excluded=ExcludedNodes(share.excluded, nodes),
        possible=tuple(nodes[name] for name in share.possible),
    )


def _addresses(given: Node | None, own: frozenset[str]) -> frozenset[str]:
    """Return the given addresses, and the node's own of each family without a given one."""
    if given is None:
        return own
    families = {version for version in (4, 6) if has_address_of(given, version)}
    return given.addresses | {address for address in own if family_of(address) not in families}


def _with_nodes(expectation: Expectation, known: Mapping[str, Node], same: _SameNodes) -> Expectation:
    excluded = expectation.excluded
    if id(expectation.nodes) not in same:
        same[id(expectation.nodes)] = tuple(known[node.name] for node in expectation.nodes)
    return replace(
        expectation,
        nodes=same[id(expectation.nodes)],
        excluded=ExcludedNodes(excluded.reasons, known) if isinstance(excluded, ExcludedNodes) else excluded,
        possible=tuple(known[node.name] for node in expectation.possible),
    )
