"""The node's own links: whether it could be asked, has the address, has the route, and exports it.

A missing address is a cause only where the node or its siblings announce from `kube-lb0`: MetalLB and Cilium put
addresses on no interface, and `network` statements need none. `kube-ipvs0` has every service's address on every node,
so that it proves nothing.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_interface, ip_network
from typing import TYPE_CHECKING

from ecmpaudit.model.questions import Question
from ecmpaudit.rules.causes.interior import announced_by_ospf
from ecmpaudit.rules.causes.link import Clause, Link, State, Step, broken, not_applicable, ok, unknown
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from ecmpaudit.model import Evidence
    from ecmpaudit.model.facts import Export, HostAddress
    from ecmpaudit.rules.causes.pair import Pair

LOAD_BALANCER_INTERFACE = "kube-lb0"
_IPVS_INTERFACE = "kube-ipvs0"
_LINES_SHOWN = 3
_ADDRESSES_SHOWN = 12
_HAS_AND_DOES_NOT_SEND = (
    "{it has|they have} {prefix} but {does|do} not send it {to_whom}: "
    "{its export filter rejects|their export filters reject} it"
)
_DOES_NOT_SEND = (
    "{it does|they do} not send {prefix} {to_whom}: "
    "{it does not have it, or its export filter rejects|they do not have it, or their export filters reject} it"
)
"""Where it is not known whether the routing daemon has the prefix."""


def asked(pair: Pair) -> Step:
    """Return whether the node answered; that it did not is no cause."""
    if pair.node.name in pair.facts.unreachable:
        return unknown(Link.ASKED, "it could not be asked")
    if pair.node.name in pair.facts.of_objects:
        return ok(Link.ASKED, "it was not asked; objects of the cluster report of it")
    if pair.node.name in pair.facts.answering_hosts:
        return ok(Link.ASKED, "it answered")
    return unknown(Link.ASKED, "it was not asked")


def address(pair: Pair) -> Step:
    """Return whether the address is on an interface of the node."""
    prefix = pair.prefix.prefix
    own = [a for a in pair.facts.addresses_of.get(pair.node.name, ()) if a.interface != _IPVS_INTERFACE]
    for found in own:
        if _is_within(found.address, prefix):
            return ok(Link.ADDRESS, f"{found.address} is on its {found.interface}", found.evidence)
    if not pair.facts.knows(pair.node.name, Question.ADDRESSES, pair.family):
        return unknown(Link.ADDRESS, "its addresses are not known")
    return _absent_address(pair, [a for a in own if a.interface == LOAD_BALANCER_INTERFACE])


def _absent_address(pair: Pair, others: list[HostAddress]) -> Step:
    """Judge a node without the address; `others` are on the interface."""
    values = {"prefix": pair.prefix.prefix, "interface": LOAD_BALANCER_INTERFACE}
    if others:
        clause = Clause.of("{prefix} is not on {its|their} {interface}", **values)
        return broken(Link.ADDRESS, clause, *_lines_of(others))
    do_siblings = _do_siblings_use_the_interface(pair)
    has_interface = pair.facts.has_interface(pair.node.name, LOAD_BALANCER_INTERFACE)
    if not has_interface and (not do_siblings or _announces_otherwise(pair)):
        return not_applicable(Link.ADDRESS, f"it does not announce from {LOAD_BALANCER_INTERFACE}")
    clause = Clause.of("{it has|they have} no address on {interface}", **values)
    is_certain = has_interface and do_siblings
    return broken(Link.ADDRESS, clause, state=State.BROKEN if is_certain else State.LIKELY_BROKEN)


def _lines_of(addresses: list[HostAddress]) -> list[Evidence]:
    """Return the lines that show the addresses; of JSON, which has them in one line, all of them as one."""
    lines = [each.evidence for each in addresses]
    if not lines[0].path:
        return lines[:_LINES_SHOWN]
    words = f"{addresses[0].interface}: {listed((each.address for each in addresses), _ADDRESSES_SHOWN)}"
    return [replace(lines[0], text=words, path=())]


def _do_siblings_use_the_interface(pair: Pair) -> bool:
    """Return whether another node that should announce the prefix has it on the load balancer's interface."""
    siblings = pair.prefix.expectation.nodes if pair.prefix.expectation else ()
    return any(
        address.interface == LOAD_BALANCER_INTERFACE and _is_within(address.address, pair.prefix.prefix)
        for node in siblings
        for address in pair.facts.addresses_of.get(node.name, ())
    )


