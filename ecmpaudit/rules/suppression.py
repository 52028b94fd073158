"""When a rule is silent because another rule reports the same fault: no fault is reported twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Network, Node
    from ecmpaudit.model.facts import BgpSession


def is_reported_as_missing(prefix: AuditedPrefix) -> bool:
    """Return whether rules 101 to 103 report this prefix; they name the cause as far as it is known."""
    return not prefix.routes or bool(prefix.shortfall or prefix.missing)


def has_given_expectation(prefix: AuditedPrefix) -> bool:
    """Return whether the expectation of the prefix was given, and not inferred from its siblings."""
    return prefix.expectation is not None and not prefix.expectation.is_inferred


def sessions_without_missing_nodes(network: Network) -> Iterator[tuple[BgpSession, Node | None]]:
    """Yield the sessions of audited routers, each with the expected node at its end, or None.

    A session of a missing node is not among them: ECMP101 reports the node, with the session as its cause.
    """
    prefixes: dict[tuple[str, str, int], list[AuditedPrefix]] = {}
    for prefix in network.prefixes:
        prefixes.setdefault((prefix.router, prefix.vrf, prefix.family), []).append(prefix)
    for session in network.facts.sessions:
        own = prefixes.get((session.host, session.vrf, session.family), [])
        missing = (node for prefix in own for node in prefix.missing)
        if own and not any(is_session_with(session, node) for node in missing):
            nodes = (node for prefix in own if prefix.expectation for node in prefix.expectation.nodes)
            yield session, next((node for node in nodes if is_session_with(session, node)), None)


def is_session_with(session: BgpSession, node: Node) -> bool:
    """Return whether the other end of the session is this node, by its name or by one of its addresses."""
    return session.peer_name == node.name or session.peer.partition("%")[0] in node.addresses
