"""Selectors as one text: those of Calico, and of annotations; hostile ones end in an error."""

from __future__ import annotations

import pytest

from ecmpaudit.kubernetes.announcing import announcements_of
from ecmpaudit.kubernetes.calico_selectors import calico_selector
from ecmpaudit.kubernetes.documents import Document, objects_of
from ecmpaudit.kubernetes.label_selectors import label_selector
from ecmpaudit.kubernetes.releases import release_of
from tests.kubernetes_objects import announcements_with, endpoints, node, service
from tests.upstream_cases import calico, changed, cilium, running

LABELS = {"rack": "a1", "node-role.kubernetes.io/worker": "", "zone": "x"}


@pytest.mark.parametrize(
    "text, is_selected",
    [
        ("", True),
        ("all()", True),
        ("global()", True),
        ("has(rack)", True),
        ("!has(rack)", False),
        ("!!has(rack)", True),
        ("has(node-role.kubernetes.io/worker)", True),
        ("rack == 'a1'", True),
        ('rack=="a1"', True),
        ("absent == ''", False),
        ("absent != 'x'", True),
        ("rack contains '1'", True),
        ("absent contains ''", False),
        ("rack starts with 'a'", True),
        ("rack ends with 'a'", False),
        ("zone in {}", False),
        ("zone not in {'y', 'z'}", True),
        ("absent not in {'y'}", True),
        ("has(absent) && has(rack) || has(zone)", True),
        ("has(absent) && (has(rack) || has(zone))", False),
    ],
)
def test_calicos_selectors(text: str, is_selected: bool) -> None:
    assert calico_selector(text)(LABELS) is is_selected


@pytest.mark.parametrize(
    "text", ["rack", "rack =", "rack = 'a'", "has(", "has()x", "(all()", "rack in {'a'", "rack in 'a'", "'a' &&",
             "(" * 5_000, "!" * 20_000, "rack == a", "all() all()", "\x1b[31m"]
)  # fmt: skip
def test_what_is_no_selector_of_calicos_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        calico_selector(text)


@pytest.mark.parametrize(
    "text, is_selected",
    [
        ("", True),
        ("rack", True),
        ("!rack", False),
        ("rack=a1,zone==x", True),
        ("rack in (b, a1), zone", True),
        ("rack notin (a1)", False),
        ("absent notin (a1)", True),
        ("absent!=x", True),
    ],
)
def test_label_selectors_of_annotations(text: str, is_selected: bool) -> None:
    assert label_selector(text).selects(LABELS) is is_selected


@pytest.mark.parametrize("text", ["rack in", "rack in (a", "=", "a b", "," * 9_999 + "(", "x" * 10_001, "rack > 3"])
def test_what_is_no_label_selector_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        label_selector(text)


@pytest.mark.parametrize(
    "images, release",
    [
        (["quay.io/calico/node:v3.31.2"], (3, 31)),
        (["registry.example:5000/calico/node:v3.30.0@sha256:00"], (3, 30)),
        (["docker.io/calico/node@sha256:00", "docker.io/calico/node:v3.28"], (3, 28)),
        (["calico/node:latest"], None),
        (["quay.io/calico/node:v3.31.2", "quay.io/calico/node:v3.30.0"], None),
        (["quay.io/other-calico/node:v3.31.2", "calico/node-driver:v3.31.2"], None),
        (["calico/node:v99999999999999.1"], None),
    ],
)
def test_a_release_is_that_of_the_only_image(images: list[str], release: tuple[int, int] | None) -> None:
    status = {**node(1)["status"], "images": [{"names": images}]}
    objects = objects_of([Document("x", changed(node(1), status=status))])
    assert release_of(objects, "calico/node") == release


def test_the_image_of_a_daemon_set_is_before_what_nodes_still_have() -> None:
    status = {**node(1)["status"], "images": [{"names": ["calico/node:v3.29.0", "calico/node:v3.31.0"]}]}
    values = [changed(node(1), status=status), running("calico/node:v3.31.0")]
    assert release_of(objects_of(Document("x", each) for each in values), "calico/node") == (3, 31)


def test_a_hostile_selector_costs_its_object_only() -> None:
    peer = calico.peer(nodeSelector="(" * 100_000)
    objects = objects_of(
        Document("f", values)
        for values in (node(1), calico.POOL, peer, service("shop/web"), endpoints("shop/web", "node1"))
    )
    found = announcements_of(objects)
    assert [line.partition(": expected")[0] for line in found.undetermined] == ["f: BGPPeer tor: spec.nodeSelector"]
    assert list(found.shares) == [calico.LB]


def test_a_hostile_annotation_excludes_no_node() -> None:
    web = cilium.exposed(cilium.web(cilium.IP), node_selector="$(reboot)\x1b[31m" * 500_000)
    found = announcements_with(node(1), *cilium.SESSIONS, cilium.advertisement(), web, cilium.ON_1)
    assert [share.nodes for share in found.shares.values()] == [("node1",)]
