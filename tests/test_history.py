"""The history keeps runs, what changed between them, and what was wrong, in SQLite and in PostgreSQL alike."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.configuration.history_places import is_run
from ecmpaudit.errors import HistoryError
from ecmpaudit.history.store import open_history
from ecmpaudit.model import Fault, NextHop, Node
from ecmpaudit.model.runs import Asked, Spread
from tests.history_builders import ASKED, CODES, FIVE, START, at, audit_of, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecmpaudit.history.store import History

WHOLE = f"""
    tor1 198.51.100.7/32 via 192.0.2.1-5
    tor1 2001:db8:100::7/128 via 2001:db8::1-2
    expect 198.51.100.7/32 nodes {FIVE}
    expect 2001:db8:100::7/128 count 2
    ceiling tor1 64
"""
SHORT = WHOLE.replace("192.0.2.1-5", "192.0.2.1-2, 192.0.2.4-5")
SHORTER = WHOLE.replace("192.0.2.1-5", "192.0.2.1-2, 192.0.2.5")
NODE3 = Fault("ECMP101", "tor1", "default", "198.51.100.7/32", "node3")
NODE4 = NODE3._replace(about="node4")
PLACE = ("tor1", "default", "198.51.100.7/32")
PLACE6 = ("tor1", "default", "2001:db8:100::7/128")


@pytest.fixture
def history(history_place: str) -> Iterator[History]:
    with open_history(history_place) as opened:
        yield opened


def test_a_run_is_kept_with_what_was_asked_and_what_answered(history: History) -> None:
    run = record(history, f"{SHORT}\ntor2 not checked: connection refused", 15)
    assert history.runs() == (run,)
    assert (run.number, run.title) == (1, "run 1 of 2026-11-20 10:15 UTC")
    assert run.asked == ASKED
    assert (run.is_complete, run.prefixes, run.findings) == (False, 2, {"error": 1, "incomplete": 1})
    assert run.answers["tor1"].is_complete
    assert (run.answers["tor2"].failure, run.answers["tor2"].has_data) == ("connection refused", False)


def test_a_run_is_read_back_as_it_was_seen(history: History) -> None:
    record(history, WHOLE, 0)
    observation = history.observation("1")
    assert observation.title == "run 1 of 2026-11-20 10:00 UTC"
    nodes = tuple(Node(f"node{n}", frozenset({f"192.0.2.{n}"})) for n in range(1, 6))
    assert observation.spreads == {
        PLACE: Spread(
            tuple(NextHop(f"192.0.2.{n}") for n in range(1, 6)),
            protocol="bgp",
            distance=20,
            expected=5,
            ceiling=64,
            nodes=nodes,
        ),
        PLACE6: Spread(
            (NextHop("2001:db8::1"), NextHop("2001:db8::2")), protocol="bgp", distance=20, expected=2, ceiling=64
        ),
    }


def test_each_run_keeps_its_own_sets(history: History) -> None:
    for minutes, text in enumerate((WHOLE, SHORT, SHORT, WHOLE)):
        record(history, text, minutes)
    assert [len(history.observation(str(n)).spreads[PLACE].next_hops) for n in (1, 2, 3, 4)] == [5, 4, 4, 5]
    assert [len(history.observation(str(n)).spreads[PLACE6].next_hops) for n in (1, 2, 3, 4)] == [2, 2, 2, 2]
    assert history.observation("last") == history.observation("4")
    assert history.observation("last-2") == history.observation("2")


def test_a_router_that_did_not_answer_has_no_sets_in_that_run_and_the_same_ones_after_it(history: History) -> None:
    record(history, WHOLE, 0)
    record(history, "tor1 not checked: connection refused", 1)
    record(history, WHOLE, 2)
    assert history.observation("2").spreads == {}
    assert history.observation("3").spreads == history.observation("1").spreads


def test_runs_that_were_asked_for_something_else_do_not_mix(history: History) -> None:
    other = Asked("scan", routers=("tor2",), codes=CODES)
    record(history, WHOLE, 0)
    record(history, "tor2 198.51.100.7/32 via 192.0.2.1-5", 1, other)
    record(history, WHOLE, 2)
    assert set(history.observation("2").spreads) == {("tor2", "default", "198.51.100.7/32")}
    assert set(history.observation("3").spreads) == {PLACE, PLACE6}


def test_a_quiet_run_adds_a_row_for_itself_and_nothing_else(history: History) -> None:
    def rows() -> dict[str, int]:
        with history.engine.connect() as connection:
            tables = ("runs", "spreads", "contents", "places", "faults", "episodes")
            return {t: connection.exec_driver_sql(f"SELECT count(*) FROM {t}").scalar_one() for t in tables}  # noqa: S608 - our own names

    record(history, SHORT, 0)
    before = rows()
    for minutes in range(1, 10):
        record(history, SHORT, minutes)
    assert rows() == {**before, "runs": 10}


def test_a_fault_has_its_first_and_last_run_and_how_often_it_was_seen(history: History) -> None:
    for minutes, text in enumerate((WHOLE, SHORT, SHORTER, SHORTER, SHORT)):
        record(history, text, minutes)
    known = {each.fault: each for each in history.findings() if each.fault.code == "ECMP101"}
    three, four = known[NODE3], known[NODE4]
    assert (three.first_seen, three.last_seen) == ("2026-11-20T10:01:00Z", "2026-11-20T10:04:00Z")
    assert (three.times_seen, three.resolved) == (4, None)
    assert (four.first_seen, four.last_seen) == ("2026-11-20T10:02:00Z", "2026-11-20T10:03:00Z")
    assert (four.times_seen, four.resolved) == (2, "2026-11-20T10:04:00Z")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("tor1 not checked: connection refused", id="not_checked"),
        pytest.param("tor1 cut off: the connection was lost", id="cut_off"),
        pytest.param("tor2 198.51.100.7/32 via 192.0.2.1-5", id="not_asked"),
    ],
)
def test_no_data_is_no_recovery(history: History, text: str) -> None:
    record(history, SHORT, 0)
    record(history, text, 1)
    (known,) = [each for each in history.findings() if each.fault == NODE3]
    assert (known.times_seen, known.resolved) == (1, None)


def test_a_prefix_that_is_not_audited_any_more_is_no_recovery(history: History) -> None:
    record(history, SHORT, 0)
    record(history, "tor1 198.51.100.8/32 via 192.0.2.1-5", 1)
    assert [each.resolved for each in history.findings() if each.fault == NODE3] == [None]


def test_a_fault_whose_rule_was_not_run_is_not_resolved(history: History) -> None:
    record(history, SHORT, 0)
    asked = Asked("scan", ASKED.routers, ASKED.pools, codes=("ECMP102",))
    record(history, WHOLE, 1, asked)
    assert [each.resolved for each in history.findings() if each.fault == NODE3] == [None]


def test_a_fault_that_comes_back_is_a_second_episode_and_a_finding_of_its_own(history: History) -> None:
    for minutes, text in enumerate((SHORT, WHOLE)):
        record(history, text, minutes)
    back = audit_of(SHORT, history.past(at(2)))
    messages = {finding.code: finding.message for finding in back.findings}
    assert messages["ECMP604"] == (
        "tor1 198.51.100.7/32: ECMP101 about node3 has returned; 1 run found it, "
        "and run 2 of 2026-11-20 10:01 UTC found it resolved"
    )
    assert messages["ECMP602"] == (
        "tor1 198.51.100.7/32: 4 next hops, expected 5 as in run 2 of 2026-11-20 10:01 UTC; removed: node3 (192.0.2.3)"
    )
    history.record(back, ASKED, started=at(2), finished=at(2))
    assert [bool(each.resolved) for each in history.findings() if each.fault == NODE3] == [True, False]
    still = audit_of(SHORT, history.past(at(3)))
    assert [finding.code for finding in still.findings] == ["ECMP101"]


def test_a_prefix_that_comes_and_goes_is_flapping(history: History) -> None:
    for minutes, text in enumerate((WHOLE, SHORT, WHOLE, SHORT)):
        record(history, text, minutes)
    found = {f.code: f.message for f in audit_of(WHOLE, history.past(at(4))).findings}
    assert found["ECMP601"] == (
        "tor1 198.51.100.7/32: its next hops changed 4 times within 24 hours, expected at most 3; now 5 next hops"
    )
    a_day_later = audit_of(WHOLE, history.past(at(24 * 60 + 2)))
    assert "ECMP601" not in {f.code for f in a_day_later.findings}


def test_a_run_of_a_clock_that_was_years_ahead_does_not_make_what_followed_recent(history: History) -> None:
    day = 24 * 60
    record(history, WHOLE, 50 * 365 * day)
    for days, text in enumerate((SHORT, WHOLE, SHORT, WHOLE, SHORT, WHOLE), start=1):
        record(history, text, days * day)
    a_month_later = history.past(at(40 * day))
    assert (a_month_later.changes, a_month_later.last, a_month_later.good) == ({}, {}, {})
    assert len(history.past(at(6 * day - 1)).last) == 2  # a collector whose clock is a minute behind


def test_the_last_good_set_is_the_one_of_the_last_run_without_a_fault(history: History) -> None:
    for minutes, text in enumerate((WHOLE, SHORT, "tor1 not checked: connection refused")):
        record(history, text, minutes)
    good = history.past(at(3)).good
    assert good[PLACE].run == "run 1 of 2026-11-20 10:00 UTC"
    assert len(good[PLACE].next_hops) == 5
    assert good[PLACE6].run == "run 2 of 2026-11-20 10:01 UTC"
    assert history.past(at(60 * 24 * 8)).good == {}


def test_pruning_forgets_old_runs_and_what_only_they_knew(history: History) -> None:
    day = 24 * 60
    for days, text in enumerate((SHORTER, SHORT, WHOLE, SHORT, SHORT)):
        record(history, text, days * day)
    assert history.prune(dt.timedelta(days=2), now=at(4 * day + 1)) == 2 + 1
    assert [run.number for run in history.runs()] == [4, 5]
    assert [each.first_seen for each in history.findings() if each.fault == NODE3] == [
        "2026-11-21T10:00:00Z",
        "2026-11-23T10:00:00Z",
    ][1:]
    assert len(history.observation("4").spreads[PLACE].next_hops) == 4
    assert history.prune(dt.timedelta(days=2), now=at(4 * day + 1)) == 0
    assert history.prune(dt.timedelta(days=1), now=at(30 * day)) == 2
    assert (history.runs(), history.findings()) == ((), ())
    assert record(history, WHOLE, 31 * day).number == 6


def test_a_fault_that_no_run_could_check_is_not_forgotten(history: History) -> None:
    day = 24 * 60
    record(history, SHORT, 0)
    for days in (100, 200):
        record(history, "tor1 not checked: connection refused", days * day)
        history.prune(dt.timedelta(days=90), now=at(days * day))
    assert [run.number for run in history.runs()] == [3]
    (fault,) = [each for each in history.findings() if each.fault == NODE3]
    assert (fault.first_seen, fault.resolved) == ("2026-11-20T10:00:00Z", None)
    record(history, WHOLE, 201 * day)
    (fault,) = [each for each in history.findings() if each.fault == NODE3]
    assert fault.lasted == dt.timedelta(days=201)


@pytest.mark.parametrize(
    "later",
    ["tor2 not checked: connection refused", "tor1 203.0.113.7/32 via 192.0.2.1"],
    ids=["router_is_not_asked_any_more", "router_is_read_and_the_prefix_is_not_audited_any_more"],
)
def test_a_fault_that_no_run_will_check_any_more_is_forgotten(history: History, later: str) -> None:
    record(history, SHORT, 0)
    record(history, later, 100 * 24 * 60)
    assert NODE3 in {each.fault for each in history.findings()}
    history.prune(dt.timedelta(days=90), now=at(100 * 24 * 60))
    assert NODE3 not in {each.fault for each in history.findings()}


def test_a_run_of_a_clock_that_was_ahead_is_forgotten_with_those_around_it(history: History) -> None:
    day = 24 * 60
    for days, text in ((0, SHORTER), (10_000, SHORT), (1, WHOLE), (100, SHORT)):
        record(history, text, days * day)
    assert history.prune(dt.timedelta(days=100), now=at(100 * day)) == 0
    assert history.prune(dt.timedelta(days=90), now=at(100 * day)) == 3
    assert [run.number for run in history.runs()] == [4]
    assert NODE4 not in {each.fault for each in history.findings()}


def test_one_run_of_a_clock_that_is_ahead_forgets_nothing(history: History) -> None:
    day = 24 * 60
    keep = dt.timedelta(days=90)
    asked_else = Asked("scan", routers=("tor3",), codes=CODES)
    for days, asked in ((0, ASKED), (80, ASKED), (81, asked_else)):
        record(history, WHOLE, days * day, asked)
    for days, asked, forgotten in ((4000, asked_else, 0), (4000, ASKED, 0), (100, ASKED, 1)):
        run = record(history, WHOLE, days * day, asked)
        assert history.prune(keep, now=at(days * day), after=run.number) == forgotten
    assert [run.number for run in history.runs()] == [2, 3, 4, 5, 6]


def test_an_age_of_a_thousand_years_forgets_nothing(history: History) -> None:
    run = record(history, WHOLE, 0)
    assert history.prune(dt.timedelta(weeks=60_000), now=at(1)) == 0
    year_876 = (START - dt.timedelta(weeks=60_000)).isoformat()
    assert history.runs(since=year_876) == (run,)


def test_what_a_device_prints_is_kept_without_harm(history: History) -> None:
    hostile = "to\x00r\udc801"
    audit = audit_of(WHOLE)
    states = tuple(type(s)(hostile, whole_families=s.whole_families) for s in audit.network.routers)
    prefixes = tuple(type(p)(hostile, p.vrf, p.prefix, p.routes, p.expectation) for p in audit.network.prefixes)
    odd = type(audit)(type(audit.network)(states, prefixes))
    for minutes in (0, 1):
        history.record(odd, ASKED, started=at(minutes), finished=at(minutes))
    assert {place[0] for place in history.observation("2").spreads} == {r"to\x00r\udc801"}


@pytest.mark.parametrize("name", ["7", "last", "last-1"])
def test_a_run_that_is_not_there_is_named(history: History, name: str) -> None:
    with pytest.raises(HistoryError, match=f"there is no run {name}"):
        history.observation(name)


@pytest.mark.parametrize(
    "name, is_one",
    [("41", True), ("last", True), ("last-1", True), ("last-", False), ("lastly", False), ("tor1.txt", False)],
)
def test_numbers_and_last_are_runs(name: str, is_one: bool) -> None:
    assert is_run(name) is is_one


def test_the_file_is_readable_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "state" / "history.db"
    with open_history(str(file)) as opened:
        record(opened, WHOLE, 0)
        files = sorted(file.parent.iterdir())
        assert [path.name for path in files] == ["history.db", "history.db-shm", "history.db-wal"]
        assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert file.parent.stat().st_mode & 0o777 == 0o700
