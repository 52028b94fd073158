"""Each load balancer as its own code and tests state it: the cases and their upstream places are data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecmpaudit.expectations.from_kubernetes import knowledge_of
from ecmpaudit.kubernetes.resources import resources_read
from tests.kubernetes_objects import announcements_with, nodes_of, service
from tests.upstream_cases import Case, calico, cilium, metallb, others, purelb, several

API = service("default/kubernetes", type="ClusterIP")
"""The Service that every cluster has."""
CASES = [*calico.CASES, *cilium.CASES, *metallb.CASES, *purelb.CASES, *others.CASES, *several.CASES]
DOCS = Path(__file__).parent.parent / "docs" / "kubernetes.md"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_nodes_announce_what_upstream_says(case: Case) -> None:
    found = announcements_with(*case.nodes, API, *case.objects, announcer=case.announcer)
    assert nodes_of(found) == {prefix: nodes.split() for prefix, nodes in case.announced.items()}
    possible = {p: " ".join(name.removeprefix("node") for name in s.possible) for p, s in found.shares.items()}
    assert {prefix: nodes for prefix, nodes in possible.items() if nodes} == case.possible
    assert [line for line in found.undetermined if not case.undetermined or case.undetermined not in line] == []
    assert bool(found.undetermined) is bool(case.undetermined)
    assert any(case.note in note for note in ["", *found.notes])


def test_there_are_at_least_120_cases_each_with_its_own_name_and_an_upstream_place() -> None:
    assert len({case.id for case in CASES}) == len(CASES) >= 120
    place = re.compile(
        r"(cilium|calico|metallb|purelb|kube-vip|kube-router|antrea|openelb)(#\d+| \S+\.(go|rst|txtar|yaml|template)\b)"
    )
    assert [case.id for case in CASES if not place.match(case.upstream)] == []


def test_every_upstream_file_is_named_in_the_docs() -> None:
    text = DOCS.read_text(encoding="utf-8")
    place = re.compile(r"\S+ \S*?([\w-]+\.(?:go|rst|cfg\.template))")
    files = {match[1] for case in CASES if (match := place.match(case.upstream))}
    assert {name for name in files if name not in text} == set()


def test_the_kubectl_lines_of_the_docs_fetch_every_kind_that_is_read() -> None:
    lines = re.findall(r"^\$ kubectl get (.*)$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    fetched = {name for line in lines for name in re.findall(r"[a-z0-9]+(?=[,. ])", line)}
    assert {name.partition(".")[0] for name in resources_read()} - fetched == set()


def test_a_node_that_may_announce_is_neither_expected_nor_unexpected() -> None:
    case = next(case for case in CASES if case.id == "metallb: a node that is not Ready")
    expectation = knowledge_of(announcements_with(*case.nodes, *case.objects)).expected["198.51.100.7/32"]
    assert [node.name for node in expectation.nodes] == ["node1", "node2"]
    assert "192.0.2.103" in expectation.accepted - expectation.addresses
