"""JUnit XML against Jenkins' schema, and what a build server would show."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema

from ecmpaudit.model import Audit, Severity
from ecmpaudit.reporting.junit import render_junit
from tests.audit_builders import (
    HOSTILE_MARKUP,
    audit_of,
    audited,
    finding,
    hostile_audit,
    incomplete_audit,
    ipv6_audit,
    seed_audit,
)

AUDITS = {
    "seed": seed_audit(),
    "ipv6": ipv6_audit(),
    "incomplete": incomplete_audit(),
    "hostile": hostile_audit(),
    "markup": hostile_audit(HOSTILE_MARKUP),
    "no_findings": audit_of(),
}


@cache
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(Path(__file__).parent / "schemas" / "junit-10.xsd")


def read(audit: Audit, fail_on: Severity = Severity.WARNING) -> ET.Element:
    text = render_junit(audit, fail_on=fail_on)
    schema().validate(text)
    return ET.fromstring(text)  # noqa: S314 - our own text


def outcomes(root: ET.Element) -> dict[tuple[str, str], list[str]]:
    """Return the content of each test case, by class name and name."""
    return {
        (case.attrib["classname"], case.attrib["name"]): [child.tag for child in case] for case in root.iter("testcase")
    }


@pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS)
def test_report_follows_the_schema(audit: Audit) -> None:
    read(audit)


def test_the_schema_refuses_what_is_no_report() -> None:
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        schema().validate("<testsuites><testsuite/></testsuites>")


def test_a_prefix_with_a_finding_fails_and_its_sibling_passes() -> None:
    assert outcomes(read(seed_audit())) == {
        ("tor1", "the router is checked"): [],
        ("tor1", "172.31.1.0/32"): ["failure"],
        ("tor1", "172.31.1.1/32"): [],
    }


def test_a_failure_has_the_finding_with_its_evidence() -> None:
    failure = read(seed_audit()).find(".//failure")
    assert failure is not None
    assert failure.attrib == {"type": "ECMP101", "message": "tor1 172.31.1.0/32: 3 next hops, expected 5"}
    assert (failure.text or "").splitlines() == [
        "warning ECMP101 (inferred): tor1 172.31.1.0/32: 3 next hops, expected 5",
        "    missing: 172.30.250.103, 172.30.250.104",
        "    cause: its sibling 172.31.1.1/32 has 5",
        "    hint: look at the BGP sessions of the missing nodes",
        "    table.txt:15  B>* 172.31.1.0/32 [20/0] via 172.30.250.101, enp6s0, 00:01:21",
    ]


def test_a_finding_below_fail_on_is_listed_in_a_case_that_passes() -> None:
    assert outcomes(read(seed_audit(), Severity.ERROR))["tor1", "172.31.1.0/32"] == ["system-out"]


def test_what_could_not_be_checked_is_an_error_and_never_a_pass() -> None:
    root = read(incomplete_audit())
    assert outcomes(root) == {
        ("tor1", "the router is checked"): [],
        ("tor2", "the router is checked"): ["error"],
        ("tor3", "the router is checked"): ["error"],
        ("tor1", "198.51.100.1/32"): [],
        ("ecmpaudit", "pool 203.0.113.0/24: no prefix on any router"): ["error"],
    }
    numbers = [(suite.get("name"), suite.get("tests"), suite.get("errors")) for suite in root.iter("testsuite")]
    assert numbers == [("tor1", "2", "0"), ("tor2", "1", "1"), ("tor3", "1", "1"), ("ecmpaudit", "1", "1")]


def test_a_router_with_a_failure_is_an_error_although_no_rule_says_so() -> None:
    found = outcomes(read(replace(incomplete_audit(), findings=())))
    assert found["tor3", "the router is checked"] == ["error"]


def test_a_prefix_of_which_nothing_is_expected_is_skipped() -> None:
    root = read(audit_of(prefixes=(audited("198.51.100.1/32", "192.0.2.1", expected=None),)))
    assert outcomes(root)["tor1", "198.51.100.1/32"] == ["skipped"]


def test_a_finding_about_the_run_has_a_case_of_its_own() -> None:
    root = read(audit_of(finding(Severity.ERROR, "ECMP999", "the run: a fault")))
    assert outcomes(root)["ecmpaudit", "ECMP999"] == ["failure"]


def test_several_findings_of_a_prefix_are_one_failure() -> None:
    audit = seed_audit()
    second = replace(audit.findings[0], code="ECMP701", message="unequal")
    failures = read(replace(audit, findings=(*audit.findings, second))).findall(".//failure")
    assert [("ECMP101" in (f.text or ""), "ECMP701" in (f.text or "")) for f in failures] == [(True, True)]


def test_the_same_prefix_in_two_vrfs_is_two_cases() -> None:
    prefix = audited("198.51.100.1/32", "192.0.2.1", expected=1)
    found = outcomes(read(audit_of(prefixes=(prefix, replace(prefix, vrf="blue")))))
    assert {("tor1", "198.51.100.1/32"), ("tor1 vrf blue", "198.51.100.1/32")} < set(found)
