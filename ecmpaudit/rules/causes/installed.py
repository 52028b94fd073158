"""From the router's choice to its kernel: the ceiling, the RIB's set, the kernel's group.

What the route table alone shows is judged here too, so that these links are known without any other answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.rules.causes.equal import equal
from ecmpaudit.rules.causes.link import Pair, State, Step, broken, ok, unknown
from ecmpaudit.rules.causes.table import marks_of
from ecmpaudit.rules.ceilings import is_beyond_the_ceiling, reached_ceiling, shows_candidates
from ecmpaudit.rules.messages import evidence_of, own_routes, protocol_name

if TYPE_CHECKING:
    from ecmpaudit.model import Evidence, NextHop, Route

_NEARER_THAN_BGP = frozenset({"connected", "local", "kernel", "static"})
_OF_THE_KERNEL = {
    "rejected": "the kernel refused it (rejected)",
    "queued": "the kernel has not taken it yet (queued)",
    "dead": "its interface is down",
    "linkdown": "its interface has no carrier",
    "not in the kernel": "the kernel does not have it",
}


def ceiling(pair: Pair) -> Step:
    """Tell whether the router's ceiling leaves room for the node."""
    if any(pair.is_node(hop) for hop in pair.prefix.installed):
        return _of_one_that_is_there(pair)
    if pair.all_paths and not pair.paths:
        return unknown("ceiling", "it has no path that a ceiling could keep out")
    if reached := reached_ceiling(pair.prefix):
        is_known = pair.prefix.ceiling is not None
        return broken("ceiling", reached, reached, *_lines(pair)) if is_known else unknown("ceiling", reached)
    if any(path.is_multipath or path.is_best for path in pair.paths):
        return ok("ceiling", "BGP's own ceiling left room for it")
    if pair.prefix.ceiling is None:
        return _suspected_ceiling(pair) or unknown("ceiling", f"{pair.router}'s ceiling is not known")
    return ok("ceiling", f"the ceiling is {pair.prefix.ceiling.value} ({pair.prefix.ceiling.source})")


def _of_one_that_is_there(pair: Pair) -> Step:
    """No ceiling cuts a table of candidates, so that being there proves nothing."""
    known, count = pair.prefix.ceiling, len(pair.prefix.installed)
    if not shows_candidates(pair.prefix):
        return ok("ceiling", "it is among the next hops that are installed")
    if known is None:
        return unknown("ceiling", f"{pair.router}'s ceiling is not known")
    if count > known.value:
        return unknown("ceiling", f"it is one of {count} candidates, and the ceiling is {known.value} ({known.source})")
    return ok("ceiling", f"the ceiling is {known.value} ({known.source})")


def _suspected_ceiling(pair: Pair) -> Step | None:
    """A path that differs in nothing from the best and is not chosen was one too many, as far as it looks."""
    chosen = len({path.next_hops for path in pair.all_paths if path.is_best or path.is_multipath})
    if equal(pair).state is not State.OK or not chosen or pair.prefix.shows_candidates_only:
        return None
    one = (
        f"its path is as good as the best one, and BGP chose only {chosen}: a ceiling of {chosen} seems to be in force"
    )
    many = one.replace("its path is", "their paths are")
    return replace(broken("ceiling", one, many, pair.paths[0].evidence), is_guess=True)


def rib(pair: Pair) -> Step:
    """Tell whether the route that the router selected has the node as next hop."""
    selected = pair.prefix.selected
    if pair.prefix.shows_candidates_only:
        return unknown("RIB", "the table tells candidates, not what is installed")
    chosen = [path for path in pair.paths if path.is_multipath or path.is_best]
    if selected is None and chosen:
        one, many = "BGP chose its path", "BGP chose their paths"
        rest = f", but {pair.router}'s RIB selects no route"
        return broken("RIB", f"{one}{rest}", f"{many}{rest}", chosen[0].evidence, *_lines(pair))
    if selected is None:
        return unknown("RIB", "no route is selected" if pair.prefix.routes else f"{pair.router} has no route to it")
    hop = _own_hop(pair, selected.forwarding_candidates)
    if hop is None:
        return _not_in_the_route(pair, selected)
    if "inactive" in hop.marks:
        return _inactive(pair, hop)
    return ok("RIB", f"it is a next hop of the {protocol_name(selected)} route", *_lines(pair))


def _inactive(pair: Pair, hop: NextHop) -> Step:
    if is_beyond_the_ceiling(hop, pair.prefix):
        return unknown("RIB", f"{pair.router} holds it inactive, as zebra does with what is beyond its maximum")
    one = f"{pair.router} holds it inactive: its next hop does not resolve"
    many = f"{pair.router} holds them inactive: their next hops do not resolve"
    return broken("RIB", one, many, *_lines(pair), is_proof=True)


def _not_in_the_route(pair: Pair, selected: Route) -> Step:
    """Only a path that BGP chose has to be there; without one, an earlier link tells why it is not."""
    chosen = [path for path in pair.paths if path.is_multipath or path.is_best]
    if not chosen:
        return unknown("RIB", f"the {protocol_name(selected)} route does not have it")
    if pair.is_interior or selected.protocol in _NEARER_THAN_BGP:
        one = f"BGP chose it, but {protocol_name(selected)}'s route is the one in use"
        return broken("RIB", one, one.replace("chose it", "chose them"), chosen[0].evidence, *_lines(pair))
    one = f"BGP chose its path, but {pair.router}'s RIB does not have it"
    many = f"BGP chose their paths, but {pair.router}'s RIB does not have them"
    return broken("RIB", one, many, chosen[0].evidence, *_lines(pair))


def kernel(pair: Pair) -> Step:
    """Tell whether packets are sent to the node."""
    installed = _own_hop(pair, pair.prefix.installed)
    in_kernel = pair.prefix.in_kernel
    if in_kernel is not None:
        if any(pair.is_node(hop) for hop in in_kernel):
            return ok("kernel", "the kernel sends packets to it")
        if installed:
            one = f"{pair.router} calls it installed, but its kernel does not have it"
            return broken("kernel", one, one.replace("calls it", "calls them").replace("have it", "have them"))
    elif installed and not pair.prefix.shows_candidates_only:
        return ok("kernel", f"{pair.router} calls it installed")
    hop = _own_hop(pair, pair.prefix.not_in_fib)
    if hop and "inactive" not in hop.marks:
        why = next((words for mark, words in _OF_THE_KERNEL.items() if mark in hop.marks), marks_of(hop))
        one = f"it is in {pair.router}'s RIB, but {why}"
        return broken("kernel", one, one.replace("it is", "they are").replace("its", "their"), *_lines(pair))
    return unknown("kernel", "the kernel was not asked")


def _own_hop(pair: Pair, hops: tuple[NextHop, ...]) -> NextHop | None:
    return next((hop for hop in hops if pair.is_node(hop)), None)


def _lines(pair: Pair) -> tuple[Evidence, ...]:
    return evidence_of(own_routes(pair.prefix))
