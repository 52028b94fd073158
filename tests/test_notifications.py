"""Notifications, in both databases: confirmed faults, recoveries, and what each destination knows."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from ecmpaudit.history.store import open_history
from ecmpaudit.model import Severity
from ecmpaudit.reporting.alert import alert_message
from tests.history_builders import ASKED, FIVE, at, audit_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecmpaudit.history.store import History
    from ecmpaudit.model.runs import KnownFault, Run

EXPECTED = f"expect 198.51.100.7/32 nodes {FIVE}"
WHOLE = f"tor1 198.51.100.7/32 via 192.0.2.1-5\n{EXPECTED}"
SHORT = f"tor1 198.51.100.7/32 via 192.0.2.1-4\n{EXPECTED}"
SHORTER = f"tor1 198.51.100.7/32 via 192.0.2.1-3\n{EXPECTED}"
UNREAD = "tor1 not checked: connection refused"


def keep(history: History, text: str, minutes: float, confirm: int, severities: Iterable[Severity] = ()) -> Run:
    """Keep a run without a past, so that no fault of a change is among its findings."""
    wanted = tuple(severities) or (Severity.ERROR, Severity.WARNING, Severity.INCOMPLETE)
    return history.record(
        audit_of(text), ASKED, started=at(minutes), finished=at(minutes), confirm=confirm, severities=wanted
    )


def nodes(faults: Iterable[KnownFault]) -> list[str]:
    """Return which nodes or routers the faults are about."""
    return [known.fault.about or known.fault.router for known in faults]


def test_a_run_that_could_not_check_neither_counts_nor_breaks_the_row(history_place: str) -> None:
    with open_history(history_place) as history:
        new = []
        for number, text in enumerate((SHORT, UNREAD, SHORT, SHORT)):
            run = keep(history, text, number * 15, confirm=2)
            new.append(nodes(history.news(run.number).new))
        assert new == [[], [], ["node5"], []]


def test_a_resolved_fault_counts_anew(history_place: str) -> None:
    with open_history(history_place) as history:
        for number, text in enumerate((SHORT, WHOLE, SHORT, WHOLE)):
            run = keep(history, text, number * 15, confirm=2)
            assert history.news(run.number).is_empty


def test_lesser_findings_than_asked_for_are_no_news(history_place: str) -> None:
    with open_history(history_place) as history:
        run = keep(history, SHORT, 0, confirm=1, severities=[Severity.INCOMPLETE])
        assert history.news(run.number).is_empty
        assert history.open_faults(run.number) == ()


def test_a_slower_collector_does_not_reset_what_a_destination_knows(history_place: str) -> None:
    with open_history(history_place) as history:
        first, second = keep(history, SHORT, 0, confirm=1), keep(history, SHORTER, 15, confirm=1)
        for run in (second, first):
            history.record_notified("chat", "x", run.number)
        assert history.news_for("chat", second.number).is_empty


def test_a_destination_gets_what_it_missed_and_a_new_one_the_open_faults(history_place: str) -> None:
    with open_history(history_place) as history:
        first = keep(history, SHORT, 0, confirm=1)
        history.record_notified("old", "alert destination 1 (json)", first.number)
        failed = keep(history, SHORTER, 15, confirm=1)
        failures = history.record_failure("old", "alert destination 1 (json)", failed.number, "refused", now=at(15))
        assert failures == (1, "2026-11-20T10:15:00Z")
        last = keep(history, SHORT, 30, confirm=1)
        assert history.record_failure("old", "x", last.number, "refused", now=at(30)) == (2, "2026-11-20T10:15:00Z")
        missed = history.news_for("old", last.number)
        assert (nodes(missed.new), nodes(missed.short_lived), nodes(missed.recovered)) == ([], ["node4"], [])
        news = history.news_for("new", last.number)
        assert (nodes(news.new), nodes(news.short_lived), nodes(news.recovered)) == (["node5"], [], [])
        history.record_notified("old", "x", last.number)
        whole = keep(history, WHOLE, 45, confirm=1)
        assert nodes(history.news_for("old", whole.number).recovered) == ["node5"]


def test_the_last_good_run_is_one_that_was_asked_for_the_same(history_place: str) -> None:
    with open_history(history_place) as history:
        first = keep(history, WHOLE, 0, confirm=1)
        assert history.is_first(first.number)
        assert history.last_good_before(first.number) is None
        second = keep(history, UNREAD, 15, confirm=1)
        third = keep(history, UNREAD, 30, confirm=1)
        assert not history.is_first(second.number)
        assert history.last_good_before(third.number) == "2026-11-20T10:00:00Z"


def test_a_clock_that_went_back_makes_no_fault_last_less_than_no_time(history_place: str) -> None:
    with open_history(history_place) as history:
        keep(history, SHORT, 60, confirm=1)
        run = keep(history, WHOLE, 0, confirm=1)
        news = history.news(run.number)
        assert [known.lasted for known in news.recovered] == [dt.timedelta(0)]
        assert "(after 0 s)" in alert_message(news, run, faults=0).body
        assert history.period(at(-60), at(60)).repairs == (dt.timedelta(0),)
