"""The steps that `scan` and `analyze` share once the outputs are read: audit, record, report, notify."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.filters import narrowed
from ecmpaudit.auditing.run import audit_material
from ecmpaudit.auditing.scope import FilterOptions
from ecmpaudit.commands.audit_report import write_reports
from ecmpaudit.commands.notifications import NO_ALERTS, Alerts, heading, notifying_afterwards
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Past, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.auditing.run import Material
    from ecmpaudit.commands.failures import Failures
    from ecmpaudit.commands.options import HistoryOptions, ReportOptions
    from ecmpaudit.commands.run_history import RecordedRun, RunHistory
    from ecmpaudit.model import Audit
    from ecmpaudit.rules import Rule

    Publish = Callable[["Finished"], None]


@dataclass(frozen=True, slots=True)
class Finished:
    """An audit, and what it was made of."""

    audit: Audit
    material: Material
    request: Request
    rules: tuple[Rule, ...]
    past: Past
    last_good: str | None
    """When the last run before it started that could check everything (ISO 8601)."""


def publish_nowhere(finished: Finished) -> None:
    """Do nothing: the reports of `ReportOptions` are all that is wanted."""


@dataclass(frozen=True, slots=True)
class AuditRun:
    """What one run is audited against, and where its outcome goes."""

    request: Request
    rules: tuple[Rule, ...]
    reports: ReportOptions
    history: RunHistory
    filters: FilterOptions = FilterOptions()  # noqa: RUF009 - frozen, and empty
    """What of the audit is shown."""
    alerts: Alerts = NO_ALERTS
    routers: Sequence[str] = ()
    """Those that were asked; empty where files are read."""
    until: float = math.inf
    """The moment of the monotonic clock at which judging ends."""
    publish: Publish = publish_nowhere
    """Gets the audit before the reports are written."""


def refuse_a_part(filters: FilterOptions, history: HistoryOptions) -> None:
    """Raise ConfigurationError where a part of an audit would be recorded: the rest would seem to have recovered."""
    left_out = replace(filters, only_routers=())
    if history.record and left_out.given:
        raise ConfigurationError(
            f"--record with {', '.join(left_out.given)}: a run is recorded whole; leave the filters out"
        )


def audit_and_report(material: Material, run: AuditRun, failures: Failures) -> Audit:
    """Audit, record, report and notify, in this order; a step that fails stops none of the later ones."""
    past = Past()
    with failures.collected():
        past = run.history.past()
    audit = audit_material(material, run.request, run.rules, past, run.until)
    audit = narrowed(audit, run.filters, run.request.configuration)
    recorded = None
    try:
        with failures.collected():
            recorded = run.history.record(
                audit,
                [rule for rule in run.rules if rule.code not in audit.cut_off],
                routers=run.routers,
                fail_on=Severity(run.reports.fail_on.value),
                confirm=run.alerts.options.confirm,
            )
    finally:  # the report is written whatever happens to the record, an interrupt included
        with notifying_afterwards(run.alerts, run.history, recorded, failures):
            last_good = recorded.last_good if recorded else None
            run.publish(Finished(audit, material, run.request, run.rules, past, last_good))
            _report(audit, run, recorded)
    return audit


def _report(audit: Audit, run: AuditRun, recorded: RecordedRun | None) -> None:
    """Write the reports; with --quiet-unless-changed, print what changed and nothing where nothing did."""
    if recorded is None:
        write_reports(audit, run.reports)
        return
    options, changes = run.reports, ""
    if run.alerts.options.quiet_unless_changed:
        options = replace(options, quiet=options.quiet or not recorded.is_changed)
        changes = heading(recorded)
    write_reports(audit, options, last_good=recorded.last_good, heading=changes)
