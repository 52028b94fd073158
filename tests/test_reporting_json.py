"""The JSON report: its schema, its fixed bytes, and that hostile text survives as data only."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from ecmpaudit.reporting import json_sets
from ecmpaudit.reporting.json_report import render_json, stream_json
from ecmpaudit.reporting.json_sets import with_lists
from tests.audit_builders import (
    HOSTILE_NAME,
    audit_of,
    hostile_audit,
    incomplete_audit,
    ipv6_audit,
    large_audit,
    seed_audit,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Audit

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "report.schema.json").read_text())

AUDITS = {
    "seed": seed_audit(),
    "ipv6": ipv6_audit(),
    "incomplete": incomplete_audit(),
    "hostile": hostile_audit(),
    "large": large_audit(),
    "no_findings": audit_of(),
}


def report_of(audit: Audit) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(render_json(audit))
    return report


def validate(report: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(report)


def test_schema_itself_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS.keys())
def test_report_follows_the_schema(audit: Audit) -> None:
    validate(report_of(audit))


def objects_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every JSON object in the value."""
    if isinstance(value, dict):
        yield path
        for key, inner in value.items():
            yield from objects_in(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from objects_in(inner, (*path, index))


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@pytest.mark.parametrize("name", ["seed", "ipv6", "incomplete"])
def test_schema_refuses_an_unknown_or_a_lost_key_in_every_object(name: str) -> None:
    report = report_of(AUDITS[name])
    for path in objects_in(report):
        for key in list(at(report, path)):
            without = copy.deepcopy(report)
            del at(without, path)[key]
            with pytest.raises(jsonschema.ValidationError):
                validate(without)
        with_more = copy.deepcopy(report)
        at(with_more, path)["surprise"] = None
        with pytest.raises(jsonschema.ValidationError):
            validate(with_more)


def test_a_cause_says_which_link_of_which_node_is_broken_and_how_sure_that_is() -> None:
    (fault,) = report_of(ipv6_audit())["findings"]
    assert fault["causes"] == [
        {
            "node": "node3",
            "link": "session",
            "confidence": "likely",
            "text": "its BGP session to tor2 is down since 00:12:31 (Active)",
            "evidence": [{"source": "tor2.txt", "line": 7, "text": "2001:db8::9 4 64512 0 0 0 0 0 00:12:31 Active 0"}],
        }
    ]


def test_finding_of_the_seed_has_every_fact() -> None:
    assert report_of(seed_audit())["findings"] == [
        {
            "code": "ECMP101",
            "severity": "warning",
            "message": "tor1 172.31.1.0/32: 3 next hops, expected 5",
            "router": "tor1",
            "vrf": "default",
            "prefix": "172.31.1.0/32",
            "expected": 5,
            "actual": 3,
            "missing": [
                {"name": "172.30.250.103", "addresses": ["172.30.250.103"]},
                {"name": "172.30.250.104", "addresses": ["172.30.250.104"]},
            ],
            "unexpected": [],
            "inferred": True,
            "cause": "its sibling 172.31.1.1/32 has 5",
            "causes": [],
            "evidence": [
                {
                    "source": "table.txt",
                    "line": 15,
                    "text": "B>* 172.31.1.0/32 [20/0] via 172.30.250.101, enp6s0, 00:01:21",
                }
            ],
            "hint": "look at the BGP sessions of the missing nodes",
            "services": [],
            "fingerprint": "ce6c09042be6d34f9f52d99c0039a6c5bc2e5a780673ab3e07e121f71a3bf2bc",
        }
    ]


def test_prefix_of_the_seed_has_its_set_its_ceiling_and_its_fallback() -> None:
    hops = [
        {"address": f"172.30.250.{number}", "interface": "eth1", "vrf": "default", "weight": 1}
        for number in (101, 102, 105)
    ]
    assert report_of(seed_audit())["prefixes"][0] == {
        "router": "tor1",
        "vrf": "default",
        "prefix": "172.31.1.0/32",
        "protocol": "bgp",
        "expected": 5,
        "inferred": True,
        "expectation_source": "inferred from its sibling 172.31.1.1/32",
        "services": [],
        "installed": hops,
        "not_in_fib": [],
        "missing": [
            {"name": "172.30.250.103", "addresses": ["172.30.250.103"]},
            {"name": "172.30.250.104", "addresses": ["172.30.250.104"]},
        ],
        "ceiling": {"value": 64, "source": "--max-paths"},
        "fallbacks": [{"protocol": "ospf", "source": None, "distance": 110, "metric": 0, "next_hops": hops}],
    }


def test_summary_counts_what_was_and_was_not_looked_at() -> None:
    assert report_of(incomplete_audit())["summary"] == {
        "verdict": "incomplete: what was read is spread as expected, but not everything could be checked",
        "routers": {"checked": 1, "partly_checked": 1, "not_checked": 1},
        "nodes": {"partly_checked": 0, "not_checked": 0},
        "prefixes": {"audited": 1, "judged": 1, "clean": 1, "not_judged": 0},
        "next_hops": 2,
        "routes_read": 0,
        "next_hops_read": 0,
        "lines_understood": 26,
        "lines_not_understood": 1,
        "findings": {"incomplete": 2, "error": 0, "warning": 0, "info": 0},
    }


def test_incomplete_run_says_so_and_keeps_the_line_that_was_not_understood() -> None:
    report = report_of(incomplete_audit())
    assert report["incomplete"] is True
    assert report["not_audited"] == ["pool 203.0.113.0/24: no prefix on any router"]
    assert report["routers"][1]["unparsed"] == [
        {"source": "tor2.txt", "line": 17, "text": "B>*  [20/0] via , enp6s0", "reason": "the prefix is missing"}
    ]


def test_addresses_of_a_node_are_sorted_as_numbers_and_then_by_zone() -> None:
    assert report_of(ipv6_audit())["findings"][0]["missing"] == [
        {
            "name": "node3",
            "addresses": ["192.0.2.3", "2001:db8::9", "2001:db8::10", "fe80::3%eth0", "fe80::3%eth1"],
        }
    ]


def test_hostile_name_is_unchanged_as_data_and_harmless_as_text() -> None:
    text = render_json(hostile_audit())
    assert json.loads(text)["findings"][0]["router"] == HOSTILE_NAME
    assert text.isascii()
    assert [c for c in text if not c.isprintable() and c != "\n"] == []


def test_letters_of_any_language_stay_readable() -> None:
    audit = audit_of()
    named = type(audit)(type(audit.network)(notes=("Zürich 東京",)))
    assert "Zürich 東京" in render_json(named)


def test_equal_audits_give_equal_bytes_whatever_the_hash_seed() -> None:
    program = (
        "import sys\n"
        "from tests.audit_builders import ipv6_audit, seed_audit\n"
        "from ecmpaudit.reporting.json_report import render_json\n"
        "sys.stdout.write(render_json(seed_audit()) + render_json(ipv6_audit()))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3", "4")
    }
    assert outputs == {(render_json(seed_audit()) + render_json(ipv6_audit())).encode()}


