"""What a scan from cron needs: one at a time, a deadline, silence while nothing changes, and alerts.

An alert that could not be sent is told by the next run, together with what is new then; until then it is told on
standard error and by exit code 2, so that cron or the timer tells of it by its own way.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import rich_click as click

from ecmpaudit.cli.keeping import KEEPING, keeper, now
from ecmpaudit.cli.options import ASKING, OUTPUT
from ecmpaudit.errors import AlertError, HistoryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.alerting.destinations import Destination
    from ecmpaudit.auditing.request import Request
    from ecmpaudit.cli.failures import Failures
    from ecmpaudit.cli.keeping import Keeper, Kept
    from ecmpaudit.model.runs import News

confirm = click.option(
    "--confirm",
    metavar="N",
    type=click.IntRange(min=1),
    help="Runs in a row that have to see a fault before anybody is told of it; 1 unless configured.",
    panel=KEEPING,
)
deadline = click.option(
    "--deadline",
    metavar="SECONDS",
    type=click.FloatRange(min=1),
    help="End asking after this time; what has not answered is incomplete.",
    panel=ASKING,
)
quiet_unless_changed = click.option(
    "--quiet-unless-changed",
    is_flag=True,
    help="With --record: no report while the faults are those of the run before; files and exit code as always.",
    panel=OUTPUT,
)


def refuse_without_record(record: bool, *, confirm: int | None, quiet_unless_changed: bool) -> None:
    """What compares with earlier runs needs them; silence for want of a history would hide faults."""
    flag = "--quiet-unless-changed" if quiet_unless_changed else "--confirm" if confirm else None
    if flag and not record:
        raise click.BadParameter("compares with earlier runs, so give --record too", param_hint=flag)


@contextlib.contextmanager
def recorded_alone(request: Request, place: str | None, *, record: bool) -> Iterator[Keeper]:
    """Give the history of a scan; while it is recorded, no other scan of the same configuration is."""
    run = keeper(request, "scan", place, record=record)
    if not run.is_recording:
        yield run
        return
    from ecmpaudit.history.instance import lock_file, only_instance  # noqa: PLC0415 - only with a history

    with only_instance(lock_file(str(run.place), request.path)):
        yield run


def alert_destinations(request: Request, *, record: bool) -> tuple[Destination, ...]:
    """Return where alerts go; a run that is not kept alerts nobody.

    Raises:
        EcmpauditError: one cannot be used; better said before routers are asked than after.
    """
    if not record:
        return ()
    from ecmpaudit.alerting.destinations import destinations  # noqa: PLC0415 - only with a history
    from ecmpaudit.alerting.sending import check  # noqa: PLC0415

    found = destinations(request.configuration.alerts.urls_file if request.configuration else None)
    for destination in found:
        check(destination)
    return found


@contextlib.contextmanager
def alerting(run: Keeper, kept: Kept | None, destinations: Sequence[Destination], failures: Failures) -> Iterator[None]:
    """Tell each destination what it does not know yet, after the report, and also where that cannot be written."""
    try:
        with failures.collected():
            yield
    finally:
        for destination in destinations:
            with failures.collected():
                _tell(run, kept, destination)


def _tell(run: Keeper, kept: Kept | None, destination: Destination) -> None:
    """Tell one destination, and keep that it knows; without a run that was kept, nobody is told.

    Raises:
        AlertError: it could not be told, or what it was told could not be kept; both where both is so.
    """
    if kept is None:
        return
    try:
        with run.opened() as history:
            news = history.news_for(destination.digest, kept.run.number)
    except HistoryError as error:
        raise AlertError(f"{destination.name}: not told: {error}; the next run tells it") from error
    failure = _send(destination, kept, news)
    try:
        again = _keep_told(run, kept, destination, failure)
    except HistoryError as error:
        went = f"not delivered: {failure};" if failure else "told, and may be told again:"
        raise AlertError(f"{destination.name}: {went} {error}") from error
    if failure:
        raise AlertError(f"{destination.name}: not delivered{again}: {failure}; the next run tells it again")


def _send(destination: Destination, kept: Kept, news: News) -> str | None:
    """Return why the news were not taken; None where they were, or where there are none."""
    if news.is_empty:
        return None
    from ecmpaudit.alerting.sending import send  # noqa: PLC0415 - as above
    from ecmpaudit.reporting.alert import alert_message  # noqa: PLC0415

    message = alert_message(news, kept.run, faults=kept.faults)
    return send(destination, message.title, message.body, is_recovery=message.is_recovery)


def _keep_told(run: Keeper, kept: Kept, destination: Destination, failure: str | None) -> str:
    """Keep how it went; return how often in a row it failed, where that is more than once."""
    digest, name, number = destination.digest, destination.name, kept.run.number
    with run.opened() as history:
        if failure is None:
            history.record_notified(digest, name, number)
            return ""
        times, since = history.record_failure(digest, name, number, failure, now=now())
    return "" if times == 1 else f", {times} times in a row since {since}"


def heading(kept: Kept) -> str:
    """Return what changed, to stand above a report; nothing for a first run, which has nothing to compare with."""
    if kept.news.is_empty:
        return ""
    from ecmpaudit.reporting.alert import alert_message  # noqa: PLC0415 - beside the report

    return alert_message(kept.news, kept.run, faults=kept.faults).body
