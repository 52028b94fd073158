"""Expectations from Kubernetes in an audit: what wins, what is found, what is undetermined; and `ecmpaudit expect`."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.configuration.reader import read_configuration
from ecmpaudit.configuration.schema import Configuration
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.expectations.from_kubernetes import knowledge_of
from ecmpaudit.model import Node, prefix_key
from ecmpaudit.parsing.transcript import captures_from_text
from ecmpaudit.reporting.json_report import render_json
from ecmpaudit.rules import all_rules
from tests.kubernetes_objects import (
    CALICO,
    CILIUM,
    METALLB,
    PURELB,
    announcements_in,
    announcements_with,
    endpoints,
    node,
    service,
)
from tests.program import ecmpaudit
from tests.test_analyze import SCHEMA, findings

if TYPE_CHECKING:
    from pathlib import Path

CLUSTER, CUSTOM_RESOURCES = METALLB

AS_EXPECTED = {
    "198.51.100.7/32": [2, 5],
    "198.51.100.8/32": [2, 3, 5],
    "198.51.100.53/32": [2, 3],
    "203.0.113.16/28": [2, 3],
}


def table(routes: dict[str, list[int]]) -> str:
    """Return FRR's table with these prefixes, each over the nodes of these numbers."""
    lines = ["tor1# show ip route", "Codes: K - kernel route, C - connected, S - static, B - BGP,",
             "       > - selected route, * - FIB route", "",
             "C>* 192.0.2.0/24 is directly connected, eth1, 01:00:00"]  # fmt: skip
    for prefix, numbers in sorted(routes.items(), key=lambda route: prefix_key(route[0])):  # as FRR prints them
        hops = [f"via 192.0.2.{100 + number}, eth1, weight 1, 00:10:00" for number in numbers]
        lines += [f"B>* {prefix} [20/0] {hops[0]}", *(f"  *                       {hop}" for hop in hops[1:])]
    return "\n".join([*lines, "tor1#", ""])


