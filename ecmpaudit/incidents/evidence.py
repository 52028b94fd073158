"""The cause of an incident, with the evidence of one finding, and the command that shows more."""

from __future__ import annotations

import re
from shlex import quote
from typing import TYPE_CHECKING

from ecmpaudit.incidents.atoms import bits
from ecmpaudit.incidents.kinds import cause_kind
from ecmpaudit.model import Confidence, IncidentCause, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.incidents.board import Board
    from ecmpaudit.incidents.groups import Group
    from ecmpaudit.model import Cause, Finding, Network

_CEILING = "ceiling"
_BY_SCAN = "ssh "
"""How the source of an answer begins that a scan asked for."""
_SNAPSHOT = "now"
"""The folder into which an explanation of a scan saves the answers."""
_SERVICE = re.compile(r"(?P<namespace>[a-z0-9][a-z0-9-]{0,62})/(?P<name>[a-z0-9][a-z0-9.-]{0,252})")
"""A Service as the API server accepts it: of another name no command is made."""
_TOO_LOW, _REACHED, _OFF = "ECMP201", "ECMP202", "ECMP204"


def cause_of(group: Group, board: Board, findings: Sequence[Finding]) -> IncidentCause:
    """Return the cause that one of the findings proves, the most certain one."""
    if group.kind is Kind.CEILING:
        return _of_a_ceiling(findings)
    causes = list(_causes(group, board, findings))
    if {finding.prefix for cause, finding in causes if cause.link == _CEILING} != {f.prefix for f in findings}:
        causes = [(cause, finding) for cause, finding in causes if cause.link != _CEILING]
    best = min(causes, key=_certainty, default=None)
    if best is not None:
        cause, finding = best
        return IncidentCause(cause.link or None, cause.confidence, cause.text, cause.evidence or finding.evidence)
    first = findings[0]
    is_known = group.kind in {Kind.NOT_CHECKED, Kind.OTHER} and bool(first.cause)
    confidence = Confidence.CERTAIN if is_known else Confidence.UNKNOWN
    return IncidentCause(None, confidence, first.cause or "", first.evidence)


def _causes(group: Group, board: Board, findings: Sequence[Finding]) -> Iterator[tuple[Cause, Finding]]:
    """Yield the causes of the group's nodes; where the group has a cause, only those like it."""
    names = {board.nodes[number] for number in bits(group.block.nodes)}
    for finding in findings:
        for cause in finding.causes:
            if names and cause.node not in names:
                continue
            if group.cause is None or cause_kind(cause, finding) == group.cause:
                yield cause, finding


def _certainty(found: tuple[Cause, Finding]) -> int:
    return (Confidence.CERTAIN, Confidence.LIKELY, Confidence.UNKNOWN).index(found[0].confidence)


def _of_a_ceiling(findings: Sequence[Finding]) -> IncidentCause:
    for code in (_OFF, _REACHED, _TOO_LOW):
        if finding := next((finding for finding in findings if finding.code == code), None):
            is_suspected = finding.cause is not None and "common default" in finding.cause
            confidence = Confidence.LIKELY if is_suspected else Confidence.CERTAIN
            text = finding.cause or finding.message.partition("; ")[2]
            return IncidentCause(_CEILING, confidence, text, finding.evidence)
    first = findings[0]
    return IncidentCause(_CEILING, Confidence.CERTAIN, first.cause or "", first.evidence)


def command_for(findings: Sequence[Finding], network: Network) -> str:
    """Return the command that shows more: the chain of one prefix, what was read of a file, or a new scan."""
    first = next((finding for finding in findings if finding.prefix), findings[0])
    configuration = next((name for name in network.expectation_sources if name.endswith((".yaml", ".yml"))), None)
    option = f" -c {configuration}" if configuration else ""
    sources = [line.source for line in first.evidence]
    files = [source for source in sources if not source.startswith(_BY_SCAN)]
    if first.prefix and configuration and sources and not files:
        scan = f"ecmpaudit scan{option} --save {_SNAPSHOT}"
        return f"{scan}; ecmpaudit explain {first.prefix} {_SNAPSHOT}{option}"
    if first.prefix:
        return f"ecmpaudit explain {first.prefix} {quote(files[0]) if files else 'FILE…'}{option}"
    if first.code == "ECMP002" and files:
        return f"ecmpaudit routes {quote(files[0])} -v"
    if first.router and first.code != "ECMP002":
        return f"ecmpaudit scan {first.router}{option}"
    if first.services and (match := _SERVICE.fullmatch(first.services[0])):
        return f"kubectl describe service -n {match['namespace']} {match['name']}"
    return f"ecmpaudit routes {quote(files[0]) if files else 'FILE…'} --ecmp"
