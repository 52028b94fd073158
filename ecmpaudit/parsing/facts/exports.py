"""What nodes send over their sessions: FRR's advertised routes, BIRD's `show route export`, GoBGP's adj-out."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model.addressing import family_of
from ecmpaudit.model.facts import Export, Facts, Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, evidence_of, host_of, json_of
from ecmpaudit.parsing.reading import read_capture

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved


def read_advertised(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return what `show bgp … neighbors PEER advertised-routes json` lists.

    Raises:
        UnknownFormatError: this is not that command's output; its text form is not read.
    """
    document = json_of(capture)
    routes = document.get("advertisedRoutes") if isinstance(document, dict) else None
    if routes is None:
        raise UnknownFormatError(f"{capture.source}: this is not `… advertised-routes json`")
    return _exports(capture, resolved, routes, _families(resolved, routes), '"advertisedRoutes"')


def read_gobgp_exports(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return what `gobgp neighbor PEER adj-out -j` lists.

    Raises:
        UnknownFormatError: this is not that command's output, or its error.
    """
    document = json_of(capture)
    if not isinstance(document, dict) or "error" in document:
        raise UnknownFormatError(f"{capture.source}: this is not `gobgp neighbor PEER adj-out -j`")
    return _exports(capture, resolved, document, _families(resolved, document))


def read_bird_exports(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return what `show route export PROTOCOL` lists; a protocol that is down exports nothing, whatever its filter is.

    Raises:
        UnknownFormatError: this is no route table of BIRD, or says why there is none.
    """
    table = read_capture(capture)
    if table.messages and not table.route_count:
        raise UnknownFormatError(f"{capture.source}: {table.messages[0]}")
    prefixes = table.frame["prefix"].unique(maintain_order=True)
    exports = _exports(capture, resolved, prefixes, {resolved.family})
    return CaptureFacts(exports.facts if not table.unparsed and not table.cut else Facts(), unparsed=table.unparsed)


def _families(resolved: Resolved, prefixes: Iterable[str]) -> set[int | None]:
    """Return the family of the command, else those of the prefixes: without either, the list answers for none."""
    return {resolved.family} if resolved.family else {family_of(prefix) for prefix in prefixes}


def _exports(
    capture: Capture, resolved: Resolved, prefixes: Iterable[str], families: set[int | None], place: str = ""
) -> CaptureFacts:
    """Return the exports over one session; `families` are those that it lists completely, None for both."""
    session = resolved.peer
    if session is None:
        raise UnknownFormatError(
            f"{capture.source}: no command names the session of these routes; paste them with their command"
        )
    exports = tuple(
        Export(host_of(capture), str(ip_network(prefix)), session, evidence_of(capture, place, prefix))
        for prefix in prefixes
    )
    host = host_of(capture)
    answered = frozenset((host, Question.EXPORTS, family) for family in families)
    lists = frozenset((host, session, family) for family in families)
    return CaptureFacts(Facts(exports=exports, answered=answered, export_lists=lists))
