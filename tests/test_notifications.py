"""Notifications, in both databases: confirmed incidents, recoveries, and what each destination knows."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from ecmpaudit.history.store import open_history
from ecmpaudit.model import Severity
from ecmpaudit.model.runs import Failed
from ecmpaudit.reporting.alert import alert_messages
from tests.history_builders import ASKED, FIVE, at, audit_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecmpaudit.history.store import History
    from ecmpaudit.model.runs import KnownIncident, Run

EXPECTED = f"expect 198.51.100.7/32 nodes {FIVE}"
WHOLE = f"tor1 198.51.100.7/32 via 192.0.2.1-5\n{EXPECTED}"
SHORT = f"tor1 198.51.100.7/32 via 192.0.2.1-4\n{EXPECTED}"
SHORTER = f"tor1 198.51.100.7/32 via 192.0.2.1-3\n{EXPECTED}"
OTHER = (
    "tor2 2001:db8:9::9/128 via 2001:db8::1-2\nexpect 2001:db8:9::9/128 nodes other1=2001:db8::1, other2=2001:db8::2"
)
OTHER_SHORT = OTHER.replace("::1-2", "::1", 1)
UNREAD = "tor1 not checked: connection refused"


def keep(history: History, text: str, minutes: float, confirm: int, severities: Iterable[Severity] = ()) -> Run:
    """Keep a run without a past, so that no fault of a change is among its findings."""
    wanted = tuple(severities) or (Severity.ERROR, Severity.WARNING, Severity.INCOMPLETE)
    return history.record(
        audit_of(text), ASKED, started=at(minutes), finished=at(minutes), confirm=confirm, severities=wanted
    )


def nodes(incidents: Iterable[KnownIncident]) -> list[str]:
    """Return which nodes or routers the incidents are about."""
    return [" ".join(known.nodes or known.routers) for known in incidents]


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
        assert history.open_incidents(run.number) == ()


def test_a_slower_collector_does_not_reset_what_a_destination_knows(history_place: str) -> None:
    with open_history(history_place) as history:
        first, second = keep(history, SHORT, 0, confirm=1), keep(history, SHORTER, 15, confirm=1)
        for run in (second, first):
            history.record_notified("chat", "x", run.number)
        assert history.news_for("chat", second.number).is_empty


def failed(reason: str = "refused", *delivered: int) -> Failed:
    return Failed("old", "alert destination 1 (json)", reason, delivered)


def test_a_destination_gets_what_it_missed_and_a_new_one_the_open_incidents(history_place: str) -> None:
    with open_history(history_place) as history:
        first = keep(history, SHORT, 0, confirm=1)
        history.record_notified("old", "alert destination 1 (json)", first.number)
        late = keep(history, f"{SHORT}\n{OTHER_SHORT}", 15, confirm=1)
        assert history.record_failure(failed(), late.number, now=at(15)) == (1, "2026-11-20T10:15:00Z")
        last = keep(history, f"{SHORT}\n{OTHER}", 30, confirm=1)
        assert history.record_failure(failed(), last.number, now=at(30)) == (2, "2026-11-20T10:15:00Z")
        missed = history.news_for("old", last.number)
        assert (nodes(missed.new), nodes(missed.short_lived), nodes(missed.ended)) == ([], ["other2"], [])
        news = history.news_for("new", last.number)
        assert (nodes(news.new), nodes(news.short_lived), nodes(news.ended)) == (["node5"], [], [])
        history.record_notified("old", "x", last.number)
        whole = keep(history, WHOLE, 45, confirm=1)
        assert nodes(history.news_for("old", whole.number).ended) == ["node5"]


def test_messages_of_a_run_that_were_delivered_are_not_sent_again(history_place: str) -> None:
    with open_history(history_place) as history:
        run = keep(history, f"{SHORT}\n{OTHER_SHORT}", 0, confirm=1)
        first, second = history.news_for("old", run.number).new
        history.record_failure(failed("refused", first.number), run.number, now=at(0))
        run = keep(history, f"{SHORT}\n{OTHER_SHORT}", 15, confirm=1)
        assert [known.number for known in history.news_for("old", run.number).new] == [second.number]
        run = keep(history, f"{WHOLE}\n{OTHER}", 30, confirm=1)
        news = history.news_for("old", run.number)
        assert [known.number for known in news.ended] == [first.number]
        assert [known.number for known in news.short_lived] == [second.number]
        history.record_notified("old", "x", run.number)
        assert history.news_for("old", run.number).is_empty


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
        assert [known.lasted for known in news.ended] == [dt.timedelta(0)]
        (message,) = alert_messages(news, run, open_incidents=0)
        assert "lasted: 0 s, since 2026-11-20 11:00 UTC" in message.body
        assert history.period(at(-60), at(60)).repairs == (dt.timedelta(0),)
