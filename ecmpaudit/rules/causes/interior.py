"""What OSPF and RIP show of a node on its router: external routes of the OSPF database, and who sends RIP updates.

A database says that a node does not announce a prefix only where it has another router's external route to it: with
`network` statements a node announces inside the area, where this is not asked for. A route of a node that is gone stays
in FRR's database for an hour, so that one that is there proves no adjacency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model.addressing import kind_of
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.causes.link import Clause, Link, State, Step, broken, not_applicable, ok, unknown
from ecmpaudit.rules.ceilings import shows_candidates

if TYPE_CHECKING:
    from ecmpaudit.model.facts import ExternalRoute
    from ecmpaudit.rules.causes.pair import Pair


def _externals(pair: Pair) -> tuple[ExternalRoute, ...]:
    return pair.facts.external_routes_to(pair.prefix.router, pair.prefix.vrf, pair.prefix.prefix)


def _router_ids(pair: Pair) -> frozenset[str]:
    """Return the router ids that the node may have: its addresses, and those of its adjacencies with the router."""
    of_router = pair.facts.adjacencies_of(pair.prefix.router, pair.prefix.vrf, pair.family)
    return pair.node.addresses | {found.router_id for found in of_router if found.address in pair.node.addresses}


def _own_external(pair: Pair) -> ExternalRoute | None:
    """Return the node's external route to the prefix; of several, the best."""
    ids = _router_ids(pair)
    return min((route for route in _externals(pair) if route.router_id in ids), key=lambda r: r.rank, default=None)


def _best_external(pair: Pair) -> ExternalRoute | None:
    return min(_externals(pair), key=lambda route: route.rank, default=None)


def announced_by_ospf(pair: Pair) -> Step:
    """Return whether the router's OSPF database has the prefix from the node."""
    if _own_external(pair):
        return not_applicable(Link.EXPORT, f"{pair.router}'s OSPF database has its external route")
    best = _best_external(pair)
    if best is None or not pair.facts.knows(pair.prefix.router, Question.EXTERNAL_ROUTES, pair.family):
        return unknown(Link.EXPORT, "what it announces by OSPF is not known")
    if _others_are_unidentified(pair):
        return unknown(Link.EXPORT, f"cannot determine which router of {pair.router}'s OSPF database it is")
    clause = Clause.of(
        "{it does|they do} not announce {prefix} by OSPF: {router}'s OSPF database has it from others only",
        router=pair.router,
        prefix=pair.prefix.prefix,
    )
    return broken(Link.EXPORT, clause, best.evidence)


def _others_are_unidentified(pair: Pair) -> bool:
    """Return whether an announcing router is no known node, so that it may be this one."""
    nodes = pair.prefix.expectation.nodes if pair.prefix.expectation else ()
    of_router = pair.facts.adjacencies_of(pair.prefix.router, pair.prefix.vrf, pair.family)
    known = {address for node in nodes for address in node.addresses}
    known |= {found.router_id for found in of_router if found.address in known}
    return any(route.router_id not in known for route in _externals(pair))


def equal_by_ospf(pair: Pair) -> Step:
    """Return whether the node's external route is as good as the best one: metric type first, then metric."""
    own, best = _own_external(pair), _best_external(pair)
    if own is None or best is None:
        return not_applicable(Link.EQUAL, "the prefix is not routed by BGP")
    if own.rank == best.rank:
        return not_applicable(Link.EQUAL, "its external route is as good as the best one")
    nodes = pair.prefix.expectation.nodes if pair.prefix.expectation else ()
    owner = next((node.name for node in nodes if best.router_id in node.addresses), best.router_id)
    clause = Clause.of(
        "{its external OSPF route has|their external OSPF routes have} {own}, the best one ({owner}) has {best}",
        own=own.words,
        best=best.words,
        owner=owner,
    )
    state = State.BROKEN_AFTER_ARRIVAL if _exchanges_routes(pair) else State.BROKEN
    return broken(Link.EQUAL, clause, own.evidence, best.evidence, state=state)


def _exchanges_routes(pair: Pair) -> bool:
    """Return whether the router has an adjacency with the node, so that its external route is no old one."""
    of_router = pair.facts.adjacencies_of(pair.prefix.router, pair.prefix.vrf, pair.family)
    ids = _router_ids(pair)
    return any(found.exchanges_routes and found.router_id in ids for found in of_router)


def one_external_route_alone(pair: Pair) -> Step | None:
    """Return that BIRD uses the external route of one router alone (`merge external` is off); None where it merges."""
    merging = pair.facts.setting(pair.prefix.router, "merge external", pair.family, pair.prefix.vrf)
    own, best = _own_external(pair), _best_external(pair)
    is_equal = own is not None and best is not None and own.rank == best.rank
    if not pair.is_of_ospf or merging is None or merging.value == "on" or not is_equal or shows_candidates(pair.prefix):
        return None
    clause = Clause.of(
        "{router} uses one router's external route alone: `merge external` of its OSPF is off", router=pair.router
    )
    return broken(Link.CEILING, clause, merging.evidence)


def rip_updates(pair: Pair) -> Step:
    """Return whether the router hears RIP updates of the node."""
    sources = pair.facts.rip_sources_of(pair.prefix.router, pair.family)
    own = next((found for found in sources if found.address in pair.node.addresses), None)
    if own is not None:
        text = f"{pair.router} hears its RIP updates, the last {own.last_update} ago"
        return ok(Link.SESSION, text, own.evidence)
    if not pair.facts.knows(pair.prefix.router, Question.RIP_SOURCES, pair.family):
        return unknown(Link.SESSION, f"from whom {pair.router} hears RIP updates is not known")
    kinds = set(map(kind_of, pair.node.addresses))
    if any(kind_of(found.address) not in kinds for found in sources):
        return unknown(Link.SESSION, f"cannot determine which of {pair.router}'s RIP neighbours is it")
    clause = Clause.of("{router} hears no RIP updates of {it|them}", router=pair.router)
    return broken(Link.SESSION, clause, *(found.evidence for found in sources[:3]))
