"""The text of a run with many findings: its incidents in at most 40 lines, the findings themselves with -v, counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.reporting.counts import By
from ecmpaudit.reporting.incident_facts import share_words
from ecmpaudit.reporting.text import MOST_LINES, render_text
from tests.fabrics import Fabric

if TYPE_CHECKING:
    from ecmpaudit.model import Audit


@pytest.fixture(scope="module")
def three_faults() -> Audit:
    """Return 10 routers with 30 prefixes and 16 nodes, and three planted faults."""
    fabric = Fabric(10, 30, 16)
    return fabric.lack([9], [5], range(30)).lack(range(4, 12), [1, 2], [20, 21]).lack(range(16), [3], [8]).audit()


def text_of(audit: Audit, *, width: int = 0, verbose: bool = False) -> list[str]:
    return render_text(audit, width=width, color=False, verbose=verbose).splitlines()


def test_incidents_come_first_with_how_far_why_and_what_next(three_faults: Audit) -> None:
    assert text_of(three_faults)[:14] == [
        "error  node worker-9 is missing on rtr5, all 30 prefixes",
        "    cause: not known",
        "    effect: 30 prefixes short, 6.2 % of their traffic moved",
        "    next: ecmpaudit explain 172.31.0.0/32 FILE…",
        "",
        "error  8 nodes are missing on rtr1 and rtr2, 2 of 30 prefixes: worker-4 … worker-11",
        "    cause: not known",
        "    effect: 2 prefixes short, 50 % of their traffic moved",
        "    next: ecmpaudit explain 172.31.0.20/32 FILE…",
        "",
        "error  172.31.0.8/32 has no route on rtr3",
        "    cause: not known",
        "    effect: 1 prefix short, 100 % of its traffic moved, 1 prefix with no next hop left",
        "    next: ecmpaudit explain 172.31.0.8/32 FILE…",
    ]
    assert text_of(three_faults)[-1] == "35 errors: not every load-balanced prefix is spread as expected"


@pytest.mark.parametrize("width", [0, 60, 80, 200])
def test_a_run_of_any_size_has_at_most_40_lines(three_faults: Audit, width: int) -> None:
    fabric = Fabric(20, 20, 16)
    for number in range(20):
        fabric.lack([number * 7 % 16], [number], [number])
    for audit in (three_faults, fabric.audit()):
        lines = text_of(audit, width=width)
        assert len(lines) <= MOST_LINES
        assert all(len(line) <= width or not width for line in lines)


def test_incidents_that_do_not_fit_are_counted() -> None:
    fabric = Fabric(60, 60, 16)
    for number in range(60):
        fabric.lack([number * 7 % 16], [number], [number])
    lines = text_of(fabric.audit())
    titles = [line for line in lines if line.startswith("error  ")]
    assert f"and {60 - len(titles)} more incidents (-v shows all)" in lines
    assert len(titles) > 20


def test_verbose_shows_the_single_findings_after_the_incidents_each_hint_once(three_faults: Audit) -> None:
    lines = text_of(three_faults, verbose=True)
    assert lines[0] == "error  node worker-9 is missing on rtr5, all 30 prefixes"
    findings = [line for line in lines if line.startswith("error ECMP")]
    assert len(findings) == 35
    hints = [line for line in lines if line.startswith("    hint: ")]
    assert len(hints) == len(set(hints)) > 0
    assert sum(line.startswith("fine: ") for line in lines) == 300 - 35


@pytest.mark.parametrize("verbose", [False, True])
def test_a_run_with_few_findings_shows_the_findings_themselves(verbose: bool) -> None:
    audit = Fabric(2, 3, 4).lack([1], [0], range(3)).audit()
    assert text_of(audit, verbose=verbose) == text_of(replace(audit, incidents=()), verbose=verbose)
    assert text_of(audit)[0].startswith("error ECMP101  rtr0 172.31.0.0/32: 3 next hops, expected 4")


def rows_of(audit: Audit, by: By) -> list[list[str]]:
    table = render_text(audit, width=0, color=False, by=by).partition("\n\n")[0]
    return [line.split() for line in table.splitlines()]


def test_findings_are_counted_by_router(three_faults: Audit) -> None:
    heading, *rows, rest = rows_of(three_faults, By.ROUTER)
    assert heading == ["router", "incidents", "errors", "warnings", "infos", "incomplete", "prefixes", "nodes"]
    assert rows == [
        ["rtr5", "1", "30", "0", "0", "0", "30", "1"],
        ["rtr1", "1", "2", "0", "0", "0", "2", "8"],
        ["rtr2", "1", "2", "0", "0", "0", "2", "8"],
        ["rtr3", "1", "1", "0", "0", "0", "1", "16"],
    ]
    assert " ".join(rest) == "6 routers without a finding"


def test_findings_are_counted_by_node_and_by_prefix(three_faults: Audit) -> None:
    _, first, *_ = rows_of(three_faults, By.NODE)
    assert first == ["worker-9", "3", "35", "0", "0", "0", "4", "30"]
    _, first, second, third, *_ = rows_of(three_faults, By.PREFIX)
    assert [first[0], second[0], third[0]] == ["172.31.0.20/32", "172.31.0.21/32", "172.31.0.8/32"]
    assert first[1:] == ["2", "3", "0", "0", "0", "3", "8"]


@pytest.mark.parametrize(
    "share,words",
    [(0.0, "0 %"), (0.00001, "under 0.1 %"), (0.0156, "1.6 %"), (0.5, "50 %"), (0.9999, "over 99.9 %"), (1.0, "100 %")],
)
def test_a_share_between_is_never_rounded_to_none_or_all(share: float, words: str) -> None:
    assert share_words(share) == words
