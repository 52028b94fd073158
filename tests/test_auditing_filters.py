"""What `--router`, `--node`, `--prefix`, `--vrf` and `--label` leave of an audit, and which routers a scan asks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.auditing.filters import Chosen, Known, chosen_among, chosen_of, left_of, narrowed, routers_asked
from ecmpaudit.auditing.scope import FilterOptions
from ecmpaudit.configuration.schema import Configuration
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Audit, Finding, NextHop, RouterState, Severity
from ecmpaudit.model.captures import NotRead
from ecmpaudit.model.questions import NotAnswered
from tests.notation import parse_network
from tests.rule_checks import node

if TYPE_CHECKING:
    from ecmpaudit.model import Node

NODE1, NODE2, NODE3 = node("node1", "192.0.2.1"), node("node2", "192.0.2.2"), node("node3", "192.0.2.3")


@pytest.mark.parametrize(
    "chosen, is_left",
    [
        pytest.param(Chosen(), True, id="no-filter"),
        pytest.param(Chosen(nodes=(NODE1,)), True, id="next-hop-of-no-expected-node"),
        pytest.param(Chosen(nodes=(NODE2,)), True, id="expected-node-without-next-hop"),
        pytest.param(Chosen(nodes=(NODE3,)), False, id="another-node"),
        pytest.param(Chosen(nodes=(NODE3, NODE2)), True, id="one-of-two-nodes"),
        pytest.param(Chosen(nodes=()), False, id="no-node"),
        pytest.param(Chosen(nodes=(NODE1,), routers=frozenset({"tor2"})), False, id="node-on-another-router"),
        pytest.param(Chosen(nodes=(NODE3,), routers=frozenset({"tor1"})), False, id="another-node-on-the-router"),
        pytest.param(Chosen(vrfs=frozenset({"red"})), False, id="another-VRF"),
        pytest.param(Chosen(prefixes=frozenset({"198.51.100.8/32"})), False, id="another-prefix"),
    ],
)
def test_a_prefix_is_left_if_a_chosen_node_is_expected_or_used(chosen: Chosen, is_left: bool) -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1\nexpect 198.51.100.7/32 nodes node2=192.0.2.2"
    (prefix,) = parse_network(text).prefixes
    assert chosen.has_prefix(prefix) is is_left


@pytest.mark.parametrize("name, is_left", [("node1", True), ("node2", False)])
def test_a_prefix_without_an_expectation_is_left_if_a_chosen_node_is_used(name: str, is_left: bool) -> None:
    (prefix,) = parse_network("tor1 2001:db8:100::7/128 via 2001:db8::1").prefixes
    chosen = {"node1": node("node1", "2001:db8::1"), "node2": node("node2", "2001:db8::2")}
    assert Chosen(nodes=(chosen[name],)).has_prefix(prefix) is is_left


# which findings are left


@pytest.mark.parametrize(
    "finding, nodes, is_left",
    [
        pytest.param({}, None, True, id="no-filter"),
        pytest.param({}, (NODE1,), False, id="about-no-node"),
        pytest.param({"missing": (NODE1,)}, (NODE1,), True, id="missing"),
        pytest.param({"missing": (NODE2, NODE1)}, (NODE3, NODE1), True, id="one-of-the-missing"),
        pytest.param({"missing": (NODE2,)}, (NODE1,), False, id="another-missing"),
        pytest.param({"unexpected": (NextHop("192.0.2.1"),)}, (NODE1,), True, id="unexpected-next-hop"),
        pytest.param({"unexpected": (NextHop("192.0.2.2"),)}, (NODE1,), False, id="another-unexpected"),
        pytest.param({"message": "2 next hops; also (node1):"}, (NODE1,), True, id="named"),
        pytest.param({"message": "2 next hops; also node12"}, (NODE1,), False, id="longer-name"),
        pytest.param({"message": "missing node7 (192.0.2.1)"}, (NODE1,), True, id="address-in-the-message"),
        pytest.param({"message": "missing node7 (192.0.2.10)"}, (NODE1,), False, id="another-address"),
    ],
)
def test_a_finding_is_left_if_it_is_about_a_chosen_node(
    finding: dict[str, Any], nodes: tuple[Node, ...] | None, is_left: bool
) -> None:
    message = finding.pop("message", "1 next hop, expected 2")
    known = Finding("ECMP101", Severity.ERROR, message, router="tor1", vrf="red", prefix="198.51.100.7/32", **finding)
    assert Chosen(nodes=nodes).has_finding(known) is is_left
    assert (
        Chosen(frozenset({"tor1"}), nodes, frozenset({"198.51.100.7/32"}), frozenset({"red"})).has_finding(known)
        is is_left
    )
    for elsewhere in (
        Chosen(routers=frozenset({"tor2"})),
        Chosen(vrfs=frozenset({"default"})),
        Chosen(prefixes=frozenset({"198.51.100.8/32"})),
    ):
        assert not replace(elsewhere, nodes=nodes).has_finding(known)


# what filters choose

AUDIT = Audit(
    network=replace(
        parse_network(
            "tor1 198.51.100.7/32 via 192.0.2.1\ntor2 vrf red 2001:db8::7/128 via 2001:db8::1\n"
            "expect 198.51.100.7/32 nodes node1=192.0.2.1"
        ),
        routers=(RouterState("tor1"), RouterState("tor3"), RouterState("node1", is_node=True)),
        asked=("tor4",),
    ),
    findings=(
        Finding("ECMP101", Severity.ERROR, "", router="tor1", prefix="203.0.113.0/24", missing=(NODE2,)),
        Finding("ECMP601", Severity.ERROR, ""),
    ),
)


@pytest.mark.parametrize(
    "options, known",
    [
        pytest.param(
            FilterOptions(only_routers=("x",)), "--router x: matches none of tor1, tor2, tor3, tor4", id="router"
        ),
        pytest.param(
            FilterOptions(only_nodes=("x",)), "--node x: matches none of 192.0.2.1, 192.0.2.2, node1, node2", id="node"
        ),
        pytest.param(
            FilterOptions(only_prefixes=("x",)),
            "--prefix x: matches none of 198.51.100.7/32, 2001:db8::7/128, 203.0.113.0/24",
            id="prefix",
        ),
        pytest.param(FilterOptions(only_vrfs=("x",)), "--vrf x: matches none of default, red", id="VRF"),
    ],
)
def test_a_filter_chooses_among_the_names_of_the_run(options: FilterOptions, known: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        chosen_of(AUDIT, options, None)
    assert str(refused.value) == known


def test_without_a_filter_an_audit_stays_what_it_is_and_with_one_its_part_is_left() -> None:
    assert narrowed(AUDIT, FilterOptions(), None) is AUDIT
    left = narrowed(AUDIT, FilterOptions(only_vrfs=("red",)), None)
    assert (left.findings, [prefix.router for prefix in left.network.prefixes]) == ((), ["tor2"])


KNOWN = Known(
    ["tor1", "tor2", "spine1"],
    {"node1": NODE1, "node2": NODE2, "node3": NODE3},
    ["198.51.100.7/32", "2001:db8::7/128", "2001:db8:100::/64"],
    ["default", "red"],
)
LABELLED = Configuration.model_validate(
    {
        "routers": {
            "tor1": {"labels": {"site": "a", "row": "1"}},
            "tor2": {"labels": {"site": "a", "row": "2"}},
            "spine1": {"labels": {"site": "b"}},
        },
        "nodes": {
            "node1": {"addresses": ["192.0.2.1"], "labels": {"rack": "r1", "site": "a"}},
            "node2": {"addresses": ["192.0.2.2"], "labels": {"rack": "r2", "site": "b"}},
            "node3": {"addresses": ["192.0.2.3"]},
        },
    }
)


@pytest.mark.parametrize(
    "options, routers, nodes, prefixes",
    [
        pytest.param(FilterOptions(), None, None, None, id="nothing"),
        pytest.param(FilterOptions(only_routers=("tor*",)), {"tor1", "tor2"}, None, None, id="router"),
        pytest.param(FilterOptions(only_nodes=("node3", "node1")), None, ["node1", "node3"], None, id="node"),
        pytest.param(FilterOptions(only_nodes=("192.0.2.2",)), None, ["node2"], None, id="node-by-address"),
        pytest.param(FilterOptions(only_prefixes=("198.51.100.7",)), None, None, {"198.51.100.7/32"}, id="host"),
        pytest.param(FilterOptions(only_prefixes=("2001:DB8::7",)), None, None, {"2001:db8::7/128"}, id="host-IPv6"),
        pytest.param(
            FilterOptions(only_prefixes=("2001:*",)), None, None, {"2001:db8::7/128", "2001:db8:100::/64"}, id="pattern"
        ),
        pytest.param(FilterOptions(only_labels=("row=1",)), {"tor1"}, None, None, id="label-of-routers"),
        pytest.param(FilterOptions(only_labels=("rack=r*",)), None, ["node1", "node2"], None, id="label-of-nodes"),
        pytest.param(FilterOptions(only_labels=("site=b",)), {"spine1"}, ["node2"], None, id="label-of-both"),
        pytest.param(FilterOptions(only_labels=("site=a,row=2",)), {"tor2"}, [], None, id="two-labels"),
        pytest.param(FilterOptions(only_labels=("site=b", "site=x*")), {"spine1"}, ["node2"], None, id="two-values"),
        pytest.param(
            FilterOptions(only_labels=("site=a",), only_routers=("tor2", "spine1")),
            {"tor2"},
            ["node1"],
            None,
            id="both",
        ),
        pytest.param(
            FilterOptions(only_labels=("site=a",), only_nodes=("node1,node2",)),
            {"tor1", "tor2"},
            ["node1"],
            None,
            id="label-and-node",
        ),
    ],
)
def test_names_patterns_and_labels_choose_together(
    options: FilterOptions, routers: set[str] | None, nodes: list[str] | None, prefixes: set[str] | None
) -> None:
    chosen = chosen_among(KNOWN, options, LABELLED)
    assert chosen.routers == routers
    assert (None if chosen.nodes is None else [each.name for each in chosen.nodes]) == nodes
    assert (chosen.prefixes, chosen.vrfs) == (prefixes, None)


NO_LABEL = "--label site=c: no router and no node has it; the labels are "


@pytest.mark.parametrize(
    "label, configuration, said",
    [
        ("site", LABELLED, "--label site: expected a label and its value, such as site=a"),
        ("=a", LABELLED, "--label =a: expected a label and its value, such as site=a"),
        ("site=a", None, "--label site=a: labels are in a configuration: give --config FILE"),
        (
            "site=c",
            LABELLED,
            f"{NO_LABEL}rack=r1, rack=r2, row=1, row=2, site=a, site=b",
        ),
        (
            "site=a",
            Configuration.model_validate({"routers": {"tor1": {}}}),
            f"{NO_LABEL.replace('site=c', 'site=a')}none",
        ),
    ],
)
def test_a_label_that_nothing_has_is_an_error(label: str, configuration: Configuration | None, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        chosen_among(KNOWN, FilterOptions(only_labels=(label,)), configuration)
    assert str(refused.value) == said


# which routers a scan asks

CONFIGURATION = Configuration.model_validate(
    {"routers": {"tor1": {"labels": {"site": "a"}}, "tor2": {"labels": {"site": "b"}}, "spine1": {}}}
)


@pytest.mark.parametrize(
    "named, options, asked",
    [
        pytest.param([], FilterOptions(), (), id="nothing-given-asks-all"),
        pytest.param(["tor2"], FilterOptions(), ("tor2",), id="named"),
        pytest.param([], FilterOptions(only_routers=("tor*",)), ("tor1", "tor2"), id="matched"),
        pytest.param([], FilterOptions(only_labels=("site=b",)), ("tor2",), id="labelled"),
        pytest.param(["tor1", "spine1"], FilterOptions(only_labels=("site=a",)), ("tor1",), id="named-and-labelled"),
    ],
)
def test_which_routers_a_scan_asks(named: list[str], options: FilterOptions, asked: tuple[str, ...]) -> None:
    assert routers_asked(named, options, CONFIGURATION) == asked


def test_a_scan_of_no_router_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="--label site=a: no router is left to ask"):
        routers_asked(["tor2"], FilterOptions(only_labels=("site=a",)), CONFIGURATION)
    nobody = Configuration.model_validate({"nodes": {"node1": {"addresses": ["192.0.2.1"]}}})
    assert routers_asked([], FilterOptions(), nobody) == ()


# what is left of the network


def test_what_could_not_be_checked_is_left_of_chosen_routers_of_nodes_and_of_no_host() -> None:
    hosts = ("tor1", "tor2", "node1", None)
    network = replace(
        parse_network("tor1 198.51.100.7/32 via 192.0.2.1\ntor2 198.51.100.7/32 via 192.0.2.1"),
        routers=(RouterState("tor1"), RouterState("tor2"), RouterState("node1", is_node=True)),
        asked=("tor1", "tor2", "node1"),
        not_answered=tuple(NotAnswered(host, "show ip bgp", "refused") for host in ("tor1", "tor2", "node1")),
        not_read=tuple(NotRead("session.txt", 1, host, "show ip bgp", "unknown") for host in hosts),
        notes=("a note",),
    )
    findings = tuple(Finding("ECMP001", Severity.INCOMPLETE, "not checked", router=host) for host in hosts)
    audit = Audit(network=network, findings=findings)
    left = left_of(audit, Chosen(routers=frozenset({"tor1"})), FilterOptions(only_routers=("tor1",)))
    assert [state.name for state in left.network.routers] == ["tor1", "node1"]
    assert [prefix.router for prefix in left.network.prefixes] == ["tor1"]
    assert left.network.asked == ("tor1", "node1")
    assert [each.router for each in left.network.not_answered] == ["tor1", "node1"]
    assert [each.router for each in left.network.not_read] == ["tor1", "node1", None]
    assert [finding.router for finding in left.findings] == ["tor1", None]
    assert left.network.notes == ("a note", "only a part is shown: --router tor1")
