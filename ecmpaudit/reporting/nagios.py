"""The audit as the output of a plugin for Nagios, Icinga and the like: state, worst incident, numbers, more lines.

The exit code is the monitoring's own (0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN), not the one of the other forms. A pipe
begins performance data in any line, and some web interfaces take tags for markup: in text of a device both are escaped.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.reporting.incident_facts import incident_details, worst_first
from ecmpaudit.reporting.selection import not_run
from ecmpaudit.reporting.shown import not_answered, shown_findings
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.reporting.verdict import counts_as_failure, summarize, verdict
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.model import Audit, Incident

_SHOWN = 20
"""Incidents and findings listed without `verbose`: agents cut an answer after some kilobytes."""
_ESCAPED = str.maketrans({"|": r"\x7c", "<": r"\x3c", ">": r"\x3e"})


class State(enum.IntEnum):
    """The states of a check; the value is the exit code."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


def state_of(audit: Audit, fail_on: Severity) -> State:
    """Return CRITICAL for an error, WARNING for a lesser finding at or above `fail_on`, else UNKNOWN without data.

    A run that judged nothing is UNKNOWN too.
    """
    failing = {f.severity for f in audit.findings if counts_as_failure(f.severity, fail_on)}
    if failing:
        return State.CRITICAL if Severity.ERROR in failing else State.WARNING
    judged = any(prefix.expectation for prefix in audit.network.prefixes)
    return State.OK if judged and not audit.is_incomplete else State.UNKNOWN


def render_nagios(audit: Audit, *, fail_on: Severity, verbose: bool = False) -> str:
    """Return the plugin's output; `verbose` lists every finding."""
    state, incidents, findings = state_of(audit, fail_on), worst_first(audit), shown_findings(audit)
    leading = _leading(state, incidents)
    head = safe(_head(leading, incidents) or verdict(audit)).translate(_ESCAPED)
    grouped = [_incident(incident) for incident in incidents] if len(findings) > 1 else []
    shown_incidents = grouped if verbose else grouped[:_SHOWN]
    shown = findings if verbose else findings[: _SHOWN - len(shown_incidents)]
    lines = [verdict(audit)] if leading else []
    lines += shown_incidents
    lines += [f"{finding.severity.value} {finding.code}: {finding.message}" for finding in shown]
    lines += [f"{router}: {said}" for router, said in not_answered(audit)]
    lines += filter(None, [not_run(audit)])
    rest = ((len(grouped) - len(shown_incidents), "incident"), (len(findings) - len(shown), "finding"))
    lines += [f"and {counted(number, f'more {what}')} (-v shows all)" for number, what in rest if number]
    first = f"ECMP {state.name} - {head} | {_performance_data(audit)}"
    return "\n".join([first, *(safe(line).translate(_ESCAPED) for line in lines)]) + "\n"


def _leading(state: State, incidents: Sequence[Incident]) -> Incident | None:
    """Return the incident of the first line: the worst one, or where only data are missing, what was not checked."""
    if state is State.OK:
        return None
    if state is State.UNKNOWN:
        return next((each for each in incidents if each.severity is Severity.INCOMPLETE), None)
    return next(iter(incidents), None)


def _head(leading: Incident | None, incidents: Sequence[Incident]) -> str:
    if leading is None:
        return ""
    others = len(incidents) - 1
    return f"{leading.title}; {counted(others, 'more incident')}" if others else leading.title


def _incident(incident: Incident) -> str:
    beside = (f"{label}: {text}" for label, text in incident_details(incident))
    return "; ".join([f"{incident.severity.value}: {incident.title}", *beside])


def unknown(message: str) -> str:
    """Return the plugin's output of a run that failed."""
    return f"ECMP {State.UNKNOWN.name} - {safe(message).translate(_ESCAPED)}\n"


def _performance_data(audit: Audit) -> str:
    """Return `label=value;warning;critical;minimum` for each number; a threshold of 0 means: none is wanted."""
    summary = summarize(audit)
    findings = summary.findings
    not_checked = summary.routers_not_checked + summary.routers_partly_checked
    return " ".join(
        (
            f"errors={findings[Severity.ERROR]};;0;0",
            f"warnings={findings[Severity.WARNING]};0;;0",
            f"incomplete={findings[Severity.INCOMPLETE]};;;0",
            f"routers_checked={summary.routers_checked};;;0",
            f"routers_not_checked={not_checked};;;0",
            f"prefixes={summary.prefixes_audited};;;0",
            f"prefixes_clean={summary.prefixes_clean};;;0",
            f"prefixes_not_judged={summary.prefixes_not_judged};;;0",
            f"next_hops={summary.next_hops_installed};;;0",
            f"lines_not_understood={summary.lines_not_understood};;;0",
            f"incidents={len(audit.incidents)};;;0",
        )
    )
