"""The audit as the output of a plugin for Nagios, Icinga and the like: state, performance data, more lines.

The exit code is the monitoring's own (0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN), not the one of the other forms. A pipe
begins performance data in any line, and some web interfaces take tags for markup: in text of a device both are escaped.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.reporting.selection import not_run
from ecmpaudit.reporting.shown import not_answered, shown_findings
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.reporting.verdict import Summary, counts_as_failure, summarize, verdict
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from ecmpaudit.model import Audit

_SHOWN = 20
"""Findings listed without `verbose`: agents cut an answer after some kilobytes."""
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
    findings = shown_findings(audit)
    shown = findings if verbose else findings[:_SHOWN]
    lines = [
        f"ECMP {state_of(audit, fail_on).name} - {verdict(audit)} | {_performance_data(summarize(audit))}",
        *(f"{finding.severity.value} {finding.code}: {finding.message}" for finding in shown),
    ]
    lines += [f"{router}: {said}" for router, said in not_answered(audit)]
    lines += filter(None, [not_run(audit)])
    if rest := len(findings) - len(shown):
        lines.append(f"and {counted(rest, 'more finding')} (-v shows all)")
    head, *others = map(safe, lines)
    return "\n".join([head, *(line.translate(_ESCAPED) for line in others)]) + "\n"


def unknown(message: str) -> str:
    """Return the plugin's output of a run that failed."""
    return f"ECMP {State.UNKNOWN.name} - {safe(message).translate(_ESCAPED)}\n"


def _performance_data(summary: Summary) -> str:
    """Return `label=value;warning;critical;minimum` for each number; a threshold of 0 means: none is wanted."""
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
        )
    )
