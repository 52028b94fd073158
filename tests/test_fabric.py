"""What a fabric of spines and leaves expects of each router, and what of it is reported once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.judge import judge
from ecmpaudit.configuration.reader import read_configuration
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.fabric_from_configuration import fabric_of
from ecmpaudit.rules import all_rules
from tests.notation import parse_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.model import Expectation

CONFIGURATION = """
routers: {spine1: {}, spine2: {}, leaf1: {}, leaf2: {}, leaf3: {}}
nodes:
  node1: {addresses: [192.0.2.1, "2001:db8::1"]}
  node2: {addresses: [192.0.2.2, "2001:db8::2"]}
  node3: {addresses: [192.0.2.3, "2001:db8::3"]}
clusters:
  prod: {pools: [198.51.100.0/24, "2001:db8:100::/48"]}
fabric:
  tiers:
    - {name: spines, routers: [spine1, spine2]}
    - {name: leaves, routers: [leaf1, leaf2, leaf3]}
  links: {node1: [leaf1], node2: [leaf1], node3: [leaf2]}
  default_route: true
  loopbacks: [203.0.113.0/24, "2001:db8:113::/48"]
"""
LOOPBACKS = {"spine1": ("203.0.113.1", "2001:db8:113::1"), "leaf3": ("203.0.113.13", "2001:db8:113::13")}


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Configuration]:
    """Return what reads a configuration from a text."""

    def read(text: str) -> Configuration:
        file = tmp_path / "ecmpaudit.yaml"
        file.write_text(text, encoding="utf-8")
        return read_configuration(file)

    return read


def _names(expectation: Expectation | None) -> list[str] | None:
    return [node.name for node in expectation.nodes] if expectation else None


@pytest.mark.parametrize("prefix", ["198.51.100.7/32", "2001:db8:100::7/128"])
@pytest.mark.parametrize(
    "router, expected",
    [
        pytest.param("leaf1", ["node1", "node2"], id="its nodes on a leaf"),
        pytest.param("leaf3", ["spine1", "spine2"], id="the spines on a leaf without nodes"),
        pytest.param("spine1", ["leaf1", "leaf2"], id="the leaves with nodes on a spine"),
    ],
)
def test_next_hops_are_neighbours_that_lead_to_the_nodes(
    read: Callable[[str], Configuration], router: str, expected: list[str], prefix: str
) -> None:
    expectations = Expectations.from_configuration(read(CONFIGURATION), "ecmpaudit.yaml")
    found = expectations.for_prefix(router, prefix)
    assert _names(found) == expected
    assert found is not None
    assert found.count == len(expected)


def test_a_router_outside_of_the_fabric_has_the_nodes_themselves(read: Callable[[str], Configuration]) -> None:
    text = CONFIGURATION.replace("leaf3: {}}", "leaf3: {}, edge: {}}")
    expectations = Expectations.from_configuration(read(text), "ecmpaudit.yaml")
    assert _names(expectations.for_prefix("edge", "198.51.100.7/32")) == ["node1", "node2", "node3"]


@pytest.mark.parametrize("prefix", ["0.0.0.0/0", "::/0"])
def test_a_default_route_leads_over_all_links_upwards(read: Callable[[str], Configuration], prefix: str) -> None:
    expectations = Expectations.from_configuration(read(CONFIGURATION), "ecmpaudit.yaml")
    assert _names(expectations.for_prefix("leaf2", prefix)) == ["spine1", "spine2"]
    assert expectations.for_prefix("spine1", prefix) is None
    assert prefix in expectations.named_prefixes("leaf2")
    assert prefix not in expectations.named_prefixes("spine1")
    assert not expectations.audits("spine1", prefix)


@pytest.mark.parametrize("number, length", [(0, 32), (1, 128)], ids=["IPv4", "IPv6"])
def test_loopbacks_lead_over_every_spine_and_back(
    read: Callable[[str], Configuration], number: int, length: int
) -> None:
    expectations = Expectations.from_configuration(read(CONFIGURATION), "ecmpaudit.yaml")
    fabric = expectations.fabric
    assert fabric is not None
    known = expectations.with_fabric(fabric.with_routers(LOOPBACKS, LOOPBACKS))
    of_leaf, of_spine = (f"{LOOPBACKS[name][number]}/{length}" for name in ("leaf3", "spine1"))
    assert _names(known.for_prefix("leaf1", of_leaf)) == ["spine1", "spine2"]
    assert _names(known.for_prefix("spine2", of_leaf)) == ["leaf3"]
    assert _names(known.for_prefix("leaf1", of_spine)) == ["spine1"]
    assert known.for_prefix("spine2", of_spine) is None
    assert known.for_prefix("leaf3", of_leaf) is None
    assert of_leaf in known.named_prefixes("leaf1")


def test_an_address_outside_of_the_pools_is_no_loopback(read: Callable[[str], Configuration]) -> None:
    fabric = Expectations.from_configuration(read(CONFIGURATION), "ecmpaudit.yaml").fabric
    assert fabric is not None
    known = fabric.with_routers({"leaf3": ["198.18.0.1"]}, {"leaf3": ["198.18.0.1"]})
    assert known.loopbacks == {}
    assert known.routers["leaf3"].addresses == {"198.18.0.1"}


def test_an_address_of_two_routers_identifies_none(read: Callable[[str], Configuration]) -> None:
    fabric = Expectations.from_configuration(read(CONFIGURATION), "ecmpaudit.yaml").fabric
    assert fabric is not None
    both = {"leaf1": ["203.0.113.99"], "leaf2": ["203.0.113.99", "203.0.113.12"]}
    known = fabric.with_routers(both, both)
    assert known.routers["leaf1"].addresses == frozenset()
    assert known.loopbacks == {"203.0.113.12/32": "leaf2"}


def test_tiers_and_links_are_learned_from_the_last_good_run(read: Callable[[str], Configuration]) -> None:
    text = CONFIGURATION.partition("fabric:")[0] + "fabric: {learn: true}\n"
    learned = {
        "leaf1": frozenset({"node1", "node2", "spine1", "spine2"}),
        "leaf2": frozenset({"node3"}),
        "leaf3": frozenset({"spine1", "spine2"}),
        "spine1": frozenset({"leaf1", "leaf2"}),
        "spine2": frozenset({"leaf1", "leaf2"}),
    }
    fabric = fabric_of(read(text), learned)
    assert fabric is not None
    assert fabric.above["node1"] == ("leaf1",)
    assert fabric.above["leaf2"] == ("spine1", "spine2")
    assert set(fabric.above["node3"]) == {"leaf2"}


def test_without_such_a_run_nothing_is_learned(read: Callable[[str], Configuration]) -> None:
    text = CONFIGURATION.partition("fabric:")[0] + "fabric: {learn: true}\n"
    fabric = fabric_of(read(text), {})
    assert fabric is not None
    assert fabric.above == {}


@pytest.mark.parametrize(
    "old, new, message",
    [
        (
            "routers: [spine1, spine2]",
            "routers: [spine1, spin2]",
            "fabric.tiers[0].routers[1]: there is no router spin2",
        ),
        ("{node1: [leaf1]", "{node9: [leaf1]", "there is no router or node node9"),
        ("node1: [leaf1]", "node1: [leaf9]", "there is no router leaf9"),
        ("routers: [leaf1, leaf2", "routers: [spine1, leaf2", "spine1 is in tier spines already"),
        ("name: leaves", "name: spines", "spines is another tier's name already"),
        ("node3: [leaf2]}", "node3: [leaf2], spine1: [leaf1]}", "leaf1 is not above spine1"),
        (", node3: [leaf2]}", "}", "node node3 is missing"),
    ],
)
def test_contradictions_are_refused(read: Callable[[str], Configuration], old: str, new: str, message: str) -> None:
    assert old in CONFIGURATION
    with pytest.raises(ConfigurationError) as refused:
        read(CONFIGURATION.replace(old, new, 1))
    assert message in str(refused.value)


FABRIC = """
    link leaf1 of leaves to spine1 of spines
    link leaf1 of leaves to spine2 of spines
    link leaf2 of leaves to spine1 of spines
    link leaf2 of leaves to spine2 of spines
    link node1 of nodes to leaf1 of leaves
