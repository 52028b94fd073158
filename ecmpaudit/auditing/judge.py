"""Judging a network by the rules, at most until the deadline of the run."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.model import prefix_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecmpaudit.model import Finding, Network
    from ecmpaudit.rules import Rule


_CAME_BACK = "ECMP604"
"""Runs last: it is about what the others found."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules found."""

    findings: tuple[Finding, ...]
    """Sorted by code, router, VRF and prefix."""
    codes: tuple[str, ...]
    """The rules that judged everything."""
    cut_off: tuple[str, ...] = ()
    """The rules that the deadline ended, or that did not begin: they may have found some of their faults."""


def judge(network: Network, rules: Iterable[Rule]) -> tuple[Finding, ...]:
    """Return what the rules find, sorted by code, router, VRF and prefix."""
    return judge_until(network, rules, math.inf).findings


def judge_until(network: Network, rules: Iterable[Rule], until: float) -> Judgement:
    """Return what the rules find until a moment of the monotonic clock.

    A fault that came back (ECMP604) is reported only for rules that run; where one rule runs alone, for all.
    """
    chosen = tuple(rules)
    codes = {rule.code for rule in chosen}
    if len(codes) > 1:
        resolved = {fault: known for fault, known in network.past.resolved.items() if fault.code in codes}
        network = replace(network, past=replace(network.past, resolved=resolved))
    findings: list[Finding] = []
    done: list[str] = []
    cut_off: list[str] = []
    for rule in sorted(chosen, key=lambda rule: rule.code == _CAME_BACK):
        if rule.code == _CAME_BACK:
            network = replace(network, found=_by_code(done, findings))
        is_done = time.monotonic() <= until and _is_done(rule, network, until, findings)
        (done if is_done else cut_off).append(rule.code)
    return Judgement(tuple(sorted(findings, key=_order)), tuple(done), tuple(cut_off))


def _by_code(codes: Iterable[str], findings: Iterable[Finding]) -> dict[str, tuple[Finding, ...]]:
    found: dict[str, list[Finding]] = {code: [] for code in codes}
    for finding in findings:
        found.setdefault(finding.code, []).append(finding)
    return {code: tuple(found[code]) for code in codes}


def _is_done(rule: Rule, network: Network, until: float, findings: list[Finding]) -> bool:
    """Add what a rule finds; return False where the time was over before its last finding."""
    for finding in rule.check(network):
        findings.append(finding)
        if time.monotonic() > until:
            return False
    return True


def _order(finding: Finding) -> tuple[object, ...]:
    prefix = prefix_key(finding.prefix) if finding.prefix else ()
    return finding.code, finding.router or "", finding.vrf or "", prefix, finding.message
