"""The text report: what it says, in which order, and that no device can write to the reader's terminal."""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import replace

import pytest

from ecmpaudit.model import Audit, Evidence, Finding, Network, RouterState, Severity
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.reporting.text import render_text
from ecmpaudit.reporting.verdict import exit_code, verdict
from tests.audit_builders import (
    audit_of,
    audited,
    finding,
    hostile_audit,
    incomplete_audit,
    ipv6_audit,
    large_audit,
    seed_audit,
)

SEED_REPORT = """\
warning ECMP101 (inferred)  tor1 172.31.1.0/32: 3 next hops, expected 5
    cause: its sibling 172.31.1.1/32 has 5
    missing: 172.30.250.103, 172.30.250.104
    table.txt:15  B>* 172.31.1.0/32 [20/0] via 172.30.250.101, enp6s0, 00:01:21
    hint: look at the BGP sessions of the missing nodes

note: tor1: OSPF is the fallback for BGP, with the same next hops

fine: 172.31.1.1/32 on tor1: 5 next hops, expected 5 (inferred)

expectations: inferred
routers: 1 checked, 0 not checked
prefixes: 2 audited, with 8 next hops
read: 12 routes with 24 next hops
lines: 34 understood, 0 not understood
findings: 0 incomplete, 0 errors, 1 warning, 0 infos
1 warning: not every load-balanced prefix is spread as expected
"""

SEED_REPORT_IN_40_COLUMNS = """\
warning ECMP101 (inferred)  tor1
    172.31.1.0/32: 3 next hops, expected
    5
    cause: its sibling 172.31.1.1/32 has
        5
    missing: 172.30.250.103,
        172.30.250.104
    table.txt:15  B>* 172.31.1.0/32
        [20/0] via 172.30.250.101,
        enp6s0, 00:01:21
    hint: look at the BGP sessions of
        the missing nodes

note: tor1: OSPF is the fallback for
    BGP, with the same next hops

fine: 172.31.1.1/32 on tor1: 5 next
    hops, expected 5 (inferred)

expectations: inferred
routers: 1 checked, 0 not checked
prefixes: 2 audited, with 8 next hops
read: 12 routes with 24 next hops
lines: 34 understood, 0 not understood
findings: 0 incomplete, 0 errors, 1
    warning, 0 infos
1 warning: not every load-balanced
    prefix is spread as expected
"""


def plain(audit: Audit, *, width: int = 100, verbose: bool = False) -> str:
    return render_text(audit, width=width, color=False, verbose=verbose)


def test_report_of_the_seed_names_the_missing_nodes_and_ends_in_the_verdict() -> None:
    assert plain(seed_audit()) == SEED_REPORT


def test_narrow_terminal_wraps_with_a_hanging_indent() -> None:
    assert plain(seed_audit(), width=40) == SEED_REPORT_IN_40_COLUMNS


@pytest.mark.parametrize("width", [1, 20, 40, 80, 200, 0], ids=lambda width: f"{width}_columns")
def test_no_width_loses_a_word_or_cuts_an_address(width: int) -> None:
    assert plain(seed_audit(), width=width).split() == SEED_REPORT.split()


def test_colour_changes_nothing_but_colour() -> None:
    coloured = render_text(seed_audit(), width=40, color=True)
    assert coloured != SEED_REPORT_IN_40_COLUMNS
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == SEED_REPORT_IN_40_COLUMNS


def test_colour_does_not_depend_on_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = render_text(seed_audit(), width=80, color=True)
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb"), ("COLUMNS", "20")):
        monkeypatch.setenv(name, value)
    assert render_text(seed_audit(), width=80, color=True) == expected


def test_ipv6_finding_shows_the_addresses_of_its_family_and_the_unexpected_next_hop() -> None:
    lines = plain(ipv6_audit()).splitlines()
    assert lines[:3] == [
        "error ECMP101  tor2 2001:db8:31::1/128: 1 next hop, expected 2",
        "    missing: node3 (2001:db8::9, 2001:db8::10)",
        "    unexpected: fe80::99%eth1",
    ]


def test_findings_are_grouped_by_severity_with_completeness_first() -> None:
    shuffled = [Severity.INFO, Severity.ERROR, Severity.INCOMPLETE, Severity.WARNING]
    heads = [line.split()[0] for line in plain(audit_of(*map(finding, shuffled))).splitlines() if " ECMP101 " in line]
    assert heads == ["incomplete", "error", "warning", "info"]


def test_summary_counts_routers_that_were_not_or_not_completely_checked() -> None:
    text = plain(incomplete_audit())
    assert "routers: 1 checked, 1 only partly, 1 not checked\n" in text
    assert "lines: 26 understood, 1 not understood\n" in text
    assert "not audited: pool 203.0.113.0/24: no prefix on any router\n" in text


