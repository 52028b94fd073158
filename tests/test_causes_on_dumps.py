"""Causes in the output of real FRR routers in a known state: the right node, the right link, and no other node."""

from __future__ import annotations

from functools import cache

import pytest

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.model import Audit, Capture, Finding
from ecmpaudit.rules import all_rules
from tests import dumps

NODES = [f"node{n}=172.30.250.10{n}+fd00:30:250::10{n}+fe80::ff:fe00:10{n}" for n in range(1, 6)]
PREFIXES = ("172.31.1.1/32", "fd00:31::1:1/128")
ASKED = {
    "show ip route",
    "show ipv6 route",
    "show bgp ipv4 unicast",
    "show bgp ipv6 unicast",
    "show bgp summary",
    "show running-config",
    "show zebra",
    "ip -j route",
    "ip -6 route",
}


@cache
def audited(state: str) -> Audit:
    entries = [e for e in dumps.manifest()["files"] if e["state"] == state and e["command"] in ASKED]
    captures = [Capture("tor1", None, e["command"], dumps.text(e["file"]), e["file"]) for e in entries]
    expectations = Expectations.from_flags(PREFIXES, None, parse_nodes(NODES))
    return audit_material(read_material(captures), Request(expectations), all_rules())


def too_few(state: str) -> Finding:
    (found,) = [f for f in audited(state).findings if f.code == "ECMP101" and f.prefix == PREFIXES[0]]
    return found


@pytest.mark.parametrize("version", ["frr-8.4.4", "frr-10.7.0"])
def test_nothing_is_found_in_the_clean_state_with_all_that_can_be_asked(version: str) -> None:
    audit = audited(f"{version}/5nodes")
    assert {prefix.prefix for prefix in audit.network.prefixes} == set(PREFIXES)
    assert audit.network.facts.paths
    assert [finding.message for finding in audit.findings if finding.code != "ECMP702"] == []


CAUSES = {
    "node3_session_down": (
        "node3 (172.30.250.103) missing, likely because its BGP session to tor1 has never been up (Active)"
    ),
    "node5_longer_aspath": (
        "node5 (172.30.250.105) missing: its path has AS path length 3, the best path (node1) has 1"
    ),
    "two_asns_norelax": (
        "node4 (172.30.250.104), node5 (172.30.250.105) missing, likely because their paths have AS path 65553, "
        "the best path (node1) has 65552 (multipath-relax is probably off on tor1)"
    ),
    "maxpaths2": (
        "node3 (172.30.250.103), node4 (172.30.250.104), node5 (172.30.250.105) missing, likely because their paths "
        "are as good as the best one, but BGP selected only 2: the ceiling is probably 2"
    ),
    "node4_withdrawn": "node4 (172.30.250.104) missing, likely because tor1 has no path from it",
    "zebra_denied": (
        "node1 (172.30.250.101), node2 (172.30.250.102), node3 (172.30.250.103), node4 (172.30.250.104), "
        "node5 (172.30.250.105) missing: BGP selected their paths, but tor1's RIB has no selected route"
    ),
}


@pytest.mark.parametrize("version", ["frr-8.4.4", "frr-10.7.0"])
@pytest.mark.parametrize("state, said", CAUSES.items(), ids=CAUSES)
def test_the_cause_is_found_in_the_output_of_a_router(version: str, state: str, said: str) -> None:
    finding = too_few(f"{version}/{state}")
    assert finding.message.partition("expected 5; ")[2] == said
    assert [cause.node for cause in finding.causes] == [node.name for node in finding.missing]


@pytest.mark.parametrize("version", ["frr-8.4.4", "frr-10.7.0"])
def test_603_names_the_node_whose_path_is_stale(version: str) -> None:
    (found,) = [f for f in audited(f"{version}/graceful_stale").findings if f.prefix == PREFIXES[0]]
    assert (found.code, "node3 (172.30.250.103)" in found.message) == ("ECMP603", True)


def test_evidence_of_a_cause_is_quoted_from_the_router() -> None:
    (cause,) = too_few("frr-8.4.4/node5_longer_aspath").causes
    assert [("172.30.250.105" in line.text, "65552 65552 65552" in line.text) for line in cause.evidence][:1] == [
        (True, True)
    ]
