"""What nodes send over their sessions: FRR's advertised routes, BIRD's `show route export`, GoBGP's adj-out."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model.facts import Export, Facts, Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, evidence_of, host_of, json_of
from ecmpaudit.parsing.reading import read_capture

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ecmpaudit.model import Capture

_PEER_OF_FRR = re.compile(r"\bnei\w*\s+(\S+)\s+adv")
_PROTOCOL_OF_BIRD = re.compile(r"\bexport\s+(\S+)")
_PEER_OF_GOBGP = re.compile(r"\bnei\w*\s+(\S+)\s+adj-out")
_FAMILY = re.compile(r"\bipv([46])\b|\b(ip) +bgp")


def read_advertised(capture: Capture, _: Path | None = None) -> CaptureFacts:
    """Return what `show bgp … neighbors PEER advertised-routes json` lists.

    Raises:
        UnknownFormatError: this is not that command's output; its text form is not read.
    """
    document = json_of(capture)
    routes = document.get("advertisedRoutes") if isinstance(document, dict) else None
    if routes is None:
        raise UnknownFormatError(f"{capture.source}: this is not `… advertised-routes json`")
    return _exports(capture, _PEER_OF_FRR, routes, '"advertisedRoutes"')


def read_gobgp_exports(capture: Capture, _: Path | None = None) -> CaptureFacts:
    """Return what `gobgp neighbor PEER adj-out -j` lists.

    Raises:
        UnknownFormatError: this is not that command's output, or its error.
    """
    document = json_of(capture)
    if not isinstance(document, dict) or "error" in document:
        raise UnknownFormatError(f"{capture.source}: this is not `gobgp neighbor PEER adj-out -j`")
    return _exports(capture, _PEER_OF_GOBGP, document)


def read_bird_exports(capture: Capture, _: Path | None = None) -> CaptureFacts:
    """Return what `show route export PROTOCOL` lists; a protocol that is down exports nothing, whatever its filter is.

    Raises:
        UnknownFormatError: this is no route table of BIRD, or says why there is none.
    """
    table = read_capture(capture)
    if table.messages and not table.route_count:
        raise UnknownFormatError(f"{capture.source}: {table.messages[0]}")
    exports = _exports(capture, _PROTOCOL_OF_BIRD, table.frame["prefix"].unique(maintain_order=True))
    return CaptureFacts(exports.facts if not table.unparsed and not table.cut else Facts(), unparsed=table.unparsed)


def _exports(capture: Capture, peer: re.Pattern[str], prefixes: Iterable[str], place: str = "") -> CaptureFacts:
    named = peer.search(capture.command or "")
    if named is None:
        raise UnknownFormatError(
            f"{capture.source}: no command names the session of these routes; paste them with their command"
        )
    session = named[1].strip("'\"")
    exports = tuple(
        Export(host_of(capture), str(ip_network(prefix)), session, evidence_of(capture, place, prefix))
        for prefix in prefixes
    )
    host, family = host_of(capture), _family(capture)
    answered, lists = frozenset({(host, Question.EXPORTS, family)}), frozenset({(host, session, family)})
    return CaptureFacts(Facts(exports=exports, answered=answered, export_lists=lists))


def _family(capture: Capture) -> int | None:
    named = _FAMILY.search(capture.command or "")
    return int(named[1] or 4) if named else None
