"""A BGP session is near its prefix limit, or the router has shut it at the limit.

Why
    A limit protects the router from a neighbour that announces too many prefixes, and it is set for the number of
    services at that time. With one service more, the session goes to `Idle (PfxCt)` and the router loses every address
    of the node at once, as do all routers with that limit (kubernetes-retired/cloud-provider-equinix-metal#457,
    frr#5065). Reported from 80 % of the limit. A session that was shut at its limit is an error, unless ECMP101
    already reports it as the cause of a missing node.

How to fix
    Raise `maximum-prefix` (FRR) or `import limit` (BIRD) on the router, with a threshold that warns. After the limit
    was reached, `clear bgp NEIGHBOR` brings the session back.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 session 192.0.2.1 ipv4 Established accepted 8 limit 10

    tor1 2001:db8:100::7/128 via fe80::1%eth0
    tor1 session 2001:db8::2 ipv6 Idle since 00:03:00 detail PfxCt limit 10

Good
    tor1 198.51.100.7/32 via 192.0.2.1-2
    tor1 session 192.0.2.1 ipv4 Established accepted 7 limit 10

    tor1 2001:db8:100::7/128 via fe80::1%eth0
    tor1 session 2001:db8::1 ipv6 Established accepted 1000
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Evidence, Finding, Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.messages import at, named_peer, place_of_router
from ecmpaudit.rules.suppression import sessions_without_missing_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Network, Node
    from ecmpaudit.model.facts import BgpSession, Neighbor

CODE = "ECMP404"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES, Question.SESSIONS, Question.SESSION_DETAILS, Question.CONFIGURATION)

_NEAR_PERCENT = 80
"""The share of the limit from which a session is reported."""


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each session of an audited router at 80 % of its limit, or shut at it."""
    for session, node in sessions_without_missing_nodes(network):
        configured = _configured(session, network)
        limit = session.limit or (configured.limit if configured else None)
        lines = (session.evidence, configured.evidence) if configured else (session.evidence,)
        if not session.is_up and "PfxCt" in (session.detail or ""):
            yield _finding(session, node, limit, lines, is_shut=True)
        elif session.is_up and limit and (session.accepted or 0) * 100 >= _NEAR_PERCENT * limit:
            yield _finding(session, node, limit, lines, is_shut=False)


def _configured(session: BgpSession, network: Network) -> Neighbor | None:
    neighbors = network.facts.neighbors_of.get(session.host, ())
    wanted = (session.vrf, session.peer, session.family)
    return next((n for n in neighbors if n.limit and (n.vrf, n.peer, n.family) == wanted), None)


def _finding(
    session: BgpSession, node: Node | None, limit: int | None, lines: tuple[Evidence, ...], *, is_shut: bool
) -> Finding:
    end = named_peer(session, node)
    at_limit = f" of {limit}" if limit else ""
    if is_shut:
        fact = f"the BGP session with {end} was shut at its IPv{session.family} prefix limit{at_limit}, expected up"
    else:
        beyond = "no more are accepted" if session.blocks_at_limit else "the session is shut"
        fact = (
            f"{session.accepted} IPv{session.family} prefixes accepted from {end}, expected fewer than "
            f"{_NEAR_PERCENT} % of the limit{at_limit}; beyond the limit {beyond}"
        )
    return Finding(
        code=CODE,
        severity=Severity.ERROR if is_shut else SEVERITY,
        message=at(place_of_router(session.host, session.vrf), fact),
        router=session.host,
        vrf=session.vrf,
        expected=limit,
        actual=session.accepted,
        evidence=lines,
        hint="raise the limit (`maximum-prefix`, `import limit`), then clear the session if it is shut",
    )
