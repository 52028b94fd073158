"""Incidents over runs, in both databases: they begin, grow, change in kind and end, and what is not judged is open."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.alerting.sending import with_key
from ecmpaudit.history.store import open_history
from ecmpaudit.model import faults_of
from ecmpaudit.model.runs import Asked
from ecmpaudit.reporting.alert import alert_messages, changes
from ecmpaudit.reporting.history import render_history, render_history_json
from ecmpaudit.reporting.period import render_period
from ecmpaudit.reporting.period_json import render_period_json
from tests.fabrics import Fabric
from tests.history_builders import ASKED, CODES, at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.history.store import History
    from ecmpaudit.model import Audit
    from ecmpaudit.model.runs import KnownIncident, News, Run

WHOLE_FAMILIES = frozenset({4, 6})
ON_RTR0 = "node worker-1 is missing on rtr0, 2 of 4 prefixes"


def fabric() -> Fabric:
    """Return 3 routers, 4 prefixes of both families and 3 nodes without a fault."""
    return Fabric(3, 4, 3, is_dual_stack=True)


def audit_of(shown: Fabric) -> Audit:
    """Return the audit of a network; routers that answered show whole tables."""
    audit = shown.audit()
    states = (
        replace(state, whole_families=WHOLE_FAMILIES if state.has_data else frozenset())
        for state in audit.network.routers
    )
    return replace(audit, network=replace(audit.network, routers=tuple(states)))


@pytest.fixture
def history(history_place: str) -> Iterator[History]:
    with open_history(history_place) as opened:
        yield opened


def keep(history: History, shown: Fabric, minutes: int, asked: Asked | None = None) -> Run:
    wanted = asked or Asked("scan", routers=("rtr0", "rtr1", "rtr2"), codes=CODES)
    return history.record(audit_of(shown), wanted, started=at(minutes), finished=at(minutes))


def titles(news: News) -> dict[str, list[str]]:
    """Return the titles of what is new, changed, short-lived and ended, without what is none."""
    parts = {"new": news.new, "changed": news.changed, "short_lived": news.short_lived, "ended": news.ended}
    return {word: [known.title for known in part] for word, part in parts.items() if part}


def only(history: History) -> KnownIncident:
    (known,) = history.incidents()
    return known


def test_every_fault_of_a_finding_is_in_an_incident() -> None:
    shown = fabric().lack([1], [0], range(4)).lack([0, 2], range(3), [3]).lack(range(3), [1], [2])
    shown.failures[2] = "connection refused"
    audit = audit_of(shown)
    faults = {fault for finding in audit.findings for fault in faults_of(finding)}
    assert {fault for incident in audit.incidents for fault in incident.faults} == faults


def test_an_incident_that_grows_and_shrinks_by_prefixes_is_one_and_begins_once(history: History) -> None:
    news = []
    for minutes, prefixes in enumerate(([0, 1], [0, 1, 2], [0, 1, 2, 3], [3])):
        run = keep(history, fabric().lack([1], [0], prefixes), minutes)
        news.append(titles(history.news(run.number)))
    assert news == [{"new": [ON_RTR0]}, {}, {}, {}]
    known = only(history)
    assert (known.title, known.times_seen) == (f"node worker-1 is missing on rtr0, {fabric().prefix(3)}", 4)
    assert (known.first_seen, known.resolved, known.was) == ("2026-11-20T10:00:00Z", None, None)
    run = keep(history, fabric(), 9)
    assert len(history.news(run.number).ended) == 1
    assert only(history).resolved == "2026-11-20T10:09:00Z"


def test_an_incident_that_changes_in_kind_is_one_message_and_keeps_its_key(history: History) -> None:
    first = keep(history, fabric().lack([1], [0], range(4)), 0)
    (began,) = alert_messages(history.news(first.number), first, open_incidents=1)
    second = keep(history, fabric().lack([1], range(3), range(4)), 1)
    news = history.news(second.number)
    assert titles(news) == {"changed": ["node worker-1 is missing on all 3 routers, all 4 prefixes"]}
    (changed,) = alert_messages(news, second, open_incidents=1)
    assert changed.title == "ecmpaudit changed: node worker-1 is missing on all 3 routers, all 4 prefixes"
    assert "\nwas: node worker-1 is missing on rtr0, all 4 prefixes\n" in changed.body
    assert (changed.key, changed.is_recovery) == (began.key, False)
    known = only(history)
    assert (known.first_seen, known.times_seen) == ("2026-11-20T10:00:00Z", 2)
    assert known.id != known.began_as
    third = keep(history, fabric(), 2)
    (recovered,) = alert_messages(history.news(third.number), third, open_incidents=0)
    assert (recovered.key, recovered.is_recovery) == (began.key, True)


def test_no_next_hop_left_is_another_kind(history: History) -> None:
    keep(history, fabric().lack([0, 1], [0], [2]), 0)
    run = keep(history, fabric().lack([0, 1, 2], [0], [2]), 1)
    (changed,) = history.news(run.number).changed
    assert (changed.kind, changed.title) == ("no route", f"{fabric().prefix(2)} has no route on rtr0")


def test_what_could_not_be_judged_has_not_recovered(history: History) -> None:
    keep(history, fabric().lack([1], [0, 1], range(4)), 0)
    shown = fabric()
    shown.failures[1] = "connection refused"
    run = keep(history, shown, 1)
    news = history.news(run.number)
    assert (news.changed, news.ended, [known.severity for known in news.new]) == ((), (), ["incomplete"])
    known = history.incidents()[0]
    assert (known.resolved, known.not_judged_since, known.not_judged_runs) == (None, "2026-11-20T10:01:00Z", 1)
    assert "(1 not judged in the last run)" in render_history(history.runs(), history.incidents())
    run = keep(history, fabric(), 2)
    assert [known.severity for known in history.news(run.number).ended] == ["error", "incomplete"]


def test_a_smaller_incident_keeps_the_faults_of_a_router_that_does_not_answer(history: History) -> None:
    keep(history, fabric().lack([1], [0, 1], range(4)), 0)
    shown = fabric().lack([1], [0], range(4))
    shown.failures[1] = "connection refused"
    keep(history, shown, 1)
    shown = fabric()
    shown.failures[1] = "connection refused"
    run = keep(history, shown, 2)
    assert history.news(run.number).ended == ()
    run = keep(history, fabric(), 3)
    assert len(history.news(run.number).ended) == 2


def test_an_incident_whose_faults_become_part_of_another_one_ends_without_a_recovery(history: History) -> None:
    keep(history, fabric().lack([1], [0], range(4)).lack([1], [1], [2]), 0)
    run = keep(history, fabric().lack([1], range(3), range(4)), 1)
    news = history.news(run.number)
    assert len(news.changed) == len(news.ended) == 1
    (ended,) = [message for message in alert_messages(news, run, open_incidents=1) if "ended" in message.title]
    assert "still open: node worker-1 is missing on all 3 routers, all 4 prefixes" in ended.body
    assert not ended.is_recovery


def test_a_run_that_asks_less_changes_no_incident(history: History) -> None:
    keep(history, fabric().lack([1], range(3), range(4)), 0)
    smaller = Fabric(1, 4, 3, is_dual_stack=True).lack([1], [0], range(4))
    for minutes in (1, 2):
        run = keep(history, smaller, minutes, Asked("scan", routers=("rtr0",), codes=CODES))
        assert history.news(run.number).is_empty
    run = keep(history, fabric().lack([1], range(3), range(4)), 3)
    assert history.news(run.number).is_empty
    assert only(history).title == "node worker-1 is missing on all 3 routers, all 4 prefixes"
    run = keep(history, Fabric(1, 4, 3, is_dual_stack=True), 4, Asked("scan", routers=("rtr0",), codes=CODES))
    assert history.news(run.number).is_empty


def test_two_faults_at_once_are_two_incidents_and_end_one_by_one(history: History) -> None:
    both = fabric().lack([1], [0], range(4)).lack([2], [1], [3])
    run = keep(history, both, 0)
    assert len(history.news(run.number).new) == 2
    run = keep(history, fabric().lack([2], [1], [3]), 1)
    assert titles(history.news(run.number)) == {"ended": ["node worker-1 is missing on rtr0, all 4 prefixes"]}
    assert [known.nodes for known in history.open_incidents(run.number)] == [("worker-2",)]


def test_history_lists_incidents_with_begin_end_and_extent(history: History) -> None:
    keep(history, fabric().lack([1], [0], range(4)), 0)
    keep(history, fabric().lack([2], [1], range(4)), 30)
    lines = render_history(history.runs(), history.incidents()).splitlines()
    resolved, blank, still_open = lines[3:6]
    assert resolved == (
        "resolved: error  node worker-1 is missing on rtr0, all 4 prefixes "
        "(since 2026-11-20 10:00, resolved 2026-11-20 10:30, seen 1 time)"
    )
    assert still_open == (
        "open: error  node worker-2 is missing on rtr1, all 4 prefixes "
        "(since 2026-11-20 10:30, last seen 2026-11-20 10:30, seen 1 time)"
    )
    assert blank == ""
    document = json.loads(render_history_json(history.runs(), history.incidents(), history.findings()))
    ended, open_one = document["incidents"]
    assert (ended["first_seen"], ended["resolved"]) == ("2026-11-20T10:00:00Z", "2026-11-20T10:30:00Z")
    assert (open_one["nodes"], open_one["routers"], len(open_one["prefixes"])) == (["worker-2"], ["rtr1"], 4)
    assert open_one["effect"] == {"prefixes_short": 4, "traffic_moved": 0.3333, "prefixes_without_next_hop": 0}
    assert open_one["cause"] == {"link": None, "confidence": "unknown", "text": ""}


def test_a_report_of_a_period_lists_incidents(history: History) -> None:
    keep(history, fabric().lack([1], [0], range(4)), 0)
    keep(history, fabric(), 30)
    period = history.period(at(-60), at(60))
    row = "2026-11-20 10:00  2026-11-20 10:30  error  node worker-1 is missing on rtr0, all 4 prefixes"
    assert f"\nIncidents\n  since  until  what\n  {row}\n" in render_period(period, "text")
    (incident,) = json.loads(render_period_json(period))["incidents"]
    assert incident["title"] == "node worker-1 is missing on rtr0, all 4 prefixes"


def test_pruning_forgets_what_ended_and_keeps_open_incidents(history: History) -> None:
    keep(history, fabric().lack([1], [0], range(4)).lack([2], [1], [3]), 0)
    keep(history, fabric().lack([2], [1], [3]), 1)
    keep(history, fabric().lack([2], [1], [3]), 60 * 24 * 10)
    history.prune(dt.timedelta(days=1), now=at(60 * 24 * 10 + 1))
    assert only(history).nodes == ("worker-2",)
    assert only(history).first_seen == "2026-11-20T10:00:00Z"
    history.prune(dt.timedelta(0), now=at(60 * 24 * 30))
    assert history.incidents() == ()


def test_more_than_twenty_incidents_share_one_last_message(history: History) -> None:
    shown = Fabric(30, 30, 30)
    for number in range(23):
        shown.lack([number], [number], [number])
    run = keep(history, shown, 0, ASKED)
    news = history.news(run.number)
    messages = alert_messages(news, run, open_incidents=23)
    assert len(messages) == 21
    assert messages[-1].title == "ecmpaudit: 3 more incidents began, changed or ended"
    assert sorted(number for message in messages for number in message.incidents) == sorted(
        known.number for known in news.new
    )
    text = changes(news, run, open_incidents=23)
    assert (text.count("\n- error  node worker-"), "- and 3 more\n" in text) == (20, True)


@pytest.mark.parametrize(
    "url, expected",
    [
        ("pagerduty://a@b", "pagerduty://a@b?dedup=k1"),
        ("pagerduty://a@b?region=eu", "pagerduty://a@b?region=eu&dedup=k1"),
        ("pagerduty://a@b?dedup=mine", "pagerduty://a@b?dedup=mine"),
        ("opsgenie://a", "opsgenie://a?alias=k1"),
        ("splunk://route@a", "splunk://route@a?entity_id=k1"),
        ("json://host/x?:token=t", "json://host/x?:token=t&:incident=k1"),
        ("slack://a/b/c", "slack://a/b/c"),
    ],
)
def test_services_that_group_messages_get_the_fingerprint(url: str, expected: str) -> None:
    assert with_key(url, "k1") == expected
    assert with_key(url, None) == url
