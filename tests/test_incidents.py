"""Incidents: findings of one cause or one shape are one, with its extent; nothing is guessed and nothing is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import ecmpaudit
from ecmpaudit.auditing.judge import judge
from ecmpaudit.cli.main import app
from ecmpaudit.history.store import open_history
from ecmpaudit.incidents import incidents_of
from ecmpaudit.kubernetes.nodes import shared_labels
from ecmpaudit.kubernetes.schema import Node as KubernetesNode
from ecmpaudit.model import Audit, Confidence, Evidence, Fault, Incident, Past, Severity, fingerprints
from ecmpaudit.rules import all_rules
from tests.bench.incidents import mix_of
from tests.fabrics import Fabric, assert_every_cell_is_faulty, assert_every_finding_is_in_one_incident
from tests.notation import parse_network

if TYPE_CHECKING:
    from pathlib import Path

EVERYTHING = range(300)


def incidents_in(text: str) -> list[Incident]:
    """Return the incidents of a network in the rules' notation; every finding is in one of them."""
    network = parse_network(text)
    findings = judge(network, all_rules())
    audit = Audit(network, findings, incidents=incidents_of(network, findings))
    assert_every_finding_is_in_one_incident(audit)
    return list(audit.incidents)


def titles_in(text: str) -> list[str]:
    return [incident.title for incident in incidents_in(text)]


@pytest.fixture(scope="module")
def four_faults() -> Audit:
    """Return the table of the issue: 40 routers, 300 prefixes, 64 nodes, four planted faults."""
    fabric = Fabric(40, 300, 64)
    fabric.lack([60], [25], EVERYTHING)
    fabric.lack([10], range(40), [7])
    fabric.lack(range(40, 64), [1, 2], range(100, 106))
    fabric.lack(range(64), [3], [200])
    return fabric.audit()


def test_four_faults_in_a_large_table_are_four_incidents(four_faults: Audit) -> None:
    assert [incident.title for incident in four_faults.incidents] == [
        "node worker-60 is missing on rtr25, all 300 prefixes",
        "node worker-10 is missing on all 40 routers, 172.31.0.7/32",
        "24 nodes are missing on rtr1 and rtr2, 6 of 300 prefixes: worker-40 … worker-63",
        "172.31.0.200/32 has no route on rtr3",
    ]


def test_every_finding_is_in_exactly_one_incident(four_faults: Audit) -> None:
    assert len(four_faults.findings) == 352
    assert_every_finding_is_in_one_incident(four_faults)
    assert_every_cell_is_faulty(four_faults)


def test_an_incident_says_what_it_does_to_traffic(four_faults: Audit) -> None:
    one_node, _, many_nodes, no_route = (incident.effect for incident in four_faults.incidents)
    assert (one_node.prefixes_short, one_node.traffic_moved, one_node.prefixes_without_next_hop) == (300, 0.0156, 0)
    assert (many_nodes.prefixes_short, many_nodes.traffic_moved) == (6, 0.375)
    assert (no_route.prefixes_short, no_route.traffic_moved, no_route.prefixes_without_next_hop) == (1, 1.0, 1)


def test_incidents_are_the_same_whatever_the_order_of_routers_and_prefixes() -> None:
    fabric = Fabric(5, 6, 4).lack([1], [2], range(6)).lack([3], range(5), [4])
    network = fabric.network()
    turned = replace(network, prefixes=network.prefixes[::-1], routers=network.routers[::-1])
    assert incidents_of(turned, judge(turned, all_rules())) == incidents_of(network, judge(network, all_rules()))


