"""The facts that route tables are: a node's own routes, and that a kernel's table was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.collectors.capture_texts import is_large, loaded
from ecmpaudit.model.facts import Facts, NodeRoute
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.bird_paths import facts_of_bird_table
from ecmpaudit.parsing.facts.capture_facts import is_json, place_in_json
from ecmpaudit.parsing.facts.line_finder import LineFinder
from ecmpaudit.parsing.facts.object_routes import object_routes
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecmpaudit.model import Capture, Evidence
    from ecmpaudit.model.facts import Answer
    from ecmpaudit.parsing.route_table import RouteTable


def facts_of_node_table(table: RouteTable) -> Facts:
    """Return the routes that a node's daemon has of its own; neither those of a kernel nor those it learned."""
    platform = platforms()[table.platform]
    if platform.is_forwarding_table:
        return Facts()
    host = table.router or ""
    own = table.origins(without_next_hop=not platform.own_routes_have_next_hops)
    routes = tuple(NodeRoute(host, prefix, origin, place) for prefix, origin, place in _with_places(own, table.capture))
    is_complete = not table.unparsed and not table.cut
    return Facts(node_routes=routes, answered=_answers(table, Question.NODE_ROUTES) if is_complete else frozenset())


def _with_places(routes: Iterable[tuple[str, str]], capture: Capture) -> Iterator[tuple[str, str, Evidence]]:
    """Yield prefix and origin of each route, in the order of the text, with its line."""
    with_text = capture if is_large(capture) else loaded(capture)
    lines = LineFinder(with_text)
    for prefix, origin in routes:
        place = place_in_json(with_text, prefix) if is_json(with_text) else lines.evidence(prefix, origin)
        yield prefix, origin, place


def facts_of_kernel_table(table: RouteTable) -> Facts:
    """Return which routes have next-hop objects, and that the kernel's routes are known, where all of them are."""
    platform = platforms()[table.platform]
    if not platform.is_forwarding_table:
        return Facts()
    is_complete = bool(table.is_whole or table.inside) and not table.unparsed and not table.cut
    return Facts(
        object_routes=tuple(object_routes(table, loaded(table.capture))) if platform.is_kernel else (),
        answered=_answers(table, Question.KERNEL_ROUTES) if is_complete else frozenset(),
    )


def facts_of_candidates(table: RouteTable) -> Facts:
    """Return the BGP paths of a table that lists candidates with their attributes (BIRD's `show route all`)."""
    if not platforms()[table.platform].shows_candidates_only:
        return Facts()
    return facts_of_bird_table(table, loaded(table.capture))


def _answers(table: RouteTable, question: Question) -> frozenset[Answer]:
    """A table without its command answers only for the families that it has routes of."""
    families = table.families if table.capture.command is None else {table.asked_family}
    return frozenset((table.router or "", question, family) for family in families)
