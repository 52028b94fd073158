"""The library: what `import ecmpaudit` offers to scripts and notebooks."""

from __future__ import annotations

from pathlib import Path

import ecmpaudit
from ecmpaudit.auditing.run import read_material
from ecmpaudit.model import Capture

SEED = Path(__file__).parent / "fixtures" / "frr" / "show_ip_route--seed.txt"


def test_loaded_routes_are_a_dataframe_with_one_row_per_next_hop() -> None:
    routes = ecmpaudit.load(SEED, router="tor1").routes
    installed = routes[(routes["prefix"] == "172.31.1.1/32") & routes["installed"]]
    assert list(installed["next_hop"]) == [f"172.30.250.10{n}" for n in range(1, 6)]
    assert set(routes["router"]) == {"tor1"}
    assert str(routes.dtypes["next_hop"]) == "large_string[pyarrow]"
    assert str(routes.dtypes["installed"]) == "bool[pyarrow]"


def test_an_audit_gives_typed_findings() -> None:
    audit = ecmpaudit.audit(ecmpaudit.load(SEED), pools=["172.31.0.0/16"], nodes=["172.30.250.101-105"])
    (finding,) = audit.findings
    assert (finding.code, finding.prefix, finding.actual) == ("ECMP101", "172.31.1.0/32", 3)
    assert [node.name for node in finding.missing] == ["172.30.250.103", "172.30.250.104"]


def test_an_audit_knows_when_its_oldest_route_table_was_taken() -> None:
    times = ("2026-11-22T20:40:05Z", "2026-11-22T20:40:00Z", None)
    captures = [Capture(f"tor{time}", "frr", "show ip route", SEED.read_text(), "x", started=time) for time in times]
    assert ecmpaudit.audit(read_material(captures)).started == "2026-11-22T20:40:00Z"


def test_what_cannot_be_read_makes_an_audit_incomplete() -> None:
    material = ecmpaudit.load(SEED, SEED.parent / "no-such-file.txt")
    assert [capture.failure for capture in material.failed] == ["cannot be read: No such file or directory"]
    assert ecmpaudit.audit(material).is_incomplete


def test_nothing_loaded_is_an_empty_table_with_all_columns() -> None:
    routes = ecmpaudit.load(SEED.parent / "no-such-file.txt").routes
    assert len(routes) == 0
    assert {"prefix", "next_hop", "installed"} <= set(routes.columns)
