"""Names of incidents that stay the same from run to run.

Prefixes and causes are no part of a name: an incident that grows by some prefixes, or whose cause becomes known, is the
same one. All routers, where there are several, have one name, so that a router which does not answer changes nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ecmpaudit.incidents.atoms import bits
from ecmpaudit.model import Kind, fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.incidents.board import Board
    from ecmpaudit.incidents.groups import Group

_ALL = "*"


def ids_of(groups: Sequence[Group], board: Board, known_routers: int) -> list[str]:
    """Return a fingerprint for each group; `known_routers` counts those that did not answer, too."""
    names = [_name(group, board, known_routers) for group in groups]
    shared = {name for name, number in Counter(names).items() if number > 1}
    links = [(*name, _cause(group) if name in shared else "") for name, group in zip(names, groups, strict=True)]
    seen: Counter[tuple[str, ...]] = Counter()
    ids = []
    for name in links:
        ids.append(fingerprint(*name, str(seen[name])))
        seen[name] += 1
    return ids


def _name(group: Group, board: Board, known_routers: int) -> tuple[str, ...]:
    if group.kind is Kind.NOT_CHECKED:
        return group.kind, str(group.subject)
    routers = [f"{name}\t{vrf}" for name, vrf in (board.routers[number] for number in bits(group.block.routers))]
    nodes = group.block.nodes or 1
    universe = board.universe if group.block.nodes else board.whole_network
    if known_routers > 1 and not universe.routers(nodes, group.block.prefixes) & ~group.block.routers:
        routers = [_ALL]
    subject = group.subject if group.kind is Kind.OTHER or not group.block.nodes else ""
    subject = "" if group.kind is Kind.NO_ROUTE else str(subject)
    return group.kind, subject, " ".join(board.node_names(group.block.nodes)), " ".join(routers)


def _cause(group: Group) -> str:
    return "\t".join(group.cause) if group.cause else ""