@pytest.mark.parametrize(
    "nodes,routers,prefixes,title",
    [
        ([1], range(4), range(6), "node worker-1 is missing on all 4 routers, all 6 prefixes"),
        ([1], [2], range(6), "node worker-1 is missing on rtr2, all 6 prefixes"),
        ([1], [2], [3], "node worker-1 is missing on rtr2, 172.31.0.3/32"),
        ([1], [0, 2, 3], [3, 5], "node worker-1 is missing on 3 of 4 routers, 2 of 6 prefixes"),
        (range(5), range(4), [3], "172.31.0.3/32 has no route on all 4 routers"),
        (range(5), [2], range(6), "all 6 prefixes have no route on rtr2"),
        ([0, 2, 4], [1], [3], "3 nodes are missing on rtr1, 172.31.0.3/32: worker-0, worker-2, worker-4"),
        ([2, 3, 4], range(4), range(6), "3 nodes are missing on all 4 routers, all 6 prefixes: worker-2 … worker-4"),
    ],
    ids=["node everywhere", "node on a router", "cell", "part", "prefix", "router", "some nodes", "nodes everywhere"],
)  # fmt: skip
def test_each_shape_is_one_incident_with_its_extent(nodes: range, routers: range, prefixes: range, title: str) -> None:
    audit = Fabric(4, 6, 5).lack(nodes, routers, prefixes).audit()
    (incident,) = audit.incidents
    assert incident.title == title
    assert incident.nodes == tuple(f"worker-{node}" for node in nodes)
    assert incident.routers == tuple(f"rtr{router}" for router in routers)
    assert len(incident.prefixes) == len(prefixes)
    assert_every_finding_is_in_one_incident(audit)


def test_both_families_of_one_fault_are_one_incident() -> None:
    audit = Fabric(3, 4, 5, is_dual_stack=True).lack([2], [1], range(4)).audit()
    (incident,) = audit.incidents
    assert incident.title == "node worker-2 is missing on rtr1, all 4 prefixes"
    assert [":" in prefix for prefix in incident.prefixes] == [False, False, True, True]


def test_no_block_names_a_cell_without_a_fault() -> None:
    audit = Fabric(4, 6, 5).lack([1], [0], range(6)).lack([1], [1], range(5)).audit()
    assert_every_cell_is_faulty(audit)
    assert [incident.title for incident in audit.incidents] == [
        "node worker-1 is missing on rtr0, all 6 prefixes",
        "node worker-1 is missing on rtr1, 5 of 6 prefixes",
    ]


def test_a_ceiling_on_a_router_is_one_incident_beside_a_missing_node() -> None:
    fabric = Fabric(4, 30, 16).lack([5], range(4), range(30))
    fabric.ceilings[2] = 8
    audit = fabric.audit()
    assert_every_finding_is_in_one_incident(audit)
    assert [incident.title for incident in audit.incidents] == [
        "node worker-5 is missing on all 4 routers, all 30 prefixes",
        "a ceiling of 8 next hops is too low on rtr2, all 30 prefixes",
    ]
    assert audit.incidents[1].cause.link == "ceiling"


def test_routers_that_did_not_answer_for_one_reason_are_one_incident() -> None:
    fabric = Fabric(6, 3, 4)
    fabric.failures = {1: "connection refused", 2: "connection refused", 5: "no answer within 60 s"}
    audit = fabric.audit()
    assert [(incident.severity, incident.title) for incident in audit.incidents] == [
        (Severity.INCOMPLETE, "2 routers or nodes are not checked (rtr1, rtr2): connection refused"),
        (Severity.INCOMPLETE, "rtr5: not checked: no answer within 60 s"),
    ]


SESSION_DOWN = """
    expect 198.51.100.7/32 nodes node1=192.0.2.1+2001:db8::1, node2=192.0.2.2+2001:db8::2, node3=192.0.2.3+2001:db8::3
    expect 198.51.100.8/32 nodes node1=192.0.2.1+2001:db8::1, node2=192.0.2.2+2001:db8::2, node3=192.0.2.3+2001:db8::3
    expect 2001:db8:1::7/128 nodes node1=192.0.2.1+2001:db8::1, node2=192.0.2.2+2001:db8::2, node3=192.0.2.3+2001:db8::3
    tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2
    tor1 198.51.100.8/32 via 192.0.2.1, 192.0.2.2
    tor1 2001:db8:1::7/128 via 2001:db8::1, 2001:db8::2
    tor2 198.51.100.7/32 via 192.0.2.1-3
    tor2 198.51.100.8/32 via 192.0.2.1-3
    tor2 2001:db8:1::7/128 via 2001:db8::1-3
    tor1 session 192.0.2.3 ipv4 Active since 00:12:31
    tor1 session 2001:db8::3 ipv6 Active since 00:12:40
"""


