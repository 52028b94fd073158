"""The BGP session between node and router: up, down since when and why, or not configured.

A session that the router does not list is missing only where its list is complete and none of the listed peers could
be the node under another name.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias

from ecmpaudit.model.questions import Question
from ecmpaudit.rules.causes.adjacency import adjacency
from ecmpaudit.rules.causes.interior import rip_updates
from ecmpaudit.rules.causes.link import Clause, Link, State, Step, broken, ok, unknown
from ecmpaudit.rules.causes.pair import Pair
from ecmpaudit.rules.messages import protocol_name
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from ecmpaudit.model.facts import BgpSession, Neighbor, Setting

_ADMINISTRATIVE = "Admin"
_DISABLED = "Down"
"""BIRD's state of a protocol that is disabled, or that a limit has shut; then there is an error."""
_ESTABLISHED = "Established"
_Reasons: TypeAlias = "tuple[tuple[tuple[str, ...], str], ...]"
_REASONS: _Reasons = (
    (("bad peer as",), "{its BGP session|their BGP sessions} to {router} {fails|fail}: the AS numbers do not match"),
    (("bad bgp identifier",), "{its BGP session|their BGP sessions} to {router} {fails|fail}: the router id is in use"),
    (("received", "administrative shutdown"), "{it has|they have} shut down {its|their} BGP session with {router}"),
    (("peer unconfigured",), "{it has|they have} no BGP session with {router} configured any more"),
    (("peer de-configured",), "{it has|they have} no BGP session with {router} configured any more"),
    (("bfd",), "BFD reported {it|them} as down"),
)
"""What a router's FRR or BIRD prints of the end of a session, in lower case, and what it means for a `Clause`."""
_REASONS_OF_NODE: _Reasons = (
    *_REASONS[:2],
    (("received", "administrative shutdown"), "{router} has shut down {its BGP session|their BGP sessions}"),
    (("peer unconfigured",), "{router} has {its BGP session|their BGP sessions} not configured any more"),
    (("peer de-configured",), "{router} has {its BGP session|their BGP sessions} not configured any more"),
    (("bfd",), "BFD of {the node|the nodes} reported {router} as down"),
)
"""The same where the node prints it."""
_PREFIX_LIMIT = "PfxCt"


def session(pair: Pair) -> Step:
    """Return whether routes are exchanged between the node and the router."""
    selected = pair.prefix.selected
    if pair.is_of_ospf:
        return adjacency(pair)
    if selected is not None and selected.protocol == "rip":
        return rip_updates(pair)
    if pair.is_interior and selected is not None:
        text = f"{pair.router} uses {protocol_name(selected)}, whose adjacencies are not collected"
        return unknown(Link.SESSION, text)
    of_family = [found for found in pair.sessions if found.family == pair.family]
    if up := pair.session_that_is_up:
        since = f", since {up.since}" if up.since else ""
        return ok(Link.SESSION, f"its BGP session to {pair.router} is up{since}", up.evidence)
    if of_family:
        return _down(pair, min(of_family, key=lambda found: found.state == _ESTABLISHED or found.lacks_family))
    return _not_listed(pair)


def _down(pair: Pair, found: BgpSession) -> Step:
    silent = pair.facts.silent_daemon_of.get(pair.node.name)
    if silent:
        clause = Clause.of("{its routing daemon does|their routing daemons do} not run")
        return broken(Link.SESSION, clause, found.evidence, silent.evidence, detail=f'("{silent.words}")')
    if found.lacks_family:
        clause = Clause.of(
            "{its BGP session|their BGP sessions} to {router} {is|are} up, "
            "but IPv{family} was not negotiated over {it|them}",
            router=pair.router,
            family=pair.family,
        )
        return broken(Link.SESSION, clause, found.evidence, detail=f"({found.state})")
    shutdown = [neighbor for neighbor in pair.neighbors if neighbor.is_shutdown]
    is_of_node = found.host == pair.node.name
    if is_of_node and not shutdown and {_PREFIX_LIMIT, _ADMINISTRATIVE} & {found.detail}:
        clause = _shut_by_the_node(pair, found)
    elif _PREFIX_LIMIT in (found.detail or ""):
        clause = _shut_at_the_limit(pair, found)
    elif shutdown or _ADMINISTRATIVE in (found.detail or ""):
        clause = _shut_down_by_configuration(pair)
    elif found.state == _DISABLED and not found.last_error:
        clause = Clause.of(
            "{its BGP session|their BGP sessions} to {router} {is|are} disabled on {host}",
            router=pair.router,
            host=found.host or "the router",
        )
    elif reason := _reason_of(found, _REASONS_OF_NODE if is_of_node else _REASONS):
        clause = Clause.of(reason, router=pair.router)
    else:
        clause = _plainly_down(pair, found)
    lines = (found.evidence, *(neighbor.evidence for neighbor in shutdown))
    return broken(Link.SESSION, clause, *lines, detail=_state(found))


