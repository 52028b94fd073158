"""Ask routers and nodes over SSH, then audit their answers."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.asking_again import commands_to_repeat, with_later_answers
from ecmpaudit.auditing.filters import routers_asked
from ecmpaudit.auditing.needed_commands import narrowed
from ecmpaudit.auditing.request import Request, chosen_rules
from ecmpaudit.auditing.run import network_of_material, read_material
from ecmpaudit.collectors.answer import now
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.collectors.snapshot import check_place
from ecmpaudit.collectors.snapshot import save as save_snapshot
from ecmpaudit.commands.asking import asking, targets_again
from ecmpaudit.commands.audit_report import exit_code_of
from ecmpaudit.commands.audit_run import AuditRun, audit_and_report, publish_nowhere, refuse_a_part
from ecmpaudit.commands.check import check
from ecmpaudit.commands.failures import raised_at_the_end
from ecmpaudit.commands.notifications import Alerts, usable_destinations
from ecmpaudit.commands.output import configure_logging, refuse_unwritable
from ecmpaudit.commands.pods import with_pods, without_absent_programs
from ecmpaudit.commands.run_history import run_history
from ecmpaudit.errors import ConfigurationError, UnusableHistoryError
from ecmpaudit.history.instance import lock_file, only_instance
from ecmpaudit.inventories.selection import limited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ecmpaudit.auditing.needed_commands import Needs
    from ecmpaudit.auditing.run import Material
    from ecmpaudit.auditing.scope import FilterOptions, ScopeOptions
    from ecmpaudit.collectors.host_connection import KeptConnections
    from ecmpaudit.collectors.target import Target
    from ecmpaudit.commands.audit_run import Publish
    from ecmpaudit.commands.failures import Failures
    from ecmpaudit.commands.options import AlertOptions, CollectionOptions, HistoryOptions, ReportOptions
    from ecmpaudit.commands.run_history import RunHistory
    from ecmpaudit.commands.spread_scan import Workers
    from ecmpaudit.model import Audit, Capture

_FOR_READING, _MOST_FOR_READING = 0.2, 60.0
"""Share of the deadline, and seconds at most, that are kept for reading the answers."""


def scan(
    collection: CollectionOptions,
    scope: ScopeOptions,
    filters: FilterOptions,
    reports: ReportOptions,
    history: HistoryOptions,
    alerts: AlertOptions,
) -> int:
    """Ask the routers and nodes of the configuration, write the reports, notify people, and return the exit code."""
    configure_logging(verbose=reports.verbose)
    if collection.check:
        return check(collection, scope, filters, reports, history)
    return exit_code_of(scanned(collection, scope, filters, reports, history, alerts), reports)


def scanned(
    collection: CollectionOptions,
    scope: ScopeOptions,
    filters: FilterOptions,
    reports: ReportOptions,
    history: HistoryOptions,
    alerts: AlertOptions,
    *,
    request_of: Callable[[ScopeOptions], Request] = Request.of,
    publish: Publish = publish_nowhere,
) -> Audit:
    """Do all that `scan` does, and return the audit; `publish` gets it when it is recorded, before people are notified.

    Raises:
        EcmpauditError: the scan could not begin, or a step after the audit failed.
    """
    limits = _Limits.of(collection.deadline)
    workers = _workers(collection, limits)
    if history.record and collection.limit:
        raise ConfigurationError("--record with --limit: a run is recorded whole; leave --limit out")
    refuse_a_part(filters, history)
    rules = chosen_rules(reports.select, reports.ignore)
    if not history.record:
        _refuse_places(collection, reports)
    request = request_of(replace(scope, limit=collection.limit, until=limits.asking))
    targets, routers = _chosen(collection, request, routers_asked(collection.routers, filters, request.inventory))
    with raised_at_the_end() as failures, _recorded_alone(request, history, failures) as recording:
        destinations = usable_destinations(request) if history.record else ()
        request, of_pods = with_pods(request, targets, collection, limits.asking)
        targets += of_pods
        recording = replace(recording, request=request)  # noqa: PLW2901 - what pods were not listed for belongs to it
        shown = replace(filters, only_routers=())
        run = AuditRun(
            request, rules, reports, recording, shown, Alerts(alerts, destinations), routers, publish=publish
        )
        if workers is None:
            material = _collected(targets, collection, limits, request, failures)
        else:
            material = workers.asked(targets, request)
        material = replace(material, hosts=material.hosts | set(routers))
        audit = audit_and_report(material, replace(run, until=limits.judging()), failures)
    return audit  # noqa: RET504 - for mypy, the context may swallow an error


def _refuse_places(collection: CollectionOptions, reports: ReportOptions) -> None:
    """Refuse files and a folder that cannot be written before anything is asked.

    A recorded run is not refused: it notifies people, and a folder must not keep an alert back.

    Raises:
        EcmpauditError: a file cannot be written.
        SnapshotError: the folder cannot take the snapshot.
    """
    with raised_at_the_end() as failures:
        if collection.save is not None:
            with failures.collected():
                check_place(collection.save, overwrite=collection.overwrite)
        with failures.collected():
            refuse_unwritable(output.path for output in reports.outputs)


def asked(
    collection: CollectionOptions, request: Request, needs: Needs | None = None, kept: KeptConnections | None = None
) -> tuple[Material, float]:
    """Return what routers and nodes answered, and the moment of the monotonic clock at which judging has to end.

    With `needs`, only what answers these is asked. Connections that are `kept` stay open.

    Raises:
        EcmpauditError: the answers could not be saved, or a value cannot be used.
    """
    limits = _Limits.of(collection.deadline)
    targets, routers = _chosen(collection, request, ())
    request, of_pods = with_pods(request, targets, collection, limits.asking)
    targets += of_pods
    if needs is not None:
        targets = narrowed(targets, needs, request.routers)
    with raised_at_the_end() as failures:
        material = _collected(targets, collection, limits, request, failures, kept)
    return replace(material, hosts=material.hosts | set(routers)), limits.judging()


def _chosen(
    collection: CollectionOptions, request: Request, only: Sequence[str]
) -> tuple[list[Target], tuple[str, ...]]:
    """Return who is asked, and the names of the routers among them; no router in `only` means all."""
    limit = limited("--limit", collection.limit, request.inventory)
    pools = () if collection.full else request.audited
    targets = targets_of(request.inventory.reached_by(collection.transport), only, pools=pools, limit=limit)
    return targets, tuple(name for name in only or request.inventory.routers if name in limit)


_LEAST_FOR_JUDGING = 5.0
"""Seconds; a thousand prefixes on ten routers take less than one."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """Moments of the monotonic clock: asking ends early enough that the answers can be read before the deadline."""

    asking: float | None = None
    reading: float = math.inf

    @classmethod
    def of(cls, deadline: float | None) -> _Limits:
        """Return the limits of a run that begins now and ends after `deadline` seconds."""
        if deadline is None:
            return cls()
        began = time.monotonic()
        return cls(began + deadline - min(deadline * _FOR_READING, _MOST_FOR_READING), began + deadline)

    def judging(self) -> float:
        """Return when judging ends that begins now: what was read late is judged too, unless it takes long."""
        return max(self.reading, time.monotonic() + _LEAST_FOR_JUDGING)


def _workers(options: CollectionOptions, limits: _Limits) -> Workers | None:
    """Return the workers that ask in place of this process; None where it does."""
    if options.dask is None:
        return None
    from ecmpaudit.commands.spread_scan import Workers  # noqa: PLC0415 - only where it is asked for

    return Workers.of(options, options.dask, limits.asking, limits.reading)


@contextlib.contextmanager
def _recorded_alone(request: Request, options: HistoryOptions, failures: Failures) -> Iterator[RunHistory]:
    """Give the history of a scan; while it records, no other scan of the same configuration does.

    Where the disk refuses the lock, that is reported after the report.
    """
    history = run_history(request, "scan", options)
    if not history.is_recording:
        if history.place is not None:
            with history.opened():  # one that cannot be read is refused before anybody is asked
                pass
        yield history
        return
    alone = only_instance(lock_file(str(history.place), request.path))
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(alone)
        except UnusableHistoryError as error:
            failures.errors.append(error)
        yield history


def _collected(
    targets: Sequence[Target],
    options: CollectionOptions,
    limits: _Limits,
    request: Request,
    failures: Failures,
    kept: KeptConnections | None = None,
) -> Material:
    """Return what the answers show, and save them where that is wanted.

    Route tables of a router that differ are asked for once more.
    """
    started = now()
    budget = AnswerBudget(options.memory or request.memory, limits.reading)
    ask = asking(options, [target.name for target in targets], limits.asking, budget, kept)
    captures = without_absent_programs(ask(targets))
    try:
        material = _material(captures, request, budget)
        repeated = commands_to_repeat(captures, material, network_of_material(material, request))
        if repeated:
            captures = with_later_answers(captures, ask(targets_again(targets, repeated, captures)))
            material = _material(captures, request, budget)
    finally:  # what was answered is saved whatever happens, an interrupt included
        if options.save is not None:
            with failures.collected():
                save_snapshot(
                    [*request.cluster_captures, *captures],
                    options.save,
                    started=started,
                    keep_secrets=options.keep_secrets,
                    overwrite=options.overwrite,
                )
    return material


def _material(captures: Sequence[Capture], request: Request, budget: AnswerBudget) -> Material:
    return read_material(captures, only=request.audited, nodes=request.nodes, routers=request.routers, budget=budget)