def test_a_session_that_is_down_explains_all_its_prefixes_in_both_families() -> None:
    (incident,) = incidents_in(SESSION_DOWN)
    assert incident.title == "node node3 is missing on tor1, all 3 prefixes"
    assert incident.cause.link == "session"
    assert incident.cause.confidence is Confidence.LIKELY
    assert incident.cause.text.startswith("its BGP session to tor1 is down since")


def test_nodes_that_are_missing_for_different_causes_are_two_incidents() -> None:
    expected = "nodes node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3"
    found = incidents_in(f"""
        expect 198.51.100.7/32 {expected}
        expect 198.51.100.8/32 {expected}
        tor1 198.51.100.7/32 via 192.0.2.1
        tor1 198.51.100.8/32 via 192.0.2.1
        tor1 session 192.0.2.2 ipv4 Active since 00:12:31 error "Bad Peer AS"
        tor1 session 192.0.2.3 ipv4 Active since 00:12:31
    """)
    assert {incident.nodes: incident.cause.text.partition(" since")[0] for incident in found} == {
        ("node2",): "its BGP session to tor1 fails: the AS numbers do not match",
        ("node3",): "its BGP session to tor1 is down",
    }
    assert all(len(incident.findings) == 1 for incident in found)


def test_an_incident_that_grows_by_prefixes_or_learns_its_cause_keeps_its_name() -> None:
    small, large = Fabric(3, 8, 4).lack([1], [2], [3]), Fabric(3, 8, 4).lack([1], [2], range(5))
    (one,), (other,) = small.audit().incidents, large.audit().incidents
    assert one.id == other.id
    (elsewhere,) = Fabric(3, 8, 4).lack([1], [0], [3]).audit().incidents
    assert elsewhere.id != one.id
    without_cause = "\n".join(line for line in SESSION_DOWN.splitlines() if "session" not in line)
    assert incidents_in(without_cause)[0].id == incidents_in(SESSION_DOWN)[0].id


def test_an_incident_on_all_routers_keeps_its_name_while_one_does_not_answer() -> None:
    fabric = Fabric(3, 8, 4).lack([1], range(3), range(8))
    (whole,) = fabric.audit().incidents
    fabric.failures = {0: "connection refused"}
    not_checked, partly = fabric.audit().incidents
    assert not_checked.severity is Severity.INCOMPLETE
    assert partly.id == whole.id


def test_an_incident_began_when_the_history_first_had_one_of_its_open_faults() -> None:
    fabric = Fabric(2, 2, 3).lack([1], [0], range(2)).lack([2], [1], range(2))
    network = fabric.network()
    fault = Fault("ECMP101", "rtr0", "default", "172.31.0.1/32", "worker-1")
    later = fault._replace(prefix="172.31.0.0/32")
    past = Past(began={fault: "2026-11-20T10:15:00Z", later: "2026-11-21T10:15:00Z"})
    found = incidents_of(replace(network, past=past), judge(network, all_rules()))
    assert {incident.nodes: incident.since for incident in found} == {
        ("worker-1",): "2026-11-20T10:15:00Z",
        ("worker-2",): None,
    }


def test_without_findings_there_is_no_incident() -> None:
    assert Fabric(2, 2, 2).audit().incidents == ()


def test_severities_of_incidents_are_the_worst_of_their_findings(four_faults: Audit) -> None:
    names = dict(zip(fingerprints(four_faults.findings), four_faults.findings, strict=True))
    for incident in four_faults.incidents:
        assert incident.severity is Severity.ERROR
        assert all(names[finding].severity is Severity.ERROR for finding in incident.findings)