def _plainly_down(pair: Pair, found: BgpSession) -> Clause:
    """Return that a session is down, and what the router demands of it: nothing says that the node does not have it."""
    demands = dict.fromkeys(demand for neighbor in pair.neighbors for demand in neighbor.demands)
    was_never_up = found.since is None and found.shows_since
    is_down = "{has|have} never been up" if was_never_up else "{is|are} down"
    which = f", which demands {' and '.join(demands)}," if demands else ""
    template = f"{{its BGP session|their BGP sessions}} to {{router}}{{which}} {is_down}"
    return Clause.of(template, router=pair.router, which=which)


def _reason_of(found: BgpSession, reasons: _Reasons) -> str | None:
    said = (found.last_error or "").lower()
    return next((template for words, template in reasons if all(word in said for word in words)), None)


def _shut_by_the_node(pair: Pair, found: BgpSession) -> Clause:
    why = "at a prefix limit" if found.detail == _PREFIX_LIMIT else "by configuration"
    template = "{it has|they have} shut down {its|their} BGP session with {router} {why}"
    return Clause.of(template, router=pair.router, why=why)


def _shut_at_the_limit(pair: Pair, found: BgpSession) -> Clause:
    limit = found.limit or next((neighbor.limit for neighbor in pair.neighbors if neighbor.limit), None)
    template = "{its BGP session is|their BGP sessions are} shut by {router} at {its|their} prefix limit"
    if limit is not None:
        template += " of {limit}"
    return Clause.of(template, router=pair.router, limit=limit)


def _shut_down_by_configuration(pair: Pair) -> Clause:
    return Clause.of(
        "{its BGP session is|their BGP sessions are} shut down on {router} by configuration", router=pair.router
    )


def _state(found: BgpSession) -> str:
    """Return since when and in which state: `since 00:12:31 (Active, "Connection refused")`."""
    error = f'"{found.last_error}"' if found.last_error else None
    words = ", ".join(filter(None, (found.state, found.detail, error)))
    return f"since {found.since} ({words})" if found.since else f"({words})"


def _not_listed(pair: Pair) -> Step:
    """Judge a session that the router does not list by the node's own sessions and the router's configuration."""
    of_node = pair.sessions_of_node
    for found in of_node:
        if found.is_up:
            return ok(Link.SESSION, f"the node reports its BGP session to {pair.router} as up", found.evidence)
    for neighbor in pair.neighbors:
        if neighbor.is_shutdown:
            return broken(Link.SESSION, _shut_down_by_configuration(pair), neighbor.evidence)
    silent = pair.facts.silent_daemon_of.get(pair.prefix.router)
    if silent and of_node:
        clause = Clause.of("{router}'s {daemon} does not run", router=pair.router, daemon=silent.daemon or "daemon")
        return broken(Link.SESSION, clause, silent.evidence, of_node[0].evidence)
    missing = _missing(pair)
    if of_node and not missing.state.is_broken:
        return _down(pair, of_node[0])
    return replace(missing, evidence=(*missing.evidence, *(found.evidence for found in of_node)))


def _missing(pair: Pair) -> Step:
    """Return whether the router has no session with the node."""
    if not pair.facts.knows(pair.prefix.router, Question.SESSIONS, pair.family):
        not_known = unknown(Link.SESSION, f"{pair.router}'s BGP sessions are not known")
        return _by_the_node_alone(pair) or not_known
    of_router = pair.facts.sessions_of(pair.prefix.router, pair.prefix.vrf)
    others = _other_nodes(pair)
    unidentified = [
        found.peer
        for found in of_router
        if found.family == pair.family and found.peer_name not in others and pair.could_be_node(found.peer)
    ]
    if unidentified and not pair.sessions:
        peers = ", ".join(unidentified)
        return unknown(Link.SESSION, f"cannot determine which of {pair.router}'s BGP sessions is with it: {peers}")
    return _no_session(pair)


