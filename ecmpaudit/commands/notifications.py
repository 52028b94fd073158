"""Alerts of a recorded scan: each destination is notified of what it does not know yet.

An alert that fails becomes part of the next run's alert. The failure is printed on standard error and gives exit
code 2, so that cron or the systemd timer reports it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.alerting.destinations import destinations
from ecmpaudit.alerting.sending import check, send
from ecmpaudit.commands.options import AlertOptions
from ecmpaudit.commands.run_history import now
from ecmpaudit.errors import AlertError, HistoryError
from ecmpaudit.model.runs import Failed
from ecmpaudit.reporting.alert import alert_messages, changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.alerting.destinations import Destination
    from ecmpaudit.auditing.request import Request
    from ecmpaudit.commands.failures import Failures
    from ecmpaudit.commands.run_history import RecordedRun, RunHistory
    from ecmpaudit.model.runs import News


@dataclass(frozen=True, slots=True)
class Alerts:
    """Who is notified of a run, and when."""

    options: AlertOptions
    destinations: tuple[Destination, ...] = ()


NO_ALERTS = Alerts(AlertOptions())


def usable_destinations(request: Request) -> tuple[Destination, ...]:
    """Return the destinations of alerts.

    Raises:
        EcmpauditError: one cannot be used, which has to be known before routers are asked.
    """
    found = destinations(request.configuration.alerts.urls_file if request.configuration else None)
    for destination in found:
        check(destination)
    return found


@contextlib.contextmanager
def notifying_afterwards(
    alerts: Alerts, history: RunHistory, recorded: RecordedRun | None, failures: Failures
) -> Iterator[None]:
    """Notify each destination after the report, also where the report cannot be written; nobody without a record."""
    try:
        with failures.collected():
            yield
    finally:
        if recorded is not None:
            for destination in alerts.destinations:
                with failures.collected():
                    _notify(history, recorded, destination)


def _notify(history: RunHistory, recorded: RecordedRun, destination: Destination) -> None:
    """Notify one destination, and record that it was notified; what another run sends meanwhile is not sent again.

    Raises:
        AlertError: it could not be notified, or that could not be recorded; both where both failed.
    """
    with contextlib.ExitStack() as turn:
        try:
            opened = turn.enter_context(history.opened())
            turn.enter_context(opened.sending_turn())
            news = opened.news_for(destination.digest, recorded.run.number)
        except HistoryError as error:
            raise AlertError(f"{destination.name}: not notified: {error}; the next run notifies it") from error
        _send_and_record(history, recorded, destination, news)


def _send_and_record(history: RunHistory, recorded: RecordedRun, destination: Destination, news: News) -> None:
    delivered, failure = _send(destination, recorded, news)
    try:
        repeated = _record_outcome(history, recorded, destination, delivered, failure)
    except HistoryError as error:
        outcome = f"not delivered: {failure};" if failure else "notified, and may be notified again:"
        raise AlertError(f"{destination.name}: {outcome} {error}") from error
    if failure:
        raise AlertError(f"{destination.name}: not delivered{repeated}: {failure}; the next run tries again")


def _send(destination: Destination, recorded: RecordedRun, news: News) -> tuple[tuple[int, ...], str | None]:
    """Send the messages up to the first that is not taken; return the incidents of those before, and why it was not."""
    delivered: tuple[int, ...] = ()
    messages = alert_messages(
        news, recorded.run, open_incidents=recorded.open_incidents, not_judged=recorded.not_judged
    )
    for message in messages:
        failure = send(destination, message.title, message.body, is_recovery=message.is_recovery, key=message.key)
        if failure:
            return delivered, failure
        delivered += message.incidents
    return delivered, None


def _record_outcome(
    history: RunHistory,
    recorded: RecordedRun,
    destination: Destination,
    delivered: tuple[int, ...],
    failure: str | None,
) -> str:
    """Record the outcome; return how often in a row it failed, where that is more than once."""
    digest, name, number = destination.digest, destination.name, recorded.run.number
    with history.opened() as opened:
        if failure is None:
            opened.record_notified(digest, name, number)
            return ""
        times, since = opened.record_failure(Failed(digest, name, failure, delivered), number, now=now())
    return "" if times == 1 else f", {times} times in a row since {since}"


def heading(recorded: RecordedRun) -> str:
    """Return what changed, for the head of a report; nothing for a first run, which has nothing to compare with."""
    if recorded.news.is_empty:
        return ""
    return changes(recorded.news, recorded.run, open_incidents=recorded.open_incidents, not_judged=recorded.not_judged)