def test_planted_faults_of_random_mixes_are_found() -> None:
    for mix in map(mix_of, range(12)):
        assert mix.is_every_finding_in_one
        assert len(mix.incidents) <= len(mix.planted) + 1
        assert mix.touches or mix.is_exact


def with_labels(fabric: Fabric, labels: dict[str, tuple[tuple[str, str], ...]]) -> Audit:
    """Return the audit of a fabric whose nodes have labels."""
    network = fabric.network()
    views = []
    for view in network.prefixes:
        assert view.expectation is not None
        nodes = tuple(replace(node, labels=labels.get(node.name, ())) for node in view.expectation.nodes)
        views.append(replace(view, expectation=replace(view.expectation, nodes=nodes)))
    network = replace(network, prefixes=tuple(views))
    findings = judge(network, all_rules())
    return Audit(network, findings, incidents=incidents_of(network, findings))


def test_nodes_that_share_a_label_are_named_by_it() -> None:
    fabric = Fabric(3, 4, 8).lack([1, 4, 6], range(3), range(4))
    audit = with_labels(fabric, {f"worker-{node}": (("rack", "r7"),) for node in (1, 4, 6)})
    assert [incident.title for incident in audit.incidents] == [
        "all 3 nodes of rack r7 are missing on all 3 routers, all 4 prefixes: worker-1, worker-4, worker-6"
    ]


def test_a_part_of_the_nodes_with_a_label_is_not_called_by_it() -> None:
    fabric = Fabric(3, 4, 8).lack([1, 4], range(3), range(4))
    audit = with_labels(fabric, {f"worker-{node}": (("rack", "r7"),) for node in (1, 4, 6)})
    assert [incident.title for incident in audit.incidents] == [
        "2 nodes are missing on all 3 routers, all 4 prefixes: worker-1, worker-4"
    ]


def test_a_rack_stays_whole_where_one_of_its_nodes_is_missing_for_another_reason_too() -> None:
    fabric = Fabric(4, 6, 8).lack([1], range(4), range(6)).lack([1, 4, 6], [2], [3, 5])
    audit = with_labels(fabric, {f"worker-{node}": (("rack", "r7"),) for node in (1, 4, 6)})
    assert [incident.title for incident in audit.incidents] == [
        "node worker-1 is missing on all 4 routers, all 6 prefixes",
        "all 3 nodes of rack r7 are missing on rtr2, 2 of 6 prefixes: worker-1, worker-4, worker-6",
    ]
    assert_every_finding_is_in_one_incident(audit)


def test_nodes_of_one_subnet_are_named_by_it() -> None:
    text = """
        expect 198.51.100.7/32 nodes n1=192.0.2.1, n2=192.0.2.2, n3=198.18.3.1, n4=198.18.3.2
        tor1 198.51.100.7/32 via 192.0.2.1-2
    """
    assert titles_in(text) == ["all 2 nodes of 198.18.3.0/24 are missing on tor1, 198.51.100.7/32: n3, n4"]


CONFIGURATION = """
nodes:
  node1: {addresses: [192.0.2.1], labels: {rack: r1}}
  node2: {addresses: [192.0.2.2], labels: {rack: r1}}
  node3: {addresses: [192.0.2.3], labels: {rack: r2}}
  node4: {addresses: [192.0.2.4], labels: {rack: r2}}
clusters:
  prod: {nodes: [node1, node2, node3, node4], pools: [198.51.100.0/24]}
"""
TABLE = """\
Codes: B - BGP, > - selected route, * - FIB route

B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth1, weight 1, 00:12:31
  *                        via 192.0.2.2, eth1, weight 1, 00:12:31
"""