def test_keys_have_a_fixed_readable_order() -> None:
    assert list(report_of(seed_audit())) == [
        "ecmpaudit_report",
        "version",
        "started",
        "incomplete",
        "summary",
        "incidents",
        "findings",
        "prefixes",
        "routers",
        "expectations",
        "rules_not_run",
        "not_answered",
        "not_read",
        "not_audited",
        "notes",
    ]


@pytest.fixture
def every_report_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_sets, "MOST_WRITTEN_OUT", -1)


@pytest.mark.usefixtures("every_report_is_large")
@pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS.keys())
def test_a_large_report_follows_the_schema_and_loses_nothing(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    large = report_of(audit)
    validate(large)
    monkeypatch.undo()
    assert large["ecmpaudit_report"] == 2
    assert with_lists(large) == report_of(audit)


@pytest.mark.usefixtures("every_report_is_large")
def test_a_large_report_has_each_next_hop_and_each_set_once() -> None:
    report = report_of(seed_audit())
    hops = [
        {"address": f"172.30.250.{number}", "interface": "eth1", "vrf": "default", "weight": 1}
        for number in (101, 102, 105, 103, 104)
    ]
    missing = [{"name": f"172.30.250.{number}", "addresses": [f"172.30.250.{number}"]} for number in (103, 104)]
    assert [each["installed"] for each in report["prefixes"]] == [0, 2]
    assert report["prefixes"][0]["fallbacks"][0]["next_hops"] == 0
    assert [each["not_in_fib"] for each in report["prefixes"]] == [1, 1]
    assert (report["next_hops"], report["next_hop_sets"]) == (hops, [[0, 1, 2], [], [0, 1, 3, 4, 2]])
    assert [each["missing"] for each in [*report["findings"], *report["prefixes"]]] == [0, 0, 1]
    assert (report["nodes"], report["node_sets"]) == (missing, [[0, 1], []])


@pytest.mark.parametrize("entries, version", [(20_000, 1), (20_001, 2)])
def test_only_a_report_with_more_than_20000_listed_entries_refers_to_sets(entries: int, version: int) -> None:
    one_node = replace(seed_audit().findings[0], missing=seed_audit().findings[0].missing[:1])
    audit = audit_of(*[one_node] * (entries - 20_000), prefixes=large_audit().network.prefixes * 10)
    assert report_of(audit)["ecmpaudit_report"] == version


@pytest.mark.usefixtures("every_report_is_large")
def test_the_schema_refuses_a_version_without_its_tables_and_tables_without_their_version() -> None:
    for fault in ({"ecmpaudit_report": 1}, {"ecmpaudit_report": 3}, {"next_hop_sets": None}):
        with pytest.raises(jsonschema.ValidationError):
            validate({**report_of(seed_audit()), **fault})


def test_a_report_of_version_1_is_left_as_it_is() -> None:
    report = report_of(seed_audit())
    assert with_lists(report) is report


def test_json_is_written_while_it_is_made() -> None:
    parts = list(stream_json(large_audit()))
    assert max(map(len, parts)) < 1000
    assert "".join(parts) == render_json(large_audit())
