"""Which next hops are expected, exactly at the border where the answer changes."""

from __future__ import annotations

from typing import Any

import pytest

from ecmpaudit.configuration.schema import Configuration
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.from_configuration import configured_ceilings
from ecmpaudit.expectations.from_kubernetes import ClusterKnowledge, knowledge_of
from ecmpaudit.expectations.inferred import infer
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.expectations.scopes import PrefixSet
from ecmpaudit.kubernetes.announcing import Announcements
from ecmpaudit.kubernetes.shares import Share
from ecmpaudit.model import Expectation, NextHop, Node

HOPS = {name: NextHop(f"192.0.2.{number}") for number, name in enumerate("abcdefg", start=1)}
"""Next hops a (192.0.2.1) to g (192.0.2.7)."""


def inferred(installed: dict[str, str], protocols: dict[str, str] | None = None) -> dict[str, tuple[int, str]]:
    """What is inferred for each prefix: how many next hops, and from what; `abc` are its next hops."""
    hops = {prefix: tuple(HOPS[name] for name in names) for prefix, names in installed.items()}
    found = infer(hops, dict.fromkeys(installed, "bgp") | (protocols or {}))
    return {prefix: (expectation.count, expectation.source) for prefix, expectation in found.items()}


ALONE = "inferred: no sibling has more"


def test_two_next_hops_without_a_sibling_are_expected_as_they_are() -> None:
    assert inferred({"198.51.100.1/32": "ab"}) == {"198.51.100.1/32": (2, ALONE)}


def test_one_next_hop_without_a_sibling_is_not_load_balanced() -> None:
    assert inferred({"198.51.100.1/32": "a"}) == {}


def test_a_prefix_with_two_next_hops_is_enough_for_a_sibling_with_one() -> None:
    assert inferred({"198.51.100.1/32": "ab", "198.51.100.2/32": "a"}) == {
        "198.51.100.1/32": (2, ALONE),
        "198.51.100.2/32": (2, "inferred from its sibling 198.51.100.1/32"),
    }


def test_siblings_with_as_many_next_hops_expect_no_more() -> None:
    assert inferred({"198.51.100.1/32": "ab", "198.51.100.2/32": "bc"}) == {
        "198.51.100.1/32": (2, ALONE),
        "198.51.100.2/32": (2, ALONE),
    }


def test_the_fullest_sibling_is_named_and_of_equal_ones_the_first() -> None:
    installed = {"198.51.100.1/32": "abc", "198.51.100.4/32": "abcd", "198.51.100.3/32": "abce", "198.51.100.9/32": "a"}
    assert inferred(installed)["198.51.100.9/32"] == (4, "inferred from its sibling 198.51.100.3/32")


def test_a_sibling_without_a_common_next_hop_is_passed_over() -> None:
    installed = {"198.51.100.1/32": "cdef", "198.51.100.2/32": "abc", "198.51.100.9/32": "ab"}
    assert inferred(installed)["198.51.100.9/32"] == (3, "inferred from its sibling 198.51.100.2/32")


@pytest.mark.parametrize("protocol", ["connected", "local", "kernel"])
def test_nothing_is_expected_of_routes_that_no_node_announced(protocol: str) -> None:
    assert inferred({"198.51.100.0/24": "ab"}, {"198.51.100.0/24": protocol}) == {}


def test_nothing_is_expected_of_a_prefix_that_is_not_installed() -> None:
    assert inferred({"198.51.100.1/32": "ab", "198.51.100.2/32": ""}) == {"198.51.100.1/32": (2, ALONE)}


@pytest.mark.parametrize(
    "full,other,hops,is_sibling",
    [
        pytest.param("198.51.100.1/32", "198.51.200.1/32", "ab", True, id="two next hops, the same /16"),
        pytest.param("198.51.100.1/32", "198.50.100.1/32", "ab", False, id="two next hops, another /16"),
        pytest.param("198.51.100.1/32", "198.51.100.255/32", "a", True, id="one next hop, the same /24"),
        pytest.param("198.51.100.1/32", "198.51.101.1/32", "a", False, id="one next hop, another /24"),
        pytest.param("2001:db8:0:1::1/128", "2001:db8:0:8001::1/128", "ab", True, id="two next hops, the same /48"),
        pytest.param("2001:db8:0:1::1/128", "2001:db8:1:1::1/128", "ab", False, id="two next hops, another /48"),
        pytest.param("2001:db8:0:1::1/128", "2001:db8:0:1:ffff::1/128", "a", True, id="one next hop, the same /64"),
        pytest.param("2001:db8:0:1::1/128", "2001:db8:0:2::1/128", "a", False, id="one next hop, another /64"),
        pytest.param("198.51.100.0/24", "198.51.100.1/32", "a", False, id="another length"),
    ],
)
def test_how_near_a_sibling_is(full: str, other: str, hops: str, is_sibling: bool) -> None:
    expected = inferred({full: "abc", other: hops}).get(other)
    assert expected == (
        (3, f"inferred from its sibling {full}") if is_sibling else (2, ALONE) if hops == "ab" else None
    )


