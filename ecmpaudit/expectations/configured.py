"""Expectations from `ecmpaudit.yaml`, from a cluster's objects, and from `--pool`, `--expect` and `--nodes`.

`Expectations` answers every question about what is expected. The exception for a prefix takes precedence, then the
flags, then the most specific pool around it, then the cluster of that pool. Where none of them names nodes or a number,
Kubernetes does; otherwise all nodes are expected.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from ecmpaudit.configuration.addresses import canonical_address
from ecmpaudit.expectations.fabric_from_configuration import fabric_of
from ecmpaudit.expectations.flags import Flags
from ecmpaudit.expectations.from_configuration import nodes_of, scopes_of, twins_of
from ecmpaudit.expectations.node_lists import in_order
from ecmpaudit.expectations.scopes import Match, PrefixSet, Scope, ScopeIndex, index_of
from ecmpaudit.model import Expectation, Node, prefix_key
from ecmpaudit.model.addressing import is_ipv6

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.expectations.fabric import Fabric
    from ecmpaudit.expectations.from_kubernetes import ClusterKnowledge


class Expectations:
    """Which prefixes are audited on which router, and what they should have."""

    def __init__(
        self,
        scopes: Sequence[Scope],
        nodes: tuple[Node, ...],
        by_flags: Scope | None = None,
        twins: Mapping[str, str] = MappingProxyType({}),
        cluster: ClusterKnowledge | None = None,
        only: tuple[str, ...] = (),
        fabric: Fabric | None = None,
    ) -> None:
        self.nodes = nodes
        """Every node that is known, sorted."""
        self.twins = twins
        """The same service's prefix in the other family, both ways."""
        self._scopes = tuple(scopes)
        self._by_flags = by_flags
        self._match_of_flags = Match.of(by_flags) if by_flags else None
        """What `--nodes` or `--expect` say of every prefix but those with an exception of their own."""
        self.cluster = cluster
        """The expectations from the objects of a Kubernetes cluster; None where none were given."""
        self.fabric = fabric
        """Whose links say which next hops lead to the nodes; None where none is given."""
        self._only = only
        self._inside = PrefixSet(only)
        """The prefixes that `--pool` narrows the configuration to; everything where it is empty."""
        self._indexes: dict[str | None, ScopeIndex] = {}
        self._indexes_of_scopes: dict[tuple[int, ...], ScopeIndex] = {}
        """By the places of their scopes: routers with the same ones share an index, and so its expectations."""
        self._has_stateful_node = any(node.is_stateful for node in nodes)

    @classmethod
    def from_configuration(cls, configuration: Configuration, path_name: str) -> Expectations:
        """Return what a configuration expects; `path_name` is the name of the file in messages."""
        scopes = scopes_of(configuration, path_name)
        nodes = in_order(nodes_of(configuration).values())
        return cls(scopes, nodes, twins=twins_of(configuration), fabric=fabric_of(configuration))

    @classmethod
    def from_flags(cls, pools: Sequence[str], expect: int | None, nodes: tuple[Node, ...]) -> Expectations:
        """Return what the options expect; without pools that holds for every prefix.

        Raises:
            ConfigurationError: a pool is no prefix, or `--expect` contradicts `--nodes`.
        """
        return cls((), ()).with_flags(Flags.of(pools, expect, nodes))

    @property
    def has_any(self) -> bool:
        """Return whether anything is given: pools, exceptions, nodes, a number, a cluster or a fabric."""
        return bool(self._scopes) or any(given is not None for given in (self._by_flags, self.cluster, self.fabric))

    def says_what_to_audit(self, router: str | None) -> bool:
        """Return whether pools, exceptions or the Services of a cluster limit what is audited on this router."""
        return self._cluster_of(router) is not None or any(True for _ in self._scopes_of(router))

    def audits(self, router: str | None, prefix: str) -> bool:
        """Return whether a prefix is audited: it is inside a pool of its router and not ignored, or a Service needs it.

        Without any pool, exception or cluster, every prefix is audited. The address of a Service that is inside a pool
        of other routers is audited on those only.
        """
        if not self._scopes and self.cluster is None and not (self.fabric and self.fabric.prefixes):
            return True
        if self._only and not self._inside.holds(prefix):
            return False
        if self.fabric and self.fabric.audits(router, prefix):
            return True
        match = self._index(router).match(prefix)
        if match is not None:
            return not match.is_ignored
        cluster = self._cluster_of(router)
        return cluster is not None and cluster.audits(prefix) and self._index(None).match(prefix) is None

    def for_prefix(self, router: str | None, prefix: str) -> Expectation | None:
        """Return what a prefix should have on a router; None where nothing is given, or it is ignored.

        In a fabric, the next hops are those of the router's neighbours that lead to the nodes.
        """
        if self.fabric is None:
            return self._for_prefix(router, prefix)
        if own := self.fabric.for_prefix(router, prefix):
            return own
        given = self._for_prefix(router, prefix)
        return self.fabric.narrowed(router, given) if given else None

    def _for_prefix(self, router: str | None, prefix: str) -> Expectation | None:
        match = self._index(router).match(prefix) if self._scopes else None
        given = match.expectation(prefix) if match else None
        is_written = match is not None and (match.is_ignored or (given is not None and not match.is_default))
        if self._match_of_flags and not (match and (match.is_ignored or match.is_exception)):
            given, is_written = self._match_of_flags.expectation(prefix), True
        if not is_written:
            cluster = self._cluster_of(router)
            if cluster and prefix in cluster.expected:
                return cluster.expected[prefix]
        return None if self.is_orphan(router, prefix) else given

    def is_orphan(self, router: str | None, prefix: str) -> bool:
        """Return whether all prefixes of its pool are known and this is none; the pool itself is no orphan."""
        match = self._index(router).match(prefix) if self._scopes else None
        if match is not None and match.is_orphan:
            return prefix not in self.pools(router)
        cluster = self._cluster_of(router)
        return cluster is not None and self.is_complete_for(prefix) and prefix not in cluster.expected

    def is_stateful(self, router: str | None, prefix: str) -> bool:
        """Return whether the nodes of a prefix keep state for all flows of a client: their pool, or any of them."""
        match = self._index(router).match(prefix) if self._scopes else None
        if match is not None and match.is_stateful:
            return True
        if not self._has_stateful_node:
            return False
        given = self._for_prefix(router, prefix)
        return given is not None and any(node.is_stateful for node in given.nodes)

    def named_prefixes(self, router: str | None) -> tuple[str, ...]:
        """Return the prefixes that have to exist on a router.

        These are exceptions that are not ignored, pools of one address, and prefixes that a node should announce for a
        Service.
        """
        named = {scope.prefix for scope in self._scopes_of(router) if scope.is_exception or _is_host(scope.prefix)}
        named |= {prefix for prefix in self._only if _is_host(prefix)}
        cluster = self._cluster_of(router)
        if cluster:
            named |= {prefix for prefix, expectation in cluster.expected.items() if expectation.count}
        if self.fabric:
            named |= self.fabric.named_prefixes(router)
        return tuple(sorted((prefix for prefix in named if self.audits(router, prefix)), key=prefix_key))

    def is_complete_for(self, prefix: str) -> bool:
        """Return whether every Service with an address near the prefix is known."""
        return self.cluster is not None and self.cluster.is_complete and self.cluster.is_in_ranges(prefix)

    def pools(self, router: str | None) -> tuple[str, ...]:
        """Return the pools of a router, sorted."""
        pools = {scope.prefix for scope in self._scopes_of(router) if not scope.is_exception}
        return tuple(sorted(self._narrowed(pools) if self._only else pools, key=prefix_key))

    def _narrowed(self, pools: set[str]) -> set[str]:
        """Return the pools, or the parts of them, that `--pool` names."""
        around = PrefixSet(pools)
        return {pool for pool in pools if self._inside.holds(pool)} | {p for p in self._only if around.holds(p)}

    def with_flags(self, flags: Flags, further: Scope | None = None) -> Expectations:
        """Return a copy that the flags narrow or add to.

        Where pools, exceptions or Services are known already, `--pool` narrows them to what lies inside it; a pool that
        none of them has is added. `further` says what such a pool has where the flags do not. `--nodes` and `--expect`
        say what every prefix has but those with an exception of their own.
        """
        known = flags.with_known(self.nodes)
        is_narrowing = bool(self._scopes) or self.cluster is not None
        added = [
            replace(further, prefix=pool) if further and not flags.says_what_to_expect else known.scope(pool)
            for pool in flags.pools
            if not self._has_pool(pool)
        ]
        by_name = {node.name: node for node in (*self.nodes, *known.nodes)}
        copy = Expectations(
            [*self._scopes, *added],
            in_order(by_name.values()),
            known.scope() if flags.says_what_to_expect and (is_narrowing or not added) else None,
            self.twins,
            self.cluster.narrowed(flags.pools) if self.cluster and flags.pools else self.cluster,
            flags.pools if is_narrowing else (),
            self.fabric,
        )
        return copy._with_nodes(by_name)

    def _has_pool(self, prefix: str) -> bool:
        """Return whether a prefix lies in a pool, or has an exception or a Service of its own."""
        pools = PrefixSet(s.prefix for s in self._scopes if not (s.is_exception or s.is_ignored))
        named = {s.prefix for s in self._scopes if s.is_exception and not s.is_ignored}
        return pools.holds(prefix) or prefix in named or (self.cluster is not None and self.cluster.audits(prefix))

    def with_addresses(self, learned: Mapping[str, Iterable[str]]) -> Expectations:
        """Return a copy whose nodes also have the addresses that they reported, by node name.

        An address of several nodes (a load-balancer address, a bridge, fe80::1) identifies none of them and is
        skipped; so is one that another node was given. Names of no node are skipped. A zone (`%eth0`) is removed.

        Raises:
            ValueError: an address is none.
        """
        return self._with_nodes(_with_addresses(self.nodes, learned))

    def with_cluster(self, cluster: ClusterKnowledge) -> Expectations:
        """Return a copy that also has the Services of a cluster, and its nodes with all their addresses."""
        twins = {**self.twins, **cluster.twins}
        copy = Expectations(self._scopes, self.nodes, self._by_flags, twins, cluster, self._only, self.fabric)
        return copy._with_nodes({node.name: node for node in (*self.nodes, *cluster.nodes)})

    def _with_nodes(self, by_name: Mapping[str, Node]) -> Expectations:
        def renewed(scope: Scope) -> Scope:
            return replace(scope, nodes=tuple(by_name[node.name] for node in scope.nodes))

        return Expectations(
            [renewed(scope) for scope in self._scopes],
            in_order(by_name.values()),
            renewed(self._by_flags) if self._by_flags else None,
            self.twins,
            self.cluster.with_nodes(by_name) if self.cluster else None,
            self._only,
            self.fabric,
        )

    def with_fabric(self, fabric: Fabric) -> Expectations:
        """Return a copy with another fabric."""
        scopes, by_flags = self._scopes, self._by_flags
        return Expectations(scopes, self.nodes, by_flags, self.twins, self.cluster, self._only, fabric)

    def _cluster_of(self, router: str | None) -> ClusterKnowledge | None:
        return self.cluster if self.cluster and self.cluster.holds_for(router) else None

    def _scopes_of(self, router: str | None) -> Iterator[Scope]:
        return (scope for scope in self._scopes if scope.holds_for(router))

    def _index(self, router: str | None) -> ScopeIndex:
        if router not in self._indexes:
            places = tuple(place for place, scope in enumerate(self._scopes) if scope.holds_for(router))
            if places not in self._indexes_of_scopes:
                self._indexes_of_scopes[places] = index_of(self._scopes[place] for place in places)
            self._indexes[router] = self._indexes_of_scopes[places]
        return self._indexes[router]


def _is_host(prefix: str) -> bool:
    return prefix.endswith("/128" if is_ipv6(prefix) else "/32")


def _with_addresses(nodes: Iterable[Node], learned: Mapping[str, Iterable[str]]) -> dict[str, Node]:
    known = {node.name: node for node in nodes}
    own = {name: node.addresses for name, node in known.items()}
    reported = {
        name: own[name] | {canonical_address(address.partition("%")[0]) for address in addresses}
        for name, addresses in learned.items()
        if name in own
    }
    all_known = own | reported
    holders = Counter(address for addresses in all_known.values() for address in addresses)
    return {
        name: replace(known[name], addresses=own[name] | {each for each in addresses if holders[each] == 1})
        for name, addresses in all_known.items()
    }
