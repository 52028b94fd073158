"""SARIF against its published schema, and what code scanning would show."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from ecmpaudit.reporting.sarif import render_sarif
from tests.audit_builders import HOSTILE_MARKUP, audit_of, hostile_audit, incomplete_audit, ipv6_audit, seed_audit

if TYPE_CHECKING:
    from ecmpaudit.model import Audit

AUDITS = {
    "seed": seed_audit(),
    "ipv6": ipv6_audit(),
    "incomplete": incomplete_audit(),
    "hostile": hostile_audit(),
    "markup": hostile_audit(HOSTILE_MARKUP),
    "no_findings": audit_of(),
}


@cache
def validator() -> jsonschema.Draft4Validator:
    schema = Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json"
    return jsonschema.Draft4Validator(
        json.loads(schema.read_text()), format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
    )


def run_of(audit: Audit) -> dict[str, Any]:
    log = json.loads(render_sarif(audit))
    validator().validate(log)
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS)
def test_report_follows_the_schema(audit: Audit) -> None:
    run_of(audit)


def test_the_schema_refuses_what_is_no_report() -> None:
    with pytest.raises(jsonschema.ValidationError):
        validator().validate({"version": "2.1.0", "runs": [{"results": []}]})


def test_the_seeds_finding_points_to_its_line() -> None:
    (result,) = run_of(seed_audit())["results"]
    assert (result["ruleId"], result["level"], result["properties"]["actual"]) == ("ECMP101", "warning", 3)
    assert result["message"]["text"].splitlines() == [
        "tor1 172.31.1.0/32: 3 next hops, expected 5",
        "missing: 172.30.250.103, 172.30.250.104",
        "cause: its sibling 172.31.1.1/32 has 5",
        "hint: look at the BGP sessions of the missing nodes",
    ]
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {"uri": "table.txt"}
    assert location["physicalLocation"]["region"]["startLine"] == 15
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "tor1/default/172.31.1.0/32"


def test_every_result_has_its_rule_with_its_documentation() -> None:
    run = run_of(incomplete_audit())
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["ECMP001", "ECMP002"]
    assert "How to fix" in rules[0]["help"]["text"]


def test_an_incomplete_run_was_not_successful() -> None:
    (invocation,) = run_of(incomplete_audit())["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "not everything could be checked" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    assert run_of(seed_audit())["invocations"] == [
        {"executionSuccessful": True, "startTimeUtc": "2026-11-22T20:40:00Z"}
    ]


@pytest.mark.parametrize(
    "source, uri",
    [
        ("a b/tor 1.txt", "a%20b/tor%201.txt"),
        ("/var/x.txt", "file:///var/x.txt"),
        ("a:b%.txt", "a%3Ab%25.txt"),
        ("caf\udce9.txt", "caf%E9.txt"),
    ],
    ids=["blank", "absolute", "colon_and_percent", "no_utf8"],
)
def test_a_files_name_is_a_uri(source: str, uri: str) -> None:
    (fault,) = seed_audit().findings
    line = replace(fault.evidence[0], source=source)
    (result,) = run_of(audit_of(replace(fault, evidence=(line,))))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri}


def test_brackets_of_a_device_make_no_link() -> None:
    (fault,) = seed_audit().findings
    (result,) = run_of(audit_of(replace(fault, message="[click](http://192.0.2.1) \\", cause=None, hint=None)))[
        "results"
    ]
    assert result["message"]["text"].splitlines()[0] == r"\[click\](http://192.0.2.1) \\"
