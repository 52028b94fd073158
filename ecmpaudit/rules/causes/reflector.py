"""Between a node and a router without a session to it: a route reflector (or route server) that was asked too.

The node's links are judged at the reflector, as if it were the router; then what lies between reflector and router. Of
several reflectors the one counts over which the route gets furthest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.model import Node
from ecmpaudit.model.policies import Decision, Verdict
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.causes.accepted import accepted
from ecmpaudit.rules.causes.link import Clause, Link, State, Step, broken, ok, unknown
from ecmpaudit.rules.causes.on_the_node import export
from ecmpaudit.rules.causes.pair import Pair
from ecmpaudit.rules.causes.session import session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ecmpaudit.model import AuditedPrefix, Facts
    from ecmpaudit.model.facts import BgpPath, Neighbor

_SUBJECT = re.compile(r"^it(?P<is_owner>s)?\b")


@dataclass(frozen=True, slots=True)
class Reflected:
    """A node and a router, and the reflector between them."""

    pair: Pair
    at_reflector: Pair
    """The node and the reflector, as if that were the router."""
    reflector_at_router: Pair
    """The reflector and the router, as if the reflector were the node."""

    @property
    def reflector(self) -> str:
        """Its name."""
        return self.at_reflector.prefix.router


def reflected(pair: Pair) -> Reflected | None:
    """Return the way over a reflector; None where the router has a session with the node, or no reflector is known."""
    if pair.is_interior or pair.is_static or pair.sessions or pair.neighbors or pair.sessions_of_node:
        return None
    ways = [_way(pair, host) for host in _reflectors(pair)]
    return max(ways, key=_extent, default=None)


def _way(pair: Pair, host: str) -> Reflected:
    return Reflected(pair, _at(pair, host), Pair(pair.prefix, _as_node(host, pair.facts), pair.facts))


def _at(pair: Pair, host: str) -> Pair:
    """Return the node's pair at another host, of whose routes nothing is known."""
    elsewhere: AuditedPrefix = replace(pair.prefix, router=host, routes=(), in_kernel=None, ceiling=None)
    return Pair(elsewhere, pair.node, pair.facts)


def _as_node(host: str, facts: Facts) -> Node:
    addresses = (fact.address.partition("/")[0] for fact in facts.addresses_of.get(host, ()))
    return Node(host, frozenset(address for address in addresses if facts.host_of(address)))


def _reflectors(pair: Pair) -> Iterator[str]:
    """Yield the hosts that the router has an iBGP session with, and that have one with the node."""
    of_family = (s for s in pair.facts.sessions_of(pair.prefix.router, pair.prefix.vrf) if s.family == pair.family)
    hosts = dict.fromkeys(
        host for found in of_family if found.is_internal and (host := pair.facts.host_of(found.peer)) is not None
    )
    for host in hosts:
        at_host = _at(pair, host)
        if host != pair.node.name and (at_host.sessions or at_host.neighbors or at_host.sessions_of_node):
            yield host


def _extent(way: Reflected) -> int:
    """Return how far the route gets over a reflector."""
    steps = (reflected_session(way), reflected_acceptance(way))
    return next((number for number, step in enumerate(steps) if step.state.is_broken), len(steps))


def reflected_export(way: Reflected) -> Step:
    """Return whether the node sends the prefix to the reflector."""
    return export(way.at_reflector)


def reflected_session(way: Reflected) -> Step:
    """Return whether the node exchanges routes with the reflector, and the reflector with the router."""
    of_node = session(way.at_reflector)
    if not of_node.state.is_ok:
        return of_node
    of_reflector = session(way.reflector_at_router)
    if of_reflector.state.is_broken:
        return _about(of_reflector, way.reflector)
    if of_reflector.state is State.UNKNOWN:
        return unknown(Link.SESSION, of_reflector.text)
    text = f"its BGP session to {way.reflector} is up, and that of {way.reflector} to {way.pair.router}"
    return ok(Link.SESSION, text, *of_node.evidence, *of_reflector.evidence)


def _about(step: Step, name: str) -> Step:
    """Return a step about a host as one about its name: `its BGP session is down`, `rr1's BGP session is down`."""
    text = _SUBJECT.sub(lambda found: f"{name}'s" if found["is_owner"] else name, step.text)
    return replace(step, clause=Clause(text, text))


def reflected_acceptance(way: Reflected) -> Step:
    """Return whether the reflector has the node's path, and sends it to the router, which takes it."""
    if way.pair.paths:
        return accepted(way.pair)
    at_reflector = accepted(way.at_reflector)
    if not at_reflector.state.is_ok:
        return at_reflector
    if not way.pair.facts.knows_paths(way.pair.prefix.router, way.pair.prefix.vrf, way.pair.family):
        return unknown(Link.ACCEPTED, f"{way.pair.router}'s BGP table is not known")
    path = next(path for path in way.at_reflector.paths if path.is_valid and path.is_accessible)
    steps = (judge(way, path) for judge in (_replaced_next_hop, _only_the_best, _filtered_on_the_way, _not_reflected))
    return next((step for step in steps if step), _lost_on_the_way(way, path))


