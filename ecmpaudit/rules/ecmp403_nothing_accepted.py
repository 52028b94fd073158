"""A BGP session is up and the router accepts nothing over it.

Why
    An established session may carry nothing. Since 7.4, FRR accepts and sends nothing over an eBGP session without
    policies (RFC 8212) and shows `(Policy)` in place of the number of prefixes (frr#6843, opnsense/plugins#1953). The
    same happens with a filter that matches nothing, a node whose selector matches no service (cilium#33076), or a
    family that was never activated.
    Another audited router may have nothing to send: a spine whose best path came from this leaf sends it no other.
    A session without accepted prefixes is reported if its peer is an expected node, or if the output shows `(Policy)`;
    where the router's nodes are not known, also if another session of its AS carries prefixes. It is not reported if
    the node has another session that carries its prefixes.
    Where a node is missing because of it, ECMP101 reports this as the cause.

How to fix
    `(Policy)`: configure an inbound route-map or prefix-list for the neighbour, or `no bgp ebgp-requires-policy`.
    Otherwise check what the node sends (`show bgp neighbors ADDRESS advertised-routes`, `birdc show route export
    NAME`) and what the router filters.

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

    spine1 198.51.100.7/32 via 192.0.2.1-2
    expect 198.51.100.7/32 nodes leaf1=192.0.2.1, leaf2=192.0.2.2
    spine1 session 192.0.2.1 ipv4 Established accepted 4 as 64512
    spine1 session 192.0.2.2 ipv4 Established accepted 4 as 64512
    spine1 session 192.0.2.3 ipv4 Established accepted 0 as 64512
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.messages import at, named_peer, place_of_router
from ecmpaudit.rules.suppression import is_session_with, sessions_without_missing_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Network, Node
    from ecmpaudit.model.facts import BgpSession

CODE = "ECMP403"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES, Question.SESSIONS)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each session of an audited router that is up without accepted prefixes."""
    carrying = {(s.host, s.vrf, s.family, s.remote_as) for s in network.facts.sessions if s.accepted and s.remote_as}
    with_nodes = {p.router for p in network.prefixes if p.expectation and p.expectation.nodes}
    routers = {state.name for state in network.routers if not state.is_node}
    for session, node in sessions_without_missing_nodes(network):
        if network.facts.host_of(session.peer) in routers and "Policy" not in (session.detail or ""):
            continue
        if node is not None and _has_another_session(session, node, network):
            continue
        is_policy = "Policy" in (session.detail or "")
        of_as = (session.host, session.vrf, session.family, session.remote_as)
        is_expected = node is not None or (of_as in carrying and session.host not in with_nodes)
        if session.is_up and (is_policy or (session.accepted == 0 and is_expected)):
            yield _finding(session, node, is_policy=is_policy)


def _has_another_session(session: BgpSession, node: Node, network: Network) -> bool:
    """Return whether another session carries the node's prefixes.

    FRR activates IPv4 for sessions over IPv6 too, unless configured otherwise; the session over IPv4 carries them all.
    """
    others = network.facts.sessions_of(session.host, session.vrf)
    return any(other.accepted and other.family == session.family and is_session_with(other, node) for other in others)


def _finding(session: BgpSession, node: Node | None, *, is_policy: bool) -> Finding:
    place = place_of_router(session.host, session.vrf)
    cause = "the neighbour has no inbound policy (Policy)" if is_policy else None
    reason = f"; {cause}" if cause else ""
    return Finding(
        code=CODE,
        severity=SEVERITY,
        message=at(
            place,
            f"no IPv{session.family} prefix accepted from {named_peer(session, node)}, expected at least 1; "
            f"its BGP session is up{reason}",
        ),
        router=session.host,
        vrf=session.vrf,
        cause=cause,
        evidence=(session.evidence,),
        hint="configure an inbound filter for the neighbour, or `no bgp ebgp-requires-policy`"
        if is_policy
        else "check what the node sends and what the router filters",
    )