def test_another_protocol_makes_no_sibling() -> None:
    installed = {"198.51.100.1/32": "abc", "198.51.100.2/32": "ab"}
    assert inferred(installed, {"198.51.100.2/32": "ospf"})["198.51.100.2/32"] == (2, ALONE)


# Flags and configuration


def test_one_next_hop_can_be_expected() -> None:
    found = Expectations.from_flags([], 1, ()).for_prefix("tor1", "198.51.100.1/32")
    assert found == Expectation("--expect 1", 1)


def test_a_number_alone_limits_nothing() -> None:
    found = Expectations.from_flags([], 5, ())
    assert (found.has_any, found.says_what_to_audit("tor1")) == (True, False)
    assert not Expectations.from_flags([], None, ()).has_any


def test_nodes_with_a_name_come_first_by_number_then_addresses_by_number() -> None:
    nodes = parse_nodes(["192.0.2.100,192.0.2.9,node10=192.0.2.1,node2=192.0.2.50,2001:db8::1"])
    assert [node.name for node in nodes] == ["node2", "node10", "192.0.2.9", "192.0.2.100", "2001:db8::1"]


COMPLETE = {
    "nodes": {"node1": {"addresses": ["192.0.2.1"]}},
    "clusters": {
        "prod": {
            "pools": ["198.51.100.0/24", "2001:db8:31::/64"],
            "complete": True,
            "exceptions": [{"prefix": "198.51.100.7/32", "expect": 1}, {"prefix": "2001:db8:31::7/128", "expect": 1}],
        },
        "test": {"pools": ["203.0.113.0/24"]},
    },
}


def configured(content: dict[str, Any]) -> Expectations:
    """What a configuration expects."""
    return Expectations.from_configuration(Configuration.model_validate(content), "ecmpaudit.yaml")


@pytest.mark.parametrize(
    "prefix,is_orphan",
    [
        ("198.51.100.8/32", True),
        ("198.51.100.7/32", False),
        ("198.51.100.0/24", False),
        ("198.51.100.0/25", True),
        ("203.0.113.8/32", False),
        ("192.0.2.8/32", False),
        ("2001:db8:31::8/128", True),
        ("2001:db8:31::7/128", False),
        ("2001:db8:31::/64", False),
    ],
)
def test_a_prefix_in_a_complete_pool_that_no_exception_names_is_an_orphan(prefix: str, is_orphan: bool) -> None:
    expectations = configured(COMPLETE)
    assert expectations.is_orphan("tor1", prefix) is is_orphan
    if is_orphan:
        assert expectations.for_prefix("tor1", prefix) is None


def test_without_anything_given_there_is_no_orphan() -> None:
    assert not Expectations.from_flags([], None, ()).is_orphan("tor1", "198.51.100.8/32")


def test_twins_of_the_configuration_are_known_both_ways() -> None:
    pair = {"ipv4": "198.51.100.1/32", "ipv6": "2001:db8:31::1/128"}
    expectations = configured(
        {"clusters": {"prod": {"pools": ["198.51.100.0/24", "2001:db8:31::/64"], "pairs": [pair]}}}
    )
    assert expectations.twins == {
        "198.51.100.1/32": "2001:db8:31::1/128",
        "2001:db8:31::1/128": "198.51.100.1/32",
    }


@pytest.mark.parametrize(
    "max_paths,expected",
    [
        (1, {4: (1, "routers.tor1.max_paths"), 6: (1, "routers.tor1.max_paths")}),
        ({"ipv4": 16}, {4: (16, "routers.tor1.max_paths.ipv4")}),
        ({"ipv6": 8}, {6: (8, "routers.tor1.max_paths.ipv6")}),
        (None, {}),
    ],
)
def test_ceilings_are_given_per_family(max_paths: Any, expected: dict[int, tuple[int, str]]) -> None:
    content = {"routers": {"tor1": {} if max_paths is None else {"max_paths": max_paths}}}
    found = configured_ceilings(Configuration.model_validate(content))
    assert {family: (ceiling.value, ceiling.source) for (_, family), ceiling in found.items()} == {
        family: (value, f"ecmpaudit.yaml: {place}") for family, (value, place) in expected.items()
    }