"""


def _codes(text: str) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.router) for finding in judge(parse_network(FABRIC + text), all_rules())]


def test_a_cut_is_reported_once_for_all_prefixes() -> None:
    found = judge(
        parse_network(
            FABRIC
            + """
    leaf1 203.0.113.2/32 via 192.0.2.2
    leaf1 203.0.113.3/32 via 192.0.2.2
    leaf1 2001:db8:113::2/128 via 2001:db8::2
    expect 203.0.113.2/32 nodes spine1=192.0.2.1, spine2=192.0.2.2
    expect 203.0.113.3/32 nodes spine1=192.0.2.1, spine2=192.0.2.2
    expect 2001:db8:113::2/128 nodes spine1=2001:db8::1, spine2=2001:db8::2
    leaf1 session 192.0.2.1 ipv4 Active since 00:12:31
    leaf1 session 2001:db8::1 ipv6 Active since 00:12:31
"""
        ),
        all_rules(),
    )
    assert [(finding.code, finding.router, [node.name for node in finding.missing]) for finding in found] == [
        ("ECMP106", "leaf1", ["spine1"])
    ]
    assert "(leaves to spines)" in found[0].message
    assert "IPv4 and IPv6" in found[0].message
    assert "3 prefixes" in found[0].message


def test_a_link_that_carries_another_prefix_is_not_lost() -> None:
    found = _codes("""
    leaf1 203.0.113.2/32 via 192.0.2.2
    leaf1 203.0.113.3/32 via 192.0.2.1-2
    expect 203.0.113.2/32 nodes spine1=192.0.2.1, spine2=192.0.2.2
    expect 203.0.113.3/32 nodes spine1=192.0.2.1, spine2=192.0.2.2
    leaf1 session 192.0.2.1 ipv4 Established accepted 1
""")
    assert found == [("ECMP101", "leaf1")]


def test_a_router_whose_neighbour_has_lost_the_prefix_itself_is_not_reported() -> None:
    found = _codes("""
    leaf2 198.51.100.7/32 via 192.0.2.2
    spine1 198.51.100.7/32 missing
    expect 198.51.100.7/32 nodes spine1=192.0.2.1, spine2=192.0.2.2
""")
    assert found == [("ECMP102", "spine1")]
