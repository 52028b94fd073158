"""The BGP session between node and router: up, down since when and why, or not configured.

A session that the router does not list is a missing one only where its list is whole and none of the listed peers
could be the node under another name.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from ecmpaudit.model.facts import Question
from ecmpaudit.rules.causes.link import Pair, State, Step, broken, ok, unknown
from ecmpaudit.rules.causes.on_the_node import sessions_of_node
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from ecmpaudit.model.facts import BgpSession, Neighbor

_LINK = "session"
_ADMINISTRATIVE = "Admin"
_PREFIX_LIMIT = "PfxCt"
_NOT_NEGOTIATED = "NoNeg"
"""FRR's text says so instead of a state, where the session is up and one end did not offer the family."""


def session(pair: Pair) -> Step:
    """Tell whether routes are exchanged between the node and the router."""
    if pair.is_interior:
        protocol = pair.prefix.selected.protocol.upper() if pair.prefix.selected else ""
        return unknown(_LINK, f"{pair.router} uses {protocol}, whose adjacencies are not asked for")
    of_family = [s for s in pair.sessions if s.family == pair.family]
    for told in of_family:
        if told.is_up:
            since = f", since {told.since}" if told.since else ""
            return ok(_LINK, f"its BGP session to {pair.router} is up{since}", told.evidence)
    if of_family:
        return _down(pair, min(of_family, key=_is_not_negotiated))
    return _not_listed(pair)


def _is_not_negotiated(told: BgpSession) -> bool:
    return told.state == _NOT_NEGOTIATED


def _down(pair: Pair, told: BgpSession) -> Step:
    router = pair.router
    if _is_not_negotiated(told):
        rest = f"but IPv{pair.family} was not negotiated over"
        one, many = (
            f"its BGP session to {router} is up, {rest} it",
            f"their BGP sessions to {router} are up, {rest} them",
        )
        return broken(_LINK, one, many, told.evidence, detail=f"({_NOT_NEGOTIATED})")
    shutdown = [neighbor for neighbor in pair.neighbors if neighbor.is_shutdown]
    if _PREFIX_LIMIT in (told.detail or ""):
        limit = told.limit or next((n.limit for n in pair.neighbors if n.limit), None)
        at = f"its limit of {counted(limit, 'prefix')}" if limit else "its prefix limit"
        one, many = f"its BGP session is shut by {router} at {at}", f"their BGP sessions are shut by {router} at {at}"
    elif shutdown or _ADMINISTRATIVE in (told.detail or ""):
        one = f"its BGP session is shut down on {router} by configuration"
        many = f"their BGP sessions are shut down on {router} by configuration"
    elif told.since is None:
        one = f"its BGP session to {router} has never been up"
        many = f"their BGP sessions to {router} have never been up"
    else:
        one, many = f"its BGP session to {router} is down", f"their BGP sessions to {router} are down"
    lines = (told.evidence, *(neighbor.evidence for neighbor in shutdown))
    return broken(_LINK, one, many, *lines, detail=_state(told))


def _state(told: BgpSession) -> str:
    """Return since when and in which state: `since 00:12:31 (Active, "Connection refused")`."""
    error = f'"{told.last_error}"' if told.last_error else None
    words = ", ".join(filter(None, (told.state, told.detail, error)))
    return f"since {told.since} ({words})" if told.since else f"({words})"


def _not_listed(pair: Pair) -> Step:
    """Tell of a session that the router does not list, as far as the node and the configuration tell of it."""
    router = pair.router
    of_node = sessions_of_node(pair)
    for told in of_node:
        if told.is_up:
            return ok(_LINK, f"its BGP session to {router} is up, as it says itself", told.evidence)
    for neighbor in pair.neighbors:
        if neighbor.is_shutdown:
            one = f"its BGP session is shut down on {router} by configuration"
            many = f"their BGP sessions are shut down on {router} by configuration"
            return broken(_LINK, one, many, neighbor.evidence)
    missing = _missing(pair)
    if of_node and missing.state is not State.BROKEN:
        return _down(pair, of_node[0])
    return replace(missing, evidence=(*missing.evidence, *(told.evidence for told in of_node)))


def _missing(pair: Pair) -> Step:
    """Tell whether the router has no session with the node."""
    router, family = pair.router, f"IPv{pair.family}"
    if not pair.facts.knows(pair.prefix.router, Question.SESSIONS, pair.family):
        return unknown(_LINK, f"{router}'s BGP sessions are not known")
    of_router = pair.facts.sessions_of(pair.prefix.router, pair.prefix.vrf)
    unnamed = [s.peer for s in of_router if s.family == pair.family and pair.could_be_node(s.peer)]
    if unnamed and not pair.sessions:
        return unknown(_LINK, f"which of {router}'s BGP sessions is its own cannot be told: {', '.join(unnamed)}")
    return _no_session(pair, family)


def _no_session(pair: Pair, family: str) -> Step:
    """Say that the router lists no such session, and what it has instead."""
    router = pair.router
    waiting = _listening(pair)
    if waiting:
        one = f"it has not connected to {router}, which waits for it as one of {waiting.peer}"
        return broken(_LINK, one, one.replace("it has", "they have").replace(" it ", " them "), waiting.evidence)
    if pair.sessions:
        other = f"IPv{pair.sessions[0].family}"
        one = f"its BGP session to {router} carries {other} but not {family}"
        many = f"their BGP sessions to {router} carry {other} but not {family}"
        return broken(_LINK, one, many, pair.sessions[0].evidence)
    if pair.neighbors:
        return unknown(_LINK, f"{router} has it configured as a neighbour and lists no session")
    if not _peers_with_nodes(pair):
        return unknown(_LINK, f"{router} has a BGP session with no node at all, as behind a route reflector")
    return broken(
        _LINK, f"{router} has no BGP neighbour configured for it", f"{router} has no BGP neighbours configured for them"
    )


def _peers_with_nodes(pair: Pair) -> bool:
    """Some expected node has a session with the router, so that one without is an exception."""
    nodes = pair.prefix.expectation.nodes if pair.prefix.expectation else ()
    return any(Pair(pair.prefix, node, pair.facts).sessions for node in nodes if node != pair.node)


def _listening(pair: Pair) -> Neighbor | None:
    """Return the range of dynamic neighbours that the node would be one of."""
    for neighbor in pair.facts.neighbors_of.get(pair.prefix.router, ()):
        if "/" not in neighbor.peer or (neighbor.vrf, neighbor.family) != (pair.prefix.vrf, pair.family):
            continue
        network = ip_network(neighbor.peer, strict=False)
        if any(ip_address(a.partition("%")[0]) in network for a in pair.node.addresses):
            return neighbor
    return None
