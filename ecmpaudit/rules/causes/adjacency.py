"""The OSPF adjacency between node and router: full, stuck in a state that says why, or not there at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model.questions import Question
from ecmpaudit.rules.causes.link import Clause, Link, Step, broken, ok, unknown
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from ecmpaudit.model.facts import Adjacency
    from ecmpaudit.rules.causes.pair import Pair

_REASONS = {
    "ExStart": ", as where the MTU of the two ends differs",
    "Exchange": ", as where the MTU of the two ends differs",
    "Init": ": {router} hears {it|them}, and {it does|they do} not hear {router}",
}
"""What a state means in which an adjacency stays."""


def adjacency(pair: Pair) -> Step:
    """Return whether node and router exchange LSAs."""
    neighbors = pair.facts.adjacencies_of(pair.prefix.router, pair.prefix.vrf, pair.family)
    own = [found for found in neighbors if _is_with(found, pair.node.addresses)]
    for found in own:
        if found.exchanges_routes:
            text = f"its OSPF adjacency with {pair.router} is full ({found.state})"
            return ok(Link.SESSION, text, found.evidence)
    if own:
        return _not_full(pair, own[0])
    if not pair.facts.knows(pair.prefix.router, Question.ADJACENCIES, pair.family):
        return unknown(Link.SESSION, f"{pair.router}'s OSPF adjacencies are not known")
    if others := _unidentified(pair, neighbors):
        which = f"cannot determine which of {pair.router}'s OSPF neighbours is it: {listed(others)}"
        return unknown(Link.SESSION, which)
    clause = Clause.of("{it is|they are} no OSPF {neighbour|neighbours} of {router}", router=pair.router)
    return broken(Link.SESSION, clause)


def _not_full(pair: Pair, found: Adjacency) -> Step:
    state = found.state.partition("/")[0]
    template = "{its OSPF adjacency|their OSPF adjacencies} with {router} {stays|stay} in {state}"
    clause = Clause.of(template + _REASONS.get(state, ""), router=pair.router, state=state)
    return broken(Link.SESSION, clause, found.evidence)


def _is_with(found: Adjacency, addresses: frozenset[str]) -> bool:
    return found.address in addresses or found.router_id in addresses


def _unidentified(pair: Pair, neighbors: tuple[Adjacency, ...]) -> list[str]:
    """Return the router ids of neighbours that are no other node known, where none of the node's addresses is one."""
    nodes = pair.prefix.expectation.nodes if pair.prefix.expectation else ()
    others = [node.addresses for node in nodes if node != pair.node]
    unknown_ones = [found for found in neighbors if not any(_is_with(found, addresses) for addresses in others)]
    is_known_by_ids = len(unknown_ones) < len(neighbors)
    return [] if is_known_by_ids else [found.router_id for found in unknown_ones]
