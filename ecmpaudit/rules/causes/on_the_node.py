"""The node's own links: could it be asked, has it the address, does its routing daemon have it and send it.

Only where some node is seen to keep load-balancer addresses on `kube-lb0` is a node without one blamed: MetalLB and
Cilium put them on no interface. `kube-ipvs0` has every service's address on every node and proves nothing.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_interface, ip_network
from typing import TYPE_CHECKING

from ecmpaudit.model.facts import Question
from ecmpaudit.rules.causes.link import Pair, Step, broken, ok, unknown

if TYPE_CHECKING:
    from ecmpaudit.model.facts import BgpSession

LOAD_BALANCER_INTERFACE = "kube-lb0"
_PROVES_NOTHING = "kube-ipvs0"
_MANY_WITHOUT = f"they have nothing on {LOAD_BALANCER_INTERFACE}"
_SHOWN = 3


def asked(pair: Pair) -> Step:
    """Tell whether the node could be asked; one that could not is not blamed for it."""
    if pair.node.name in pair.facts.unreachable:
        return unknown("asked", "it could not be asked")
    if pair.node.name in pair.facts.answering_hosts:
        return ok("asked", "it answered")
    return unknown("asked", "it was not asked")


def address(pair: Pair) -> Step:
    """Tell whether the address is on the node's `kube-lb0`."""
    prefix = pair.prefix.prefix
    own = [a for a in pair.facts.addresses_of.get(pair.node.name, ()) if a.interface != _PROVES_NOTHING]
    for there in own:
        if _is_of(prefix, there.address):
            return ok("address", f"{there.address} is on its {there.interface}", there.evidence)
    if not pair.facts.knows(pair.node.name, Question.ADDRESSES, pair.family):
        return unknown("address", "its addresses are not known")
    if not any(a.interface == LOAD_BALANCER_INTERFACE for a in pair.facts.addresses):
        return unknown("address", f"no node is seen to keep such addresses on {LOAD_BALANCER_INTERFACE}")
    others = [a.evidence for a in own if a.interface == LOAD_BALANCER_INTERFACE]
    if not others:
        return broken("address", f"it has nothing on {LOAD_BALANCER_INTERFACE}", _MANY_WITHOUT)
    text = f"{prefix} is not on its {LOAD_BALANCER_INTERFACE}"
    return broken("address", text, f"{prefix} is not on their {LOAD_BALANCER_INTERFACE}", *others[:_SHOWN])


def _is_of(prefix: str, address_with_length: str) -> bool:
    """An aggregate is announced for the addresses inside it."""
    network, interface = ip_network(prefix), ip_interface(address_with_length)
    return interface.version == network.version and interface.ip in network


def node_route(pair: Pair) -> Step:
    """Tell whether the node's routing daemon has the prefix, so that it could announce it."""
    prefix = pair.prefix.prefix
    for route in pair.facts.node_routes_to.get((pair.node.name, prefix), ()):
        return ok("node route", f"its routing daemon has it from {route.protocol}", route.evidence)
    if silent := pair.facts.silent_daemon_of.get(pair.node.name):
        one, many = "its routing daemon does not answer", "their routing daemons do not answer"
        return broken("node route", one, many, silent.evidence, detail=f'("{silent.words}")')
    if not pair.facts.knows(pair.node.name, Question.NODE_ROUTES, pair.family):
        return unknown("node route", "its routing daemon's table is not known")
    return broken(
        "node route",
        f"its routing daemon does not have {prefix}",
        f"their routing daemons do not have {prefix}",
    )


def export(pair: Pair) -> Step:
    """Tell whether the node's daemon sends the prefix to this router."""
    prefix = pair.prefix.prefix
    sent = pair.facts.exports_of.get((pair.node.name, prefix), ())
    known = pair.facts.sessions_with_exports(pair.node.name, pair.family)
    to_router = _sessions_to_router(pair, known | {export_.session for export_ in sent})
    for export_ in sent:
        if export_.session in to_router:
            return ok("export", f"it sends it to {pair.router}", export_.evidence)
    if not known:
        return unknown("export", "what it sends is not known")
    if to_router and to_router.isdisjoint(known):
        return unknown("export", f"what it sends to {pair.router} is not known")
    if sent and not to_router:
        return unknown("export", f"it sends it to {', '.join(e.session for e in sent)}, which may be {pair.router}")
    are_all = _are_all(known, pair)
    if sent:
        to_whom = f"to {pair.router}, though to others"
    elif are_all:
        to_whom = "to any router"
    else:
        to_whom = f"to {pair.router}" if to_router else f"over {', '.join(sorted(known))}"
    step = broken(
        "export",
        f"it has {prefix} but does not send it {to_whom}: its export filter keeps it back",
        f"they have {prefix} but do not send it {to_whom}: their export filters keep it back",
        *(export_.evidence for export_ in sent[:_SHOWN]),
    )
    return replace(step, is_guess=not to_router and not are_all)


def _are_all(sessions: frozenset[str], pair: Pair) -> bool:
    """Tell whether these are all the sessions that the node has in this family; not where nobody listed them."""
    own = [session for session in pair.facts.sessions_of(pair.node.name) if session.family == pair.family]
    return bool(own) and all({session.peer, session.peer_name} & sessions for session in own)


def sessions_of_node(pair: Pair) -> tuple[BgpSession, ...]:
    """Return the node's own sessions with this router: those with an address of it, or that carry its name."""
    own = pair.facts.sessions_of(pair.node.name)
    names = {pair.prefix.router, *_addresses_of_router(pair)}
    return tuple(s for s in own if s.family == pair.family and not names.isdisjoint({s.peer_name, s.peer}))


def _addresses_of_router(pair: Pair) -> set[str]:
    """Return the router's addresses that no other host has too."""
    told = pair.facts.addresses_of.get(pair.prefix.router, ())
    addresses = {ip_interface(address.address).ip for address in told}
    return {str(ip) for ip in addresses if not (ip.is_loopback or ip.is_link_local)}


def _sessions_to_router(pair: Pair, exporting: frozenset[str]) -> set[str]:
    """Return how the node calls its session with this router: by the peer's address, or by the router's name."""
    told = {name for session in sessions_of_node(pair) for name in (session.peer, session.peer_name) if name}
    return told | ({pair.prefix.router} & exporting)
