"""Flows through two tiers of kernels: each reaches the node that `flow` names; `python -m tests.bench.two_tiers`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.changes.replayed import made_flows
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


def in_ip_words(family: int, names: tuple[str, ...]) -> list[str]:
    """Return next hops as `ip route` takes them."""
    return [word for name in names for word in ("nexthop", "via", address(name, family))]


@pytest.mark.parametrize("family", [4, 6])
def test_the_flows_that_a_kernel_moves_are_as_many_as_were_predicted_from_it(tmp_path: Path, family: int) -> None:
    need_the_lab()
    with two_tiers() as tiers:
        file = configured(tiers, tmp_path)
        ended = ecmpaudit(
            *(
                "what-if",
                "--config",
                str(file),
                "--lose",
                "node2",
                "--pool",
                f"{VIPS[family]}/{32 if family == 4 else 128}",
            ),
            *("--from-kernel", "4000", "--format", "json"),
        )
        assert ended.stdout.startswith("{"), ended.stderr
        document: dict[str, Any] = json.loads(ended.stdout)
        (leaf,) = (outcome for outcome in document["what_if"] if outcome["router"] == "leaf1")
        given = made_flows(leaf["prefix"], 4000, f"leaf1 {leaf['prefix']}")
        before = tiers.next_hops("leaf1", given)
        rest = tuple(name for name in NODES if name != "node2")
        namespaces.ip(tiers.spaces["leaf1"], "route", "replace", VIPS[family], *in_ip_words(family, rest))
        after = tiers.next_hops("leaf1", given)
    kernel = leaf["kernel"]
    lost = address("node2", family)
    assert document["unanswered"] == []
    assert (kernel["flows"], kernel["differs"]) == (4000, None)
    assert kernel["shares_before"]["node2"] == before.count(lost) / 4000
    moved = sum(one != other for one, other in zip(before, after, strict=True))
    innocent = sum(one != other for one, other in zip(before, after, strict=True) if one != lost)
    assert abs(moved / 4000 - kernel["moved"]) < 0.02
    assert abs(innocent / (4000 - before.count(lost)) - kernel["innocent"]) < 0.02


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
