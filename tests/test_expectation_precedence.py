"""Whose word counts where exceptions, options, pools and a cluster's Services say what to expect."""

from __future__ import annotations

from typing import Any

import pytest

from ecmpaudit.configuration.schema import Configuration
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.flags import Flags
from ecmpaudit.expectations.from_configuration import scope_of_further_pools
from ecmpaudit.expectations.from_kubernetes import ClusterKnowledge
from ecmpaudit.expectations.inferred import infer, looks_announced
from ecmpaudit.model import Expectation, NextHop, NextHops, Node, Route

NODES = {f"node{n}": {"addresses": [f"192.0.2.{n}", f"2001:db8::{n}"]} for n in (1, 2, 3)}
OF_KUBERNETES = {prefix: Expectation("Service", 9) for prefix in ("198.51.100.7/32", "2001:db8:31::7/128")}
CLUSTER = ClusterKnowledge(
    expected={**OF_KUBERNETES, "203.0.113.9/32": Expectation("Service without a ready node", 0)},
    ranges=("203.0.113.0/24", "2001:db8:32::/64"),
    is_complete=True,
)


def configured(clusters: dict[str, Any], nodes: dict[str, Any] | None = None) -> Expectations:
    """Return what a configuration expects."""
    content = Configuration.model_validate({"nodes": NODES if nodes is None else nodes, "clusters": clusters})
    return Expectations.from_configuration(content, "ecmpaudit.yaml")


def in_both_families(pool: dict[str, Any] | None = None, **of_cluster: Any) -> Expectations:
    """Return what two pools of one cluster expect, with the same words in both families."""
    pools = [{"prefix": prefix, **(pool or {})} for prefix in ("198.51.100.0/24", "2001:db8:31::/64")]
    return configured({"prod": {"pools": pools, **of_cluster}})


# Kubernetes beside a configuration


@pytest.mark.parametrize(
    "pool, cluster, count",
    [
        pytest.param({}, {}, 9, id="neither"),
        pytest.param({"nodes": ["node1"]}, {}, 1, id="nodes of the pool"),
        pytest.param({"expect": 5}, {}, 5, id="a number of the pool"),
        pytest.param({}, {"nodes": ["node1", "node2"]}, 2, id="nodes of the cluster"),
        pytest.param({}, {"expect": 6}, 6, id="a number of the cluster"),
        pytest.param(
            {}, {"exceptions": [{"prefix": prefix, "expect": 4} for prefix in OF_KUBERNETES]}, 4, id="an exception"
        ),
    ],
)
@pytest.mark.parametrize("prefix", OF_KUBERNETES)
def test_services_decide_where_the_configuration_names_neither_nodes_nor_a_number(
    pool: dict[str, Any], cluster: dict[str, Any], count: int, prefix: str
) -> None:
    found = in_both_families(pool, **cluster).with_cluster(CLUSTER).for_prefix("tor1", prefix)
    assert found is not None
    assert found.count == count


def test_services_decide_where_nothing_is_configured() -> None:
    assert Expectations((), ()).with_cluster(CLUSTER).for_prefix("tor1", "198.51.100.7/32") == Expectation("Service", 9)


@pytest.mark.parametrize(
    "pool, is_named",
    [("198.51.100.7/32", True), ("198.51.100.0/31", False), ("2001:db8:31::7/128", True), ("2001:db8:31::/127", False)],
)
def test_a_pool_of_one_address_that_narrows_others_has_to_exist(pool: str, is_named: bool) -> None:
    narrowed = in_both_families().with_flags(Flags.of([pool], None, ()))
    assert narrowed.named_prefixes("tor1") == ((pool,) if is_named else ())


def test_all_nodes_of_a_file_without_clusters_give_way_to_services_too() -> None:
    content = Configuration.model_validate({"nodes": NODES})
    further = scope_of_further_pools(content, "ecmpaudit.yaml")
    expectations = Expectations.from_configuration(content, "ecmpaudit.yaml")
    expectations = expectations.with_flags(Flags.of(["198.51.100.0/24"], None, ()), further)
    alone = expectations.for_prefix("tor1", "198.51.100.7/32")
    assert alone is not None
    assert (alone.count, alone.source) == (3, "--pool and the nodes of ecmpaudit.yaml")
    assert expectations.with_cluster(CLUSTER).for_prefix("tor1", "198.51.100.7/32") == Expectation("Service", 9)


@pytest.mark.parametrize(
    "cluster, is_default",
    [({}, True), ({"expect": 2}, False), ({"nodes": ["node1"]}, False)],
    ids=["nothing", "number", "nodes"],
)
def test_a_further_pool_has_what_the_only_cluster_expects(cluster: dict[str, Any], is_default: bool) -> None:
    content = {"nodes": NODES, "clusters": {"prod": {"pools": ["198.51.100.0/24"], **cluster}}}
    further = scope_of_further_pools(Configuration.model_validate(content), "ecmpaudit.yaml")
    assert further is not None
    assert (further.is_default, further.source) == (is_default, "--pool and cluster prod (ecmpaudit.yaml)")


@pytest.mark.parametrize("prefix, is_named", [("198.51.100.7/32", True), ("203.0.113.9/32", False)])
def test_a_service_has_to_exist_if_a_node_should_announce_it(prefix: str, is_named: bool) -> None:
    assert (prefix in Expectations((), ()).with_cluster(CLUSTER).named_prefixes("tor1")) is is_named


