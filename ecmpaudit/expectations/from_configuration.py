"""What `ecmpaudit.yaml` says: the scopes of its clusters, pairs of prefixes, and the ceilings of its routers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.expectations.node_lists import in_order
from ecmpaudit.expectations.scopes import PrefixSet, Scope
from ecmpaudit.model import Ceiling, Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.configuration.sections import Cluster


def nodes_of(configuration: Configuration) -> dict[str, Node]:
    """Return the nodes by name, each with its labels and the clusters that name it."""
    clusters: dict[str, list[tuple[str, str]]] = {}
    for cluster, section in configuration.clusters.items():
        for node in section.nodes or ():
            clusters.setdefault(node, []).append(("cluster", cluster))
    return {
        name: Node(name, frozenset(node.addresses), (*node.labels.items(), *clusters.get(name, ())), node.stateful)
        for name, node in configuration.nodes.items()
    }


def scopes_of(configuration: Configuration, path_name: str) -> tuple[Scope, ...]:
    """Return the pools and exceptions of all clusters; `path_name` is the name of the file in messages."""
    by_name = nodes_of(configuration)
    return tuple(
        scope
        for name, cluster in configuration.clusters.items()
        for scope in _cluster_scopes(name, cluster, by_name, path_name)
    )


def scope_of_further_pools(configuration: Configuration, path_name: str) -> Scope | None:
    """Return what a pool without nodes of its own has, as a scope without a prefix; None where clusters may disagree.

    With one cluster it is what the cluster expects; without any, all nodes.
    """
    clusters = list(configuration.clusters.items())
    by_name = nodes_of(configuration)
    if not clusters and by_name and configuration.kubernetes is None:
        return Scope("", f"--pool and the nodes of {path_name}", in_order(by_name.values()), is_default=True)
    if len(clusters) != 1:
        return None
    name, cluster = clusters[0]
    nodes, count, is_default = _of_cluster(cluster, by_name)
    source = f"--pool and cluster {name} ({path_name})"
    return Scope("", source, nodes, count, _routers_of(cluster), is_default=is_default)


def twins_of(configuration: Configuration) -> dict[str, str]:
    """Return the same service's prefix in the other family, both ways."""
    pairs = [pair for cluster in configuration.clusters.values() for pair in cluster.pairs]
    return {pair.ipv4: pair.ipv6 for pair in pairs} | {pair.ipv6: pair.ipv4 for pair in pairs}


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
    routers = _routers_of(cluster)

    def named(names: Iterable[str] | None) -> tuple[Node, ...]:
        return in_order(by_name[node] for node in names or ())

    of_cluster, count_of_cluster, is_default_of_cluster = _of_cluster(cluster, by_name)
    for pool in cluster.pools:
        nodes, count = named(pool.nodes), pool.expect
        is_own = bool(nodes) or count is not None
        if not is_own:
            nodes, count = of_cluster, count_of_cluster
        source = f"pool {pool.prefix} of cluster {name} ({path_name})"
        is_default = not is_own and is_default_of_cluster
        yield Scope(
            pool.prefix,
            source,
            nodes,
            count,
            routers,
            is_default=is_default,
            is_complete=cluster.complete,
            is_stateful=pool.stateful,
        )
    stateful = PrefixSet(pool.prefix for pool in cluster.pools if pool.stateful)
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
            is_stateful=stateful.holds(exception.prefix),
        )


def _routers_of(cluster: Cluster) -> frozenset[str] | None:
    return None if cluster.routers is None else frozenset(cluster.routers)


def _of_cluster(cluster: Cluster, by_name: Mapping[str, Node]) -> tuple[tuple[Node, ...], int | None, bool]:
    """Return the nodes or the number of a whole cluster, and whether neither is given, so that all nodes are meant."""
    if cluster.expect is not None:
        return (), cluster.expect, False
    names = by_name if cluster.nodes is None else cluster.nodes
    return in_order(by_name[name] for name in names), None, cluster.nodes is None
