"""`scan --check`: log in to each router and node, ask for the version, and say what failed, where and what to do."""

from __future__ import annotations

import datetime as dt
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.filters import routers_asked
from ecmpaudit.auditing.request import Request
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.capture_texts import loaded
from ecmpaudit.collectors.failure_kinds import kind_of
from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.commands.asking import asking
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.selection import limited
from ecmpaudit.platforms.registry import platforms
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.rules.remedies import remedy_for
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecmpaudit.auditing.scope import FilterOptions, ScopeOptions
    from ecmpaudit.collectors.target import Target
    from ecmpaudit.commands.options import CollectionOptions, HistoryOptions, ReportOptions
    from ecmpaudit.model import Capture

_HEAD = ("host", "platform", "transport", "result", "step", "seconds", "version")
_INCOMPLETE = 3
_LONGEST_VERSION = 40


def check(
    collection: CollectionOptions,
    scope: ScopeOptions,
    filters: FilterOptions,
    reports: ReportOptions,
    history: HistoryOptions,
) -> int:
    """Print a table of the hosts that failed, or of all, with each reason, and return 0, or 3 where one failed.

    Raises:
        ConfigurationError: the configuration, an inventory, a filter or another option cannot be used.
    """
    if collection.dask is not None:
        raise ConfigurationError("--check with --dask: this process asks for the versions; leave --dask out")
    if history.record or collection.save or reports.outputs:
        raise ConfigurationError("--check audits nothing: leave --record, --save and -o out")
    request = Request.of(replace(scope, limit=collection.limit))
    configuration = request.inventory.reached_by(collection.transport)
    only = routers_asked(collection.routers, filters, configuration)
    limit = limited("--limit", collection.limit, configuration)
    targets = [_checking(target) for target in targets_of(configuration, only, limit=limit)]
    budget = AnswerBudget(collection.memory or request.memory)
    until = time.monotonic() + collection.deadline if collection.deadline else None
    captures = asking(collection, [target.name for target in targets], until, budget)(targets)
    ways = {target.name: target.transport for target in targets}
    rows = [_row(capture, ways, budget) for capture in captures]
    failed = [capture for capture in captures if capture.failure]
    shown = [row for row, capture in zip(rows, captures, strict=True) if reports.verbose or capture.failure]
    lines = _table(shown) if shown else []
    lines += [f"{c.router}: {c.failure}; {remedy_for(c.failure, c.router or '')}" for c in failed if c.failure]
    of_cluster = [capture for capture in request.cluster_captures if capture.failure]
    lines += [f"{capture.source}: {capture.failure}" for capture in of_cluster]
    lines.append(f"{counted(len(captures) - len(failed), 'host')} answered, {len(failed):,} did not")
    if not reports.quiet:
        sys.stdout.write("".join(f"{safe(line.rstrip())}\n" for line in lines))
    return _INCOMPLETE if failed or of_cluster else 0


def _checking(target: Target) -> Target:
    """Return the target with the one command of the check."""
    known = platforms()[target.platform].scan_check if target.platform else None
    return replace(
        target,
        commands=(known.command,) if known else target.commands[:1],
        follow_ups=(),
        alternatives=tuple(map(_checking, target.alternatives)),
    )


def _row(capture: Capture, ways: Mapping[str, str], budget: AnswerBudget) -> tuple[str, ...]:
    kind = kind_of(capture.failure) if capture.failure else None
    return (
        capture.router or "-",
        capture.platform or "-",
        ways.get(capture.router or "", "-"),
        kind.kind if kind else "answered",
        kind.step if kind else "-",
        _seconds(capture),
        _version(capture, budget),
    )


def _version(capture: Capture, budget: AnswerBudget) -> str:
    known = platforms()[capture.platform or ""].scan_check
    found = known.version.search(loaded(capture, budget).text) if known and not capture.failure else None
    return found[1][:_LONGEST_VERSION] if found else "-"


def _seconds(capture: Capture) -> str:
    """Return the time of the command, or of all tries of the login where that failed."""
    if not capture.started or not capture.finished:
        return "-"
    span = dt.datetime.fromisoformat(capture.finished) - dt.datetime.fromisoformat(capture.started)
    return f"{span.total_seconds():.1f}"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) for row in (_HEAD, *rows)]
