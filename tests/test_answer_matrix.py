"""Whatever answers of a scan fail: no rule passes in silence, and no fault is gone unless a run could judge it."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import Material
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.history.judging import could_judge
from ecmpaudit.history.observations import observation_of
from ecmpaudit.history.store import open_history
from ecmpaudit.model import Severity
from ecmpaudit.model.runs import Asked
from ecmpaudit.reporting.alert import alert_messages
from ecmpaudit.reporting.formats import Format, Settings, render
from ecmpaudit.reporting.nagios import State, state_of
from tests.answer_matrix import (
    FAILURES,
    PAIRS,
    UNDETERMINED,
    Cell,
    answers_of,
    failures_of,
    matrix_page,
    pair_cells,
    single_cells,
    whole_scan,
)
from tests.history_builders import CODES, at, resolved_codes
from tests.recorded_matrix import outcomes
from tests.recorded_output import MATRIX
from tests.recorded_scans import CONFIGURATION, HEALTHY, STALE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WITHOUT_AN_END = ("vtysh -c 'show ip route", "vtysh -c 'show ipv6 route", "vtysh -c 'show zebra'", "birdc")
"""Text that shows nothing of lines that are lost below; JSON and a configuration have an end."""
ROUTES = WITHOUT_AN_END[:2]
ADDRESSES_OF_NODES = {("node1", "ip -j address"), ("node5", "ip -j address")}
PATHS = ("tor1", "vtysh -c 'show bgp ipv6 unicast fd00:31::/32 longer-prefixes json'")
"""They have a link-local address beside each global one: without them, the nodes' own answers are needed."""
NEWER_RULES = {"ECMP704", "ECMP705", "ECMP706", "ECMP707"}
"""Those of today that the record with real daemons does not have yet."""
CELLS: dict[str, Callable[[], tuple[Cell, ...]]] = {"alone": single_cells, "in pairs": pair_cells}


def is_unnoticed(cell: Cell, commands: tuple[str, ...] = WITHOUT_AN_END) -> bool:
    """Return whether no reader can notice one of the failures, of these commands."""
    return any(
        each.failure == "cut at a line end" and each.command.startswith(commands) and "json" not in each.command
        for each in cell.failing
    )


def document(cell: Cell) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(render(Format.JSON, cell.audit, Settings(Severity.ERROR)))
    return read


def test_every_answer_of_both_scans_fails_in_every_way() -> None:
    of_failures = Counter((cell.scan, cell.failing[0].failure) for cell in single_cells())
    cut = Counter({failure: 3 for failure in FAILURES if failure.startswith("cut")})  # ripd, ripngd, bfdd do not run
    assert of_failures == {(scan, failure): 44 - cut[failure] for scan in (HEALTHY, STALE) for failure in FAILURES}
    assert len({(cell.scan, cell.failing) for cell in pair_cells()}) == 2 * PAIRS
    assert set(UNDETERMINED) < set(answers_of(HEALTHY)) == set(answers_of(STALE))


@pytest.mark.parametrize("kind", CELLS)
def test_no_run_ends_with_0_where_a_rule_could_not_be_judged(kind: str) -> None:
    for cell in CELLS[kind]():
        lost = {code for each in cell.failing for code in UNDETERMINED.get(each.answer, ())}
        if lost and not is_unnoticed(cell):
            assert cell.exit_code in {1, 3}, cell
            assert cell.audit.is_incomplete, cell
        if cell.scan == STALE:
            assert cell.exit_code in {1, 3}, cell


def test_what_no_rule_needs_leaves_the_exit_code_as_it_is() -> None:
    for cell in single_cells():
        if cell.failing[0].answer not in UNDETERMINED:
            assert cell.exit_code == {HEALTHY: 0, STALE: 1}[cell.scan], cell


