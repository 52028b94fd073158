"""Beyond the kernel's route: whether packets leave for the node, and how long its death goes unnoticed.

Both are judged only for a node that the kernel forwards to: of a missing one, an earlier link is the cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model.questions import Question
from ecmpaudit.rules.causes.link import Clause, Link, State, Step, broken, not_applicable, ok, unknown
from ecmpaudit.rules.detection import detection_of
from ecmpaudit.rules.forwarding import avoids, entry_of, next_hops_of_kernel
from ecmpaudit.rules.messages import protocol_name

if TYPE_CHECKING:
    from ecmpaudit.model import NextHop
    from ecmpaudit.rules.causes.pair import Pair

_NOT_FORWARDED = "the kernel does not forward to it"


def neighbour(pair: Pair) -> Step:
    """Return whether packets for the node leave the router: its kernel knows the node's link-layer address."""
    hops = _own_hops(pair)
    if not hops:
        return not_applicable(Link.NEIGHBOUR, _NOT_FORWARDED)
    if not pair.facts.knows(pair.prefix.router, Question.NEIGHBORS, pair.family):
        return unknown(Link.NEIGHBOUR, f"{pair.router}'s neighbour entries are not known")
    found = [entry for hop in hops if (entry := entry_of(hop, pair.prefix, pair.facts))]
    failed = next((entry for entry in found if entry.is_unresolved), None)
    if failed is None:
        if not found:
            return unknown(Link.NEIGHBOUR, f"{pair.router} has no neighbour entry for it: it sent it nothing lately")
        return ok(Link.NEIGHBOUR, f"its neighbour entry on {found[0].interface} is {found[0].state}", found[0].evidence)
    is_avoided = avoids(pair.prefix, pair.facts)
    if is_avoided:
        text = f"it does not answer on {failed.interface} ({failed.state}): the kernel sends its flows to the others"
        return not_applicable(Link.NEIGHBOUR, text)
    clause = Clause.of(
        "{it does|they do} not answer {router} on {interface}, and {its|their} flows are lost",
        router=pair.router,
        interface=failed.interface,
    )
    state = State.LIKELY_BROKEN if is_avoided is None else State.BROKEN
    return broken(Link.NEIGHBOUR, clause, failed.evidence, detail=f"({failed.state})", state=state)


def _own_hops(pair: Pair) -> list[NextHop]:
    """Return the next hops of the kernel that lead to the node: its own, and what its recursive one resolves to."""
    resolved = {hop.address for hop in pair.prefix.resolved(pair.node)}
    hops = next_hops_of_kernel(pair.prefix, pair.facts)
    return [hop for hop in hops if pair.is_node(hop) or (hop.address in resolved and hop.address is not None)]


def detection(pair: Pair) -> Step:
    """Return how long it takes until the router notices that the node is silent."""
    selected = pair.prefix.selected
    if not _own_hops(pair) or selected is None:
        return not_applicable(Link.DETECTION, _NOT_FORWARDED)
    if pair.is_static:
        return not_applicable(
            Link.DETECTION, f"no protocol of {pair.router} notices it where a static route's next hop is silent"
        )
    if pair.is_interior:
        return unknown(Link.DETECTION, f"the timers of {protocol_name(selected)} are not collected")
    session = pair.session_that_is_up
    found = detection_of(session, pair.facts) if session else None
    if found is None:
        return unknown(Link.DETECTION, f"the timers of {pair.router}'s BGP session with it are not known")
    return ok(Link.DETECTION, f"{pair.router} notices {found} that it is silent", *found.evidence)
