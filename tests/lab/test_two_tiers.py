"""Flows through two tiers of kernels: each reaches the node that `flow` names; `python -m tests.bench.two_tiers`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab import namespaces
from tests.lab.conftest import need_the_lab
from tests.lab.two_tiers import NODES, ROUTERS, VIPS, Tiers, address, flows, two_tiers
from tests.program import ecmpaudit

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.lab


@pytest.fixture(autouse=True)
def clean_state() -> None:
    """These tests have a network of their own."""


@pytest.mark.parametrize("family", [4, 6])
def test_each_flow_reaches_the_node_that_the_kernels_name(family: int) -> None:
    need_the_lab()
    with two_tiers() as tiers:
        given = flows(family, 100)
        predicted = tiers.predicted(given)
        assert tiers.captured(given) == predicted
    assert len(set(predicted)) > 1
    assert None not in predicted


def configured(tiers: Tiers, folder: Path) -> Path:
    """Write the configuration with which this machine scans the routers, and return its path."""
    prefix = {name: ["nsenter", f"--net={namespaces.NAMESPACES / tiers.spaces[name]}", "--"] for name in ROUTERS}
    pools = [f"{VIPS[4]}/32", f"{VIPS[6]}/128"]
    content = {
        "ssh": {"transport": "local"},
        "routers": {name: {"platform": "linux", "command_prefix": prefix[name]} for name in ROUTERS},
        "nodes": {name: {"addresses": [address(name, family) for family in (4, 6)]} for name in NODES},
        "clusters": {
            "leaves": {"pools": pools, "routers": ["leaf1", "leaf2"]},
            "spines": {"pools": pools, "routers": ["spine"], "expect": 2},
        },
    }
    file = folder / "ecmpaudit.yaml"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def found_by_scan(file: Path) -> list[tuple[str, str, str]]:
    """Return code, router and message of each finding about hashes."""
    ended = ecmpaudit("scan", "--config", str(file), "--format", "json", "--select", "7xx")
    document: dict[str, Any] = json.loads(ended.stdout)
    assert document["not_answered"] == []
    return [(each["code"], each["router"], each["message"]) for each in document["findings"]]


def test_tiers_with_one_seed_are_named_and_those_with_two_are_not(tmp_path: Path) -> None:
    need_the_lab()
    with two_tiers() as tiers:
        file = configured(tiers, tmp_path)
        assert found_by_scan(file) == []
        for name in ROUTERS:
            tiers.set_seed(name, 4242)
        polarised = tiers.ways(flows(4, 200))
        alike = found_by_scan(file)
        tiers.set_seed("spine", 17)
        spread = tiers.ways(flows(4, 200))
        assert found_by_scan(file) == []
        tiers.set_seed("leaf2", 18)
        different = found_by_scan(file)
    assert [(code, router) for code, router, _ in alike] == [("ECMP704", "spine")] * 2
    assert [
        message.startswith(f"spine: hashes IPv{family} as its 2 next hops leaf1, leaf2 (policy 1, seed 4242)")
        for family, (_, _, message) in zip((4, 6), alike, strict=True)
    ] == [True, True]
    assert [(code, router) for code, router, _ in different] == [("ECMP705", "leaf2")] * 2
    # Each leaf gets half of all hashes, and sends them to the two nodes whose ranges are in that half.
    assert {(way.steps[-1].router, way.node) for way in polarised} == {
        ("leaf1", "node1"),
        ("leaf1", "node2"),
        ("leaf2", "node3"),
        ("leaf2", "node4"),
    }
    assert len({(way.steps[-1].router, way.node) for way in spread}) == 2 * len(NODES)