@pytest.mark.parametrize("kind", CELLS)
def test_the_report_names_what_was_not_answered_and_the_rules(kind: str) -> None:
    for cell in CELLS[kind]():
        if is_unnoticed(cell):
            continue
        named = {(each["router"], each["command"]): each for each in document(cell)["not_answered"]}
        of_failing = {each.answer for each in cell.failing}
        of_follow_ups = {answer for each in cell.failing for answer in each.follow_ups}
        assert set(named) == of_failing | of_follow_ups, cell
        for each in cell.failing:
            lost = set(UNDETERMINED.get(each.answer, ()))
            if each.answer in ADDRESSES_OF_NODES and PATHS in of_failing:
                lost |= {"ECMP101", "ECMP501"}
            others = {code for one in cell.failing for code in named[one.answer]["undetermined"] if one != each}
            assert lost - others <= set(named[each.answer]["undetermined"]) <= lost | others, cell


@pytest.mark.parametrize("kind", CELLS)
def test_a_fault_is_found_again_or_could_not_be_judged(kind: str) -> None:
    for cell in CELLS[kind]():
        whole = observation_of("", whole_scan(cell.scan), Material())
        run = observation_of("", cell.audit, Material())
        gone = [fault for fault in whole.faults.keys() - run.faults.keys() if could_judge(fault, run, whole)]
        assert gone == [] or is_unnoticed(cell, ROUTES), cell


def test_history_and_alerts_have_no_recovery(tmp_path: Path) -> None:
    pools = tuple(Request.of(ScopeOptions(config=CONFIGURATION)).audited)
    asked = Asked("scan", routers=("tor1",), pools=pools, codes=CODES)
    cells = [c for c in single_cells() if c.scan == STALE and c.failing[0].answer in UNDETERMINED]
    cells = [cell for cell in cells if not is_unnoticed(cell, ROUTES)]
    assert (
        len(cells) == len(UNDETERMINED) * len(FAILURES) - 4
    )  # the cuts at line ends, and bfdd's text that is not there
    with open_history(str(tmp_path / "history.db")) as history:
        for minute, cell in enumerate(cells):
            before, time = at(minute), at(minute + 0.5)
            history.record(whole_scan(STALE), asked, started=before, finished=before)
            run = history.record(cell.audit, asked, started=time, finished=time)
            news = history.news(run.number)
            assert (resolved_codes(history, run), news.ended) == ([], ()), cell
            for message in alert_messages(news, run, open_incidents=2):
                assert not message.is_recovery, cell
                assert "ecovered" not in message.title + message.body, cell
        kernel = [known for known in history.findings() if known.fault.code == "ECMP302"]
        assert [known.resolved for known in kernel] == [None, None]


@pytest.mark.parametrize("kind", CELLS)
def test_metrics_have_no_zero_for_a_rule_that_could_not_be_judged(kind: str) -> None:
    for cell in CELLS[kind]():
        metrics = render(Format.PROMETHEUS, cell.audit, Settings(Severity.ERROR)).decode()
        zero = {
            line.split('"')[1]
            for line in metrics.splitlines()
            if line.startswith("ecmpaudit_findings{") and line.endswith(" 0.0")
        }
        lost = {code for each in cell.failing for code in UNDETERMINED.get(each.answer, ())}
        assert zero.isdisjoint(lost) or is_unnoticed(cell), cell
        assert cell.scan == HEALTHY or "ECMP302" not in zero, cell


@pytest.mark.parametrize("kind", CELLS)
def test_a_monitoring_plugin_is_ok_only_where_the_exit_code_is_0(kind: str) -> None:
    for cell in CELLS[kind]():
        assert (state_of(cell.audit, Severity.ERROR) is State.OK) == (cell.exit_code == 0), cell


def test_real_daemons_gave_the_outcomes_of_the_table() -> None:
    recorded = outcomes()
    assert [each for each in recorded if each.faults] == []
    of_table = {(cell.scan, cell.failing): cell for cell in single_cells()}
    alone = [each for each in recorded if len(each.failing) == 1]
    assert {each.failing for each in alone if each.state == HEALTHY} == {
        (failing,) for failing in failures_of(HEALTHY) if "line end" not in failing.failure
    }
    for each in alone:
        cell = of_table[each.state, each.failing]
        assert each.exit_code == cell.exit_code, each
        assert set(each.undetermined) == set(cell.undetermined(each.failing[0])) - NEWER_RULES, each


def test_the_page_has_every_cell() -> None:
    assert MATRIX.read_text(encoding="utf-8") == matrix_page(), "`make docs` writes it anew"
