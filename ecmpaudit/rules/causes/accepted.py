"""Whether the router took the node's path in: it is in the BGP table, and its next hop is resolved.

FRR keeps no path that its filters refuse, so a path that is sent and not there was refused. Which word of the filter
refused it is not asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.rules.causes.link import Pair, State, Step, broken, ok, unknown
from ecmpaudit.rules.causes.on_the_node import export

if TYPE_CHECKING:
    from ecmpaudit.model import Evidence
    from ecmpaudit.model.facts import BgpSession

_LINK = "accepted"
_NO_POLICY = "Policy"


def accepted(pair: Pair) -> Step:
    """Tell whether the router has a usable path to the prefix from the node."""
    usable = [path for path in pair.paths if path.is_valid and path.is_accessible]
    if usable:
        stale = ", kept from before it restarted (stale)" if usable[0].is_stale else ""
        return ok(_LINK, f"{pair.router} has its path{stale}", usable[0].evidence)
    if pair.paths:
        path = pair.paths[0]
        text = f"{pair.router} cannot resolve"
        detail = "" if path.is_accessible else "(inaccessible)"
        one, many = f"{text} its next hop {path.next_hop}", f"{text} their next hops"
        return broken(_LINK, one, many, path.evidence, detail=detail, is_proof=True)
    if pair.is_interior:
        return unknown(_LINK, "there is no BGP path to look for")
    if not pair.facts.knows_paths(pair.prefix.router, pair.prefix.vrf, pair.family):
        return unknown(_LINK, f"{pair.router}'s BGP table is not known")
    if unnamed := _paths_of_nobody(pair):
        return unknown(_LINK, f"whose paths these are cannot be told: {', '.join(unnamed)}")
    return _refused(pair)


def _paths_of_nobody(pair: Pair) -> list[str]:
    """Return next hops that could be this node's, since its list has no address of their kind."""
    nodes = pair.prefix.expectation.nodes if pair.prefix.expectation else ()
    return [
        path.next_hop
        for path in pair.all_paths
        if all(pair.could_be_node(hop) for hop in path.next_hops)
        and not any(path.next_hops & node.addresses for node in nodes)
    ]


def _refused(pair: Pair) -> Step:
    # A node may have two sessions, one over IPv4 and one over IPv6, and bring its prefixes over one of them.
    every = sorted((s for s in pair.sessions if s.family == pair.family and s.is_up), key=_brings_nothing)
    up = every[0] if every else None
    is_sent = export(pair).state is State.OK
    what = pair.prefix.prefix
    if up is not None and _NO_POLICY in (up.detail or ""):
        return broken(
            _LINK,
            f"{pair.router} takes nothing from it: the neighbour has no policy for what comes in, (Policy)",
            f"{pair.router} takes nothing from them: the neighbours have no policy for what comes in, (Policy)",
            up.evidence,
        )
    filters, lines = _filters(pair)
    if is_sent:
        by = f"{filters} on {pair.router} keeps it out" if filters else f"{pair.router} refuses it"
        return broken(_LINK, f"it sends {what}, but {by}", f"they send {what}, but {by}", *lines, *_line_of(up))
    if up is None:
        text = f"{pair.router} has no path from"
        return broken(_LINK, f"{text} it", f"{text} them")
    by = f"{filters} on {pair.router}" if filters else pair.router
    return broken(
        _LINK,
        f"it does not announce {what} or {by} keeps it out; its BGP session is up",
        f"they do not announce {what} or {by} keeps it out; their BGP sessions are up",
        up.evidence,
        *lines,
        detail="and nothing at all is accepted over it" if up.accepted == 0 else "",
    )


def _brings_nothing(told: BgpSession) -> bool:
    return not told.accepted


def _filters(pair: Pair) -> tuple[str, tuple[Evidence, ...]]:
    """Return the filters that the router has for what comes in from the node, in words, and their lines."""
    for neighbor in pair.neighbors:
        words = [f"prefix-list {neighbor.prefix_list_in}"] if neighbor.prefix_list_in else []
        words += [f"route-map {neighbor.route_map_in}"] if neighbor.route_map_in else []
        if words:
            return " or ".join(words), (neighbor.evidence,)
    return "", ()


def _line_of(told: BgpSession | None) -> tuple[Evidence, ...]:
    return (told.evidence,) if told else ()
