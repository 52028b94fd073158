"""A BGP session is up and the router accepts nothing over it.

Why
    "Established" is not "useful". Since 7.4, FRR takes and gives nothing over an eBGP session without policies
    (RFC 8212) and shows `(Policy)` where the number of prefixes stands (frr#6843, opnsense/plugins#1953). A filter
    that matches nothing, a node whose selector fits no service (cilium#33076), or a family that was never activated
    look the same.
    A session with nothing is told of if its peer is an expected node, if another session of its AS brings something,
    or if the output says `(Policy)`; not if the node has another session that brings its prefixes. Where a node is
    missing for it, ECMP101 names this as the cause.

How to fix
    `(Policy)`: give the neighbour a route-map or prefix-list in, or say `no bgp ebgp-requires-policy`. Otherwise ask
    the node what it sends (`show bgp neighbors ADDRESS advertised-routes`, `birdc show route export NAME`) and the
    router what it filters.

Bad
    tor1 198.51.100.7/32 ospf via 192.0.2.1-2
    tor1 session 192.0.2.1 ipv4 Established accepted 0 detail Policy

    tor1 2001:db8:100::7/128 via fe80::1%eth0
    tor1 session 2001:db8::1 ipv6 Established accepted 4 as 64512
    tor1 session 2001:db8::2 ipv6 Established accepted 0 as 64512

Good
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 session 192.0.2.1 ipv4 Established accepted 4 as 64512
    tor1 session 192.0.2.2 ipv4 Established accepted 4 as 64512
    tor1 session 203.0.113.9 ipv4 Established accepted 0 as 64500

    tor1 2001:db8:100::7/128 via fe80::1%eth0
    tor1 session 2001:db8::2 ipv6 Active as 64512
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Severity
from ecmpaudit.rules.messages import named_peer, place_of_router
from ecmpaudit.rules.suppression import is_session_with, sessions_without_missing_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Network, Node
    from ecmpaudit.model.facts import BgpSession

CODE = "ECMP403"
SEVERITY = Severity.WARNING


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each session of an audited router that is up and brings nothing."""
    useful = {(s.host, s.vrf, s.family, s.remote_as) for s in network.facts.sessions if s.accepted and s.remote_as}
    for session, node in sessions_without_missing_nodes(network):
        if node is not None and _comes_in_otherwise(session, node, network):
            continue
        is_policy = "Policy" in (session.detail or "")
        is_expected = node is not None or (session.host, session.vrf, session.family, session.remote_as) in useful
        if session.is_up and (is_policy or (session.accepted == 0 and is_expected)):
            yield _finding(session, node, is_policy=is_policy)


def _comes_in_otherwise(session: BgpSession, node: Node, network: Network) -> bool:
    """FRR has IPv4 on for sessions over IPv6 too, unless told otherwise: the node's own IPv4 session brings it all."""
    others = network.facts.sessions_of(session.host, session.vrf)
    return any(other.accepted and other.family == session.family and is_session_with(other, node) for other in others)


def _finding(session: BgpSession, node: Node | None, *, is_policy: bool) -> Finding:
    place = place_of_router(session.host, session.vrf)
    cause = "the neighbour has no policy for what comes in, (Policy)" if is_policy else None
    why = f"; {cause}" if cause else ""
    return Finding(
        code=CODE,
        severity=SEVERITY,
        message=f"{place}: no IPv{session.family} prefix accepted from {named_peer(session, node)}, expected some; "
        f"its BGP session is up{why}",
        router=session.host,
        vrf=session.vrf,
        cause=cause,
        evidence=(session.evidence,),
        hint="give the neighbour a filter in, or `no bgp ebgp-requires-policy`"
        if is_policy
        else "ask the node what it sends, and the router what it filters",
    )
