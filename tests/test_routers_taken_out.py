"""A router that was taken out of the configuration: its open faults are not counted, and have not recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.history.store import open_history
from ecmpaudit.model.runs import Asked
from ecmpaudit.reporting.history import render_history
from ecmpaudit.reporting.period import render_period
from tests.history_builders import CODES, at, audit_of

if TYPE_CHECKING:
    from ecmpaudit.history.store import History

PREFIXES = {
    "ipv4": "198.51.100.7/32 via 192.0.2.1\nexpect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2",
    "ipv6": "2001:db8:9::9/128 via 2001:db8::1\nexpect 2001:db8:9::9/128 nodes node1=2001:db8::1, node2=2001:db8::2",
}
OTHER = "198.51.100.8/32 via 192.0.2.1"


def keep(history: History, configuration: str, minutes: int, short: str = "", also: str = "") -> None:
    """Keep a run in which one router has a fault, if any, and another has none."""
    routers = ("tor1", "tor9") if short else ("tor1",)
    text = f"tor1 {OTHER}" + (f"\ntor9 {short}" if short else "") + also
    asked = Asked("scan", routers=routers, configuration=configuration, codes=CODES)
    history.record(audit_of(text), asked, started=at(minutes), finished=at(minutes))


@pytest.mark.parametrize("short", PREFIXES.values(), ids=PREFIXES)
def test_an_incident_of_a_router_that_was_taken_out_is_not_counted_and_has_not_recovered(
    history_place: str, short: str
) -> None:
    with open_history(history_place) as history:
        keep(history, "first", 0, short)
        keep(history, "first", 15)  # a part of the same configuration
        (known,) = history.incidents()
        assert known.not_asked_since is None
        keep(history, "second", 30)
        (known,) = history.incidents()
        assert (known.resolved, known.not_asked_since) == (None, "2026-11-20T10:30:00Z")
        assert history.news(3).is_empty
        text = render_history(history.runs(), history.incidents())
        assert "0 open incidents, 1 of routers that are not asked any more, 0 ended" in text
        assert "its routers are not asked any more since 2026-11-20 10:30" in text
        period = render_period(history.period(at(0), at(31)), "text")
        assert "0; 1 more of routers that are not asked any more" in period
        keep(history, "third", 45, short)
        (known,) = history.incidents()
        assert (known.not_asked_since, known.times_seen) == (None, 2)


def test_another_collector_with_a_configuration_of_its_own_takes_no_router_out(history_place: str) -> None:
    with open_history(history_place) as history:
        for minutes in (0, 15):
            keep(history, "ours", minutes, PREFIXES["ipv4"])
            keep(history, "theirs", minutes + 1)
        (known,) = history.incidents()
        assert known.not_asked_since is None
