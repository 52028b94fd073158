"""A node that falls silent goes unnoticed for longer than is wanted, and its share of the flows is lost that long.

Why
    While a node's link is up, only a timer shows that it is gone: the hold time of the BGP session, or BFD. It runs
    from the last message, so that the hold time is the longest outage; the lab's tests measure it. FRR's default is
    180 s and BIRD's 240 s, so that this is common, and it costs nothing while nodes say goodbye or their links go
    down: the severity is info. Expected is at most 90 s, which RFC 4271 suggests and MetalLB, Cilium and kube-router
    use; `detection` in ecmpaudit.yaml sets another limit. The two ends agree on the lower hold time.

How to fix
    Set `timers bgp 3 9` (FRR; `hold time 9` in BIRD) on one end, or use BFD on both (`neighbor X bfd`, `bfd on`), with
    3 x 300 ms for example. Shorter timers need a CPU with room: a session that flaps costs more than it saves.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1
    tor1 session 192.0.2.1 ipv4 Established hold 180

    tor1 2001:db8:100::7/128 via 2001:db8::1
    tor1 session 2001:db8::1 ipv6 Established hold 0

Good
    tor1 198.51.100.7/32 via 192.0.2.1
    tor1 session 192.0.2.1 ipv4 Established hold 90

    tor1 2001:db8:100::7/128 via 2001:db8::1
    tor1 session 2001:db8::1 ipv6 Established hold 180
    tor1 bfd 2001:db8::1 up 900 ms
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.detection import NEVER, Detection, detection_of, duration
from ecmpaudit.rules.messages import at, distinct_lines, named_peer, place_of_router
from ecmpaudit.rules.suppression import is_session_with
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Network, Node
    from ecmpaudit.model.facts import BgpSession

CODE = "ECMP703"
SEVERITY = Severity.INFO
NEEDS = (Question.ROUTES, Question.SESSIONS, Question.SESSION_DETAILS, Question.BFD)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each router, VRF and family with sessions to next hops that are given up too late."""
    slow: dict[tuple[str, str, int], list[tuple[BgpSession, Node | None, Detection]]] = {}
    for session, node in _sessions_with_next_hops(network):
        found = detection_of(session, network.facts)
        if found and found.seconds > network.detection_limit:
            slow.setdefault((session.host, session.vrf, session.family), []).append((session, node, found))
    for (router, vrf, family), sessions in slow.items():
        session, node, found = max(sessions, key=lambda one: one[2].seconds)
        yield Finding(
            code=CODE,
            severity=SEVERITY,
            message=at(
                place_of_router(router, vrf),
                f"a silent node is noticed {_when(found)} on {counted(len(sessions), 'BGP session')} for IPv{family}, "
                f"expected within {duration(network.detection_limit)}; for example {named_peer(session, node)}",
            ),
            router=router,
            vrf=vrf,
            evidence=distinct_lines(*(line for _, _, one in sessions for line in one.evidence)),
            hint="shorten the hold time on one end (`timers bgp 3 9`), or use BFD on both",
        )


def _when(found: Detection) -> str:
    if found.seconds == NEVER:
        return "never (hold time 0 and no BFD)"
    return f"only after up to {duration(found.seconds)} ({found.by})"


def _sessions_with_next_hops(network: Network) -> Iterator[tuple[BgpSession, Node | None]]:
    """Yield the sessions that are up and that audited prefixes have next hops of, each with its expected node."""
    with_sessions = {session.host for session in network.facts.sessions}
    prefixes: dict[tuple[str, str, int], list[AuditedPrefix]] = {}
    for prefix in network.prefixes:
        if prefix.router in with_sessions:
            prefixes.setdefault((prefix.router, prefix.vrf, prefix.family), []).append(prefix)
    for session in network.facts.sessions:
        own = prefixes.get((session.host, session.vrf, session.family), ()) if session.is_up else ()
        nodes = [node for prefix in own for node in _nodes_in_use(prefix) if is_session_with(session, node)]
        if nodes or any(_brings_a_next_hop(session, prefix, network) for prefix in own):
            yield session, next(iter(nodes), None)


def _nodes_in_use(prefix: AuditedPrefix) -> Iterator[Node]:
    nodes = prefix.expectation.nodes if prefix.expectation else ()
    return (node for node in nodes if prefix.uses(node))


def _brings_a_next_hop(session: BgpSession, prefix: AuditedPrefix, network: Network) -> bool:
    """Return whether a next hop in use is the session's peer, or came over the session."""
    used = {hop.address for hop in (*prefix.announced, *prefix.installed)}
    paths = network.facts.paths_to(prefix.router, prefix.vrf, prefix.prefix)
    return session.peer in used or any(path.peer == session.peer and path.next_hops & used for path in paths)
