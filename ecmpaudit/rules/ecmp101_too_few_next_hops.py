"""A prefix has fewer next hops than expected, or an expected node is not among them.

Why
    A node that is no next hop carries nothing, and the others carry its share. Nobody notices until the next
    node goes. Nodes drop out one by one for many reasons: a session that is down, a prefix list for one family
    only (metallb#1888), a node that is no neighbour of this router, a path that lost the comparison
    (metallb#1739, cilium#40944), a ceiling (osism/ansible-collection-services#2122).

How to fix
    Ask the missing node whether it announces the prefix, and the router whether it has the node's path and why
    it does not use it: `show bgp PREFIX`, `birdc show route all for PREFIX`. If the cause names a ceiling, raise
    it. If the prefix moved on purpose, correct what is expected.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2, 192.0.2.5
    expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3, node4=192.0.2.4, node5=192.0.2.5

    tor1 2001:db8:100::7/128 via 2001:db8::1, 2001:db8::2
    expect 2001:db8:100::7/128 count 3

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
    expect 198.51.100.7/32 nodes 192.0.2.1-5

    tor1 2001:db8:100::7/128 via 2001:db8::1-3
    expect 2001:db8:100::7/128 count 3
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.rules.causes import why_missing
from ecmpaudit.rules.ceilings import reached_ceiling
from ecmpaudit.rules.messages import expected_nodes, finding_about, listed, named_nodes, next_hops, own_next_hops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network, NextHop

CODE = "ECMP101"
SEVERITY = Severity.ERROR


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix that lacks next hops; 102 and 103 tell of those without any route."""
    for prefix in network.prefixes:
        if prefix.routes and (prefix.shortfall or prefix.missing):
            yield finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"{own_next_hops(prefix)}, expected {prefix.expected}{_which(prefix)}",
                rests_on_expectation=True,
                missing=prefix.missing,
                unexpected=prefix.unexpected,
                cause=why_missing(prefix),
                hint=_hint(prefix),
            )


def _which(prefix: AuditedPrefix) -> str:
    """Return who is missing, or as much as can be told of it."""
    if prefix.missing:
        return f"; missing {named_nodes(prefix.missing, prefix)}"
    if prefix.unidentified:
        return f"; which node is missing cannot be told: {_why_unidentified(prefix.unidentified)}{_among(prefix)}"
    return f"; there are only {listed(prefix.installed)}" if prefix.installed else ""


def _why_unidentified(hops: tuple[NextHop, ...]) -> str:
    addresses = [hop.address or "" for hop in hops]
    family = "an IPv6" if any(":" in address for address in addresses) else "an IPv4"
    kind = "a link-local" if all(address.startswith("fe80:") for address in addresses) else family
    what = f"is {kind} address" if len(hops) == 1 else f"are {kind.partition(' ')[2]} addresses"
    return f"{next_hops(len(hops))} {what} that no node's list has"


def _among(prefix: AuditedPrefix) -> str:
    """Return which nodes come into question, when that is fewer than all."""
    nodes = expected_nodes(prefix)
    unseen = [node for node in nodes if not any(node.has(hop) for hop in prefix.installed)]
    return f"; it is among {named_nodes(unseen, prefix)}" if len(unseen) < len(nodes) else ""


def _hint(prefix: AuditedPrefix) -> str:
    if reached_ceiling(prefix):
        return "see to the ceiling first (ECMP202); the missing nodes may well be announcing"
    router = prefix.router or "the router"
    if prefix.missing:
        names = listed(node.name for node in prefix.missing)
        return f"ask {names}: is {prefix.prefix} announced, and is the session with {router} up?"
    if prefix.unidentified:
        return "add the nodes' addresses of this kind, link-local ones too, to their lists in ecmpaudit.yaml"
    return "list the nodes in ecmpaudit.yaml or with --nodes, and the missing one is named"
