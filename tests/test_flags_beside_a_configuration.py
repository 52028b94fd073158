"""`--pool`, `--nodes`, `--expect` and `--kube-dump` narrow or add to a configuration: each with each kind of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.model import Capture, Node
from ecmpaudit.reporting.html import render_html
from ecmpaudit.reporting.json_report import render_json
from ecmpaudit.reporting.markdown import render_markdown
from ecmpaudit.reporting.text import render_text
from ecmpaudit.rules import all_rules
from tests.kubernetes_objects import METALLB
from tests.scanned_router import SEED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ecmpaudit.model import Audit

ROUTERS = {"tor1": {"host": "192.0.2.1", "platform": "frr"}, "tor2": {"host": "192.0.2.2", "platform": "frr"}}
NODES = {f"node{n}": {"addresses": [f"192.0.2.{100 + n}", f"2001:db8::{100 + n}"]} for n in range(1, 6)}
POOLS = ["198.51.100.0/24", "2001:db8:31::/64"]
EXCEPTIONS = [
    {"prefix": "198.51.100.9/32", "nodes": ["node1"]},
    {"prefix": "2001:db8:31::9/128", "nodes": ["node1"]},
    {"prefix": "198.51.100.64/26", "ignore": True},
]
KUBERNETES = {"files": [str(file) for file in METALLB]}

HOSTS = {"routers": ROUTERS, "nodes": NODES}
CLUSTER = HOSTS | {"clusters": {"prod": {"pools": POOLS, "exceptions": EXCEPTIONS}}}
OF_A_NUMBER = HOSTS | {"clusters": {"prod": {"pools": POOLS, "expect": 4, "routers": ["tor1"]}}}
TWO_CLUSTERS = HOSTS | {
    "clusters": {"a": {"pools": POOLS, "nodes": ["node1"]}, "b": {"pools": ["203.0.113.0/24"], "nodes": ["node2"]}}
}
OF_KUBERNETES = {"routers": ROUTERS, "kubernetes": KUBERNETES}
"""It has 198.51.100.7/32 (node2, node5), 198.51.100.8/32 (node2, node3, node5) and 2001:db8:31::7/128."""

FIVE = ["node1", "node2", "node3", "node4", "node5"]
NOT_AUDITED, UNKNOWN = "not audited", "audited, nothing given"


def request_of(folder: Path, configuration: dict[str, Any] | None, **flags: Any) -> Request:
    """Return the request of a configuration, or of none, and flags."""
    file = folder / "ecmpaudit.yaml"
    file.write_text(json.dumps(configuration or {}), encoding="utf-8")
    if configuration is None:
        file.unlink()
    return Request.of(ScopeOptions(config=file if configuration else None, **flags))


def expected(request: Request, prefix: str, router: str = "tor1") -> list[str] | int | str:
    """Return the names of the nodes that a prefix should have, or their number, or why there is none."""
    if not request.expectations.audits(router, prefix):
        return NOT_AUDITED
    expectation = request.expectations.for_prefix(router, prefix)
    if expectation is None:
        return UNKNOWN
    return [node.name for node in expectation.nodes] or expectation.count


@dataclass(frozen=True)
class Case:
    """A configuration, flags, and what is expected of prefixes then."""

    configuration: dict[str, Any] | None
    flags: dict[str, Any]
    sources: tuple[str, ...]
    prefixes: dict[str, list[str] | int | str]


YAML, POOL, LIST, NUMBER = "ecmpaudit.yaml", "--pool", "--nodes", "--expect"
CASES = {
    # No configuration: as without any
    "none, --pool": Case(None, {"pools": ("198.51.100.0/24",)}, (POOL,), {
        "198.51.100.7/32": UNKNOWN, "203.0.113.1/32": NOT_AUDITED,
    }),
    "none, --expect": Case(None, {"expect": 3}, (NUMBER,), {"198.51.100.7/32": 3, "2001:db8:31::7/128": 3}),
    "none, --nodes": Case(None, {"nodes": ("192.0.2.101-102",)}, (LIST,), {
        "198.51.100.7/32": ["192.0.2.101", "192.0.2.102"],
    }),
    # Hosts only: flags say what is audited, and nodes have their names
    "hosts, nothing": Case(HOSTS, {}, (), {"198.51.100.7/32": UNKNOWN}),
    "hosts, --pool": Case(HOSTS, {"pools": ("198.51.100.0/24", "2001:db8:31::/64")}, (YAML, POOL), {
        "198.51.100.7/32": FIVE, "2001:db8:31::7/128": FIVE, "203.0.113.1/32": NOT_AUDITED,
    }),
    "hosts, --nodes": Case(HOSTS, {"nodes": ("192.0.2.101-102",)}, (YAML, LIST), {
        "198.51.100.7/32": ["node1", "node2"], "2001:db8:31::7/128": ["node1", "node2"],
    }),
    "hosts, --expect": Case(HOSTS, {"expect": 3}, (YAML, NUMBER), {"198.51.100.7/32": 3}),
    # A cluster with pools and exceptions
    "cluster, nothing": Case(CLUSTER, {}, (YAML,), {"198.51.100.7/32": FIVE, "198.51.100.9/32": ["node1"]}),
    "cluster, --pool inside": Case(CLUSTER, {"pools": ("198.51.100.8/29", "2001:db8:31::/126")}, (YAML, POOL), {
        "198.51.100.8/32": FIVE, "198.51.100.9/32": ["node1"], "198.51.100.7/32": NOT_AUDITED,
        "2001:db8:31::1/128": FIVE, "2001:db8:31::9/128": NOT_AUDITED,
    }),
    "cluster, --pool around": Case(CLUSTER, {"pools": ("198.51.0.0/16",)}, (YAML, POOL), {
        "198.51.100.7/32": FIVE, "198.51.100.9/32": ["node1"], "198.51.100.65/32": NOT_AUDITED,
        "198.51.7.1/32": FIVE, "2001:db8:31::7/128": NOT_AUDITED,
    }),
    "cluster, --pool beside": Case(CLUSTER, {"pools": ("203.0.113.0/24", "2001:db8:77::/64")}, (YAML, POOL), {
        "203.0.113.1/32": FIVE, "2001:db8:77::1/128": FIVE, "198.51.100.7/32": NOT_AUDITED,
    }),
    "cluster, --nodes": Case(CLUSTER, {"nodes": ("node1=192.0.2.101,192.0.2.102,new=192.0.2.110",)}, (YAML, LIST), {
        "198.51.100.7/32": ["new", "node1", "node2"], "198.51.100.9/32": ["node1"],
        "198.51.100.65/32": NOT_AUDITED, "203.0.113.1/32": NOT_AUDITED,
        "2001:db8:31::7/128": ["new", "node1", "node2"],
    }),
    "cluster, --expect": Case(CLUSTER, {"expect": 3}, (YAML, NUMBER), {
        "198.51.100.7/32": 3, "198.51.100.9/32": ["node1"], "2001:db8:31::7/128": 3, "2001:db8:31::9/128": ["node1"],
        "203.0.113.1/32": NOT_AUDITED,
    }),
    "cluster, --pool and --expect": Case(CLUSTER, {"pools": ("198.51.100.0/28",), "expect": 3}, (YAML, POOL, NUMBER), {
        "198.51.100.7/32": 3, "198.51.100.9/32": ["node1"], "198.51.100.33/32": NOT_AUDITED,
    }),
    # Clusters with a number, or that disagree
    "a number, --pool beside": Case(OF_A_NUMBER, {"pools": ("203.0.113.0/24",)}, (YAML, POOL), {"203.0.113.1/32": 4}),
    "a number, --nodes": Case(OF_A_NUMBER, {"nodes": ("192.0.2.101",)}, (YAML, LIST), {"198.51.100.7/32": ["node1"]}),
    "two clusters, --pool": Case(TWO_CLUSTERS, {"pools": ("192.0.2.0/24", "203.0.113.0/25")}, (YAML, POOL), {
        "192.0.2.7/32": UNKNOWN, "203.0.113.1/32": ["node2"], "203.0.113.200/32": NOT_AUDITED,
        "198.51.100.7/32": NOT_AUDITED,
    }),
    # Kubernetes
    "kubernetes, nothing": Case(OF_KUBERNETES, {}, (YAML,), {
        "198.51.100.7/32": ["node2", "node5"], "2001:db8:31::7/128": ["node2", "node5"],
    }),
    "kubernetes, --pool": Case(OF_KUBERNETES, {"pools": ("198.51.100.8/32",)}, (YAML, POOL), {
        "198.51.100.8/32": ["node2", "node3", "node5"], "198.51.100.7/32": NOT_AUDITED,
        "2001:db8:31::7/128": NOT_AUDITED,
    }),
    "kubernetes, --pool beside": Case(OF_KUBERNETES, {"pools": ("192.0.2.0/24",)}, (YAML, POOL), {
        "192.0.2.7/32": UNKNOWN, "198.51.100.7/32": NOT_AUDITED,
    }),
    "kubernetes, --expect": Case(OF_KUBERNETES, {"expect": 4}, (YAML, NUMBER), {
        "198.51.100.7/32": 4, "192.0.2.7/32": NOT_AUDITED,
    }),
    "kubernetes, --nodes": Case(OF_KUBERNETES, {"nodes": ("192.0.2.102",)}, (YAML, LIST), {
        "198.51.100.7/32": ["node2"], "2001:db8:31::7/128": ["node2"],
    }),
    "kubernetes, --kube-dump": Case(
        OF_KUBERNETES, {"kube_dumps": METALLB}, ("ecmpaudit.yaml without the files of its `kubernetes`", "--kube-dump"),
        {"198.51.100.7/32": ["node2", "node5"]},
    ),
    "cluster, --kube-dump": Case(CLUSTER, {"kube_dumps": METALLB}, (YAML, "--kube-dump"), {
        "198.51.100.7/32": ["node2", "node5"], "198.51.100.9/32": ["node1"],
    }),
    "cluster, --kube-dump and --pool": Case(
        CLUSTER, {"kube_dumps": METALLB, "pools": ("198.51.100.8/32",)}, (YAML, POOL, "--kube-dump"),
        {"198.51.100.8/32": ["node2", "node3", "node5"], "198.51.100.7/32": NOT_AUDITED},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_expected_with_flags_beside_a_configuration(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    request = request_of(tmp_path, case.configuration, **case.flags)
    assert {prefix: expected(request, prefix) for prefix in case.prefixes} == case.prefixes
    assert request.sources == case.sources


def test_a_pool_keeps_to_the_routers_of_its_cluster(tmp_path: Path) -> None:
    request = request_of(tmp_path, OF_A_NUMBER, pools=("203.0.113.0/24", "198.51.100.0/28"))
    assert [expected(request, prefix, "tor2") for prefix in ("203.0.113.1/32", "198.51.100.1/32")] == [NOT_AUDITED] * 2


def test_only_the_pools_of_the_flag_are_asked_for(tmp_path: Path) -> None:
    request = request_of(tmp_path, CLUSTER, pools=("198.51.100.0/28", "203.0.113.0/24"))
    assert sorted(request.audited) == ["198.51.100.0/28", "198.51.100.9/32", "203.0.113.0/24"]
    of_kubernetes = request_of(tmp_path, OF_KUBERNETES, pools=("198.51.100.8/32",))
    assert set(of_kubernetes.audited) == {"198.51.100.8/32"}


@pytest.mark.parametrize("prefix", ["198.51.100.7/32", "2001:db8:31::7/128"])
def test_one_address_that_is_asked_for_has_to_exist(tmp_path: Path, prefix: str) -> None:
    assert request_of(tmp_path, CLUSTER, pools=(prefix,)).expectations.named_prefixes("tor1") == (prefix,)


def test_a_node_by_flag_keeps_the_addresses_of_the_configuration(tmp_path: Path) -> None:
    request = request_of(tmp_path, CLUSTER, nodes=("node1=192.0.2.201",))
    node = Node("node1", frozenset({"192.0.2.101", "192.0.2.201", "2001:db8::101"}))
    assert node in request.expectations.nodes
    expectation = request.expectations.for_prefix("tor1", "198.51.100.9/32")
    assert expectation is not None
    assert expectation.nodes == (node,)


# The report says where expectations come from.


def audit_of(request: Request) -> Audit:
    command = "vtysh -c 'show ip route vrf all'"
    table = "B>* 198.51.100.7/32 [20/0] via 192.0.2.101, eth0, 00:01:21\n"
    material = read_material([Capture("tor1", "frr", command, table, "tor1.txt")])
    return audit_material(material, request, all_rules())


FORMS: dict[str, tuple[Callable[[Audit], str], str]] = {
    "text": (lambda audit: render_text(audit, width=0, color=False), "\nexpectations: ecmpaudit.yaml, --pool\n"),
    "JSON": (render_json, '"expectations": [\n    "ecmpaudit.yaml",\n    "--pool"\n  ]'),
    "HTML": (render_html, "<footer>Expectations: ecmpaudit.yaml, --pool. "),
    "Markdown": (render_markdown, "\nExpectations: `ecmpaudit.yaml`, `--pool`. "),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_report_says_where_expectations_come_from(tmp_path: Path, form: str) -> None:
    render, words = FORMS[form]
    assert words in render(audit_of(request_of(tmp_path, CLUSTER, pools=("198.51.100.0/28",))))


def test_what_is_inferred_is_said(tmp_path: Path) -> None:
    material = read_material([Capture(None, None, None, SEED, "seed.txt")])
    audit = audit_material(material, request_of(tmp_path, None, pools=("172.31.0.0/16",)), all_rules())
    assert audit.expectation_sources == ("--pool", "inferred")


def test_that_nothing_is_expected_is_said(tmp_path: Path) -> None:
    assert "\nexpectations: none\n" in render_text(audit_of(request_of(tmp_path, None)), width=0, color=False)
