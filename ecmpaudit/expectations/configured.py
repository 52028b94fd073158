"""Expectations from `ecmpaudit.yaml`, or from `--pool`, `--expect` and `--nodes`.

`Expectations` answers every question about what is expected. The exception for a prefix takes precedence, then the most
specific pool around it, then the cluster of that pool. Where none of them names nodes or a number, Kubernetes does;
otherwise all nodes are expected.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from ecmpaudit.configuration.addresses import canonical_address, canonical_prefix
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.expectations.node_lists import in_order
from ecmpaudit.expectations.scopes import Match, Scope, ScopeIndex, expected_in_family, index_of
from ecmpaudit.model import Ceiling, Expectation, Node, prefix_key
from ecmpaudit.model.addressing import is_ipv6
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.configuration.sections import Cluster
    from ecmpaudit.expectations.from_kubernetes import ClusterKnowledge


class Expectations:
    """Which prefixes are audited on which router, and what they should have."""

    def __init__(
        self,
        scopes: Sequence[Scope],
        nodes: tuple[Node, ...],
        for_any_prefix: Scope | None = None,
        twins: Mapping[str, str] = MappingProxyType({}),
        cluster: ClusterKnowledge | None = None,
    ) -> None:
        self.nodes = nodes
        """Every node that is known, sorted."""
        self.twins = twins
        """The same service's prefix in the other family, both ways."""
        self._scopes = tuple(scopes)
        self._for_any_prefix = for_any_prefix
        self.cluster = cluster
        """The expectations from the objects of a Kubernetes cluster; None where none were given."""
        self._match_of_any_prefix = Match.of(for_any_prefix) if for_any_prefix else None
        self._indexes: dict[str | None, ScopeIndex] = {}

    @classmethod
    def from_configuration(cls, configuration: Configuration, path_name: str) -> Expectations:
        """Return what a configuration expects; `path_name` is the name of the file in messages."""
        by_name = {name: Node(name, frozenset(node.addresses)) for name, node in configuration.nodes.items()}
        scopes = [
            scope
            for name, cluster in configuration.clusters.items()
            for scope in _cluster_scopes(name, cluster, by_name, path_name)
        ]
        return cls(scopes, in_order(by_name.values()), twins=_twins(configuration))

    @classmethod
    def from_flags(cls, pools: Sequence[str], expect: int | None, nodes: tuple[Node, ...]) -> Expectations:
        """Return what the options expect; without pools that holds for every prefix.

        Raises:
            ConfigurationError: a pool is no prefix, or `--expect` contradicts `--nodes`.
        """
        _refuse_contradiction(expect, nodes)
        source = _flags_given(expect, nodes)
        count = None if nodes else expect
        prefixes = dict.fromkeys(_flag_pool(pool) for pool in pools)
        scopes = [Scope(prefix, source, in_order(nodes), count) for prefix in prefixes]
        for_any_prefix = None if scopes or not (nodes or expect) else Scope("", source, in_order(nodes), count)
        return cls(scopes, in_order(nodes), for_any_prefix)

    @property
    def has_any(self) -> bool:
        """Return whether anything is given: pools, exceptions, nodes, a number or a cluster."""
        return bool(self._scopes) or self._for_any_prefix is not None or self.cluster is not None

    def says_what_to_audit(self, router: str | None) -> bool:
        """Return whether pools, exceptions or the Services of a cluster limit what is audited on this router."""
        return self._cluster_of(router) is not None or any(True for _ in self._scopes_of(router))

    def audits(self, router: str | None, prefix: str) -> bool:
        """Return whether a prefix is audited: it is inside a pool of its router and not ignored, or a Service needs it.

        Without any pool, exception or cluster, every prefix is audited. The address of a Service that is inside a pool
        of other routers is audited on those only.
        """
        if not self._scopes and self.cluster is None:
            return True
        match = self._index(router).match(prefix)
        if match is not None:
            return not match.is_ignored
        cluster = self._cluster_of(router)
        return cluster is not None and cluster.audits(prefix) and self._index(None).match(prefix) is None

    def for_prefix(self, router: str | None, prefix: str) -> Expectation | None:
        """Return what a prefix should have on a router; None where nothing is given, or it is ignored."""
        match = self._index(router).match(prefix) if self._scopes else self._match_of_any_prefix
        given = match.expectation(prefix) if match else None
        if match and (match.is_ignored or (given and not match.is_default)):
            return None if self.is_orphan(router, prefix) else given
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

    def named_prefixes(self, router: str | None) -> tuple[str, ...]:
        """Return the prefixes that have to exist on a router.

        These are exceptions that are not ignored, pools of one address, and prefixes that a node should announce for a
        Service.
        """
        named = {scope.prefix for scope in self._scopes_of(router) if scope.is_exception or _is_host(scope.prefix)}
        cluster = self._cluster_of(router)
        if cluster:
            named |= {prefix for prefix, expectation in cluster.expected.items() if expectation.count}
        return tuple(sorted((prefix for prefix in named if self.audits(router, prefix)), key=prefix_key))

    def is_complete_for(self, prefix: str) -> bool:
        """Return whether every Service with an address near the prefix is known."""
        return self.cluster is not None and self.cluster.is_complete and self.cluster.is_in_ranges(prefix)

    def pools(self, router: str | None) -> tuple[str, ...]:
        """Return the pools of a router, sorted."""
        pools = {scope.prefix for scope in self._scopes_of(router) if not scope.is_exception}
        return tuple(sorted(pools, key=prefix_key))

    def with_addresses(self, learned: Mapping[str, Iterable[str]]) -> Expectations:
        """Return a copy whose nodes also have the addresses that they reported, by node name.

        An address of several nodes (a load-balancer address, a bridge, fe80::1) identifies none of them and is
        skipped; so is one that another node was given. Names of no node are skipped. A zone (`%eth0`) is removed.

        Raises:
            ValueError: an address is none.
        """
        return self._with_nodes(_with_addresses(self.nodes, learned), self.cluster)

    def with_cluster(self, cluster: ClusterKnowledge) -> Expectations:
        """Return a copy that also has the Services of a cluster, and its nodes with all their addresses."""
        return self._with_nodes({node.name: node for node in (*self.nodes, *cluster.nodes)}, cluster)

    def _with_nodes(self, by_name: Mapping[str, Node], cluster: ClusterKnowledge | None) -> Expectations:
        scopes = [replace(scope, nodes=tuple(by_name[node.name] for node in scope.nodes)) for scope in self._scopes]
        for_any_prefix = self._for_any_prefix
        if for_any_prefix:
            for_any_prefix = replace(for_any_prefix, nodes=tuple(by_name[node.name] for node in for_any_prefix.nodes))
        known = cluster.with_nodes(by_name) if cluster else None
        return Expectations(
            scopes,
            in_order(by_name.values()),
            for_any_prefix,
            {**self.twins, **(cluster.twins if cluster else {})},
            known,
        )

    def _cluster_of(self, router: str | None) -> ClusterKnowledge | None:
        return self.cluster if self.cluster and self.cluster.holds_for(router) else None

    def _scopes_of(self, router: str | None) -> Iterator[Scope]:
        return (scope for scope in self._scopes if scope.holds_for(router))

    def _index(self, router: str | None) -> ScopeIndex:
        if router not in self._indexes:
            self._indexes[router] = index_of(self._scopes_of(router))
        return self._indexes[router]


