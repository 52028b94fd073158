"""Whether the router accepted the node's path: it is in the BGP table, and its next hop is resolved.

FRR keeps no path that its filters reject, so a path that is sent and not in the table was rejected. Which entry of the
filter rejected it is not collected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model.policies import Decision
from ecmpaudit.rules.causes.link import Clause, Link, State, Step, broken, not_applicable, ok, unknown
from ecmpaudit.rules.causes.on_the_node import export

if TYPE_CHECKING:
    from ecmpaudit.model import Evidence
    from ecmpaudit.model.facts import BgpPath, BgpSession
    from ecmpaudit.model.policies import Verdict
    from ecmpaudit.rules.causes.pair import Pair

_NO_POLICY = "Policy"


def accepted(pair: Pair) -> Step:
    """Return whether the router has a usable path to the prefix from the node."""
    usable = [path for path in pair.paths if path.is_valid and path.is_accessible]
    if usable:
        stale = ", stale (kept by graceful restart)" if usable[0].is_stale else ""
        return ok(Link.ACCEPTED, f"{pair.router} has its path{stale}", usable[0].evidence)
    if pair.paths:
        return _unresolved(pair, pair.paths[0])
    if pair.is_interior:
        return not_applicable(Link.ACCEPTED, "the prefix is not routed by BGP")
    if not pair.facts.knows_paths(pair.prefix.router, pair.prefix.vrf, pair.family):
        return _without_a_route(pair) or unknown(Link.ACCEPTED, f"{pair.router}'s BGP table is not known")
    if unidentified := _unidentified_paths(pair):
        return unknown(Link.ACCEPTED, f"cannot determine which node these paths lead to: {', '.join(unidentified)}")
    return _shown_as_rejected(pair) or _rejected(pair)


def _without_a_route(pair: Pair) -> Step | None:
    """Return that a router has no route at all to what a node sends it: its BGP table would show why."""
    sent = export(pair)
    if pair.prefix.routes or not sent.state.is_ok:
        return None
    clause = Clause.of(
        "{it sends|they send} {prefix}, and {router} has no route to it: {router} rejects it, or cannot resolve "
        "{its next hop|their next hops}",
        prefix=pair.prefix.prefix,
        router=pair.router,
    )
    return broken(Link.ACCEPTED, clause, *sent.evidence, state=State.LIKELY_BROKEN)


def _shown_as_rejected(pair: Pair) -> Step | None:
    """Return that the router lists the node's path among those that its import filters rejected."""
    found = pair.rejected_path
    if found is None:
        return None
    clause = Clause.of(
        "{router}'s import filter rejects {prefix} from {it|them}", router=pair.router, prefix=pair.prefix.prefix
    )
    return broken(Link.ACCEPTED, clause, found.evidence)


def _unresolved(pair: Pair, path: BgpPath) -> Step:
    if path.is_damped:
        clause = Clause.of(
            "{router} suppresses {its path|their paths} after flaps (route dampening)", router=pair.router
        )
        return broken(Link.ACCEPTED, clause, path.evidence, state=State.BROKEN_AFTER_ARRIVAL)
    clause = Clause.of("{router} cannot resolve {its next hop|their next hops}", router=pair.router)
    detail = path.next_hop if path.is_accessible else f"{path.next_hop} (inaccessible)"
    return broken(Link.ACCEPTED, clause, path.evidence, detail=detail, state=State.BROKEN_AFTER_ARRIVAL)


def _unidentified_paths(pair: Pair) -> list[str]:
    """Return next hops that could be this node's, since its list has no address of their kind."""
    nodes = pair.prefix.expectation.nodes if pair.prefix.expectation else ()
    return [
        path.next_hop
        for path in pair.all_paths
        if all(pair.could_be_node(hop) for hop in path.next_hops)
        and not any(path.next_hops & node.addresses for node in nodes)
    ]


def _rejected(pair: Pair) -> Step:
    session = pair.session_that_is_up
    if session is not None and _NO_POLICY in (session.detail or ""):
        clause = Clause.of(
            "{router} accepts nothing from {it|them}: the {neighbour has|neighbours have} no inbound policy (Policy)",
            router=pair.router,
        )
        return broken(Link.ACCEPTED, clause, session.evidence)
    verdict = pair.inbound_verdict
    if verdict is not None and verdict.decision is Decision.DENIED:
        return broken(Link.ACCEPTED, _denied(pair, verdict), *verdict.evidence, *_lines_of(session))
    if session is not None and verdict is not None and verdict.decision is Decision.PERMITTED:
        return _permitted(pair, verdict, session)
    filters, lines = _inbound_filters(pair)
    rejecting = f"{filters} on {pair.router}" if filters else pair.router
    values = {"prefix": pair.prefix.prefix, "rejecting": rejecting, "router": pair.router}
    of_session = _lines_of(session)
    if export(pair).state.is_ok:
        clause = Clause.of("{it sends|they send} {prefix}, but {rejecting} rejects it", **values)
        return broken(Link.ACCEPTED, clause, *lines, *of_session)
    if session is None:
        return broken(Link.ACCEPTED, Clause.of("{router} has no path from {it|them}", **values))
    clause = Clause.of(
        "{it does|they do} not announce {prefix}, or {rejecting} rejects it; "
        "{its BGP session is|their BGP sessions are} up",
        **values,
    )
    detail = "with 0 prefixes accepted" if session.accepted == 0 else ""
    return broken(Link.ACCEPTED, clause, *of_session, *lines, detail=detail)


def _denied(pair: Pair, verdict: Verdict) -> Clause:
    return Clause.of(
        "{filter} on {router} rejects {prefix} from {it|them}{why}",
        filter=verdict.filter,
        why=f" ({verdict.why})" if verdict.why else "",
        router=pair.router,
        prefix=pair.prefix.prefix,
    )


def _permitted(pair: Pair, verdict: Verdict, session: BgpSession) -> Step:
    """The router would take the prefix, and the session is up: nothing came, or something else rejects it."""
    permits = f"{verdict.filter} on {pair.router} permits it" if verdict.filter else f"{pair.router} has no filter"
    values = {"prefix": pair.prefix.prefix, "router": pair.router, "permits": permits}
    template = "{it does|they do} not announce {prefix}: {its BGP session is|their BGP sessions are} up, and {permits}"
    if export(pair).state.is_ok:
        template = "{it sends|they send} {prefix}, but {router} has no path from {it|them}, although {permits}"
    return broken(Link.ACCEPTED, Clause.of(template, **values), session.evidence, *verdict.evidence)


def _lines_of(session: BgpSession | None) -> tuple[Evidence, ...]:
    return (session.evidence,) if session else ()


def _inbound_filters(pair: Pair) -> tuple[str, tuple[Evidence, ...]]:
    """Return the router's inbound filters for the node, for a sentence, and their lines."""
    for neighbor in pair.neighbors:
        filters = {
            "distribute-list": neighbor.distribute_list_in,
            "prefix-list": neighbor.prefix_list_in,
            "filter-list": neighbor.filter_list_in,
            "route-map": neighbor.route_map_in,
        }
        named = [f"{kind} {name}" for kind, name in filters.items() if name]
        if named:
            return " or ".join(named), (neighbor.evidence,)
    return "", ()
