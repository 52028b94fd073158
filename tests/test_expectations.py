"""Which next hops a prefix should have, by configuration."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmpaudit.configuration.schema import Configuration
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.from_configuration import configured_ceilings
from ecmpaudit.model import Ceiling, Expectation, Node

CONFIGURATION = {
    "routers": {"tor1": {"max_paths": 64}, "tor2": {"max_paths": {"ipv4": 16, "ipv6": None}}, "tor3": {}},
    "nodes": {
        "node1": {"addresses": ["192.0.2.101", "2001:db8::101"]},
        "node2": {"addresses": ["192.0.2.102", "2001:db8::102"]},
        "node10": {"addresses": ["192.0.2.110", "2001:db8::110"]},
    },
    "clusters": {
        "prod": {
            "routers": ["tor1"],
            "nodes": ["node10", "node2"],
            "pools": [
                "198.51.100.0/24",
                {"prefix": "198.51.100.64/26", "nodes": ["node1"]},
                {"prefix": "198.51.100.192/26", "expect": 7},
                {"prefix": "198.51.100.200/32"},
            ],
            "exceptions": [
                {"prefix": "198.51.100.7/32", "expect": 1, "reason": "externalTrafficPolicy Local"},
                {"prefix": "198.51.100.8/32", "ignore": True},
                {"prefix": "198.51.100.128/25", "ignore": True},
                {"prefix": "198.51.100.129/32", "nodes": ["node1"]},
                {"prefix": "203.0.113.1/32", "nodes": ["node2"]},
            ],
        },
        "everywhere": {"pools": ["2001:db8:31::/64"]},
    },
}


def configured(content: dict[str, Any] | None = None) -> Expectations:
    """What a configuration expects, the one above unless given."""
    return Expectations.from_configuration(Configuration.model_validate(content or CONFIGURATION), "ecmpaudit.yaml")


def names(expectation: Expectation | None) -> list[str]:
    """The names of the expected nodes."""
    assert expectation is not None
    return [node.name for node in expectation.nodes]


# By configuration


def test_a_pool_takes_its_nodes_from_its_cluster() -> None:
    expectation = configured().for_prefix("tor1", "198.51.100.1/32")
    assert expectation == Expectation(
        "pool 198.51.100.0/24 of cluster prod (ecmpaudit.yaml)",
        2,
        (
            Node("node2", frozenset(["192.0.2.102", "2001:db8::102"])),
            Node("node10", frozenset(["192.0.2.110", "2001:db8::110"])),
        ),
    )


def test_the_most_specific_pool_counts() -> None:
    expectation = configured().for_prefix("tor1", "198.51.100.65/32")
    assert expectation is not None
    assert expectation.source == "pool 198.51.100.64/26 of cluster prod (ecmpaudit.yaml)"
    assert names(expectation) == ["node1"]


def test_an_exception_comes_before_its_pool_and_has_its_reason() -> None:
    assert configured().for_prefix("tor1", "198.51.100.7/32") == Expectation(
        "exception 198.51.100.7/32 of cluster prod (ecmpaudit.yaml; externalTrafficPolicy Local)", 1
    )


def test_an_exception_is_for_exactly_its_prefix() -> None:
    content = {
        "clusters": {
            "prod": {
                "expect": 5,
                "pools": ["198.51.100.0/24"],
                "exceptions": [{"prefix": "198.51.100.0/28", "expect": 2}],
            }
        }
    }
    counts = [
        expectation.count
        for prefix in ("198.51.100.0/28", "198.51.100.0/32", "198.51.100.0/27")
        if (expectation := configured(content).for_prefix("tor1", prefix))
    ]
    assert counts == [2, 5, 5]


def test_a_cluster_without_nodes_expects_all_of_them() -> None:
    assert names(configured().for_prefix("tor2", "2001:db8:31::1/128")) == ["node1", "node2", "node10"]


def test_a_cluster_s_number_holds_for_its_pools_and_gives_way_to_their_nodes() -> None:
    content = {
        "nodes": {"node1": {"addresses": ["192.0.2.101"]}},
        "clusters": {
            "prod": {"expect": 5, "pools": ["198.51.100.0/24", {"prefix": "203.0.113.0/24", "nodes": ["node1"]}]}
        },
    }
    expectations = configured(content)
    by_number = expectations.for_prefix(None, "198.51.100.1/32")
    assert by_number == Expectation("pool 198.51.100.0/24 of cluster prod (ecmpaudit.yaml)", 5)
    assert names(expectations.for_prefix(None, "203.0.113.1/32")) == ["node1"]


def test_a_pool_without_nodes_or_number_is_audited_without_expectation() -> None:
    expectations = configured({"clusters": {"prod": {"pools": ["198.51.100.0/24"]}}})
    assert expectations.audits("tor1", "198.51.100.1/32")
    assert expectations.for_prefix("tor1", "198.51.100.1/32") is None


@pytest.mark.parametrize(
    "router, prefix, is_audited",
    [
        pytest.param("tor1", "198.51.100.1/32", True, id="inside a pool"),
        pytest.param("tor1", "198.51.100.0/24", True, id="the pool itself"),
        pytest.param("tor1", "198.51.0.0/16", False, id="around a pool"),
        pytest.param("tor1", "0.0.0.0/0", False, id="the default route"),
        pytest.param("tor1", "198.51.101.1/32", False, id="beside the pools"),
        pytest.param("tor1", "198.51.100.8/32", False, id="ignored"),
        pytest.param("tor1", "198.51.100.130/32", False, id="inside an ignored range"),
        pytest.param("tor1", "198.51.100.193/32", True, id="in a pool that is more specific than what is ignored"),
        pytest.param("tor1", "198.51.100.129/32", True, id="an exception inside an ignored range"),
        pytest.param("tor1", "203.0.113.1/32", True, id="an exception outside every pool"),
        pytest.param("tor2", "198.51.100.1/32", False, id="a pool of another router"),
        pytest.param("tor2", "2001:db8:31::1/128", True, id="a pool of all routers"),
        pytest.param("spine", "2001:db8:31::1/128", True, id="a pool of all routers on an unknown router"),
        pytest.param("spine", "198.51.100.1/32", False, id="a pool of another router on an unknown router"),
        pytest.param(None, "198.51.100.1/32", True, id="a pool of some router on one without a name"),
        pytest.param("tor2", "::/0", False, id="the IPv6 default route"),
    ],
)
def test_what_is_audited(router: str | None, prefix: str, is_audited: bool) -> None:
    assert configured().audits(router, prefix) is is_audited
    assert (configured().for_prefix(router, prefix) is not None) is is_audited


def test_named_prefixes_are_exceptions_and_host_pools_that_are_not_ignored() -> None:
    assert configured().named_prefixes("tor1") == (
        "198.51.100.7/32",
        "198.51.100.129/32",
        "198.51.100.200/32",
        "203.0.113.1/32",
    )
    assert configured().named_prefixes("tor2") == ()


def test_an_ignored_host_pool_does_not_have_to_exist() -> None:
    content = {
        "clusters": {
            "prod": {"pools": ["2001:db8::7/128"], "exceptions": [{"prefix": "2001:db8::7/128", "ignore": True}]}
        }
    }
    assert configured(content).named_prefixes("tor1") == ()


def test_pools_of_a_router_are_sorted_by_family_and_number() -> None:
    assert configured().pools("tor1") == (
        "198.51.100.0/24",
        "198.51.100.64/26",
        "198.51.100.192/26",
        "198.51.100.200/32",
        "2001:db8:31::/64",
    )
    assert configured().pools("tor3") == ("2001:db8:31::/64",)


def test_without_clusters_everything_is_audited_and_nothing_expected() -> None:
    expectations = configured({"routers": {"tor1": {}}})
    assert not expectations.has_any
    assert expectations.audits("tor1", "198.51.100.1/32")
    assert expectations.for_prefix("tor1", "198.51.100.1/32") is None


def test_a_router_without_a_name_is_not_judged_by_clusters_that_disagree() -> None:
    content = {
        "routers": {"tor1": {}, "tor2": {}},
        "clusters": {
            "a": {"routers": ["tor1"], "expect": 3, "pools": ["198.51.100.0/24", "203.0.113.0/24"]},
            "b": {
                "routers": ["tor2"],
                "pools": [{"prefix": "198.51.100.0/24", "expect": 5}, {"prefix": "203.0.113.0/24", "expect": 3}],
            },
        },
    }
    expectations = configured(content)
    assert expectations.audits(None, "198.51.100.1/32")
    assert expectations.for_prefix(None, "198.51.100.1/32") is None
    agreed = expectations.for_prefix(None, "203.0.113.1/32")
    assert agreed is not None
    assert agreed.count == 3


def test_nodes_keep_the_addresses_of_both_families() -> None:
    expectation = configured().for_prefix("tor1", "198.51.100.65/32")
    assert expectation is not None
    assert expectation.nodes[0].addresses == {"192.0.2.101", "2001:db8::101"}


def test_learnt_addresses_reach_pools_and_exceptions() -> None:
    after = configured().with_addresses({"node1": ["fe80::101"]})
    for prefix in ("198.51.100.65/32", "198.51.100.129/32"):
        expectation = after.for_prefix("tor1", prefix)
        assert expectation is not None
        assert "fe80::101" in expectation.nodes[0].addresses


# Ceilings


@pytest.mark.parametrize(
    "router, family, ceiling",
    [
        pytest.param("tor1", 4, Ceiling(64, "ecmpaudit.yaml: routers.tor1.max_paths"), id="a number, IPv4"),
        pytest.param("tor1", 6, Ceiling(64, "ecmpaudit.yaml: routers.tor1.max_paths"), id="a number, IPv6"),
        pytest.param("tor2", 4, Ceiling(16, "ecmpaudit.yaml: routers.tor2.max_paths.ipv4"), id="a family's"),
        pytest.param("tor2", 6, None, id="not the other family's"),
        pytest.param("tor3", 4, None, id="none given"),
        pytest.param("spine", 4, None, id="unknown router"),
    ],
)
def test_a_ceiling_carries_its_source(router: str, family: int, ceiling: Ceiling | None) -> None:
    assert configured_ceilings(Configuration.model_validate(CONFIGURATION)).get((router, family)) == ceiling


# The look-up against the plain definition


@given(
    st.lists(st.tuples(st.integers(0, 255), st.integers(24, 32)), max_size=12), st.integers(0, 255), st.integers(22, 32)
)
def test_the_longest_pool_is_found(pools: list[tuple[int, int]], host: int, length: int) -> None:
    networks = {(host >> (32 - size) << (32 - size), size) for host, size in pools}
    elsewhere = [{"prefix": "203.0.113.0/24", "expect": 1}]
    written = [{"prefix": f"192.0.2.{base}/{size}", "expect": size} for base, size in networks]
    content = {"clusters": {"a": {"pools": elsewhere + written}}}
    around = [size for base, size in networks if size <= length and host >> (32 - size) == base >> (32 - size)]
    expectation = configured(content).for_prefix("tor1", f"192.0.2.{host}/{length}")
    assert (expectation.count if expectation else None) == max(around, default=None)


def test_an_ipv6_pool_of_length_32_is_no_host_prefix_that_has_to_exist() -> None:
    expectations = Expectations.from_flags(["2001:db8::/32", "2001:db8::7/128", "192.0.2.7/32"], 2, ())
    assert expectations.named_prefixes("tor1") == ("192.0.2.7/32", "2001:db8::7/128")


@pytest.mark.parametrize("prefix", ["198.51.100.1/32", "2001:db8:31::1/128"])
def test_routers_with_the_same_pools_share_what_is_expected_and_others_do_not(prefix: str) -> None:
    clusters = {
        "prod": {"routers": ["tor1", "tor2"], "nodes": ["node1"], "pools": ["198.51.100.0/24", "2001:db8:31::/64"]},
        "lab": {"routers": ["tor3"], "nodes": ["node2"], "pools": ["198.51.100.0/24", "2001:db8:31::/64"]},
    }
    expected = configured({**CONFIGURATION, "clusters": clusters})
    of_tor1, of_tor2, of_tor3 = (expected.for_prefix(router, prefix) for router in ("tor1", "tor2", "tor3"))
    assert of_tor1 is of_tor2
    assert (names(of_tor1), names(of_tor3)) == (["node1"], ["node2"])


def test_nodes_without_a_next_hop_are_found_anew_for_each_set_of_addresses() -> None:
    one, other = Node("node1", frozenset({"192.0.2.1", "fe80::1"})), Node("node2", frozenset({"192.0.2.2", "fe80::2"}))
    expectation = Expectation("--nodes", 2, (one, other))
    in_use: list[set[str | None]] = [{"192.0.2.1"}, {"fe80::2", None}, {"192.0.2.2", "fe80::1"}, set(), {"192.0.2.1"}]
    found = [[node.name for node in expectation.nodes_without(frozenset(addresses))] for addresses in in_use]
    assert found == [["node2"], ["node1"], [], ["node1", "node2"], ["node2"]]
