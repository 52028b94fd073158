"""`ecmpaudit report`: a period counted by hand, and the forms in which it is shown."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from html import unescape
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from ecmpaudit.history.store import in_utc, open_history
from ecmpaudit.model.runs import Asked
from ecmpaudit.reporting.period import exit_code_of, render_period
from ecmpaudit.reporting.period_json import render_period_json
from tests.history_builders import ASKED, FIVE, at, audit_of, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecmpaudit.history.store import History
    from ecmpaudit.model.periods import Period

SEVEN, SIX = "198.51.100.7/32", "2001:db8:100::7/128"
V4 = "tor1 198.51.100.7/32 via 192.0.2.1-{}"
EXPECTED = f"expect 198.51.100.7/32 nodes {FIVE}"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with open_history(str(tmp_path / "history.db")) as opened:
        yield opened


def network(hops: int) -> str:
    return f"{V4.format(hops)}\n{EXPECTED}"


def period(history: History, minutes: float, until: float) -> Period:
    return history.period(at(minutes), at(until))


def test_runs_are_counted_per_prefix_and_node(history: History) -> None:
    for number, hops in enumerate((5, 4, 4, 5, 5, 5, 5, 5)):
        record(history, network(hops), number * 15)
    found = period(history, 0, 110)
    (prefix,) = found.prefixes
    assert prefix.place == ("tor1", "default", SEVEN)
    assert (prefix.spread.full, prefix.spread.known, prefix.changes) == (6, 8, 2)
    assert [(name, seen.full, seen.known) for name, seen in found.nodes.items()][:2] == [
        ("node5", 6, 8),
        ("node1", 8, 8),
    ]
    assert [(moment.spread.full, moment.spread.known) for moment in found.moments] == [
        (1, 1), (0, 1), (0, 1), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1),
    ]  # fmt: skip
    assert found.repairs == (dt.timedelta(minutes=30),)
    assert not found.is_overdue


def test_ipv6_is_counted_as_ipv4_is(history: History) -> None:
    expected = f"expect {SIX} nodes {', '.join(f'node{n}=2001:db8::{n}' for n in range(1, 6))}"
    for number, hops in enumerate((5, 3, 5)):
        via = ", ".join(f"2001:db8::{n}" for n in range(1, hops + 1))
        record(history, f"tor1 {SIX} via {via}\n{expected}", number * 15)
    found = period(history, 0, 31)
    (prefix,) = found.prefixes
    assert (prefix.place[2], prefix.spread.full, prefix.spread.known) == (SIX, 2, 3)
    assert [name for name, seen in found.nodes.items() if seen.share != 1] == ["node4", "node5"]


def test_a_period_begins_in_the_middle_of_a_stretch(history: History) -> None:
    for number, hops in enumerate((4, 4, 4, 5)):
        record(history, network(hops), number * 15)
    found = period(history, 20, 50)
    assert (found.spread.full, found.spread.known) == (1, 2)


def test_a_run_that_did_not_read_the_router_counts_for_nothing(history: History) -> None:
    record(history, network(5), 0)
    record(history, "tor1 not checked: connection refused", 15)
    record(history, network(5), 30)
    found = period(history, 0, 31)
    assert [moment.is_complete for moment in found.moments] == [True, False, True]
    assert (found.spread.full, found.spread.known) == (2, 2)


def test_a_prefix_that_was_away_between_two_runs_was_not_spread_then(history: History) -> None:
    alone = "tor1 198.51.100.9/32 via 192.0.2.1-5\nexpect 198.51.100.9/32 count 5"
    both = f"{network(5)}\n{alone}"
    for number, text in enumerate((both, alone, alone, both)):
        record(history, text, number * 15)
    found = period(history, 0, 46)
    by_prefix = {prefix.place[2]: prefix for prefix in found.prefixes}
    assert (by_prefix[SEVEN].spread.full, by_prefix[SEVEN].spread.known) == (2, 4)
    assert by_prefix["198.51.100.9/32"].spread.share == 1
    assert not by_prefix[SEVEN].is_gone


def test_a_prefix_that_is_away_at_the_end_is_called_gone_and_not_short(history: History) -> None:
    alone = "tor1 198.51.100.9/32 via 192.0.2.1-5\nexpect 198.51.100.9/32 count 5"
    record(history, f"{network(5)}\n{alone}", 0)
    record(history, alone, 15)
    by_prefix = {prefix.place[2]: prefix for prefix in period(history, 0, 16).prefixes}
    assert by_prefix[SEVEN].is_gone
    assert by_prefix[SEVEN].spread.known == 1


def test_a_prefix_of_which_nothing_is_expected_is_not_called_fully_spread(history: History) -> None:
    record(history, "tor1 198.51.100.7/32 via 192.0.2.1-5", 0)
    found = period(history, 0, 1)
    assert (found.spread.share, found.not_judged) == (None, 1)
    assert "1 more not judged" in render_period(found, "text")


def test_a_run_of_a_wrong_clock_hides_no_silent_cron(history: History) -> None:
    for number in range(4):
        record(history, network(5), number * 15)
    record(history, network(5), 60 * 24 * 30)
    found = period(history, 0, 120)
    assert (found.is_overdue, found.last_good, len(found.moments)) == (True, in_utc(at(45)), 4)
    text = render_period(found, "text")
    assert "4, 4 of them complete; 1 more dated later than now: check the collector's clock" in text
    assert "1 h 15 min ago, " in text
    assert json.loads(render_period_json(found))["runs_ahead"] == 1


def test_a_fault_that_recovered_in_the_span_was_last_seen_before_it(history: History) -> None:
    record(history, network(4), 0)
    record(history, network(5), 60 * 24 * 8)
    (known,) = history.findings(since=in_utc(at(60 * 24 * 7)))
    assert (known.last_seen, known.resolved) == (in_utc(at(0)), in_utc(at(60 * 24 * 8)))
    assert history.findings(since=in_utc(at(60 * 24 * 9))) == ()


@pytest.mark.parametrize("until,is_overdue", [(60, False), (91, True)], ids=["in_time", "overdue"])
def test_a_silent_cron_is_noticed(history: History, until: float, is_overdue: bool) -> None:
    for number in range(4):
        record(history, network(5), number * 15)
    found = period(history, 0, until)
    assert found.is_overdue is is_overdue
    assert exit_code_of(found) == (3 if is_overdue else 0)
    assert ("OVERDUE" in render_period(found, "text")) is is_overdue


def test_no_run_is_no_full_spread(history: History) -> None:
    record(history, network(5), 0)
    found = period(history, 600, 1200)
    text = render_period(found, "text")
    assert exit_code_of(found) == 3
    assert "runs: 0, 0 of them complete" in text
    assert "full spread: unknown, no run could check it; 0 prefixes" in text


def test_every_column_and_every_scale_is_named(history: History) -> None:
    alone = "tor1 198.51.100.9/32 via 192.0.2.1-5\nexpect 198.51.100.9/32 count 5"
    record(history, f"{network(4)}\n{alone}", 0)
    record(history, alone, 15)
    found = period(history, 0, 16)
    text, markdown, page = (render_period(found, form) for form in ("text", "markdown", "html"))
    assert "\n  prefix  full spread  changes  state\n" in text
    assert re.search(r"198\.51\.100\.7/32  .*  gone in the last run\n", text)
    assert "\n| prefix | full spread | changes | state |\n" in markdown
    assert '<th scope="col"></th>' not in page
    assert "| fact | value |\n|---|---|\n" in markdown
    assert "Line: share of checks in which a prefix had its full spread, from 50 % at the foot to 100 %" in page
    assert "Grey: no run could check anything." in page


@pytest.mark.parametrize(
    "full, foot", [(5, "0 %"), (4, "20 %"), (2, "60 %"), (0, "99 %")], ids=["none", "a fifth", "three fifths", "all"]
)
def test_the_scale_of_the_trend_begins_at_the_least_share_itself(history: History, full: int, foot: str) -> None:
    """Of five prefixes so many are short, in each of two runs."""
    lines = []
    for number in range(1, 6):
        hops = "1-2" if number <= full else "1-3"
        lines.append(f"tor1 198.51.100.{number}/32 via 192.0.2.{hops}\nexpect 198.51.100.{number}/32 count 3")
    for minutes in (0, 15):
        record(history, "\n".join(lines), minutes)
    found = period(history, 0, 16)
    text = render_period(found, "text")
    (trend,) = re.findall(r"^trend: (.*)$", text, re.MULTILINE)
    assert re.fullmatch(rf"{foot} \|[ ▁-█]{{60}}\| 100 %, from [\d-]+ [\d:]+ to [\d-]+ [\d:]+; a gap: .*", trend)
    assert {block for block in trend.partition("|")[2].partition("|")[0] if block != " "} == {"█" if full == 0 else "▁"}
    assert f"from {foot} at the foot" in render_period(found, "html")


def test_the_forms_agree(history: History) -> None:
    for number, hops in enumerate((5, 4, 5, 5)):
        record(history, network(hops), number * 15)
    found = period(history, 0, 46)
    text, markdown, page = (render_period(found, form) for form in ("text", "markdown", "html"))
    for shown in (text, markdown, page):
        assert "75.00 % of 4 runs" in shown
        assert "median 15 min, longest 15 min" in shown
    assert f"\n  prefix  full spread  changes\n  tor1 {SEVEN}  75.00 % of 4 runs  2\n" in text
    assert "\n  node  present\n  node5  75.00 % of 4 checks\n" in text
    assert "<table>" in MarkdownIt("commonmark").enable("table").render(markdown)
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; img-src" in unescape(page)
    (drawing,) = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert ET.fromstring(drawing).tag == "svg"  # noqa: S314 - our own
    points = re.findall(r'points="([^"]+)"', page)
    assert points
    assert all(10 <= float(point.split(",")[1]) <= 130 for line in points for point in line.split())


def test_json_has_every_run_prefix_node_and_fault(history: History) -> None:
    for number, hops in enumerate((5, 4, 5, 5)):
        record(history, network(hops), number * 15)
    found = json.loads(render_period_json(period(history, 0, 46)))
    assert found["spread"] == {"full": 3, "known": 4, "share": 0.75}
    assert found["prefixes"] == [
        {
            "router": "tor1", "vrf": "default", "prefix": SEVEN,
            "full": 3, "known": 4, "share": 0.75, "changes": 2, "gone": False,
        }
    ]  # fmt: skip
    assert [(run["started"], run["full"], run["incomplete"]) for run in found["runs"]] == [
        ("2026-11-20T10:00:00Z", 1, False), ("2026-11-20T10:15:00Z", 0, False),
        ("2026-11-20T10:30:00Z", 1, False), ("2026-11-20T10:45:00Z", 1, False),
    ]  # fmt: skip
    assert found["nodes"][0] == {"name": "node5", "full": 3, "known": 4, "share": 0.75}
    assert [(fault["code"], fault["about"], fault["resolved"]) for fault in found["findings"]] == [
        ("ECMP101", "node5", "2026-11-20T10:30:00Z")
    ]
    assert (found["repair_seconds"], found["overdue"], found["last_complete_run"]) == (
        [900],
        False,
        "2026-11-20T10:45:00Z",
    )


def test_what_a_device_says_stays_text(history: History) -> None:
    hostile = Asked("scan", routers=("<script>alert(1)</script>",), codes=ASKED.codes)
    audit = audit_of(network(4).replace("tor1", "<script>alert(1)</script>"))
    history.record(audit, hostile, started=at(0), finished=at(0))
    found = period(history, 0, 1)
    page = render_period(found, "html")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in MarkdownIt("commonmark").enable("table").render(render_period(found, "markdown"))
