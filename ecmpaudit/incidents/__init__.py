"""One step after the rules: the findings of a run in incidents, by shared cause, then by shape.

Nothing is guessed: a block of nodes, routers and prefixes is named only if each of its cells is faulty. Each finding is
in exactly one incident.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.incidents.atoms import bits
from ecmpaudit.incidents.board import Board
from ecmpaudit.incidents.effects import effect_of
from ecmpaudit.incidents.evidence import cause_of, command_for
from ecmpaudit.incidents.grouping import groups_of
from ecmpaudit.incidents.identity import ids_of
from ecmpaudit.incidents.titles import title_of
from ecmpaudit.model import MISSING_NEXT_HOPS, Incident, Severity, faults_of, fingerprints, name_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecmpaudit.incidents.groups import Group
    from ecmpaudit.model import Fault, Finding, Network, Past

_WORST_FIRST = (Severity.ERROR, Severity.WARNING, Severity.INCOMPLETE, Severity.INFO)
_ORDER = (Severity.INCOMPLETE, Severity.ERROR, Severity.WARNING, Severity.INFO)


def incidents_of(network: Network, findings: Sequence[Finding]) -> tuple[Incident, ...]:
    """Return the incidents, incomplete ones first, then the worst, and of these the largest."""
    if not findings:
        return ()
    board = Board.of(network, findings)
    groups = groups_of(board, findings)
    known_routers = sum(not state.is_node for state in network.routers)
    names = fingerprints(findings)
    found = [
        (len(group.candidates), _incident(group, name, board, network, findings, names))
        for group, name in zip(groups, ids_of(groups, board, known_routers), strict=True)
    ]
    found.sort(key=lambda each: (_ORDER.index(each[1].severity), -each[0], name_key(each[1].title), each[1].id))
    return tuple(incident for _, incident in found)


def _incident(
    group: Group, name: str, board: Board, network: Network, findings: Sequence[Finding], names: Sequence[str]
) -> Incident:
    explained = [findings[number] for number in group.candidates]
    own = [findings[number] for number in group.findings] or explained
    names_of_nodes = {board.nodes[number] for number in bits(group.block.nodes)}
    faults = _faults(names_of_nodes, explained)
    return Incident(
        id=name,
        kind=group.kind,
        severity=min((finding.severity for finding in own), key=_WORST_FIRST.index),
        title=title_of(group, board, explained),
        nodes=_nodes(group, board, explained),
        routers=tuple(dict.fromkeys(board.routers[n][0] for n in bits(group.block.routers) if board.routers[n][0])),
        prefixes=tuple(board.prefixes[n] for n in bits(group.block.prefixes) if board.prefixes[n]),
        findings=tuple(names[number] for number in group.findings),
        cause=cause_of(group, board, explained),
        effect=effect_of(group, board, explained),
        next=command_for(explained, network),
        faults=faults,
        since=_since(names_of_nodes, faults, network.past),
    )


def _nodes(group: Group, board: Board, findings: Iterable[Finding]) -> tuple[str, ...]:
    if group.block.nodes:
        return board.node_names(group.block.nodes)
    return tuple(sorted({node.name for finding in findings for node in finding.missing}, key=name_key))


def _faults(names: set[str], findings: Iterable[Finding]) -> tuple[Fault, ...]:
    """Return the faults that a group explains: of a finding about missing nodes, those of its own nodes."""
    found = (
        fault
        for finding in findings
        for fault in faults_of(finding)
        if not names or fault.about in names or fault.code not in MISSING_NEXT_HOPS
    )
    return tuple(dict.fromkeys(found))


def _since(names: set[str], faults: Iterable[Fault], past: Past) -> str | None:
    """Return when the first of the faults began that are still open; of a missing node, only its own count."""
    if not past.began:
        return None
    began = (past.began.get(fault) for fault in faults if not names or fault.about in names)
    return min((time for time in began if time), default=None)
