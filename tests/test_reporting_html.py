"""The HTML report without a browser: what is in it, that every value is escaped, and that it needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ecmpaudit.cli.main import app
from ecmpaudit.model import Audit, Evidence, Network, RouterState, Severity, UnparsedLine
from ecmpaudit.reporting.html import render_html
from tests.audit_builders import (
    HOSTILE_NAME,
    audit_of,
    audited,
    finding,
    incomplete_audit,
    large_audit,
    seed_audit,
)
from tests.audit_builders import hostile_audit as hostile_to_terminals
from tests.fabrics import Fabric
from tests.report_samples import ATTACK, SEED, hostile_audit, sample_audit

if TYPE_CHECKING:
    from pathlib import Path


class Parsed(HTMLParser):
    """The elements and the text of a document."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        """All text of each kind of element."""
        self.words: list[str] = []
        self._open: list[str] = ["document"]
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and those in it that need no end tag."""
        while self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Keep text under every element that it is in."""
        self.words += data.split()
        for tag in {*self._open}:
            self.texts[tag] = self.texts.get(tag, "") + data

    def count(self, tag: str) -> int:
        """Return how many elements of a kind there are."""
        return sum(name == tag for name, _ in self.elements)


def text_of(audit: Audit, changes: tuple[str, ...] | None = None) -> str:
    return " ".join(Parsed(render_html(audit, changes=changes)).words)


def test_verdict_is_the_headline_and_the_title() -> None:
    parsed = Parsed(render_html(seed_audit()))
    verdict = "1 warning: not every load-balanced prefix is spread as expected"
    assert parsed.texts["h1"] == verdict
    assert parsed.texts["title"] == f"ecmpaudit: {verdict}"


def test_finding_has_its_cause_evidence_and_fix() -> None:
    text = text_of(seed_audit())
    assert "Cause its sibling 172.31.1.1/32 has 5 Missing 172.30.250.103, 172.30.250.104" in text
    assert "Fix look at the BGP sessions of the missing nodes" in text
    assert "table.txt:15 B>* 172.31.1.0/32 [20/0] via 172.30.250.101, enp6s0, 00:01:21" in text


def test_changes_are_listed_where_there_is_an_audit_before() -> None:
    assert "What changed tor1: node3 went" in text_of(seed_audit(), ("tor1: node3 went",))
    assert "What changed Nothing changed since the audit before." in text_of(seed_audit(), ())
    assert "What changed" not in text_of(seed_audit())


def test_router_that_was_not_checked_is_shown_and_not_called_fine() -> None:
    text = text_of(incomplete_audit())
    assert "tor3 incomplete ? Not checked: connection refused. All of its prefixes are unknown." in text
    assert "tor2 incomplete ? Checked only partly: cut off in line 17. What is not shown is unknown." in text
    assert "tor2.txt:17 B>* [20/0] via , enp6s0 (the prefix is missing)" in text
    assert "not audited: pool 203.0.113.0/24: no prefix on any router" in text


def test_only_a_router_whose_prefixes_were_all_judged_is_called_as_expected() -> None:
    judged, not_judged = (audited("192.0.2.1/32", "198.51.100.1", expected=number) for number in (1, None))
    assert "tor1 as expected" in text_of(audit_of(prefixes=(judged,)))
    assert "tor1 not judged" in text_of(audit_of(prefixes=(judged, not_judged)))


@pytest.mark.parametrize(
    "audit,outcome",
    [
        (audit_of(finding(Severity.ERROR), finding(Severity.INCOMPLETE)), "error"),
        (audit_of(finding(Severity.WARNING)), "warning"),
        (incomplete_audit(), "incomplete"),
        (audit_of(), "incomplete"),
        (Audit(Network()), "incomplete"),
        (large_audit(), "clean"),
    ],
    ids=["error", "warning", "incomplete", "nothing_to_judge", "nothing_at_all", "clean"],
)
def test_sign_beside_the_verdict_is_the_worst_that_is_known(audit: Audit, outcome: str) -> None:
    headers = [attributes for tag, attributes in Parsed(render_html(audit)).elements if tag == "header"]
    assert [attributes["class"] for attributes in headers] == [outcome]


def test_findings_come_with_completeness_first_then_the_worst() -> None:
    shuffled = [Severity.INFO, Severity.ERROR, Severity.INCOMPLETE, Severity.WARNING]
    parsed = Parsed(render_html(audit_of(*map(finding, shuffled))))
    severities = [attributes["data-severity"] for tag, attributes in parsed.elements if tag == "article"]
    assert severities == ["incomplete", "error", "warning", "info"]


def test_hostile_strings_are_text_and_never_elements_or_attributes() -> None:
    parsed = Parsed(render_html(hostile_audit(), changes=(ATTACK,)))
    assert parsed.count("img") == 0
    assert parsed.count("script") == 1
    assert [name for _, attributes in parsed.elements for name in attributes if name.startswith("on")] == []
    for tag in ("li", "h3", "th", "dd", "pre", "option"):
        assert ATTACK in parsed.texts[tag], tag


def test_control_characters_of_a_device_are_shown_as_escapes() -> None:
    document = render_html(hostile_to_terminals(HOSTILE_NAME))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\ud800-\udfff]", document)
    assert r"tor1\n[red]\x1b[31mred\x1b[0m\x9b2J\u202egnp.exe\u2028\x7f\udc80[/red]\r" in document


def test_policy_allows_the_one_style_and_the_one_script_and_nothing_else() -> None:
    document = render_html(sample_audit())
    allowed = re.search(r'Content-Security-Policy" content="([^"]+)"', document)
    assert allowed
    policy = allowed[1].replace("&#39;", "'").split("; ")
    assert policy == [
        "default-src 'none'",
        f"style-src 'sha256-{hash_of(document, 'style')}'",
        f"script-src 'sha256-{hash_of(document, 'script')}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def hash_of(document: str, tag: str) -> str:
    (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", document, re.DOTALL)
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def test_document_needs_no_network_and_no_inline_style() -> None:
    elements = Parsed(render_html(sample_audit())).elements
    addresses = [v for _, attributes in elements for name, v in attributes.items() if name in {"src", "href"} and v]
    kinds = {"data:,", "#finding-", "#incident-", "#incidents", "#router-", "#row-"}
    assert {re.sub(r"\d+$", "", address) for address in addresses} == kinds
    assert [tag for tag, attributes in elements if "style" in attributes] == []
    assert "url(" not in render_html(sample_audit())


def test_every_link_leads_to_a_finding_and_no_id_is_twice() -> None:
    elements = Parsed(render_html(sample_audit())).elements
    identities = [str(attributes["id"]) for _, attributes in elements if "id" in attributes]
    assert len(identities) == len(set(identities))
    links = {str(attributes["href"])[1:] for tag, attributes in elements if tag == "a"}
    assert links
    assert links <= set(identities)


def test_page_says_when_the_data_were_taken_and_from_where() -> None:
    assert "Data taken 2026-11-22 20:40:00 UTC ." in text_of(seed_audit())
    said = "Data from ssh tor1: show ip route, ssh tor1: show ipv6 route, ssh tor2: show ip route and 1 more;"
    assert f"{said} when they were taken is not known." in text_of(sample_audit())
    assert "When the data were taken is not known." in text_of(audit_of())


def test_incident_has_its_extent_effect_and_next_command_and_leads_to_its_routers() -> None:
    parsed = Parsed(render_html(Fabric(10, 30, 16).lack([9], [5], range(30)).audit()))
    assert parsed.texts["figcaption"].startswith("1 of 16 nodes1 of 10 routers30 of 30 prefixes")
    text = " ".join(parsed.words)
    assert "1 incident , the first: node worker-9 is missing on rtr5, all 30 prefixes" in text
    assert "Effect 30 prefixes short, 6.2 % of their traffic moved Next ecmpaudit explain 172.31.0.0/32" in text
    links = [str(attributes["href"]) for tag, attributes in parsed.elements if tag == "a"]
    assert links[:2] == ["#incidents", "#incident-1"]
    assert "#row-1" in links


def test_incidents_without_room_keep_their_titles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecmpaudit.reporting.html_incidents._MOST_IN_FULL", 2)
    audit = sample_audit()
    parsed = Parsed(render_html(audit))
    assert sum("incident" in str(attributes.get("class")).split() for _, attributes in parsed.elements) == 2
    assert all(" ".join(incident.title.split()) in " ".join(parsed.words) for incident in audit.incidents)


def test_same_audit_gives_the_same_bytes() -> None:
    assert render_html(sample_audit()) == render_html(sample_audit())


def test_thousands_of_lines_that_were_not_understood_are_counted_and_not_all_listed() -> None:
    lines = tuple(UnparsedLine("tor1", "tor1.txt", n, f"line <{n}>", "unknown") for n in range(1, 5001))
    text = text_of(Audit(Network((RouterState("tor1", unparsed=lines),))))
    assert "tor1.txt:200 line <200> (unknown) and 4,800 more lines" in text
    assert "line <201>" not in text


def test_evidence_without_end_is_counted_too() -> None:
    many = tuple(Evidence("tor1.txt", n, "text") for n in range(1, 302))
    assert "and 101 more lines" in text_of(audit_of(replace(finding(Severity.ERROR), evidence=many)))


def test_legend_counts_the_cells_of_each_state() -> None:
    assert "● present 101 × missing 3 2 unequal weight 5 + unexpected 1 ○ not in FIB 1 ? unknown 0" in text_of(  # noqa: RUF001
        sample_audit()
    )


def test_analyze_writes_the_report_with_the_exit_code_of_every_format(tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    run = CliRunner().invoke(app, ["analyze", str(SEED), "-q", "-o", str(output)])
    assert (run.exit_code, run.output) == (1, "")
    assert output.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "172.31.1.0/32" in output.read_text(encoding="utf-8")