def _twins(configuration: Configuration) -> dict[str, str]:
    pairs = [pair for cluster in configuration.clusters.values() for pair in cluster.pairs]
    return {pair.ipv4: pair.ipv6 for pair in pairs} | {pair.ipv6: pair.ipv4 for pair in pairs}


def _is_host(prefix: str) -> bool:
    return prefix.endswith("/128" if is_ipv6(prefix) else "/32")


def configured_ceilings(
    configuration: Configuration, path_name: str = "ecmpaudit.yaml"
) -> dict[tuple[str, int], Ceiling]:
    """Return the ceilings that the configuration gives, by router and family (4 or 6)."""
    ceilings = {}
    for name, router in configuration.routers.items():
        source = f"{path_name}: routers.{name}.max_paths"
        for family in (4, 6):
            if isinstance(router.max_paths, int):
                ceilings[name, family] = Ceiling(router.max_paths, source)
            elif router.max_paths and (value := getattr(router.max_paths, f"ipv{family}")) is not None:
                ceilings[name, family] = Ceiling(value, f"{source}.ipv{family}")
    return ceilings


def _cluster_scopes(name: str, cluster: Cluster, by_name: Mapping[str, Node], path_name: str) -> Iterator[Scope]:
    routers = None if cluster.routers is None else frozenset(cluster.routers)

    def named(names: Iterable[str] | None) -> tuple[Node, ...]:
        return in_order(by_name[node] for node in names or ())

    of_cluster = () if cluster.expect else named(by_name if cluster.nodes is None else cluster.nodes)
    for pool in cluster.pools:
        nodes, count = named(pool.nodes), pool.expect
        is_own = bool(nodes) or count is not None
        if not is_own:
            nodes, count = of_cluster, cluster.expect
        source = f"pool {pool.prefix} of cluster {name} ({path_name})"
        is_default = not is_own and cluster.nodes is None and cluster.expect is None
        yield Scope(pool.prefix, source, nodes, count, routers, is_default=is_default, is_complete=cluster.complete)
    for exception in cluster.exceptions:
        place = f"{path_name}; {exception.reason}" if exception.reason else path_name
        yield Scope(
            exception.prefix,
            f"exception {exception.prefix} of cluster {name} ({place})",
            named(exception.nodes),
            exception.expect,
            routers,
            is_exception=True,
            is_ignored=exception.ignore is True,
        )


def _flags_given(expect: int | None, nodes: tuple[Node, ...]) -> str:
    """Return the flags that an expectation is from: `--expect 5 and --nodes`."""
    flags = []
    if expect is not None:
        flags.append(f"--expect {expect}")
    if nodes:
        flags.append("--nodes")
    return listed(flags, separator=" and ") or "--pool"


def _refuse_contradiction(expect: int | None, nodes: tuple[Node, ...]) -> None:
    if expect is None:
        return
    if expect < 1:
        raise ConfigurationError(f"--expect {expect}: expected a whole number of 1 or more")
    for version in (4, 6):
        number = len(expected_in_family(nodes, version))
        if nodes and number != expect:
            raise ConfigurationError(f"--expect {expect}: --nodes lists {number} for IPv{version}; give one of the two")


def _flag_pool(pool: str) -> str:
    try:
        return canonical_prefix(pool.strip())
    except ValueError as error:
        raise ConfigurationError(f"--pool {pool}: {error}") from None


def _with_addresses(nodes: Iterable[Node], learned: Mapping[str, Iterable[str]]) -> dict[str, Node]:
    own = {node.name: node.addresses for node in nodes}
    reported = {
        name: own[name] | {canonical_address(address.partition("%")[0]) for address in addresses}
        for name, addresses in learned.items()
        if name in own
    }
    all_known = own | reported
    holders = Counter(address for addresses in all_known.values() for address in addresses)
    return {
        name: Node(name, own[name] | {address for address in addresses if holders[address] == 1})
        for name, addresses in all_known.items()
    }
