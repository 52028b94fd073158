"""Who already speaks: no fault is blamed twice, once for what is missing and once for the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Network, Node
    from ecmpaudit.model.facts import BgpSession


def is_told_by_101(prefix: AuditedPrefix) -> bool:
    """Rules 101 to 103 speak of this prefix, and name the cause as far as it is known."""
    return not prefix.routes or bool(prefix.shortfall or prefix.missing)


def is_given(prefix: AuditedPrefix) -> bool:
    """Somebody said what the prefix should have; nobody has to guess it from its siblings."""
    return prefix.expectation is not None and not prefix.expectation.is_inferred


def family_of(prefix: AuditedPrefix) -> int:
    """Return 4 or 6."""
    return 6 if ":" in prefix.prefix else 4


def sessions_of_routers(network: Network) -> Iterator[tuple[BgpSession, Node | None]]:
    """Yield the sessions of audited routers that 101 does not speak of, each with the expected node at its end."""
    prefixes: dict[tuple[str, str, int], list[AuditedPrefix]] = {}
    for prefix in network.prefixes:
        prefixes.setdefault((prefix.router, prefix.vrf, family_of(prefix)), []).append(prefix)
    for session in network.facts.sessions:
        own = prefixes.get((session.host, session.vrf, session.family), [])
        missing = (node for prefix in own for node in prefix.missing)
        if own and not any(is_node(session, node) for node in missing):
            nodes = (node for prefix in own if prefix.expectation for node in prefix.expectation.nodes)
            yield session, next((node for node in nodes if is_node(session, node)), None)


def is_node(session: BgpSession, node: Node) -> bool:
    """The other end of the session is this node."""
    return session.peer_name == node.name or session.peer.partition("%")[0] in node.addresses


def end_of(session: BgpSession, node: Node | None) -> str:
    """Return the other end for a sentence: `node3 (192.0.2.3)`."""
    name = node.name if node else session.peer_name
    return f"{name} ({session.peer})" if name and name != session.peer else session.peer


def place_of_router(router: str, vrf: str) -> str:
    """Return where a finding about a whole router is: `tor1`, `tor1 (vrf red)`."""
    return router if vrf == "default" else f"{router} (vrf {vrf})".lstrip()