def _announces_otherwise(pair: Pair) -> bool:
    """Return whether the node's daemon has a prefix that other nodes announce from the interface."""
    name = pair.node.name
    return any(
        (name, prefix) in pair.facts.node_routes_to or (name, prefix) in pair.facts.exports_of
        for prefix in pair.facts.prefixes_on(LOAD_BALANCER_INTERFACE)
    )


def _is_within(address_with_length: str, prefix: str) -> bool:
    """Return whether an address is inside the prefix: an aggregate is announced for the addresses in it."""
    network, interface = ip_network(prefix), ip_interface(address_with_length)
    return interface.version == network.version and interface.ip in network


def node_route(pair: Pair) -> Step:
    """Return whether the node's routing daemon has the prefix, so that it could announce it."""
    prefix = pair.prefix.prefix
    for route in pair.facts.node_routes_to.get((pair.node.name, prefix), ()):
        return ok(Link.NODE_ROUTE, f"its routing daemon has it as a {route.protocol} route", route.evidence)
    for sent in pair.facts.exports_of.get((pair.node.name, prefix), ()):
        return ok(Link.NODE_ROUTE, "it announces the prefix without a route of its own", sent.evidence)
    silent = pair.facts.silent_daemon_of.get(pair.node.name)
    if silent and (not silent.is_of_bgp_alone or pair.sessions or pair.neighbors):
        clause = Clause.of("{its routing daemon does|their routing daemons do} not answer")
        return broken(Link.NODE_ROUTE, clause, silent.evidence, detail=f'("{silent.words}")')
    if not pair.facts.knows(pair.node.name, Question.NODE_ROUTES, pair.family):
        return unknown(Link.NODE_ROUTE, "its routing daemon's table is not known")
    is_heard = pair.facts.sessions_with_exports(pair.node.name, pair.family)
    if not is_heard and pair.sessions_of_node and address(pair).state is State.NOT_APPLICABLE:
        text = "its routing daemon has no route to it, which `network` does without, and what it sends is not known"
        return unknown(Link.NODE_ROUTE, text)
    clause = Clause.of("{its routing daemon does|their routing daemons do} not have {prefix}", prefix=prefix)
    return broken(Link.NODE_ROUTE, clause)


def export(pair: Pair) -> Step:
    """Return whether the node's daemon sends the prefix to this router."""
    if pair.is_of_ospf:
        return announced_by_ospf(pair)
    prefix = pair.prefix.prefix
    sent = pair.facts.exports_of.get((pair.node.name, prefix), ())
    known = pair.facts.sessions_with_exports(pair.node.name, pair.family)
    to_router = _sessions_to_router(pair, known | {export_.session for export_ in sent})
    for export_ in sent:
        if export_.session in to_router:
            return ok(Link.EXPORT, f"it sends the prefix to {pair.router}", export_.evidence)
    if not known:
        return unknown(Link.EXPORT, "what it sends is not known")
    if to_router and to_router.isdisjoint(known):
        return unknown(Link.EXPORT, f"what it sends to {pair.router} is not known")
    if sent and not to_router:
        sessions = ", ".join(export_.session for export_ in sent)
        return unknown(Link.EXPORT, f"it sends the prefix to {sessions}, which may be {pair.router}")
    return _not_exported(pair, sent, known, is_router_known=bool(to_router))


def _not_exported(pair: Pair, sent: tuple[Export, ...], known: frozenset[str], *, is_router_known: bool) -> Step:
    are_all = _are_all_sessions(known, pair)
    if sent:
        to_whom = f"to {pair.router}, only to others"
    elif are_all:
        to_whom = "to any router"
    else:
        to_whom = f"to {pair.router}" if is_router_known else f"over {', '.join(sorted(known))}"
    clause = Clause.of(
        _HAS_AND_DOES_NOT_SEND if sent or node_route(pair).state.is_ok else _DOES_NOT_SEND,
        prefix=pair.prefix.prefix,
        to_whom=to_whom,
    )
    state = State.BROKEN if is_router_known or are_all else State.LIKELY_BROKEN
    return broken(Link.EXPORT, clause, *(export_.evidence for export_ in sent[:_LINES_SHOWN]), state=state)


def _are_all_sessions(sessions: frozenset[str], pair: Pair) -> bool:
    """Return whether these are all the sessions that the node has in this family; False where they are not known."""
    own = [session for session in pair.facts.sessions_of(pair.node.name) if session.family == pair.family]
    return bool(own) and all({session.peer, session.peer_name} & sessions for session in own)


def _sessions_to_router(pair: Pair, exporting: frozenset[str]) -> set[str]:
    """Return the node's names for its sessions with this router: the peer's address, or the router's name."""
    named = {name for session in pair.sessions_of_node for name in (session.peer, session.peer_name) if name}
    return named | ({pair.prefix.router} & exporting)
