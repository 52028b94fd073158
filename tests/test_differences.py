"""What changed between two observations: next hops by node name, attributes, ceilings, findings."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ecmpaudit.auditing.run import Material
from ecmpaudit.auditing.scope import FilterOptions
from ecmpaudit.history.differences import differences
from ecmpaudit.history.filters import narrowed_differences
from ecmpaudit.history.observations import observation_of
from ecmpaudit.model.runs import Change, Differences, Observation, RouterAnswer
from ecmpaudit.reporting.differences import exit_code_of, render_differences, render_differences_json
from tests.history_builders import audit_of

NODES = "node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3"
BEFORE = f"tor1 198.51.100.7/32 via 192.0.2.1-3\nexpect 198.51.100.7/32 nodes {NODES}"
PLACE = ("tor1", "default", "198.51.100.7/32")


def observation(title: str, text: str) -> Observation:
    return observation_of(title, audit_of(text), Material())


def between(before: str, after: str) -> Differences:
    return differences(observation("before", before), observation("after", after))


def sentences(before: str, after: str) -> list[str]:
    """The lines about prefixes: neither the first, which names both sides, nor findings, nor the last, which counts."""
    found = replace(between(before, after), new_faults=(), gone_faults=())
    return render_differences(found).splitlines()[1:-1]


def test_removed_and_added_next_hops_are_named() -> None:
    found = between(BEFORE, BEFORE.replace("via 192.0.2.1-3", "via 192.0.2.1, 192.0.2.9"))
    (change,) = found.changes
    assert change == Change(
        PLACE, before=3, after=2, removed=("node2 (192.0.2.2)", "node3 (192.0.2.3)"), added=("192.0.2.9",)
    )


@pytest.mark.parametrize(
    "before, after, sentence",
    [
        pytest.param(
            "tor1 198.51.100.7/32 via 192.0.2.1-3",
            "tor1 198.51.100.7/32 via 192.0.2.1",
            "tor1 198.51.100.7/32: 3 next hops, now 1; removed: 192.0.2.2, 192.0.2.3",
            id="gone",
        ),
        pytest.param(
            "tor1 vrf red 2001:db8:100::7/128 via 2001:db8::1",
            "tor1 vrf red 2001:db8:100::7/128 via 2001:db8::2",
            "tor1 2001:db8:100::7/128 (vrf red): still 1 next hop; removed: 2001:db8::1; added: 2001:db8::2",
            id="replaced",
        ),
        pytest.param(
            "tor1 198.51.100.7/32 via 192.0.2.1",
            "tor1 198.51.100.7/32 missing",
            "tor1 198.51.100.7/32: 1 next hop, now no route; removed: 192.0.2.1",
            id="no_route",
        ),
        pytest.param(
            "tor1 198.51.100.7/32 via 192.0.2.1\ntor1 2001:db8:100::7/128 via 2001:db8::1",
            "tor1 2001:db8:100::7/128 via 2001:db8::1",
            "tor1 198.51.100.7/32: 1 next hop, now no route; removed: 192.0.2.1",
            id="not_in_the_whole_table",
        ),
        pytest.param(
            "tor1 198.51.100.7/32 via 192.0.2.1\nceiling tor1 64",
            "tor1 198.51.100.7/32 via 192.0.2.1\nceiling tor1 32",
            "tor1 198.51.100.7/32: ceiling 64, now 32",
            id="ceiling",
        ),
        pytest.param(
            "tor1 198.51.100.7/32 via 192.0.2.1\nceiling tor1 64",
            "tor1 198.51.100.7/32 via 192.0.2.1",
            "tor1 198.51.100.7/32: ceiling 64, now unknown",
            id="ceiling_unknown",
        ),
        pytest.param(
            "tor1 198.51.100.7/32 via 192.0.2.1",
            "tor1 198.51.100.7/32 ospf via 192.0.2.1",
            "tor1 198.51.100.7/32: protocol bgp, now ospf; distance 20, now 110",
            id="protocol",
        ),
        pytest.param(
            "tor1 198.51.100.7/32 via 192.0.2.1 weight 1",
            "tor1 198.51.100.7/32 via 192.0.2.1 weight 50",
            "tor1 198.51.100.7/32: weight of 192.0.2.1 1, now 50",
            id="weight",
        ),
        pytest.param(
            "tor1 198.51.100.7/32 via 192.0.2.1\nexpect 198.51.100.7/32 count 1",
            "tor1 198.51.100.7/32 via 192.0.2.1\nexpect 198.51.100.7/32 nodes 192.0.2.1",
            "",
            id="only_what_is_known_of_it",
        ),
        pytest.param(
            "tor1 198.51.100.7/32 via fe80::1%eth0, fe80::1%eth1",
            "tor1 198.51.100.7/32 via fe80::1%eth0",
            "tor1 198.51.100.7/32: 2 next hops, now 1; removed: fe80::1%eth1",
            id="link_local",
        ),
        pytest.param(
            "tor1 198.51.100.7/32 via 192.0.2.1%eth0",
            "tor1 198.51.100.7/32 via 192.0.2.1%eth1",
            "tor1 198.51.100.7/32: still 1 next hop; removed: 192.0.2.1 on eth0; added: 192.0.2.1 on eth1",
            id="interface",
        ),
    ],
)
def test_a_change_is_one_sentence(before: str, after: str, sentence: str) -> None:
    assert sentences(before, after) == ([sentence] if sentence else [])


def test_findings_that_are_new_and_gone_are_reported_once_each() -> None:
    after = BEFORE.replace("via 192.0.2.1-3", "via 192.0.2.1")
    message = "tor1 198.51.100.7/32: 1 next hop, expected 3; missing node2 (192.0.2.2), node3 (192.0.2.3)"
    assert between(BEFORE, after).new_faults == (message,)
    assert between(after, BEFORE).gone_faults == (message,)
    assert between(after, after).is_empty


def test_a_router_that_was_not_read_is_not_compared_and_nothing_of_it_is_gone() -> None:
    found = between(
        f"{BEFORE}\ntor2 198.51.100.7/32 via 192.0.2.1-2", f"{BEFORE}\ntor2 not checked: connection refused"
    )
    assert (found.changes, found.gone_faults) == ((), ())
    assert "after: tor2: not read: connection refused" in found.not_compared
    assert "after: tor2: not read: connection refused (1 prefix)" in found.not_compared
    assert exit_code_of(found) == 3


def test_a_line_that_was_not_understood_is_no_change() -> None:
    found = between(BEFORE, f"{BEFORE}\ntor1 line 17 not understood: B>* [20/0] via")
    assert (found.new_faults, exit_code_of(found)) == ((), 3)


@pytest.mark.parametrize(
    "cut, reason",
    [
        pytest.param({"covers": ()}, "tor1: not among the audited prefixes", id="outside_the_pools"),
        pytest.param({"covers": ("198.51.0.0/16", "2001:db8::/32")}, None, id="inside_a_pool"),
        pytest.param({"covers": ("203.0.113.0/24", "2001:db8::/32")}, "not among the audited", id="of_another_pool"),
        pytest.param({"answers": {"tor1": RouterAnswer(whole_families=(6,))}}, "not known to be whole", id="family"),
        pytest.param({"answers": {}}, "tor1: not asked", id="not_asked"),
    ],
)
def test_a_prefix_that_is_absent_is_gone_only_where_it_was_looked_for(
    cut: dict[str, object], reason: str | None
) -> None:
    empty = replace(observation("after", "tor1 203.0.113.1/32 via 192.0.2.1"), spreads={}, **cut)  # type: ignore[arg-type]  # the fields are mixed
    found = differences(observation("before", BEFORE), empty)
    assert len(found.changes) == (reason is None)
    assert any(reason in line for line in found.not_compared) if reason else found.not_compared == ()


def test_exit_codes_are_those_of_an_audit() -> None:
    assert exit_code_of(between(BEFORE, BEFORE)) == 0
    assert exit_code_of(between(BEFORE, BEFORE.replace("192.0.2.1-3", "192.0.2.1"))) == 1


def test_the_json_has_every_change() -> None:
    after = f"{BEFORE.replace('via 192.0.2.1-3', 'via 192.0.2.1-2')}\nceiling tor1 4"
    found = between(BEFORE, after)
    report = json.loads(render_differences_json(found))
    assert report["changes"] == [
        {
            "router": "tor1",
            "vrf": "default",
            "prefix": "198.51.100.7/32",
            "before": 3,
            "after": 2,
            "gone": ["node3 (192.0.2.3)"],
            "come": [],
            "attributes": {"ceiling": {"before": "unknown", "after": "4"}},
        }
    ]
    assert (report["before"], report["after"], report["unchanged"]) == ("before", "after", 0)
    message = "tor1 198.51.100.7/32: 2 next hops, expected 3; missing node3 (192.0.2.3)"
    assert report["new_findings"] == [message]
    assert report["codes"] == {message: "ECMP101"}
    assert f"new finding: {message} (ECMP101)\n" in render_differences(found)


def test_what_a_device_prints_stays_text() -> None:
    hostile = "to\x1b[31mr\n1"
    before = Observation(
        "a\x9b", {(hostile, "default", "198.51.100.7/32"): observation("", BEFORE).spreads[PLACE]}, {}, {}
    )
    text = render_differences(differences(before, replace(before, spreads={})))
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert r"to\x1b[31mr\n1: not asked" in text


SIX = "node1=2001:db8::1, node2=2001:db8::2, node3=2001:db8::3"
BOTH = f"{BEFORE}\ntor1 2001:db8:100::7/128 via 2001:db8::1-3\nexpect 2001:db8:100::7/128 nodes {SIX}"


@pytest.mark.parametrize(
    "node, expected",
    [
        pytest.param(
            "node2",
            [
                "tor1 198.51.100.7/32: 3 next hops, now 1; removed: node2 (192.0.2.2)",
                (
                    "new finding: tor1 198.51.100.7/32: 1 next hop, expected 3; missing node2 (192.0.2.2), "
                    "node3 (192.0.2.3) (ECMP101)"
                ),
                "1 prefix changed, 1 prefix unchanged",
            ],
            id="one of the two of IPv4 that are gone",
        ),
        pytest.param(
            "2001:db8::1",
            [
                "tor1 2001:db8:100::7/128: 3 next hops, now 2; removed: node1 (2001:db8::1)",
                "new finding: tor1 2001:db8:100::7/128: 2 next hops, expected 3; missing node1 (2001:db8::1) (ECMP101)",
                "1 prefix changed, 1 prefix unchanged",
            ],
            id="the one of IPv6, by its address",
        ),
    ],
)
def test_a_node_leaves_only_its_own_next_hops_and_findings(node: str, expected: list[str]) -> None:
    now = BOTH.replace("via 192.0.2.1-3", "via 192.0.2.1").replace("via 2001:db8::1-3", "via 2001:db8::2-3")
    sides = observation("before", BOTH), observation("after", now)
    found = narrowed_differences(*sides, FilterOptions(only_nodes=(node,)), None)
    assert render_differences(found).splitlines()[1:] == expected


def test_a_prefix_whose_other_nodes_changed_is_unchanged_for_the_node_that_was_asked_for() -> None:
    sides = observation("before", BEFORE), observation("after", BEFORE.replace("via 192.0.2.1-3", "via 192.0.2.1-2"))
    found = narrowed_differences(*sides, FilterOptions(only_nodes=("node1",)), None)
    assert (found.changes, found.new_faults, found.unchanged, exit_code_of(found)) == ((), (), 1, 0)


def test_a_fault_of_another_node_that_ended_is_not_of_the_node_that_stays_missing() -> None:
    sides = (
        observation("before", BEFORE.replace("via 192.0.2.1-3", "via 192.0.2.1")),
        observation("after", BEFORE.replace("via 192.0.2.1-3", "via 192.0.2.1-2")),
    )
    found = narrowed_differences(*sides, FilterOptions(only_nodes=("node3",)), None)
    assert (found.changes, found.new_faults, found.gone_faults) == ((), (), ())
    assert exit_code_of(found) == 0


def test_the_weight_of_another_node_is_left_out() -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1 weight 1, 192.0.2.2 weight 1\nexpect 198.51.100.7/32 nodes " + NODES
    now = text.replace("192.0.2.2 weight 1", "192.0.2.2 weight 5")
    sides = observation("before", text), observation("after", now)
    found = narrowed_differences(*sides, FilterOptions(only_nodes=("node1",)), None)
    assert [name for change in found.changes for name, _, _ in change.attributes] == []
    (change,) = narrowed_differences(*sides, FilterOptions(only_nodes=("node2",)), None).changes
    assert change.attributes == (("weight of node2 (192.0.2.2)", "1", "5"),)
