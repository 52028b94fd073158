"""What nodes send over their sessions: FRR's advertised routes, BIRD's `show route export`, GoBGP's adj-out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model import Evidence
from ecmpaudit.model.addressing import family_of
from ecmpaudit.model.facts import Export, Facts
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, host_of, json_of, place_in_json
from ecmpaudit.parsing.outside_values import network
from ecmpaudit.parsing.reading import read_capture

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved


_NOT_OF_THE_FAMILY = "No such neighbor or address family"
"""FRR 8.4.4 (`warning`): the session is not of the address family that was asked for, so it sends nothing there."""


def read_advertised(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return what `show bgp … neighbors PEER advertised-routes json` lists.

    Raises:
        UnknownFormatError: this is not that command's output; its text form is not read.
        DamagedOutputError: a key in it is no prefix.
    """
    document = json_of(capture)
    if isinstance(document, dict) and document.get("warning") == _NOT_OF_THE_FAMILY:
        return CaptureFacts(Facts())
    routes = document.get("advertisedRoutes") if isinstance(document, dict) else None
    if not isinstance(routes, dict):
        raise UnknownFormatError(f"{capture.source}: this is not `… advertised-routes json`")
    return exports_of(capture, resolved, _prefixes(capture, routes, "advertisedRoutes"))


def read_gobgp_exports(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return what `gobgp neighbor PEER adj-out -j` lists.

    Raises:
        UnknownFormatError: this is not that command's output, or its error.
    """
    document = json_of(capture)
    if not isinstance(document, dict) or "error" in document:
        raise UnknownFormatError(f"{capture.source}: this is not `gobgp neighbor PEER adj-out -j`")
    return exports_of(capture, resolved, _prefixes(capture, document))


def read_bird_exports(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return what `show route export PROTOCOL` lists; a protocol that is down exports nothing, whatever its filter is.

    Raises:
        UnknownFormatError: this is no route table of BIRD, or says why there is none.
    """
    table = read_capture(capture)
    if table.messages and not table.route_count:
        raise UnknownFormatError(f"{capture.source}: {table.messages[0]}")
    first = table.frame.unique("prefix", keep="first", maintain_order=True)
    places = {prefix: Evidence(capture.source, line, "") for prefix, line in first.select("prefix", "line").rows()}
    exports = exports_of(capture, resolved, places, {resolved.family})
    return CaptureFacts(exports.facts if not table.unparsed and not table.cut else Facts(), unparsed=table.unparsed)


def _prefixes(capture: Capture, routes: Iterable[str], *above: str) -> dict[str, Evidence]:
    """Return the prefixes with their places in the JSON, below the keys `above`.

    Raises:
        DamagedOutputError: a key is no prefix.
    """
    try:
        return {network(key): place_in_json(capture, *above, key) for key in routes}
    except ValueError as error:
        raise DamagedOutputError(f"{capture.source}: a key in this JSON is no prefix: {error}") from error


def exports_of(
    capture: Capture,
    resolved: Resolved,
    places: Mapping[str, Evidence],
    families: set[int | None] | None = None,
) -> CaptureFacts:
    """Return the exports over one session, by prefix with the place of each.

    `families` are those that it lists completely, None in it for both; without them, that of the command, else those
    of the prefixes: without either, the list answers for none.
    """
    session = resolved.peer
    if session is None:
        raise UnknownFormatError(
            f"{capture.source}: no command names the session of these routes; paste them with their command"
        )
    if families is None:
        families = {resolved.family} if resolved.family else {family_of(prefix) for prefix in places}
    host = host_of(capture)
    exports = tuple(Export(host, prefix, session, place) for prefix, place in places.items())
    answered = frozenset((host, Question.EXPORTS, family) for family in families)
    lists = frozenset((host, session, family) for family in families)
    return CaptureFacts(Facts(exports=exports, answered=answered, export_lists=lists))
