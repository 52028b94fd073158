"""Pasted texts of every kind, each with the expected routes beside it, written by hand.

A next hop is written `ADDRESS INTERFACE`, with `-` for none; lines are those of the file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.auditing.run import read_material
from ecmpaudit.collectors.files import read_inputs

if TYPE_CHECKING:
    from ecmpaudit.parsing.route_table import RouteTable

FOLDER = Path(__file__).parent / "fixtures" / "transcripts"
FIXTURES = sorted(path.stem for path in FOLDER.glob("*.txt"))


def tables(name: str) -> list[RouteTable]:
    """Return the route tables of a session, without its other facts."""
    return list(read_material(read_inputs([str(FOLDER / f"{name}.txt")])).tables)


def routes(table: RouteTable) -> list[dict[str, Any]]:
    by_number: dict[int, dict[str, Any]] = {}
    for row in table.frame.iter_rows(named=True):
        facts = {"prefix": row["prefix"], "protocol": row["protocol"], "line": row["line"], "next_hops": []}
        route = by_number.setdefault(row["route"], facts)
        route["next_hops"].append(f"{row['next_hop'] or '-'} {row['interface'] or '-'}")
    return list(by_number.values())


def as_in_a_fixture(table: RouteTable) -> dict[str, Any]:
    return {
        "router": table.router,
        "command": table.capture.command,
        "platform": table.platform,
        "first_line": table.capture.first_line,
        "routes": routes(table),
        "unparsed": [line.line for line in table.unparsed],
        "cut": table.cut,
    }


@pytest.mark.parametrize("name", FIXTURES)
def test_a_pasted_text_is_read_as_its_fixture_says(name: str) -> None:
    expected = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert [as_in_a_fixture(table) for table in tables(name)] == [
        {"unparsed": [], "cut": None, **table} for table in expected
    ]


@pytest.mark.parametrize("name", FIXTURES)
def test_a_table_that_is_cut_is_never_called_whole(name: str) -> None:
    for table in tables(name):
        assert not (table.is_whole and table.cut)


def test_every_expectation_has_its_fixture() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == FIXTURES
