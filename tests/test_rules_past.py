"""What the rules 601, 602 and 604 say, and when they keep quiet."""

from __future__ import annotations

import pytest

from ecmpaudit.auditing.judge import judge
from ecmpaudit.model import Severity
from ecmpaudit.rules import all_rules
from tests.notation import parse_network
from tests.rule_checks import findings_in, messages_in

LAST = "run 41 of 2026-11-20 10:15 UTC"


@pytest.mark.parametrize(
    "text, message",
    [
        pytest.param(
            "tor1 198.51.100.7/32 via 192.0.2.1-3\ntor1 198.51.100.7/32 had 192.0.2.1-5 in the last run",
            f"tor1 198.51.100.7/32: 3 next hops, expected 5 as in {LAST}; removed: 192.0.2.4, 192.0.2.5",
            id="IPv4",
        ),
        pytest.param(
            "tor1 vrf red 2001:db8:100::7/128 via fe80::1%eth0\n"
            "tor1 vrf red 2001:db8:100::7/128 had fe80::1%eth0, fe80::1%eth1 in the last run",
            f"tor1 2001:db8:100::7/128 (vrf red): 1 next hop, expected 2 as in {LAST}; removed: fe80::1%eth1",
            id="link-local-on-two-interfaces",
        ),
        pytest.param(
            "tor1 198.51.100.7/32 via 192.0.2.9\ntor1 198.51.100.7/32 had 192.0.2.1-2 in the last run",
            f"tor1 198.51.100.7/32: 1 next hop, expected 2 as in {LAST}; removed: 192.0.2.1, 192.0.2.2",
            id="others-came",
        ),
        pytest.param(
            "tor1 198.51.100.7/32 missing\ntor1 198.51.100.7/32 had 192.0.2.1 in the last run",
            f"tor1 198.51.100.7/32: no next hop installed, expected 1 as in {LAST}; removed: 192.0.2.1",
            id="no-route",
        ),
        pytest.param(
            "tor1 198.51.100.7/32 via 192.0.2.2-3\ntor1 198.51.100.7/32 had 192.0.2.1-2 in the last run",
            None,
            id="moved",
        ),
        pytest.param(
            "tor1 198.51.100.7/32 via 192.0.2.1-3\ntor1 198.51.100.7/32 had 192.0.2.1-2 in the last run",
            None,
            id="grew",
        ),
    ],
)
def test_what_went_since_the_last_run_is_named(text: str, message: str | None) -> None:
    assert messages_in(text).get("ECMP602") == message


def test_a_prefix_that_still_lacks_a_configured_node_shrank() -> None:
    text = "tor1 198.51.100.7/32 via 192.0.2.1\ntor1 198.51.100.7/32 had 192.0.2.1-2 in the last run\n"
    assert sorted(findings_in(f"{text}expect 198.51.100.7/32 nodes 192.0.2.1-2")) == ["ECMP101", "ECMP602"]
    assert sorted(findings_in(f"{text}expect 198.51.100.7/32 nodes 192.0.2.1")) == []


@pytest.mark.parametrize("changes, last, is_flapping", [(4, "1-2", True), (3, "1-2", False), (3, "1-3", True)])
def test_the_change_of_this_run_counts_too(changes: int, last: str, is_flapping: bool) -> None:
    found = findings_in(
        "tor1 198.51.100.7/32 via 192.0.2.1-2\n"
        f"tor1 198.51.100.7/32 changed {changes} times\n"
        f"tor1 198.51.100.7/32 had 192.0.2.{last} in the last run"
    )
    assert ("ECMP601" in found) is is_flapping


def test_a_returned_fault_is_reported_only_for_rules_that_are_run() -> None:
    network = parse_network(
        "tor1 198.51.100.7/32 via 192.0.2.1\n"
        "expect 198.51.100.7/32 nodes node1=192.0.2.1, node3=192.0.2.3\n"
        "tor1 198.51.100.7/32 ECMP101 about node3 was resolved"
    )
    rules = {rule.code: rule for rule in all_rules()}
    without_101 = [rule for code, rule in rules.items() if code != "ECMP101"]
    for run, wanted in ((rules.values(), True), (without_101, False), ([rules["ECMP604"]], True)):
        assert ("ECMP604" in {finding.code for finding in judge(network, run)}) is wanted


def test_only_the_fault_that_was_there_before_came_back() -> None:
    text = (
        "tor1 vrf red 198.51.100.7/32 via 192.0.2.1\n"
        "expect 198.51.100.7/32 nodes node1=192.0.2.1, node3=192.0.2.3, node4=192.0.2.4\n"
        "tor1 vrf red 198.51.100.7/32 ECMP101 about node3 was resolved\n"
        "tor1 vrf red 198.51.100.7/32 ECMP701 was resolved"
    )
    finding = findings_in(text)["ECMP604"]
    assert finding.message == (
        "tor1 198.51.100.7/32 (vrf red): ECMP101 about node3 has returned; 3 runs found it, "
        f"and {LAST} found it resolved"
    )
    assert (finding.severity, finding.missing, finding.prefix) == (Severity.INFO, (), "198.51.100.7/32")
