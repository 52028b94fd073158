"""The title of an incident: one sentence with its extent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.incidents.extent import Extent, named
from ecmpaudit.model import Kind, Severity
from ecmpaudit.rules import all_rules
from ecmpaudit.wording import and_listed, counted, word_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.incidents.board import Board
    from ecmpaudit.incidents.groups import Group
    from ecmpaudit.model import Finding

_NOT_CHECKED = "ECMP001"
_LONGEST = 240
"""Characters; a message may name every node."""


def title_of(group: Group, board: Board, findings: Sequence[Finding]) -> str:
    """Return the title; `findings` are those that the incident explains."""
    title = _title(group, board, findings)
    return title if len(title) <= _LONGEST else f"{title[:_LONGEST].rpartition(' ')[0]} …"


def _title(group: Group, board: Board, findings: Sequence[Finding]) -> str:
    extent = Extent(board, group.block)
    if group.kind is Kind.MISSING:
        return _missing(group, board, extent)
    if group.kind is Kind.NO_ROUTE:
        return _without_next_hop(extent, findings)
    if group.kind is Kind.CEILING:
        return f"{_ceiling(group, findings)} {extent.phrase}".rstrip()
    if len(findings) == 1:
        return findings[0].message
    if findings[0].code == _NOT_CHECKED:
        return f"{_routers_not_checked(findings)}: {findings[0].cause}"
    where = f": {extent.text}" if extent.text else f": {counted(len(findings), 'time')}"
    return f"{_summary(findings[0].code)}{where}"


def _missing(group: Group, board: Board, extent: Extent) -> str:
    if not group.block.nodes:
        number = int(str(group.subject))
        return f"{counted(number, 'next hop')} {word_for(number, 'is', 'are')} missing {extent.phrase}".rstrip()
    names = board.node_names(group.block.nodes)
    if len(names) == 1:
        return f"node {names[0]} is missing {extent.phrase}".rstrip()
    shared = board.named_sets.get(group.block.nodes)
    who = f"all {len(names):,} nodes of {shared}" if shared else f"{len(names):,} nodes"
    return f"{who} are missing {extent.phrase}: {named(names)}"


def _without_next_hop(extent: Extent, findings: Sequence[Finding]) -> str:
    has_route = any(finding.code == "ECMP101" for finding in findings)
    lack = "no expected next hop" if has_route else "no route"
    is_one = extent.prefixes == findings[0].prefix
    return f"{extent.prefixes} {'has' if is_one else 'have'} {lack} {extent.routers}".rstrip()


def _ceiling(group: Group, findings: Sequence[Finding]) -> str:
    values = group.subject if isinstance(group.subject, tuple) else ()
    if values == (1,):
        return "multipath is off (a ceiling of 1)"
    ceilings = f"{'a ceiling' if len(values) == 1 else 'ceilings'} of {and_listed(values)} next hops"
    if all(finding.code == "ECMP201" and finding.severity is not Severity.ERROR for finding in findings):
        return f"{ceilings} and more are installed"
    is_known = any(finding.severity is Severity.ERROR and finding.code != "ECMP101" for finding in findings)
    return f"{ceilings} {word_for(len(values), 'is', 'are')} {'too low' if is_known else 'suspected'}"


def _routers_not_checked(findings: Sequence[Finding]) -> str:
    names = [finding.router or "unnamed router" for finding in findings]
    how = {finding.message.partition(": ")[2].partition(": ")[0] for finding in findings}
    extent = how.pop() if len(how) == 1 else "not checked"
    return f"{len(names):,} routers or nodes are {extent} ({named(names)})"


def _summary(code: str) -> str:
    """Return the rule's summary as the beginning of a sentence inside another."""
    summary = next((rule.summary for rule in all_rules() if rule.code == code), code)
    return summary[0].lower() + summary[1:]