@pytest.mark.parametrize(
    "prefix, is_near_services, is_orphan",
    [
        pytest.param("203.0.113.8/32", True, True, id="of no Service"),
        pytest.param("203.0.113.9/32", True, False, id="of a Service"),
        pytest.param("2001:db8:32::8/128", True, True, id="of no Service, IPv6"),
        pytest.param("192.0.2.8/32", False, False, id="outside the ranges"),
    ],
)
def test_an_orphan_lies_in_a_range_of_a_complete_cluster(prefix: str, is_near_services: bool, is_orphan: bool) -> None:
    expectations = Expectations((), ()).with_cluster(CLUSTER)
    assert (expectations.is_complete_for(prefix), expectations.is_orphan("tor1", prefix)) == (
        is_near_services,
        is_orphan,
    )
    partly_known = Expectations((), ()).with_cluster(ClusterKnowledge(CLUSTER.expected, ranges=CLUSTER.ranges))
    assert (partly_known.is_complete_for(prefix), partly_known.is_orphan("tor1", prefix)) == (False, False)
    assert not Expectations((), ()).is_complete_for(prefix)


@pytest.mark.parametrize(
    "pools, cluster, says_it",
    [
        pytest.param([], None, False, id="nothing"),
        pytest.param(["198.51.100.0/24"], None, True, id="a pool"),
        pytest.param([], CLUSTER, True, id="Services"),
        pytest.param([], ClusterKnowledge(routers=frozenset({"tor2"})), False, id="Services of other routers"),
    ],
)
def test_pools_and_services_say_what_is_audited(
    pools: list[str], cluster: ClusterKnowledge | None, says_it: bool
) -> None:
    expectations = Expectations.from_flags(pools, 5, ())
    if cluster:
        expectations = expectations.with_cluster(cluster)
    assert expectations.says_what_to_audit("tor1") is says_it


@pytest.mark.parametrize(
    "pools, ranges",
    [
        pytest.param(["203.0.113.0/24"], ("203.0.113.0/24",), id="the range itself"),
        pytest.param(["203.0.113.0/25"], ("203.0.113.0/25",), id="a part of it"),
        pytest.param(["203.0.112.0/23"], ("203.0.113.0/24",), id="around it"),
        pytest.param(["2001:db8:32:0:1::/80"], ("2001:db8:32:0:1::/80",), id="a part, IPv6"),
        pytest.param(["192.0.2.0/24"], (), id="beside it"),
    ],
)
def test_a_pool_narrows_the_ranges_of_services_to_what_lies_inside_it(
    pools: list[str], ranges: tuple[str, ...]
) -> None:
    assert CLUSTER.narrowed(pools).ranges == ranges


# --pool beside a configuration

WITH_EXCEPTIONS = {
    "prod": {
        "nodes": ["node1", "node2"],
        "pools": ["198.51.100.0/24", "2001:db8:31::/64"],
        "exceptions": [
            {"prefix": "203.0.113.0/28", "expect": 1},
            {"prefix": "203.0.113.64/26", "ignore": True},
            {"prefix": "2001:db8:32::/64", "ignore": True},
        ],
    }
}


@pytest.mark.parametrize(
    "pool, is_added",
    [
        pytest.param("198.51.100.0/25", False, id="inside a pool"),
        pytest.param("2001:db8:31::/80", False, id="inside a pool, IPv6"),
        pytest.param("203.0.113.0/28", False, id="an exception"),
        pytest.param("203.0.113.8/32", True, id="inside an exception, which is for its prefix only"),
        pytest.param("203.0.113.64/26", True, id="ignored"),
        pytest.param("203.0.113.65/32", True, id="inside what is ignored"),
        pytest.param("2001:db8:32::1/128", True, id="inside what is ignored, IPv6"),
        pytest.param("192.0.2.0/24", True, id="in nothing that is configured"),
    ],
)
def test_a_pool_that_no_cluster_has_is_added(pool: str, is_added: bool) -> None:
    narrowed = configured(WITH_EXCEPTIONS).with_flags(Flags.of([pool], 3, ()))
    added = {scope.prefix for scope in narrowed._scopes if scope.source.startswith("--expect")}
    assert added == ({pool} if is_added else set())


# inferred


@pytest.mark.parametrize(
    "protocol, is_announced",
    [("bgp", True), ("ospf", True), ("static", True), ("connected", False), ("local", False), ("kernel", False)],
)
def test_a_routers_own_routes_are_not_announced_by_a_node(protocol: str, is_announced: bool) -> None:
    assert looks_announced(Route("198.51.100.0/24", protocol, NextHops(()))) is is_announced


@pytest.mark.parametrize(
    "hops, nodes",
    [
        pytest.param(("192.0.2.1", "192.0.2.2"), ("192.0.2.1", "192.0.2.2"), id="IPv4"),
        pytest.param(("2001:db8::1", "2001:db8::2"), ("2001:db8::1", "2001:db8::2"), id="IPv6"),
        pytest.param(("192.0.2.1", None), (), id="one-without-an-address"),
    ],
)
def test_an_inferred_expectation_names_nodes_only_if_each_next_hop_has_an_address(
    hops: tuple[str | None, ...], nodes: tuple[str, ...]
) -> None:
    installed = {"198.51.100.7/32": tuple(NextHop(hop, "eth1") for hop in hops)}
    expected = Expectation(
        "inferred: no sibling has more",
        2,
        tuple(Node(name, frozenset({name})) for name in nodes),
        is_inferred=True,
    )
    assert infer(installed, {"198.51.100.7/32": "bgp"}) == {"198.51.100.7/32": expected}
