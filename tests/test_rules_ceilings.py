"""What the rules 201, 202 and 204 say of ceilings, and what rule 101 says beside them."""

from __future__ import annotations

import pytest

from ecmpaudit.model import AuditedPrefix, Ceiling, Expectation, Network, NextHop, NextHops, Route, Severity
from tests.rule_checks import FIVE_NODES, findings_in, messages_in, node, seen_as_candidates

CEILING_CASES = [
    pytest.param(3, 5, 4, {"ECMP101": "error", "ECMP201": "error"}, id="expected-above-installed-below"),
    pytest.param(4, 5, 4, {"ECMP101": "error", "ECMP202": "error"}, id="installed-at-ceiling"),
    pytest.param(5, 5, 4, {"ECMP201": "warning"}, id="installed-above"),
    pytest.param(5, 6, 4, {"ECMP101": "error", "ECMP201": "warning"}, id="both-above"),
    pytest.param(4, 4, 4, {}, id="full-as-expected"),
    pytest.param(1, 5, 1, {"ECMP101": "error", "ECMP204": "error"}, id="ceiling-one"),
    pytest.param(2, 2, 1, {"ECMP201": "warning"}, id="installed-above-one"),
    pytest.param(16, 17, None, {"ECMP101": "error", "ECMP202": "warning"}, id="16-is-a-default"),
    pytest.param(32, 40, None, {"ECMP101": "error", "ECMP202": "warning"}, id="32-is-a-default"),
    pytest.param(64, 65, None, {"ECMP101": "error", "ECMP202": "warning"}, id="64-is-a-default"),
    pytest.param(16, 16, None, {}, id="16-as-expected"),
    pytest.param(15, 17, None, {"ECMP101": "error"}, id="15-is-no-default"),
    pytest.param(16, 17, 64, {"ECMP101": "error"}, id="known-ceiling-beats-a-default"),
    pytest.param(4, 17, 16, {"ECMP101": "error", "ECMP201": "error"}, id="far-below-a-known-ceiling"),
]


@pytest.mark.parametrize("installed, expected, ceiling, severities", CEILING_CASES)
@pytest.mark.parametrize("family", ["IPv4", "IPv6"])
def test_ceilings(family: str, installed: int, expected: int, ceiling: int | None, severities: dict[str, str]) -> None:
    prefix, base = ("198.51.100.7/32", "192.0.2.") if family == "IPv4" else ("2001:db8:100::7/128", "2001:db8::")
    hops = ", ".join(f"{base}{n}" for n in range(1, installed + 1))
    stated = "" if ceiling is None else f"\nceiling tor1 {ceiling}"
    found = findings_in(f"tor1 {prefix} via {hops}\nexpect {prefix} count {expected}{stated}")
    assert {code: str(finding.severity) for code, finding in found.items()} == severities


def test_a_reached_ceiling_is_the_cause_of_the_missing_node() -> None:
    found = findings_in(
        f"tor1 198.51.100.7/32 via 192.0.2.1-4\nexpect 198.51.100.7/32 nodes {FIVE_NODES}\nceiling tor1 4"
    )
    reached = "the ceiling of 4 is reached (maximum-paths in its configuration)"
    assert found["ECMP101"].cause == f"node5 (192.0.2.5) missing, likely because {reached}"
    assert found["ECMP101"].hint == "check the ceiling first (ECMP202): the missing nodes may be announcing the prefix"
    assert found["ECMP202"].message == f"tor1 198.51.100.7/32: 4 next hops, expected 5; {reached}"
    assert found["ECMP202"].missing == (node("node5", "192.0.2.5"),)


def test_the_hint_for_a_suspected_ceiling_is_to_look_it_up() -> None:
    finding = findings_in("tor1 198.51.100.7/32 via 192.0.2.1-16\nexpect 198.51.100.7/32 count 20")["ECMP202"]
    assert finding.message == "tor1 198.51.100.7/32: 16 next hops, expected 20; 16 is a common default ceiling"
    assert finding.hint == "look up the router's ceiling and give it: --max-paths N, or max_paths in ecmpaudit.yaml"


def test_an_expectation_above_the_ceiling_says_how_many_fit() -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1-3\nexpect 198.51.100.7/32 count 5\nceiling tor1 4"
    assert messages_in(text)["ECMP201"] == (
        "tor1 198.51.100.7/32: 3 next hops, expected 5; "
        "the router installs at most 4 (maximum-paths in its configuration)"
    )


def test_a_guess_above_the_ceiling_weighs_less() -> None:
    finding = findings_in(
        "tor1 198.51.100.7/32 via 192.0.2.1-3\n"
        "expect 198.51.100.7/32 count 5 inferred from 198.51.100.8/32\nceiling tor1 4"
    )["ECMP201"]
    assert (finding.severity, finding.is_inferred) == (Severity.WARNING, True)


def test_candidates_do_not_reach_a_ceiling_but_may_exceed_it() -> None:
    at = seen_as_candidates("tor1 198.51.100.7/32 via 192.0.2.1-4\nexpect 198.51.100.7/32 count 5\nceiling tor1 4")
    assert sorted(findings_in(at)) == ["ECMP101", "ECMP201"]
    above = seen_as_candidates("tor1 198.51.100.7/32 via 192.0.2.1-5\nexpect 198.51.100.7/32 count 5\nceiling tor1 4")
    found = findings_in(above)
    assert sorted(found) == ["ECMP201"]
    assert found["ECMP201"].severity is Severity.ERROR
    assert found["ECMP201"].message == (
        "tor1 198.51.100.7/32: 5 candidate next hops, expected at most 4 (maximum-paths in its configuration)"
    )


@pytest.mark.parametrize(
    "prefix, base",
    [
        pytest.param("198.51.100.7/32", "192.0.2.", id="IPv4"),
        pytest.param("2001:db8:100::7/128", "2001:db8::", id="IPv6"),
    ],
)
def test_bird_without_merge_paths_leaves_all_but_one_candidate_out(prefix: str, base: str) -> None:
    routes = tuple(
        Route(
            prefix,
            "bgp",
            NextHops((NextHop(f"{base}{n}", is_installed=n == 1),)),
            source=f"node{n}",
            is_selected=n == 1,
        )
        for n in (1, 2, 3)
    )
    audited = AuditedPrefix(
        router="tor1",
        vrf="default",
        prefix=prefix,
        routes=routes,
        expectation=Expectation("--expect 3", 3),
        ceiling=Ceiling(1, "merge paths is off"),
        shows_candidates_only=True,
    )
    found = findings_in(Network(prefixes=(audited,)))
    assert sorted(found) == ["ECMP101", "ECMP204"]
    family = "IPv6" if ":" in prefix else "IPv4"
    assert found["ECMP204"].message == (
        f"tor1: multipath is off for {family} (merge paths is off), expected 3 next hops for {prefix}"
    )
