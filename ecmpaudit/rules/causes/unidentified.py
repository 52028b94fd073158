"""Next hops of no known node, while a node is missing whose list has no address of their kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model.addressing import is_ipv6, is_link_local
from ecmpaudit.rules.messages import expected_nodes, named_nodes, next_hops

if TYPE_CHECKING:
    from ecmpaudit.model import AuditedPrefix


def why_unidentified(prefix: AuditedPrefix) -> str:
    """Return why the missing node cannot be named, and which nodes it may be."""
    return f"cannot determine which node is missing: {kind_of_unidentified(prefix)}{_among(prefix)}"


def kind_of_unidentified(prefix: AuditedPrefix) -> str:
    """Return how many next hops are in no node's list, and of which kind their addresses are."""
    hops = prefix.unidentified
    addresses = [hop.address or "" for hop in hops]
    kind = "IPv6" if any(map(is_ipv6, addresses)) else "IPv4"
    if all(map(is_link_local, addresses)):
        kind = "link-local"
    if len(hops) == 1:
        article = "a" if kind == "link-local" else "an"
        return f"1 next hop is {article} {kind} address that is in no node's list"
    return f"{next_hops(len(hops))} are {kind} addresses that are in no node's list"


def _among(prefix: AuditedPrefix) -> str:
    """Return which nodes it may be, when these are fewer than all."""
    nodes = expected_nodes(prefix)
    absent = [node for node in nodes if not prefix.uses(node)]
    return f"; it is one of {named_nodes(absent, prefix)}" if len(absent) < len(nodes) else ""