def test_verbose_lists_next_hops_and_every_line_that_was_not_understood() -> None:
    lines = plain(incomplete_audit(), verbose=True).splitlines()
    assert "fine: 198.51.100.1/32 on tor1: 2 next hops, expected 2: 192.0.2.1, 192.0.2.2" in lines
    assert "not understood: tor2.txt:17  B>*  [20/0] via , enp6s0 (the prefix is missing)" in lines


def test_what_a_finding_already_says_is_not_repeated() -> None:
    fault = replace(finding(Severity.INCOMPLETE, "ECMP003", "pool 203.0.113.0/24: no prefix"), cause="no prefix")
    audit = Audit(Network(unanswered=("pool 203.0.113.0/24: no prefix",)), (fault,))
    assert plain(audit).count("no prefix\n") == 1


def test_prefix_on_a_router_without_a_name_and_in_a_vrf() -> None:
    prefix = replace(audited("2001:db8::7/128", "fe80::1", expected=1, router=""), vrf="blue")
    assert "fine: 2001:db8::7/128 (vrf blue): 1 next hop, expected 1\n" in plain(audit_of(prefixes=(prefix,)))


def test_prefix_of_which_nothing_is_expected_is_not_called_fine() -> None:
    text = plain(audit_of(prefixes=(audited("192.0.2.1/32", "198.51.100.1", expected=None),)))
    assert "not judged: 192.0.2.1/32 on tor1: 1 next hop, no expectation is known\n" in text
    assert "fine" not in text


def test_thousand_fine_prefixes_are_counted_and_not_listed() -> None:
    lines = plain(large_audit()).splitlines()
    fine = [line for line in lines if line.startswith("fine:")]
    assert fine[0] == "fine: 198.51.0.0/32 on tor1: 2 next hops, expected 2"
    assert fine[5:] == ["fine: and 995 more (-v shows all)"]
    assert "prefixes: 1,000 audited, with 2,000 next hops" in lines


def test_verbose_lists_all_thousand_fine_prefixes() -> None:
    lines = plain(large_audit(), verbose=True).splitlines()
    assert sum(line.startswith("fine: 198.51.") for line in lines) == 1000


def test_long_evidence_is_counted_and_shown_in_full_when_verbose() -> None:
    lines = tuple(Evidence("table.txt", number, "B>* ?") for number in range(1, 31))
    audit = audit_of(replace(finding(Severity.WARNING), evidence=lines))
    assert "    table.txt:20  B>* ?\n    and 10 more lines (-v shows all)\n" in plain(audit)
    assert "    table.txt:30  B>* ?\n" in plain(audit, verbose=True)


def test_very_long_line_is_not_cut_off() -> None:
    long_line = "via 2001:db8::1 " * 5000 + "x" * 9000
    audit = audit_of(replace(finding(Severity.WARNING), evidence=(Evidence("table.txt", 1, long_line),)))
    text = plain(audit, width=40)
    assert text.count("2001:db8::1") == 5000
    assert "x" * 9000 in text


@pytest.mark.parametrize("color", [False, True], ids=["plain", "coloured"])
@pytest.mark.parametrize("width", [40, 100])
def test_nothing_a_device_prints_reaches_the_terminal_raw(width: int, color: bool) -> None:
    text = render_text(hostile_audit(), width=width, color=color, verbose=True)
    ours = re.sub(r"\x1b\[[0-9;]*m", "", text) if color else text
    assert {c for c in ours if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} == {"\n"}
    assert text.isascii()


def test_no_colour_of_a_device_is_shown() -> None:
    own_colours = set(re.findall(r"\x1b\[[0-9;]*m", render_text(seed_audit(), width=80, color=True)))
    colours = set(re.findall(r"\x1b\[[0-9;]*m", render_text(hostile_audit(), width=80, color=True)))
    assert colours == own_colours


def test_markup_and_line_breaks_in_a_routers_name_stay_visible_text() -> None:
    text = render_text(hostile_audit(), width=0, color=True)
    assert text.count(r"tor1\n[red]\x1b[31mred\x1b[0m\x9b2J\u202egnp.exe\u2028\x7f\udc80[/red]\r") >= 8


def test_safe_escapes_every_control_bidirectional_and_surrogate_character() -> None:
    kept = [
        c
        for c in map(chr, range(sys.maxunicode + 1))
        if safe(c) == c
        and (
            unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
            or (unicodedata.category(c) == "Zs" and c != " ")
            or unicodedata.bidirectional(c) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        )
    ]
    assert kept == []


@pytest.mark.parametrize(
    "text,shown",
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("a\tb\r\n", r"a\tb\r\n"),
        ("\x9b1m", r"\x9b1m"),
        ("\u202e", r"\u202e"),
        ("\U000e0041", r"\U000e0041"),
        ("\u3164\u115f\u1160\u034f\ufe0f\u180b\u2800\uffa0", r"\u3164\u115f\u1160\u034f\ufe0f\u180b\u2800\uffa0"),
        ("\xa0\u2003\u3000", r"\xa0\u2003\u3000"),
        ("x ##[group]y", r"x ##\x5bgroup]y"),
        ("Zürich 東京", "Zürich 東京"),
    ],
    ids=["escape", "white_space", "c1", "override", "tag", "ignorable", "blank", "runner", "letters"],
)
def test_safe_shows_each_harmful_character(text: str, shown: str) -> None:
    assert safe(text) == shown