def _by_the_node_alone(pair: Pair) -> Step | None:
    """Return that a node has no session that is up, with whichever router; None where it has one, or does not say."""
    if pair.sessions_of_node or not pair.facts.knows(pair.node.name, Question.SESSIONS, pair.family):
        return None
    sessions = pair.facts.all_sessions_of(pair.node.name)
    if any(found.state == _ESTABLISHED for found in sessions):
        return None
    if not sessions:
        return broken(Link.SESSION, Clause.of("{it reports|they report} no BGP session at all"))
    states = {found.peer: f"with {found.peer} {_state(found)}" for found in sessions}
    clause = Clause.of("none of {its|their} BGP sessions is up")
    return broken(
        Link.SESSION, clause, *(found.evidence for found in sessions), detail=f"({listed(states.values(), 4)})"
    )


def _other_nodes(pair: Pair) -> frozenset[str]:
    """Return the names of the other nodes: a session that names one of them is not with this one."""
    nodes = pair.prefix.expectation.nodes if pair.prefix.expectation else ()
    return frozenset(node.name for node in nodes) - {pair.node.name}


def _no_session(pair: Pair) -> Step:
    """Return that the router lists no session with the node for this family, and what it has instead."""
    router = pair.router
    if dynamic := _dynamic_neighbor(pair):
        return _not_connected(pair, dynamic)
    if pair.sessions:
        clause = Clause.of(
            "{its BGP session|their BGP sessions} to {router} {carries|carry} IPv{other} but not IPv{family}",
            router=router,
            other=pair.sessions[0].family,
            family=pair.family,
        )
        return broken(Link.SESSION, clause, pair.sessions[0].evidence)
    if pair.neighbors:
        return unknown(Link.SESSION, f"{router} has it configured as a neighbour, but lists no session")
    if not _peers_with_nodes(pair):
        return unknown(Link.SESSION, f"{router} has a BGP session with no node, as behind a route reflector")
    if not pair.facts.knows(pair.prefix.router, Question.CONFIGURATION, pair.family):  # it may be a dynamic neighbour
        clause = Clause.of("{router} lists no BGP {session|sessions} with {it|them}", router=router)
        return broken(Link.SESSION, clause, state=State.LIKELY_BROKEN)
    clause = Clause.of("{router} has no BGP {neighbour|neighbours} configured for {it|them}", router=router)
    return broken(Link.SESSION, clause)


def _not_connected(pair: Pair, dynamic: Neighbor) -> Step:
    """Return why a dynamic neighbour has no session: the router takes no more of them, or it did not connect."""
    if limit := _reached_listen_limit(pair):
        template = "{router} takes no more dynamic neighbours: its listen limit of {limit} is reached"
        clause = Clause.of(template, router=pair.router, limit=limit.value)
        return broken(Link.SESSION, clause, limit.evidence, dynamic.evidence)
    clause = Clause.of(
        "{it has|they have} not connected to {router}, which accepts {it|them} as "
        "{a dynamic neighbour|dynamic neighbours} of {range}",
        router=pair.router,
        range=dynamic.peer,
    )
    return broken(Link.SESSION, clause, dynamic.evidence)


def _peers_with_nodes(pair: Pair) -> bool:
    """Return whether another expected node has a session with the router, so that one without is an exception."""
    nodes = pair.prefix.expectation.nodes if pair.prefix.expectation else ()
    return any(Pair(pair.prefix, node, pair.facts).sessions for node in nodes if node != pair.node)


def _reached_listen_limit(pair: Pair) -> Setting | None:
    """Return the limit of dynamic neighbours where as many are listed as it allows, in all ranges together."""
    limit = pair.facts.setting(pair.prefix.router, "listen limit", pair.family, pair.prefix.vrf)
    of_vrf = [n.peer for n in pair.facts.neighbors_of.get(pair.prefix.router, ()) if n.vrf == pair.prefix.vrf]
    ranges = [ip_network(peer, strict=False) for peer in of_vrf if "/" in peer]
    peers = {session.peer for session in pair.facts.sessions_of(pair.prefix.router, pair.prefix.vrf)}
    dynamic = [peer for peer in peers.difference(of_vrf) if any(_is_in(peer, network) for network in ranges)]
    return limit if limit is not None and len(dynamic) >= int(limit.value) else None


def _is_in(peer: str, network: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_address(peer.partition("%")[0]) in network
    except ValueError:  # an interface
        return False


def _dynamic_neighbor(pair: Pair) -> Neighbor | None:
    """Return the range of dynamic neighbours (`bgp listen range`) that the node is in."""
    for neighbor in pair.facts.neighbors_of.get(pair.prefix.router, ()):
        if "/" not in neighbor.peer or (neighbor.vrf, neighbor.family) != (pair.prefix.vrf, pair.family):
            continue
        network = ip_network(neighbor.peer, strict=False)
        if any(ip_address(a.partition("%")[0]) in network for a in pair.node.addresses):
            return neighbor
    return None
