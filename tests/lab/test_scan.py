"""`ecmpaudit scan` against real routers: what it finds in each state, and what it says when it cannot look.

Run from the management namespace, over real sshd. Prefixes and nodes are the seed document's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.collectors.snapshot import read
from tests.lab.topologies.state import ALL_STATES
from tests.program import ecmpaudit_process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.laboratory import Lab
    from tests.program import Ended

pytestmark = pytest.mark.lab

FIVE = ("172.31.1.1/32", "fd00:31::1:1/128")
"""Carried by all nodes."""
THREE = ("172.31.1.0/32", "fd00:31::1:0/128")
"""Carried by node1, node2 and node5."""
ROUTERS = ("tor1", "tor2")

Finding = dict[str, Any]


def findings(done: Ended, exit_code: int) -> list[Finding]:
    """Return the findings of a run that has to end with this exit code."""
    assert done.stdout.startswith("{"), f"exit code {done.returncode}, no report: {done.stdout}{done.stderr}"
    listed: list[Finding] = json.loads(done.stdout)["findings"]
    messages = "\n".join(f"{finding['code']} {finding['message']}" for finding in listed)
    assert done.returncode == exit_code, f"exit code {done.returncode}, expected {exit_code}\n{messages}"
    return listed


def places(found: list[Finding], code: str) -> set[tuple[str, str]]:
    """Return router and prefix of each finding of a code."""
    return {(finding["router"], finding["prefix"]) for finding in found if finding["code"] == code}


def missing(found: list[Finding], code: str) -> dict[tuple[str, str], list[str]]:
    """Return the names of the missing nodes by router and prefix, of all findings of a code."""
    return {
        (finding["router"], finding["prefix"]): [node["name"] for node in finding["missing"]]
        for finding in found
        if finding["code"] == code
    }


def only_unchecked(found: list[Finding], router: str) -> str:
    """Return what is said of the one router that could not be checked; nothing else may be found."""
    (not_checked,) = [finding for finding in found if finding["code"] != "ECMP005"]  # ECMP005: what follows from it
    assert (not_checked["code"], {finding["router"] for finding in found}) == ("ECMP001", {router})
    assert {finding["severity"] for finding in found} == {"incomplete"}
    return str(not_checked["message"])


def audited(done: Ended) -> set[tuple[str, str]]:
    """Return router and prefix of all that was audited."""
    return {(prefix["router"], prefix["prefix"]) for prefix in json.loads(done.stdout)["prefixes"]}


def test_clean_state_has_no_findings(lab: Lab) -> None:
    done = lab.scan(run=ecmpaudit_process)
    assert findings(done, 0) == []
    assert audited(done) == {(router, prefix) for router in ROUTERS for prefix in FIVE + THREE}


def test_stopped_daemon_is_named_on_both_routers_in_both_families(lab: Lab) -> None:
    with lab.daemon_stopped("node3"):
        found = findings(lab.scan(), 1)
    assert missing(found, "ECMP101") == {(router, prefix): ["node3"] for router in ROUTERS for prefix in FIVE}
    assert {finding["code"] for finding in found} == {"ECMP101"}


def test_stopped_daemon_of_the_node_that_runs_frr_is_named_for_all_its_prefixes(lab: Lab) -> None:
    with lab.daemon_stopped("node5"):
        found = findings(lab.scan(), 1)
    assert missing(found, "ECMP101") == {(router, prefix): ["node5"] for router in ROUTERS for prefix in FIVE + THREE}
    assert {finding["code"] for finding in found} == {"ECMP101"}


@pytest.mark.parametrize("prefix", FIVE, ids=["ipv4", "ipv6"])
def test_withdrawn_address_names_its_node_for_this_prefix_alone(lab: Lab, prefix: str) -> None:
    with lab.withdrawn("node4", prefix):
        found = findings(lab.scan(), 1)
    assert missing(found, "ECMP101") == {(router, prefix): ["node4"] for router in ROUTERS}
    assert {finding["code"] for finding in found} == {"ECMP101"}


@pytest.mark.parametrize("prefix", THREE, ids=["ipv4", "ipv6"])
def test_prefix_that_no_node_announces_is_missing_on_both_routers(lab: Lab, prefix: str) -> None:
    with lab.withdrawn("node1", prefix), lab.withdrawn("node2", prefix), lab.withdrawn("node5", prefix):
        found = findings(lab.scan(), 1)
    assert places(found, "ECMP102") == {(router, prefix) for router in ROUTERS}
    assert {finding["code"] for finding in found} == {"ECMP102"}


def test_maximum_paths_of_two_is_found_on_this_router_alone(lab: Lab) -> None:
    with lab.maximum_paths("tor1", 2):
        found = findings(lab.scan(), 1)
    all_on_tor1 = {("tor1", prefix) for prefix in FIVE + THREE}
    assert places(found, "ECMP101") == all_on_tor1
    assert places(found, "ECMP202") == all_on_tor1
    assert {finding["router"] for finding in found} == {"tor1"}


def test_router_without_sshd_is_reported_and_the_other_is_audited(lab: Lab) -> None:
    with lab.sshd_stopped("tor2"):
        done = lab.scan()
    assert "refused" in only_unchecked(findings(done, 3), "tor2")
    assert audited(done) == {("tor1", prefix) for prefix in FIVE + THREE}


def test_fault_on_one_router_outranks_that_the_other_was_not_checked(lab: Lab) -> None:
    with lab.sshd_stopped("tor2"), lab.withdrawn("node3", "172.31.1.1/32"):
        found = findings(lab.scan(), 1)
    assert missing(found, "ECMP101") == {("tor1", "172.31.1.1/32"): ["node3"]}
    assert [finding["router"] for finding in found if finding["code"] == "ECMP001"] == ["tor2"]


def test_changed_host_key_is_refused_with_its_remedy(lab: Lab) -> None:
    with lab.host_key_changed("tor1"):
        message = only_unchecked(findings(lab.scan(), 3), "tor1")
    assert f"ssh-keygen -R 172.30.250.1 -f {lab.known_hosts}" in message


def test_unknown_host_key_is_refused_and_not_written_down(lab: Lab, tmp_path: Path) -> None:
    empty = tmp_path / "known_hosts"
    empty.touch()
    configuration = lab.configuration(routers={"tor1": {"known_hosts": str(empty)}})
    message = only_unchecked(findings(lab.scan(configuration=configuration), 3), "tor1")
    assert "host key of 172.30.250.1 is not known" in message
    assert empty.read_text(encoding="utf-8") == ""


def test_wrong_user_is_an_authentication_failure(lab: Lab) -> None:
    configuration = lab.configuration(routers={"tor1": {"user": "no-such-user"}})
    message = only_unchecked(findings(lab.scan(configuration=configuration), 3), "tor1")
    assert "authentication" in message
    assert "no-such-user" in message


def test_missing_command_is_reported_as_such(lab: Lab) -> None:
    configuration = lab.configuration(routers={"tor1": {"command_prefix": "no-such-command"}})
    message = only_unchecked(findings(lab.scan(configuration=configuration), 3), "tor1")
    assert "no such command" in message


@pytest.mark.parametrize("words", ["show ip route", "show ipv6 route"], ids=["ipv4", "ipv6"])
def test_hanging_command_times_out_and_the_other_router_is_audited(lab: Lab, words: str) -> None:
    configuration = lab.configuration(ssh={"command_timeout": 8})
    with lab.hanging("tor1", words):
        done = lab.scan(configuration=configuration, run=ecmpaudit_process)
    assert "timed out" in only_unchecked(findings(done, 3), "tor1")
    assert {("tor2", prefix) for prefix in FIVE + THREE} <= audited(done)


@pytest.mark.parametrize("words", ["show ip route", "show ipv6 route"], ids=["ipv4", "ipv6"])
def test_connection_cut_in_mid_output_is_never_read_as_missing_routes(lab: Lab, words: str) -> None:
    with lab.cutting("tor1", words):
        done = lab.scan()
    assert "cut off" in only_unchecked(findings(done, 3), "tor1")


def test_snapshot_replays_to_the_same_report(lab: Lab, tmp_path: Path) -> None:
    configuration, snapshot = lab.configuration(), tmp_path / "snapshot"
    with lab.withdrawn("node4", "fd00:31::1:1/128"), lab.sshd_stopped("tor2"):
        scanned = findings(lab.scan("--save", str(snapshot), configuration=configuration), 1)
    again = lab.ecmpaudit("analyze", "--config", str(configuration), "--format", "json", str(snapshot))
    assert findings(again, 1) == scanned
    assert {finding["code"] for finding in scanned} - {"ECMP005"} == {"ECMP001", "ECMP101"}


@pytest.mark.parametrize("seconds", range(1, 11) if ALL_STATES else [1, 4, 7])
def test_whatever_the_deadline_cut_off_makes_the_run_incomplete(lab: Lab, tmp_path: Path, seconds: int) -> None:
    with lab.hanging("tor1", "show bgp"):
        done = lab.scan("--deadline", str(seconds), "--save", str(tmp_path / "snapshot"), run=ecmpaudit_process)
    given_up = {capture.router for capture in read(tmp_path / "snapshot") if capture.is_given_up}
    report = json.loads(done.stdout)
    assert "tor1" in given_up
    assert report["incomplete"]
    assert done.returncode in {1, 3}
    assert given_up <= {finding["router"] for finding in report["findings"] if finding["code"] == "ECMP001"}


def test_snapshot_is_readable_by_its_owner_alone(lab: Lab, tmp_path: Path) -> None:
    findings(lab.scan("--save", str(tmp_path / "snapshot")), 0)
    files = [file for file in (tmp_path / "snapshot").rglob("*") if file.is_file()]
    assert files != []
    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}