def _replaced_next_hop(way: Reflected, path: BgpPath) -> Step | None:
    own = way.reflector_at_router.node.addresses
    changed = next((found for found in way.pair.all_paths if found.next_hops & own), None)
    if changed is None or path.next_hops & own:
        return None
    clause = _clause("{reflector} replaces the next hop of {its path|their paths} with its own (next-hop-self)", way)
    return broken(Link.ACCEPTED, clause, changed.evidence, path.evidence)


def _only_the_best(way: Reflected, path: BgpPath) -> Step | None:
    neighbor = _router_as_neighbor(way)
    if path.is_best or (neighbor and neighbor.is_sent_all_paths):
        return None
    template = (
        "{reflector} sends {router} only its best path, which is not {its own|theirs}: "
        "add-path to {router} is not configured"
    )
    best = next((found for found in way.at_reflector.all_paths if found.is_best), None)
    lines = [line.evidence for line in (path, best, neighbor) if line]
    state = State.BROKEN if neighbor else State.LIKELY_BROKEN
    return broken(Link.ACCEPTED, _clause(template, way), *lines, state=state)


def _filtered_on_the_way(way: Reflected, _: BgpPath) -> Step | None:
    """Return the filter that rejects the prefix: the reflector's for the router, or the router's for the reflector."""
    inbound = way.reflector_at_router.inbound_verdict
    for verdict in _outbound_verdicts(way):
        if verdict.decision is Decision.DENIED:
            return _denied(way, verdict, way.reflector, "to {router}")
    if inbound is not None and inbound.decision is Decision.DENIED:
        return _denied(way, inbound, way.pair.router, "from {reflector}")
    return None


def _outbound_verdicts(way: Reflected) -> Iterator[Verdict]:
    """Yield what each filter of the reflector for the router does to the prefix, where its configuration is known."""
    neighbor, policies = _router_as_neighbor(way), way.pair.facts.policies_of.get(way.reflector)
    if neighbor is None or policies is None:
        return
    if neighbor.prefix_list_out:
        yield policies.by_prefix_list(neighbor.prefix_list_out, way.pair.prefix.prefix)
    if neighbor.route_map_out:
        yield policies.by_route_map(neighbor.route_map_out, way.pair.prefix.prefix)


def _denied(way: Reflected, verdict: Verdict, host: str, words: str) -> Step:
    why = f" ({verdict.why})" if verdict.why else ""
    template = f"{{filter}} on {{host}} rejects {{prefix}} {words}{{why}}"
    clause = _clause(template, way, filter=verdict.filter, host=host, prefix=way.pair.prefix.prefix, why=why)
    return broken(Link.ACCEPTED, clause, *verdict.evidence)


def _not_reflected(way: Reflected, path: BgpPath) -> Step | None:
    """A reflector sends what it has from one iBGP neighbour to another only where one of the two is its client."""
    neighbor, of_node = _router_as_neighbor(way), way.at_reflector.neighbors
    if neighbor is None or not of_node or path.is_internal is not True:
        return None
    if neighbor.is_client or any(own.is_client for own in of_node):
        return None
    clause = _clause("neither {it|one of them} nor {router} is a client of {reflector}, which reflects nothing", way)
    return broken(Link.ACCEPTED, clause, neighbor.evidence, *(own.evidence for own in of_node))


def _lost_on_the_way(way: Reflected, path: BgpPath) -> Step:
    template = "{reflector} has {its path|their paths}, and {router} has none from {reflector}"
    return broken(Link.ACCEPTED, _clause(template, way), path.evidence, state=State.LIKELY_BROKEN)


def _router_as_neighbor(way: Reflected) -> Neighbor | None:
    """Return the router as the reflector's configuration names it; None where that is not known."""
    facts, prefix = way.pair.facts, way.pair.prefix
    if not facts.knows(way.reflector, Question.CONFIGURATION, way.pair.family):
        return None
    of_reflector = Pair(way.at_reflector.prefix, _as_node(prefix.router, facts), facts)
    return next(iter(of_reflector.neighbors), None)


def _clause(template: str, way: Reflected, **values: str) -> Clause:
    return Clause.of(template, reflector=way.reflector, router=way.pair.router, **values)


REFLECTED: Mapping[Link, Callable[[Reflected], Step]] = {
    Link.EXPORT: reflected_export,
    Link.SESSION: reflected_session,
    Link.ACCEPTED: reflected_acceptance,
}
"""What judges a link where a reflector is between node and router."""
