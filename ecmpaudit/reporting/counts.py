"""Findings counted by router, node or prefix, as a table: who is concerned most is first."""

from __future__ import annotations

import enum
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity, name_key, prefix_key
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecmpaudit.model import Audit, Finding

_COUNTED = (Severity.ERROR, Severity.WARNING, Severity.INFO, Severity.INCOMPLETE)
_WITHOUT_A_NAME = "-"


class By(enum.StrEnum):
    """What findings are counted by."""

    ROUTER = "router"
    NODE = "node"
    PREFIX = "prefix"


_BESIDE = {By.ROUTER: (By.PREFIX, By.NODE), By.NODE: (By.ROUTER, By.PREFIX), By.PREFIX: (By.ROUTER, By.NODE)}
"""What else each row counts."""
_PLURALS = {By.ROUTER: "routers", By.NODE: "nodes", By.PREFIX: "prefixes"}


def counts_table(audit: Audit, by: By, *, width: int, color: bool) -> str:
    """Return one line for each router, node or prefix with findings, and how many have none."""
    from ecmpaudit.reporting.text_table import text_table  # noqa: PLC0415 - loads rich, only for this table

    findings: dict[str, list[Finding]] = defaultdict(list)
    for finding in audit.findings:
        for name in _names(finding, by):
            findings[name].append(finding)
    incidents = _incidents_by(audit, by)
    headings = [by.value, "incidents", *(f"{severity.value}s" for severity in _COUNTED[:-1]), "incomplete"]
    headings += [_PLURALS[other] for other in _BESIDE[by]]
    rows = [
        (
            safe(name),
            f"{incidents[name]:,}",
            *(f"{number:,}" for number in _severities(own)),
            *(f"{len({each for finding in own for each in _places(finding, other)}):,}" for other in _BESIDE[by]),
        )
        for name, own in sorted(findings.items(), key=lambda item: _order(item[0], item[1], by))
    ]
    table = text_table(headings, rows, width=width, color=color) if rows else ""
    rest = len(_all_names(audit, by) - findings.keys())
    return f"{table}{counted(rest, by.value)} without a finding\n" if rest else table


def _incidents_by(audit: Audit, by: By) -> Counter[str]:
    of_each = {By.ROUTER: "routers", By.NODE: "nodes", By.PREFIX: "prefixes"}[by]
    counts: Counter[str] = Counter()
    for incident in audit.incidents:
        counts.update(getattr(incident, of_each) or (_WITHOUT_A_NAME,))
    return counts


def _names(finding: Finding, by: By) -> Iterable[str]:
    """Return the rows that a finding counts in; one that is about none of them has a row of its own."""
    return _places(finding, by) or (_WITHOUT_A_NAME,)


def _places(finding: Finding, by: By) -> tuple[str, ...]:
    if by is By.NODE:
        return tuple(dict.fromkeys(node.name for node in finding.missing))
    name = finding.router if by is By.ROUTER else finding.prefix
    return (name,) if name else ()


def _severities(findings: Iterable[Finding]) -> list[int]:
    counts = Counter(finding.severity for finding in findings)
    return [counts[severity] for severity in _COUNTED]


def _order(name: str, findings: list[Finding], by: By) -> tuple[object, ...]:
    numbers = [-number for number in _severities(findings)]
    if by is By.PREFIX and name != _WITHOUT_A_NAME:
        return (*numbers, 0, prefix_key(name))
    return (*numbers, 1, name_key(name))


def _all_names(audit: Audit, by: By) -> set[str]:
    network = audit.network
    if by is By.ROUTER:
        return {state.name for state in network.routers if not state.is_node and state.name}
    if by is By.PREFIX:
        return {prefix.prefix for prefix in network.prefixes}
    lists = {id(view.expectation): view.expectation for view in network.prefixes if view.expectation}
    return {node.name for expectation in lists.values() for node in expectation.nodes}
