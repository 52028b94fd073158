"""BFD sessions: FRR's `show bfd peers json`, and BIRD's `show bfd sessions`.

Only the time after which the host itself takes its peer for dead is read (RFC 5880, 6.8.4): the peer's multiplier
times the longer one of the host's receive interval and the peer's transmit interval. BIRD prints the product.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model.facts import BfdSession, Facts
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import (
    CaptureFacts,
    evidence,
    host_of,
    json_of,
    numbered,
    place_in_json,
    unparsed,
)
from ecmpaudit.parsing.outside_values import address, address_or_none, number_in, objects, text_in, text_of

if TYPE_CHECKING:
    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_SESSION = re.compile(
    r"(?:\d{4}[- ])?\s*(?P<peer>[0-9A-Fa-f.:]+)\s+(?P<interface>\S+)\s+(?P<state>AdminDown|Down|Init|Up)\s+\S.*?\s+"
    r"(?P<interval>[0-9]+\.[0-9]+)\s+(?P<timeout>[0-9]{1,9})\.(?P<thousandths>[0-9]{3})\s*"
)
_HEADING = re.compile(
    r"(?:\d{4}[- ])?\s*(?:IP address\s+Interface\s+State\s.*|\S+:|BIRD \S+ ready\.|Access restricted)?\s*"
)
_NO_INTERFACE = "---"


def read_frr_bfd(capture: Capture, _: Resolved) -> CaptureFacts:
    """Return the sessions of `show bfd peers json`.

    Raises:
        DamagedOutputError: this is not that command's output.
    """
    try:
        entries = objects(json_of(capture), "the peers")
        found = tuple(_of_frr(entry, number, capture) for number, entry in enumerate(entries))
    except (KeyError, ValueError) as error:
        raise DamagedOutputError(f"{capture.source}: this is not `show bfd peers json`: {error!r}") from error
    return CaptureFacts(Facts(bfd_sessions=found, answered=frozenset({(host_of(capture), Question.BFD, None)})))


def _of_frr(entry: dict[str, Any], number: int, capture: Capture) -> BfdSession:
    is_up = text_of(entry["status"], "status") == "up"
    return BfdSession(
        host=host_of(capture),
        peer=address(entry["peer"], "peer"),
        is_up=is_up,
        evidence=place_in_json(capture, number, "status"),
        vrf=text_in(entry, "vrf"),
        interface=text_in(entry, "interface"),
        timeout=_timeout(entry) if is_up else None,
    )


def _timeout(entry: dict[str, Any]) -> int | None:
    multiplier = number_in(entry, "remote-detect-multiplier")
    own, of_peer = number_in(entry, "receive-interval"), number_in(entry, "remote-transmit-interval")
    return None if multiplier is None or own is None or of_peer is None else multiplier * max(own, of_peer)


def read_bird_bfd(capture: Capture, _: Resolved) -> CaptureFacts:
    """Return the sessions of `show bfd sessions`.

    Raises:
        UnknownFormatError: this is not that command's output.
    """
    found, lines = [], []
    for number, line in numbered(capture):
        known = _SESSION.fullmatch(line)
        if known and (peer := address_or_none(known["peer"])):
            place = evidence(capture, number, line)
            is_up = known["state"] == "Up"
            interface = None if known["interface"] == _NO_INTERFACE else known["interface"]
            timeout = int(known["timeout"]) * 1000 + int(known["thousandths"]) if is_up else None
            found.append(BfdSession(host_of(capture), peer, is_up, place, interface=interface, timeout=timeout))
        elif not _HEADING.fullmatch(line):
            lines.append(unparsed(capture, number, line))
    if "IP address" not in capture.text:
        raise UnknownFormatError(f"{capture.source}: this is not the output of `show bfd sessions`")
    answered = frozenset() if lines else frozenset({(host_of(capture), Question.BFD, None)})
    return CaptureFacts(Facts(bfd_sessions=tuple(found), answered=answered), unparsed=tuple(lines))
