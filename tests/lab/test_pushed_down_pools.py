"""A scan that asks for the pools alone finds what one of whole tables finds, on FRR and BIRD, and receives little."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.conftest import need_the_lab
from tests.lab.topologies import large_tables

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program import Ended

pytestmark = pytest.mark.lab

OTHERS = 3_000


@pytest.fixture(autouse=True)
def clean_state() -> None:
    """Leave the big lab alone: this test has hosts of its own."""
    need_the_lab()


SCANS: tuple[tuple[str, tuple[str, ...]], ...] = (("pools", ()), ("everything", ("--full",)))


def findings(done: Ended) -> list[dict[str, Any]]:
    """Return the findings without their lines, which are those of other commands."""
    assert done.returncode == 1, f"exit code {done.returncode}: {done.stdout}{done.stderr}"
    listed: list[dict[str, Any]] = without_evidence(json.loads(done.stdout)["findings"])
    return listed


def without_evidence(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_evidence(below) for key, below in value.items() if key != "evidence"}
    return [without_evidence(below) for below in value] if isinstance(value, list) else value


def test_pushed_down_pools_give_the_findings_of_whole_tables(tmp_path: Path) -> None:
    with large_tables.running(tmp_path / "lab", OTHERS) as instance:
        pools, everything = (instance.scan("--save", str(tmp_path / name), *more) for name, more in SCANS)
    assert findings(pools) == findings(everything)
    missing = {
        (finding["router"], finding["prefix"]): [node["name"] for node in finding["missing"]]
        for finding in findings(pools)
        if finding["code"] == "ECMP101"
    }
    assert missing == {
        (router, prefix): ["node3"] for router in large_tables.ROUTERS for prefix in large_tables.LACKING
    }
    few, many = (sum(file.stat().st_size for file in (tmp_path / name).glob("*.txt")) for name, _ in SCANS)
    assert few < 100_000 < many
