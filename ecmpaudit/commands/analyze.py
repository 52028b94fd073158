"""Audit the route tables of files that were captured or pasted before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.auditing.request import chosen_rules
from ecmpaudit.commands.audit_report import exit_code_of
from ecmpaudit.commands.audit_run import AuditRun, audit_and_report, refuse_a_part
from ecmpaudit.commands.failures import raised_at_the_end
from ecmpaudit.commands.output import configure_logging, refuse_before_asking
from ecmpaudit.commands.reading import named_or_filtered, read_for, requested
from ecmpaudit.commands.run_history import run_history

if TYPE_CHECKING:
    from ecmpaudit.auditing.scope import FilterOptions, ScopeOptions
    from ecmpaudit.commands.options import HistoryOptions, InputOptions, ReportOptions


def analyze(
    inputs: InputOptions,
    scope: ScopeOptions,
    filters: FilterOptions,
    reports: ReportOptions,
    history: HistoryOptions,
) -> int:
    """Audit the inputs, write the reports, and return the exit code."""
    configure_logging(verbose=reports.verbose)
    rules = chosen_rules(reports.select, reports.ignore)
    if not history.record:  # as in a scan, a place must not keep a record back
        refuse_before_asking(reports.outputs, scope)
    if inputs.dask is not None:
        from ecmpaudit.commands.spread_reading import read_by_workers  # noqa: PLC0415 - only where it is asked for

        refuse_a_part(filters, history)
        request, material = read_by_workers(inputs, scope, inputs.dask)
    else:
        inputs, filters = named_or_filtered(inputs, filters)
        request, texts = requested(inputs, scope)
        refuse_a_part(filters, history)
        material = read_for(request, inputs, texts)
    run = AuditRun(request, rules, reports, run_history(request, "analyze", history), filters)
    with raised_at_the_end() as failures:
        audit = audit_and_report(material, run, failures)
    return exit_code_of(audit, reports)