NOT_AS_EXPECTED = "not every load-balanced prefix is spread as expected"
CLEAN_PREFIX = audited("192.0.2.1/32", "198.51.100.1", expected=1)
UNJUDGED_PREFIX = audited("192.0.2.2/32", "198.51.100.1", expected=None)
INCOMPLETE, ERROR, WARNING, INFO = (
    finding(s) for s in (Severity.INCOMPLETE, Severity.ERROR, Severity.WARNING, Severity.INFO)
)


@pytest.mark.parametrize(
    "audit,sentence",
    [
        (audit_of(prefixes=(CLEAN_PREFIX,)), "clean: every load-balanced prefix is spread as expected"),
        (
            audit_of(prefixes=(CLEAN_PREFIX, UNJUDGED_PREFIX)),
            "clean: every prefix with a known expectation is spread as expected; not judged: 1 prefix",
        ),
        (audit_of(), "nothing to judge: no load-balanced prefix was found"),
        (
            audit_of(prefixes=(UNJUDGED_PREFIX,)),
            "nothing to judge: it is not known how many next hops any prefix should have",
        ),
        (audit_of(INCOMPLETE), "incomplete: no prefix could be judged"),
        (
            audit_of(INCOMPLETE, prefixes=(CLEAN_PREFIX,)),
            "incomplete: what was read is spread as expected, but not everything could be checked",
        ),
        (
            audit_of(INCOMPLETE, INFO, prefixes=(CLEAN_PREFIX,)),
            "incomplete: not everything could be checked; 1 info",
        ),
        (
            audit_of(ERROR, ERROR, WARNING, INFO, prefixes=(CLEAN_PREFIX,)),
            f"2 errors, 1 warning: {NOT_AS_EXPECTED}",
        ),
        (
            audit_of(INCOMPLETE, ERROR),
            f"1 error: {NOT_AS_EXPECTED}; incomplete: not everything could be checked",
        ),
        (
            audit_of(INFO, INFO, prefixes=(CLEAN_PREFIX,)),
            "clean: no error, no warning; 2 infos",
        ),
        (
            audit_of(INFO, prefixes=(UNJUDGED_PREFIX,)),
            "nothing to judge: it is not known how many next hops any prefix should have; 1 info",
        ),
        (
            audit_of(INFO, prefixes=(CLEAN_PREFIX, UNJUDGED_PREFIX)),
            "clean: every prefix with a known expectation is spread as expected; not judged: 1 prefix; 1 info",
        ),
        (audit_of(INFO), "nothing to judge: no load-balanced prefix was found; 1 info"),
    ],
    ids=[
        "clean",
        "partly_judged",
        "no_prefix",
        "no_expectation",
        "nothing_read",
        "partly_read",
        "incomplete_with_info",
        "faults",
        "fault_and_incomplete",
        "infos_only",
        "info_and_nothing_judged",
        "info_and_partly_judged",
        "info_and_no_prefix",
    ],
)
def test_verdict_is_the_last_line_and_says_what_is_known(audit: Audit, sentence: str) -> None:
    assert verdict(audit) == sentence
    assert plain(audit, width=0).splitlines()[-1] == sentence
    is_green = "\x1b[1;32m" in render_text(audit, width=0, color=True).splitlines()[-1]
    assert is_green is sentence.startswith("clean")


@pytest.mark.parametrize(
    "findings,fail_on,expected",
    [
        ((), Severity.INFO, 0),
        ((INFO,), Severity.INFO, 1),
        ((INFO,), Severity.WARNING, 0),
        ((WARNING,), Severity.WARNING, 1),
        ((WARNING,), Severity.ERROR, 0),
        ((ERROR,), Severity.ERROR, 1),
        ((INCOMPLETE,), Severity.INFO, 3),
        ((INCOMPLETE, WARNING), Severity.WARNING, 1),
        ((INCOMPLETE, WARNING), Severity.ERROR, 3),
    ],
    ids=[
        "clean",
        "info_on_info",
        "info_on_warning",
        "warning_on_warning",
        "warning_on_error",
        "error_on_error",
        "incomplete",
        "finding_before_incomplete",
        "incomplete_with_lesser_finding",
    ],
)
def test_exit_code_counts_findings_at_or_above_the_threshold(
    findings: tuple[Finding, ...], fail_on: Severity, expected: int
) -> None:
    audit = Audit(Network((RouterState("tor1"),)), findings)
    assert exit_code(audit, fail_on) == expected