@pytest.mark.parametrize(
    "prefix,is_held",
    [
        ("198.51.100.0/24", True),
        ("198.51.100.255/32", True),
        ("198.51.100.0/23", False),
        ("198.51.101.0/32", False),
        ("2001:db8:31::/64", True),
        ("2001:db8:31::1/128", True),
        ("2001:db8:31::/63", False),
        ("2001:db8:32::1/128", False),
    ],
)
def test_a_set_of_prefixes_holds_each_of_them_and_what_is_inside(prefix: str, is_held: bool) -> None:
    assert PrefixSet(["198.51.100.0/24", "2001:db8:31::/64"]).holds(prefix) is is_held


# Kubernetes


def of_services(services: dict[str, tuple[str, ...]]) -> ClusterKnowledge:
    """What is known when each prefix is of these Services."""
    return ClusterKnowledge({prefix: Expectation("", 1, services=names) for prefix, names in services.items()})


def test_twins_are_the_two_prefixes_of_one_service() -> None:
    known = of_services(
        {
            "198.51.100.1/32": ("prod/web",),
            "2001:db8::1/128": ("prod/web",),
            "198.51.100.2/32": ("prod/dns",),
            "198.51.100.3/32": ("prod/ftp",),
            "198.51.100.4/32": ("prod/ftp",),
            "198.51.100.5/32": ("prod/ntp", "prod/log"),
            "2001:db8::5/128": ("prod/ntp",),
            "198.51.100.6/32": (),
            "2001:db8::6/128": (),
        }
    )
    assert known.twins == {"198.51.100.1/32": "2001:db8::1/128", "2001:db8::1/128": "198.51.100.1/32"}


def test_a_service_with_three_prefixes_has_no_twins() -> None:
    service = ("prod/web",)
    assert of_services({"198.51.100.1/32": service, "2001:db8::1/128": service, "2001:db8::2/128": service}).twins == {}


@pytest.mark.parametrize(
    "router,routers,holds",
    [
        ("tor1", None, True),
        ("tor1", {"tor1"}, True),
        ("tor2", {"tor1"}, False),
        (None, {"tor1"}, True),
        ("tor1", set(), False),
    ],
)
def test_a_cluster_announces_to_its_routers(router: str | None, routers: set[str] | None, holds: bool) -> None:
    known = ClusterKnowledge(routers=None if routers is None else frozenset(routers))
    assert known.holds_for(router) is holds


@pytest.mark.parametrize(
    "prefix,is_audited",
    [("198.51.100.9/32", True), ("203.0.113.1/32", True), ("203.0.113.2/32", False), ("192.0.2.1/32", False)],
)
def test_a_cluster_audits_its_prefixes_and_its_ranges(prefix: str, is_audited: bool) -> None:
    known = ClusterKnowledge({"203.0.113.1/32": Expectation("", 1)}, ranges=("198.51.100.0/24",))
    assert known.audits(prefix) is is_audited


@pytest.mark.parametrize(
    "given,addresses",
    [
        pytest.param([], {"192.0.2.1", "2001:db8::1"}, id="none given"),
        pytest.param(["198.51.100.1"], {"198.51.100.1", "2001:db8::1"}, id="IPv4 given"),
        pytest.param(["2001:db8:1::1"], {"192.0.2.1", "2001:db8:1::1"}, id="IPv6 given"),
        pytest.param(["198.51.100.1", "2001:db8:1::1"], {"198.51.100.1", "2001:db8:1::1"}, id="both given"),
    ],
)
def test_given_addresses_replace_those_of_their_family(given: list[str], addresses: set[str]) -> None:
    announced = Announcements(shares={}, nodes={"node1": frozenset({"192.0.2.1", "2001:db8::1"})})
    known = knowledge_of(announced, [Node("node1", frozenset(given))] if given else [])
    assert known.nodes == (Node("node1", frozenset(addresses)),)


@pytest.mark.parametrize(
    "prefix,nodes",
    [("198.51.100.1/32", ["node1", "node2"]), ("2001:db8::1/128", [])],
)
def test_nodes_without_an_address_of_the_family_are_a_number(prefix: str, nodes: list[str]) -> None:
    share = Share(prefix, services=("prod/web",), nodes=("node1", "node2"), excluded={}, facts=())
    addresses = {"node1": frozenset({"192.0.2.1"}), "node2": frozenset({"192.0.2.2"})}
    found = knowledge_of(Announcements(shares={prefix: share}, nodes=addresses)).expected[prefix]
    assert (found.count, [node.name for node in found.nodes]) == (2, nodes)