def test_labels_of_the_configuration_name_a_set_of_nodes(tmp_path: Path) -> None:
    (tmp_path / "ecmpaudit.yaml").write_text(CONFIGURATION)
    (tmp_path / "tor1.txt").write_text(TABLE)
    material = ecmpaudit.load(tmp_path / "tor1.txt", router="tor1")
    audit = ecmpaudit.audit(material, config=tmp_path / "ecmpaudit.yaml")
    assert [incident.title for incident in audit.incidents] == [
        "all 2 nodes of rack r2 are missing on tor1, 198.51.100.7/32: node3, node4"
    ]
    table = ecmpaudit.incident_table(audit)
    assert list(table["nodes"]) == [["node3", "node4"]]
    assert list(table["traffic_moved"]) == [0.5]
    assert list(ecmpaudit.incident_table(replace(audit, incidents=())).columns) == list(table.columns)


def test_labels_of_kubernetes_say_in_which_zone_a_node_is() -> None:
    labels = {"topology.kubernetes.io/zone": "a", "kubernetes.io/hostname": "n1", "example.com/rack": "r7"}
    node = KubernetesNode.model_validate({"metadata": {"name": "n1", "labels": labels}})
    assert shared_labels(node) == (("zone", "a"), ("rack", "r7"))


def test_a_recorded_run_says_since_when_an_incident_is_there(tmp_path: Path) -> None:
    (tmp_path / "ecmpaudit.yaml").write_text(CONFIGURATION)
    (tmp_path / "tor1.txt").write_text(TABLE)
    options = ["--router", "tor1", "-c", f"{tmp_path}/ecmpaudit.yaml", "--history", f"{tmp_path}/history.db"]
    arguments = ["analyze", f"{tmp_path}/tor1.txt", *options, "--record", "-f", "json"]
    first, second = (json.loads(CliRunner().invoke(app, arguments).stdout) for _ in range(2))
    assert [incident["since"] for incident in first["incidents"]] == [None]
    (incident,) = second["incidents"]
    with open_history(f"{tmp_path}/history.db", create=False) as history:
        assert incident["since"] == history.runs()[0].finished
    assert incident["id"] == first["incidents"][0]["id"]


def test_a_node_that_is_down_is_one_incident_where_one_router_does_not_say_why() -> None:
    found = incidents_in(f"""{SESSION_DOWN}
        tor3 198.51.100.7/32 via 192.0.2.1, 192.0.2.2
        tor3 198.51.100.8/32 via 192.0.2.1, 192.0.2.2
        tor3 2001:db8:1::7/128 via 2001:db8::1, 2001:db8::2
    """)
    assert [incident.title for incident in found] == ["node node3 is missing on tor1 and tor3, all 3 prefixes"]
    assert found[0].cause.text.startswith("its BGP session to tor1 is down")


AGAIN = "ecmpaudit scan -c ecmpaudit.yaml --save now; ecmpaudit explain 198.51.100.7/32 now -c ecmpaudit.yaml"


@pytest.mark.parametrize(
    "source, sources, expected",
    [
        ("ssh tor1: vtysh -c 'show ip route'", ("ecmpaudit.yaml",), AGAIN),
        ("tor1.txt", ("ecmpaudit.yaml", "--pool"), "ecmpaudit explain 198.51.100.7/32 tor1.txt -c ecmpaudit.yaml"),
        ("tor1.txt", ("--pool",), "ecmpaudit explain 198.51.100.7/32 tor1.txt"),
        ("tor 1; a.txt", (), "ecmpaudit explain 198.51.100.7/32 'tor 1; a.txt'"),
        ("-", (), "ecmpaudit explain 198.51.100.7/32 -"),
    ],
    ids=["scan", "file", "file without a configuration", "name with blanks", "standard input"],
)
def test_the_next_command_can_be_run_as_it_is_written(source: str, sources: tuple[str, ...], expected: str) -> None:
    network = parse_network("tor1 198.51.100.7/32 via 192.0.2.1\nexpect 198.51.100.7/32 nodes 192.0.2.1-2")
    network = replace(network, expectation_sources=sources)
    finding = next(each for each in judge(network, all_rules()) if each.code == "ECMP101")
    finding = replace(finding, evidence=(Evidence(source, 1, "B>* 198.51.100.7/32"),))
    (incident,) = incidents_of(network, (finding,))
    assert incident.next == expected
