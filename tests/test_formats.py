"""What holds for every form of the report: it renders every audit, escapes hostile text, and hides nothing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest

from ecmpaudit.model import Audit, Severity, fingerprints
from ecmpaudit.reporting.formats import FORMS, Format, Settings, format_of, render
from ecmpaudit.reporting.shown import place_of, shown_findings
from tests.audit_builders import (
    HOSTILE_MARKUP,
    HOSTILE_NAME,
    audit_of,
    finding,
    hostile_audit,
    incomplete_audit,
    ipv6_audit,
    large_audit,
    seed_audit,
)

AUDITS = {
    "seed": seed_audit(),
    "ipv6": ipv6_audit(),
    "incomplete": incomplete_audit(),
    "hostile": hostile_audit(),
    "markup": hostile_audit(HOSTILE_MARKUP),
    "large": large_audit(),
    "no_findings": audit_of(),
    "nothing": replace(audit_of(), network=replace(audit_of().network, routers=())),
}
TEXT_FORMS = [form for form, known in FORMS.items() if not known.is_binary]


def rendered(form: Format, audit: Audit) -> bytes:
    return render(form, audit, Settings(Severity.WARNING))


def test_every_form_of_the_command_line_can_be_made() -> None:
    assert set(FORMS) == set(Format)


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS)
def test_every_form_renders_every_audit_to_the_same_bytes_twice(form: Format, audit: Audit) -> None:
    made = rendered(form, audit)
    assert made
    assert made == rendered(form, audit)


@pytest.mark.parametrize("form", TEXT_FORMS)
@pytest.mark.parametrize("bad", [HOSTILE_NAME, HOSTILE_MARKUP], ids=["name", "markup"])
def test_no_control_or_invisible_character_of_a_device_is_in_any_text_form(form: Format, bad: str) -> None:
    text = rendered(form, hostile_audit(bad)).decode()
    assert [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and c != "\n"] == []


@pytest.mark.parametrize("form", TEXT_FORMS)
def test_no_line_of_a_device_starts_a_line_of_the_report(form: Format) -> None:
    text = rendered(form, hostile_audit(HOSTILE_MARKUP)).decode()
    assert re.search(r"^\W*owned", text, re.MULTILINE) is None


@pytest.mark.parametrize("form", [form for form in TEXT_FORMS if form not in (Format.PROMETHEUS, Format.OPENMETRICS)])
def test_an_incomplete_run_says_so_although_no_rule_does(form: Format) -> None:
    silent = replace(incomplete_audit(), findings=())
    assert "incomplete" in rendered(form, silent).decode().lower()


@pytest.mark.parametrize(
    "name, form",
    [
        ("report.json", Format.JSON),
        ("/a.b/REPORT.MD", Format.MARKDOWN),
        ("findings.sarif.json", Format.SARIF),
        ("ecmp.prom", Format.PROMETHEUS),
        ("junit.xml", Format.JUNIT),
        ("json", None),
        ("report.", None),
    ],
)
def test_a_files_name_gives_the_form(name: str, form: Format | None) -> None:
    assert format_of(name) is form


def test_no_two_forms_share_the_end_of_a_name() -> None:
    suffixes = [suffix for known in FORMS.values() for suffix in known.suffixes]
    assert len(suffixes) == len(set(suffixes))


def test_a_fingerprint_outlives_the_numbers_in_a_message_and_differs_between_findings() -> None:
    (fault,) = seed_audit().findings
    worse = replace(fault, actual=2, message="tor1 172.31.1.0/32: 2 next hops, expected 5")
    elsewhere = replace(fault, router="tor2")
    first, again = fingerprints([fault]), fingerprints([worse])
    assert first == again
    assert len({*first, *fingerprints([elsewhere, fault, fault])}) == 3


def test_findings_are_shown_with_what_is_not_known_first() -> None:
    audit = audit_of(finding(Severity.INFO), finding(Severity.ERROR), finding(Severity.INCOMPLETE))
    assert [f.severity for f in shown_findings(audit)] == [Severity.INCOMPLETE, Severity.ERROR, Severity.INFO]


@pytest.mark.parametrize(
    "source, is_file", [("a.txt", True), ("-x.txt", True), ("-", False), ("ssh tor1: ip r", False)]
)
def test_only_a_file_is_a_place(source: str, is_file: bool) -> None:
    (fault,) = seed_audit().findings
    (line,) = fault.evidence
    assert (place_of(replace(fault, evidence=(replace(line, source=source),))) is not None) is is_file
