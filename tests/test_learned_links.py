"""Links of a fabric that are learned: from earlier runs without a fault, of other routers from this run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.request import Request, chosen_rules
from ecmpaudit.auditing.run import audit_material, read_material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.model import Capture, NextHop, Past
from ecmpaudit.model.past import PastSet

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.model import Audit

CONFIGURATION = """
routers:
  leaf1: {host: leaf1}
  leaf2: {host: leaf2}
  spine1: {host: spine1}
nodes:
  node1: [192.0.2.11, "2001:db8:1::11"]
  node2: [192.0.2.12, "2001:db8:1::12"]
  node3: [192.0.2.13, "2001:db8:1::13"]
clusters:
  lab: {pools: [198.51.100.0/24, "2001:db8:100::/64"]}
fabric: {learn: true}
"""
PREFIXES = {4: "198.51.100.7/32", 6: "2001:db8:100::7/128"}
ADDRESSES = {
    4: {
        "node1": "192.0.2.11",
        "node2": "192.0.2.12",
        "node3": "192.0.2.13",
        "leaf1": "192.0.2.1",
        "leaf2": "192.0.2.2",
    },
    6: {
        "node1": "2001:db8:1::11",
        "node2": "2001:db8:1::12",
        "node3": "2001:db8:1::13",
        "leaf1": "2001:db8:1::1",
        "leaf2": "2001:db8:1::2",
    },
}


def table(router: str, family: int, *next_hops: str) -> Capture:
    head, *rest = [f"via {ADDRESSES[family][hop]}, eth0, weight 1, 01:00:00" for hop in next_hops]
    text = "\n".join([f"B>* {PREFIXES[family]} [20/0] {head}", *(f"  *  {hop}" for hop in rest)])
    command = "show ip route" if family == 4 else "show ipv6 route"
    return Capture(router, "frr", command, text + "\n", router)


def addresses(router: str, family: int) -> Capture:
    own = {
        "family": f"inet{'6' if family == 6 else ''}",
        "local": ADDRESSES[family][router],
        "prefixlen": 24,
        "scope": "global",
    }
    text = json.dumps([{"ifname": "eth0", "operstate": "UP", "addr_info": [own]}])
    return Capture(router, "linux", "ip -j address", text, router)


def audited(tmp_path: Path, family: int, tables: dict[str, tuple[str, ...]], past: Past) -> Audit:
    file = tmp_path / "ecmpaudit.yaml"
    file.write_text(CONFIGURATION, encoding="utf-8")
    request = Request.of(ScopeOptions(config=file))
    captures = [table(router, family, *hops) for router, hops in tables.items()]
    captures += [addresses(router, family) for router in ("leaf1", "leaf2")]
    material = read_material(captures, only=request.audited, nodes=request.nodes, routers=request.routers)
    return audit_material(material, request, chosen_rules(["ECMP101", "ECMP102"], []), past)


def good(family: int, tables: dict[str, tuple[str, ...]]) -> Past:
    return Past(
        good={
            (router, "default", PREFIXES[family]): PastSet(
                "run 1", tuple(NextHop(ADDRESSES[family][hop]) for hop in hops)
            )
            for router, hops in tables.items()
        }
    )


WHOLE = {"leaf1": ("node1", "node2"), "leaf2": ("node3",), "spine1": ("leaf1", "leaf2")}


@pytest.mark.parametrize("family", [4, 6])
def test_the_links_of_a_first_run_are_those_that_it_shows_which_is_said(tmp_path: Path, family: int) -> None:
    audit = audited(tmp_path, family, WHOLE, Past())
    assert [finding.message for finding in audit.findings] == []
    (note,) = [note for note in audit.network.notes if note.startswith("fabric:")]
    assert note == (
        "fabric: no earlier run without a fault is known of leaf1, leaf2, spine1: the links are those of this run, "
        "and a link that is cut now is not expected; record runs with --record (learn: true)"
    )


@pytest.mark.parametrize("family", [4, 6])
def test_a_node_that_no_router_of_a_first_run_leads_to_is_named(tmp_path: Path, family: int) -> None:
    audit = audited(tmp_path, family, WHOLE | {"leaf1": ("node1",)}, Past())
    (note,) = [note for note in audit.network.notes if note.startswith("fabric:")]
    assert "; no router leads to node2, so nothing is expected of it;" in note


@pytest.mark.parametrize("family", [4, 6])
def test_earlier_runs_come_before_what_this_one_shows(tmp_path: Path, family: int) -> None:
    tables = WHOLE | {"leaf1": ("node1",), "spine1": ("leaf1",)}
    audit = audited(tmp_path, family, tables, good(family, WHOLE))
    assert [(f.router, [node.name for node in f.missing]) for f in audit.findings] == [
        ("leaf1", ["node2"]),
        ("spine1", ["leaf2"]),
    ]
    assert [note for note in audit.network.notes if note.startswith("fabric:")] == []


def test_only_a_router_without_an_earlier_run_has_the_links_of_this_one(tmp_path: Path) -> None:
    before = {name: hops for name, hops in WHOLE.items() if name != "leaf2"}
    audit = audited(tmp_path, 4, WHOLE | {"leaf1": ("node1",)}, good(4, before))
    assert [(f.router, [node.name for node in f.missing]) for f in audit.findings] == [("leaf1", ["node2"])]
    (note,) = [note for note in audit.network.notes if note.startswith("fabric:")]
    assert "is known of leaf2: the links" in note
