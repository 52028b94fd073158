"""Next hops that belong to no known node, while a node is missing whose address of this kind nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model.addressing import is_ipv6, is_link_local
from ecmpaudit.rules.messages import expected_nodes, named_nodes, next_hops

if TYPE_CHECKING:
    from ecmpaudit.model import AuditedPrefix, NextHop


def why_unidentified(prefix: AuditedPrefix) -> str:
    """Return why the missing node cannot be named, and among which it is."""
    return f"which node is missing cannot be told: {_kind_of_hops(prefix.unidentified)}{_among(prefix)}"


def _kind_of_hops(hops: tuple[NextHop, ...]) -> str:
    addresses = [hop.address or "" for hop in hops]
    family = "an IPv6" if any(map(is_ipv6, addresses)) else "an IPv4"
    kind = "a link-local" if all(map(is_link_local, addresses)) else family
    what = f"is {kind} address" if len(hops) == 1 else f"are {kind.partition(' ')[2]} addresses"
    return f"{next_hops(len(hops))} {what} that no node's list has"


def _among(prefix: AuditedPrefix) -> str:
    """Return which nodes come into question, when that is fewer than all."""
    nodes = expected_nodes(prefix)
    unseen = [node for node in nodes if not any(node.has(hop) for hop in prefix.installed)]
    return f"; it is among {named_nodes(unseen, prefix)}" if len(unseen) < len(nodes) else ""
