"""Findings and routes as CSV and Parquet, read back by other programs."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from pyarrow import parquet

from ecmpaudit.reporting.cells import csv_text
from ecmpaudit.reporting.findings_table import COLUMNS, render_csv, render_parquet
from ecmpaudit.reporting.terminal import safe
from tests.audit_builders import HOSTILE_MARKUP, HOSTILE_NAME, audit_of, hostile_audit, ipv6_audit, seed_audit


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_seeds_finding_is_one_line() -> None:
    assert rows(render_csv(seed_audit())) == [
        {
            "code": "ECMP101",
            "severity": "warning",
            "inferred": "True",
            "router": "tor1",
            "vrf": "default",
            "prefix": "172.31.1.0/32",
            "expected": "5",
            "actual": "3",
            "missing": "172.30.250.103; 172.30.250.104",
            "unexpected": "",
            "message": "tor1 172.31.1.0/32: 3 next hops, expected 5",
            "cause": "its sibling 172.31.1.1/32 has 5",
            "hint": "look at the BGP sessions of the missing nodes",
            "evidence": "table.txt:15 B>* 172.31.1.0/32 [20/0] via 172.30.250.101, enp6s0, 00:01:21",
        }
    ]


def test_a_run_without_findings_has_the_heading_only() -> None:
    assert render_csv(audit_of()) == ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", " =", "\uff1d"])
def test_no_cell_starts_a_formula(start: str) -> None:
    *_, row = rows(render_csv(hostile_audit(f"{start}cmd()")))
    assert {row["router"], row["message"], row["cause"]} == {f"'{start}cmd()"}
    assert all(not cell.lstrip().startswith(("=", "+", "-", "@", "\uff1d")) for cell in row.values())


def test_a_tab_or_a_line_break_before_a_formula_is_an_escape() -> None:
    assert csv_text(["a"], [["\t=1"], ["\r\n=1"], [-1], [None]]) == 'a\n\\t=1\n\\r\\n=1\n-1\n""\n'


def test_a_cell_holds_the_whole_text_of_a_device() -> None:
    *_, row = rows(render_csv(hostile_audit(HOSTILE_MARKUP)))
    assert row["hint"] == "'" + safe(HOSTILE_MARKUP)


def test_parquet_has_types_lists_and_lines() -> None:
    table = parquet.read_table(io.BytesIO(render_parquet(seed_audit())))
    assert tuple(table.column_names) == COLUMNS
    (row,) = table.to_pylist()
    assert (row["expected"], row["actual"], row["inferred"]) == (5, 3, True)
    assert row["missing"] == ["172.30.250.103", "172.30.250.104"]
    assert row["evidence"] == [
        {
            "source": "table.txt",
            "line": 15,
            "text": "B>* 172.31.1.0/32 [20/0] via 172.30.250.101, enp6s0, 00:01:21",
        }
    ]


def test_parquet_without_findings_keeps_its_types() -> None:
    empty = parquet.read_schema(io.BytesIO(render_parquet(audit_of())))
    assert empty.equals(parquet.read_schema(io.BytesIO(render_parquet(ipv6_audit()))))


def test_pandas_reads_the_parquet_file() -> None:
    frame = pd.read_parquet(io.BytesIO(render_parquet(ipv6_audit())))
    assert frame[["router", "prefix", "severity"]].to_numpy().tolist() == [["tor2", "2001:db8:31::1/128", "error"]]


def test_parquet_keeps_what_a_device_said_and_can_be_written_whatever_that_is() -> None:
    *_, row = parquet.read_table(io.BytesIO(render_parquet(hostile_audit()))).to_pylist()
    assert row["router"] == HOSTILE_NAME.replace("\udc80", "\\udc80")