def audited(
    routes: dict[str, list[int]],
    dumps: tuple[Path, ...] = METALLB,
    pools: tuple[str, ...] = (),
    nodes: tuple[str, ...] = (),
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the findings about the router, and the report, of an audit of its table."""
    request = Request.of(ScopeOptions(pools=tuple(pools), nodes=tuple(nodes), kube_dumps=tuple(dumps)))
    material = read_material(captures_from_text(table(routes), "tor1.txt"), only=request.audited)
    report = json.loads(render_json(audit_material(material, request, all_rules())))
    jsonschema.validate(report, SCHEMA)
    return [finding for finding in report["findings"] if finding["router"]], report


def messages(found: list[dict[str, Any]]) -> list[str]:
    return [f"{finding['code']} {finding['message']}" for finding in found]


# The audit


def test_a_network_that_does_what_its_services_ask_has_no_finding() -> None:
    found, report = audited(AS_EXPECTED)
    assert found == []
    assert report["incomplete"] is False
    assert {p["prefix"]: p["services"] for p in report["prefixes"]}["198.51.100.53/32"] == [
        "dns/dns-tcp",
        "dns/dns-udp",
    ]


def test_a_service_that_was_given_no_address_is_a_finding_without_a_router() -> None:
    _, report = audited(AS_EXPECTED)
    assert [(f["message"], f["services"]) for f in report["findings"]] == [
        (
            "Service lab/waiting: type LoadBalancer, and it was given no address; it asks for 198.51.100.99",
            ["lab/waiting"],
        )
    ]


def test_a_missing_node_is_named_with_the_service_that_needs_it() -> None:
    found, _ = audited(AS_EXPECTED | {"198.51.100.7/32": [2]})
    assert messages(found) == [
        (
            "ECMP101 tor1 198.51.100.7/32: 1 next hop, expected 2; missing node5 (192.0.2.105); "
            "Service shop/web, externalTrafficPolicy Local: node2, node5 have ready endpoints"
        )
    ]
    assert found[0]["services"] == ["shop/web"]


@pytest.mark.parametrize(
    "prefix, nodes, unexpected",
    [
        pytest.param("198.51.100.7/32", [2, 3, 5], "node3 (192.0.2.103; no ready endpoint)",
                     id="44, 46: a node without a ready endpoint announces"),
        pytest.param("198.51.100.9/32", [2], "node2 (192.0.2.102; no ready endpoint)",
                     id="47: announced without any endpoint"),
        pytest.param("198.51.100.8/32", [1, 2, 3, 5],
                     "node1 (192.0.2.101; labelled node.kubernetes.io/exclude-from-external-load-balancers)",
                     id="32: a labelled node announces"),
        pytest.param("203.0.113.16/28", [2, 3, 5],
                     "node5 (192.0.2.105; not selected by BGPAdvertisement metallb-system/aggregated)",
                     id="a node that the advertisement does not select"),
        pytest.param("198.51.100.8/32", [2, 3, 5, 99], "192.0.2.199", id="no node of the cluster"),
    ],
)  # fmt: skip
def test_who_should_not_announce_is_named_with_the_reason(prefix: str, nodes: list[int], unexpected: str) -> None:
    found, _ = audited(AS_EXPECTED | {prefix: nodes})
    assert [finding["code"] for finding in found] == ["ECMP501"]
    assert f"; unexpected {unexpected}; Service " in found[0]["message"]


def test_a_node_that_is_not_ready_is_neither_missing_nor_unexpected() -> None:
    found, report = audited(AS_EXPECTED | {"198.51.100.8/32": [2, 3, 4, 5]})
    assert found == []
    assert any("node4 is not Ready" in note for note in report["notes"])
    found, _ = audited(AS_EXPECTED | {"198.51.100.8/32": [2, 3, 4]})
    assert [finding["code"] for finding in found] == ["ECMP101"]
    assert "missing node5 (192.0.2.105)" in found[0]["message"]


def test_a_prefix_of_calico_without_a_service_is_no_orphan() -> None:
    found, _ = audited({"10.96.0.0/12": [2, 3, 4, 5], "198.51.101.0/24": [2, 3, 4, 5]}, CALICO)
    assert {f["prefix"] for f in found if f["code"] in ("ECMP501", "ECMP503")} == set()


def test_a_service_that_no_router_has_is_missing() -> None:
    """Field failures 39 and 42: the address was given out, and no node announces it any more."""
    routes = {prefix: nodes for prefix, nodes in AS_EXPECTED.items() if prefix != "198.51.100.53/32"}
    found, _ = audited(routes)
    assert [finding["code"] for finding in found] == ["ECMP102"]
    assert "Service dns/dns-tcp, externalTrafficPolicy Local: node2 has ready endpoints" in found[0]["message"]


def test_a_host_prefix_that_only_the_pools_route_covers_is_found() -> None:
    """Field failure 45: Calico's /32 is gone and its pool's route stays."""
    routes = {"10.96.0.0/12": [2, 3, 4, 5], "10.96.0.20/32": [3], "10.96.0.22/32": [2, 3, 4, 5], "10.96.0.23/32": [5],
              "198.51.100.0/24": [2, 3, 4, 5], "198.51.101.0/24": [2, 3, 4, 5], "198.51.101.9/32": [5],
              "203.0.113.8/32": [2, 3, 4, 5]}  # fmt: skip
    found, _ = audited(routes, CALICO)
    assert messages(found)[-1:] == [
        (
            "ECMP103 tor1 198.51.100.7/32: no route of its own, expected 1 next hop; only 198.51.100.0/24 covers it: "
            "BGP via 192.0.2.102, 192.0.2.103, 192.0.2.104, 192.0.2.105; Service shop/web, externalTrafficPolicy "
            "Local: node3 has ready endpoints"
        )
    ]


def test_an_orphan_is_a_finding_and_nothing_is_guessed_of_it() -> None:
    """Field failure 48: a prefix inside a pool without any Service."""
    found, report = audited(AS_EXPECTED | {"198.51.100.66/32": [2]})
    (orphan,) = [prefix for prefix in report["prefixes"] if prefix["prefix"] == "198.51.100.66/32"]
    assert orphan["expected"] is None
    assert [(finding["code"], finding["prefix"]) for finding in found] == [("ECMP503", "198.51.100.66/32")]


def test_a_prefix_that_nobody_should_announce_is_not_missing() -> None:
    found, report = audited(AS_EXPECTED)
    assert "198.51.100.9/32" not in {prefix["prefix"] for prefix in report["prefixes"]}
    assert found == []


def test_what_cannot_be_determined_makes_the_audit_incomplete() -> None:
    _, report = audited({"198.51.100.0/24": [2, 3, 4, 5]}, CALICO)
    assert report["incomplete"] is True
    assert report["not_audited"][0].startswith(
        "Kubernetes: Service shop/outside, 203.0.113.77: its announcer cannot be detected"
    )


def test_a_pool_by_flag_takes_its_nodes_from_kubernetes() -> None:
    found, _ = audited(AS_EXPECTED | {"198.51.100.7/32": [2]}, pools=("198.51.100.0/24",))
    assert [finding["code"] for finding in found] == ["ECMP101"]


def test_nodes_by_flag_win() -> None:
    found, _ = audited({"198.51.100.7/32": [2]}, pools=("198.51.100.7/32",), nodes=("192.0.2.102",))
    assert "198.51.100.7/32" not in {finding["prefix"] for finding in found}


# The configuration


def expectations(content: dict[str, Any]) -> Expectations:
    configured = Expectations.from_configuration(Configuration.model_validate(content), "ecmpaudit.yaml")
    return configured.with_cluster(knowledge_of(announcements_in(METALLB), configured.nodes))


def names(found: Expectations, prefix: str, router: str | None = "tor1") -> list[str]:
    expectation = found.for_prefix(router, prefix)
    assert expectation is not None
    return [expected.name for expected in expectation.nodes]


NODES = {f"node{number}": {"addresses": [f"192.0.2.{100 + number}"]} for number in range(1, 7)}


def test_what_is_written_wins_over_kubernetes_and_kubernetes_over_all_nodes() -> None:
    """All Services being known, what none of them has is an orphan, whatever pool of all nodes it lies in."""
    pool = {"prefix": "198.51.100.0/29", "nodes": ["node1"]}
    exception = {"prefix": "198.51.100.53/32", "nodes": ["node6"]}
    content = {"nodes": NODES, "clusters": {"prod": {"pools": ["198.51.100.0/24", pool], "exceptions": [exception]}}}
    found = expectations(content)
    assert names(found, "198.51.100.7/32") == ["node1"]
    assert names(found, "198.51.100.53/32") == ["node6"]
    assert names(found, "198.51.100.8/32") == ["node2", "node3", "node5"]
    assert found.for_prefix("tor1", "198.51.100.200/32") is None
    assert found.is_orphan("tor1", "198.51.100.200/32")
    assert names(found, "2001:db8:31::7/128") == ["node2", "node5"]


def test_nodes_or_a_number_of_the_whole_cluster_win_too() -> None:
    content = {"nodes": NODES, "clusters": {"prod": {"nodes": ["node1"], "pools": ["198.51.100.0/24"]}}}
    assert names(expectations(content), "198.51.100.8/32") == ["node1"]
    of_seven = {"clusters": {"prod": {"expect": 7, "pools": ["198.51.100.0/24"]}}}
    by_number = expectations(of_seven).for_prefix("tor1", "198.51.100.8/32")
    assert by_number is not None
    assert by_number.count == 7


def test_a_pool_of_another_router_keeps_its_services_to_that_router() -> None:
    clusters = {"prod": {"routers": ["tor1"], "pools": ["198.51.100.0/24"]}}
    found = expectations({"routers": {"tor1": {}, "tor2": {}}, "nodes": NODES, "clusters": clusters})
    assert "198.51.100.8/32" in found.named_prefixes("tor1")
    assert found.named_prefixes("tor2") == ("203.0.113.16/28", "2001:db8:31::7/128")
    assert not found.audits("tor2", "198.51.100.8/32")


def test_an_ignored_service_stays_ignored() -> None:
    ignored = {"prefix": "198.51.100.8/32", "ignore": True}
    found = expectations({"clusters": {"prod": {"pools": ["198.51.100.0/24"], "exceptions": [ignored]}}})
    assert not found.audits("tor1", "198.51.100.8/32")
    assert "198.51.100.8/32" not in found.named_prefixes("tor1")
    assert found.for_prefix("tor1", "198.51.100.8/32") is None


def test_configured_addresses_of_a_node_win_for_nodes_that_peer_from_another_one() -> None:
    found = expectations({"nodes": {"node5": {"addresses": ["203.0.113.205"]}}})
    expectation = found.for_prefix("tor1", "198.51.100.7/32")
    assert expectation is not None
    assert expectation.nodes == (
        Node("node2", frozenset({"192.0.2.102", "2001:db8::102"})),
        Node("node5", frozenset({"203.0.113.205", "2001:db8::105"})),
    )


def test_learnt_addresses_reach_the_nodes_of_services() -> None:
    found = expectations({}).with_addresses({"node5": ["fe80::5"]})
    ipv6 = found.for_prefix("tor1", "2001:db8:31::7/128")
    assert ipv6 is not None
    assert "fe80::5" in ipv6.nodes[1].addresses


def test_ipv6_of_nodes_without_ipv6_addresses_is_a_number() -> None:
    only_ipv4 = node(1)
    only_ipv4["status"]["addresses"].pop()
    announced = announcements_with(only_ipv4, service("shop/web", "2001:db8:31::7"), endpoints("shop/web", "node1"))
    expectation = knowledge_of(announced).expected["2001:db8:31::7/128"]
    assert (expectation.count, expectation.nodes) == (1, ())


def test_everything_is_known_inside_the_pools_of_a_whole_dump() -> None:
    found = expectations({})
    assert found.is_complete_for("198.51.100.66/32")
    assert not found.is_complete_for("203.0.113.66/32")


def configured(folder: Path, entry: Any) -> Path:
    for dump in METALLB:
        shutil.copy(dump, folder)
    path = folder / "ecmpaudit.yaml"
    path.write_text(yaml.safe_dump({"routers": {"tor1": None, "tor2": None}, "kubernetes": entry}), encoding="utf-8")
    return path


FILES = ["metallb--cluster.json", "metallb--custom_resources.json"]


@pytest.mark.parametrize("entry", [FILES, {"files": FILES, "announcer": "metallb"}], ids=["list", "mapping"])
def test_files_are_relative_to_the_configuration(entry: Any, tmp_path: Path) -> None:
    path = configured(tmp_path, entry)
    run = ecmpaudit("analyze", "-", "--config", path, "--format", "json", text=table({"198.51.100.7/32": [2]}))
    assert {finding["code"] for finding in findings(run)} == {"ECMP101", "ECMP102", "ECMP107"}


def test_services_may_be_announced_to_some_routers_only(tmp_path: Path) -> None:
    path = configured(tmp_path, {"files": FILES, "routers": ["tor2"]})
    text = table({"198.51.100.7/32": [2]})
    run = ecmpaudit("analyze", "-", "--config", path, "--format", "json", text=text)
    assert [f for f in findings(run) if f["code"] not in ("ECMP003", "ECMP107")] == []


@pytest.mark.parametrize(
    "entry, fault",
    [
        ({"files": []}, "kubernetes: expected files or kubectl, found neither"),
        ({"files": FILES, "announcer": "metallib"}, 'found "metallib"; did you mean metallb?'),
        ({"files": FILES, "routers": ["tor3"]}, "kubernetes.routers[0]: there is no router tor3"),
        ({"file": FILES}, "unknown key; did you mean files?"),
    ],
    ids=["empty", "announcer", "router", "key"],
)  # fmt: skip
def test_faults_of_the_configuration_are_named(entry: Any, fault: str, tmp_path: Path) -> None:
    run = ecmpaudit("config", "check", configured(tmp_path, entry))
    assert run.returncode == 2
    assert fault in run.stderr


def test_a_configured_file_that_is_not_there_is_a_mistake_in_usage(tmp_path: Path) -> None:
    run = ecmpaudit("expect", "--config", configured(tmp_path, ["nowhere.json"]))
    assert run.returncode == 2
    assert "nowhere.json: cannot be read: No such file or directory" in run.stderr


# ecmpaudit expect


def dumps(paths: tuple[Path, ...]) -> list[str | Path]:
    return [value for path in paths for value in ("--kube-dump", path)]


def test_the_table_is_plain_without_a_terminal() -> None:
    run = ecmpaudit("expect", *dumps(METALLB))
    assert run.returncode == 0
    lines = run.stdout.splitlines()
    assert lines[0].split() == ["prefix", "expected", "nodes", "because"]
    assert lines[1].split(maxsplit=2)[:2] == ["198.51.100.7/32", "2"]
    because = "Service shop/web, externalTrafficPolicy Local: node2, node5 have ready endpoints"
    assert lines[1].endswith(f"node2, node5         {because}")
    assert lines[-1] == "7 prefixes expected from 6 nodes, 0 undetermined"
    assert "\x1b" not in run.stdout


@pytest.mark.parametrize("paths", [METALLB, PURELB, CALICO, CILIUM], ids=["metallb", "purelb", "calico", "cilium"])
def test_the_yaml_form_expects_the_same_when_it_is_read_again(paths: tuple[Path, ...], tmp_path: Path) -> None:
    path = tmp_path / "ecmpaudit.yaml"
    run = ecmpaudit("expect", *dumps(paths), "-q", "-o", path)
    assert run.returncode == (3 if paths is CALICO else 0)
    written = Expectations.from_configuration(read_configuration(path), "ecmpaudit.yaml")
    cluster = knowledge_of(announcements_in(paths))
    assert cluster.expected
    for prefix, expectation in cluster.expected.items():
        again = written.for_prefix("tor1", prefix)
        assert (again.nodes if again else ()) == expectation.nodes
        assert written.audits("tor1", prefix) is (expectation.count > 0)


def test_a_number_without_nodes_survives_the_yaml_form(tmp_path: Path) -> None:
    only_ipv4 = node(1)
    only_ipv4["status"]["addresses"].pop()
    dump, path = tmp_path / "dump.json", tmp_path / "ecmpaudit.yaml"
    objects = [only_ipv4, service("shop/web", "2001:db8:31::7"), endpoints("shop/web", "node1")]
    dump.write_text("\n".join(map(json.dumps, objects)), encoding="utf-8")
    ecmpaudit("expect", "--kube-dump", dump, "--announcer", "metallb", "-q", "-o", path)
    again = Expectations.from_configuration(read_configuration(path), "x").for_prefix("tor1", "2001:db8:31::7/128")
    assert again is not None
    assert again.count == 1


def test_the_json_form_has_who_is_excluded_and_why() -> None:
    run = ecmpaudit("expect", *dumps(METALLB), "--format", "json")
    report = json.loads(run.stdout)
    (web,) = [found for found in report["expectations"] if found["prefix"] == "198.51.100.7/32"]
    assert web["nodes"] == ["node2", "node5"]
    assert {"node": "node3", "reason": "no ready endpoint"} in web["excluded"]
    assert (report["complete"], report["not_told"]) == (True, [])


def test_what_is_undetermined_is_printed_and_in_the_exit_code(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(service("shop/web", "198.51.100.300")), encoding="utf-8")
    run = ecmpaudit("expect", *dumps((CLUSTER, CUSTOM_RESOURCES, broken)))
    assert run.returncode == 3
    assert "undetermined: " in run.stdout
    assert "broken.json:1: Service shop/web: status.loadBalancer.ingress[0].ip: expected an IPv4" in run.stdout
    assert run.stdout.endswith("7 prefixes expected from 6 nodes, 1 undetermined\n")


def test_an_announcer_by_flag_decides_what_the_objects_do_not(tmp_path: Path) -> None:
    dump = tmp_path / "dump.json"
    objects = [node(1), service("shop/web", "198.51.100.7"), endpoints("shop/web", "node1")]
    dump.write_text("\n".join(map(json.dumps, objects)), encoding="utf-8")
    assert ecmpaudit("expect", "--kube-dump", dump).returncode == 3
    run = ecmpaudit("expect", "--kube-dump", dump, "--announcer", "metallb")
    assert run.returncode == 0
    assert "note: assumed: MetalLB announces host prefixes" in run.stdout


def test_without_objects_the_remedy_is_said(tmp_path: Path) -> None:
    run = ecmpaudit("expect", folder=tmp_path)
    assert run.returncode == 2
    assert "give --kube-dump FILE" in run.stderr


def test_hostile_names_reach_no_terminal(tmp_path: Path) -> None:
    hostile = service("shop/\x1b[31mred\u202e", "198.51.100.7")
    dump = tmp_path / "dump.json"
    dump.write_text("\n".join(map(json.dumps, [node(1), hostile, endpoints("shop/web", "node1")])), encoding="utf-8")
    for form in ("text", "yaml", "json"):
        run = ecmpaudit("expect", "--kube-dump", dump, "--announcer", "cilium", "--format", form)
        assert "198.51.100.7/32" in run.stdout
        assert "\x1b" not in run.stdout
        assert "\u202e" not in run.stdout
