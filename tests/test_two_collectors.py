"""Two collectors that share a history and end in the same second, in both databases."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.alerting.destinations import Destination
from ecmpaudit.auditing.request import Request
from ecmpaudit.commands import notifications
from ecmpaudit.commands.failures import Failures
from ecmpaudit.commands.notifications import Alerts, notifying_afterwards
from ecmpaudit.commands.options import AlertOptions
from ecmpaudit.commands.run_history import RunHistory
from ecmpaudit.errors import HistoryError
from ecmpaudit.expectations.configured import Expectations
from ecmpaudit.history.store import open_history
from ecmpaudit.model import Severity
from ecmpaudit.rules import all_rules
from tests.history_builders import ASKED, FIVE, START, audit_of

if TYPE_CHECKING:
    from pathlib import Path

SHORT = {
    "ipv4": f"tor1 198.51.100.7/32 via 192.0.2.1-4\nexpect 198.51.100.7/32 nodes {FIVE}",
    "ipv6": "tor1 2001:db8:9::9/128 via 2001:db8::1\nexpect 2001:db8:9::9/128 nodes a=2001:db8::1, b=2001:db8::2",
}
ALERTS = Alerts(AlertOptions(), (Destination(1, "json://pager.example/"),))


class SlowPager:
    """A destination that answers when both collectors are sending, or after a while."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.both = threading.Barrier(2)

    def send(self, _destination: Destination, title: str, _body: str, **_: Any) -> None:
        """Keep the message, and take it when the other collector sends too."""
        self.titles.append(title)
        with contextlib.suppress(threading.BrokenBarrierError):
            self.both.wait(0.5)


@pytest.mark.parametrize("text", SHORT.values(), ids=SHORT)
def test_a_fault_that_two_collectors_find_in_one_second_is_notified_once(
    history_place: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pager = SlowPager()
    monkeypatch.setattr(notifications, "send", pager.send)
    collector = RunHistory(Request(Expectations((), ())), "scan", START.isoformat(), history_place, is_recording=True)
    recorded = [
        collector.record(audit_of(text), all_rules(), routers=ASKED.routers, fail_on=Severity.WARNING) for _ in range(2)
    ]

    def notify(number: int) -> None:
        failures = Failures()
        with notifying_afterwards(ALERTS, collector, recorded[number], failures):
            pass

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(notify, range(2)))
    assert len(pager.titles) == 1
    for destination in ALERTS.destinations:
        with open_history(history_place) as history:
            assert history.news_for(destination.digest, 2).is_empty


def test_a_collector_that_waits_too_long_sends_nothing(history_place: str) -> None:
    with open_history(history_place) as one, open_history(history_place) as other:
        with (
            one.sending_turn(),
            pytest.raises(HistoryError, match=r"another run has been sending alerts for 0\.2 s"),
            other.sending_turn(0.2),
        ):
            pass
        with other.sending_turn(0.2), pytest.raises(HistoryError), one.sending_turn(0):
            pass
        with one.sending_turn(0.2):
            pass


def test_the_file_of_the_turn_is_readable_for_its_owner_only(tmp_path: Path) -> None:
    with open_history(str(tmp_path / "history.db")) as history, history.sending_turn():
        pass
    assert (tmp_path / "history.db-alerts").stat().st_mode & 0o777 == 0o600
