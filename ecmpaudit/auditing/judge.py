"""Judging a network by the rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.model import prefix_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecmpaudit.model import Finding, Network
    from ecmpaudit.rules import Rule


def judge(network: Network, rules: Iterable[Rule]) -> tuple[Finding, ...]:
    """Return what the rules find, sorted by code, router, VRF and prefix.

    A fault that came back (ECMP604) is reported only for rules that run; where one rule runs alone, for all.
    """
    chosen = tuple(rules)
    codes = {rule.code for rule in chosen}
    if len(codes) > 1:
        resolved = {fault: known for fault, known in network.past.resolved.items() if fault.code in codes}
        network = replace(network, past=replace(network.past, resolved=resolved))
    findings = [finding for rule in chosen for finding in rule.check(network)]
    return tuple(sorted(findings, key=_order))


def _order(finding: Finding) -> tuple[object, ...]:
    prefix = prefix_key(finding.prefix) if finding.prefix else ()
    return finding.code, finding.router or "", finding.vrf or "", prefix, finding.message
