"""BGP of Cilium's agent: `cilium-dbg bgp peers -o json`, and `cilium-dbg bgp routes advertised … -o json`.

The fields are those of cilium/cilium api/v1/models (bgp_peer.go, bgp_peer_families.go, bgp_route.go); Go leaves out
what is zero. Where its control plane is off, the command prints a sentence and ends with 0 (cilium-dbg/cmd).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model.facts import BgpSession, Facts
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, host_of, json_of, place_in_json
from ecmpaudit.parsing.facts.exports import exports_of
from ecmpaudit.parsing.outside_values import LARGEST_AS, network, number_in, objects, text_in, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_OFF = "BGP Control Plane is disabled"
_STATES = {
    word.lower(): word for word in ("Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established", "Unknown")
}
_FAMILIES = {"ipv4": 4, "ipv6": 6}
_LONGEST = 10**18
"""Nanoseconds; 31 years."""


def read_cilium_peers(capture: Capture, _: Resolved) -> CaptureFacts:
    """Return the sessions of `cilium-dbg bgp peers -o json`; none where its BGP control plane is off.

    Raises:
        DamagedOutputError: this is not that command's output.
    """
    answered = frozenset({(host_of(capture), Question.SESSIONS, None)})
    if capture.text.strip().startswith(_OFF):
        return CaptureFacts(Facts(answered=answered))
    try:
        peers = objects(json_of(capture) or [], "the peers")
        sessions = tuple(session for number, peer in enumerate(peers) for session in _sessions(peer, number, capture))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DamagedOutputError(f"{capture.source}: this is not `cilium-dbg bgp peers -o json`: {error!r}") from error
    return CaptureFacts(Facts(sessions=sessions, answered=answered))


def _sessions(peer: dict[str, Any], number: int, capture: Capture) -> Iterator[BgpSession]:
    typed = text_in(peer, "session-state") or "unknown"
    state = _STATES.get(typed.lower().replace("_", "").replace("-", ""), typed)
    is_up = state == "Established"
    uptime = number_in(peer, "uptime-nanoseconds", most=_LONGEST)
    for family in objects(peer.get("families") or [], "families"):
        afi = _FAMILIES.get(text_in(family, "afi") or "")
        if afi is None or text_in(family, "safi") != "unicast":
            continue
        yield BgpSession(
            host=host_of(capture),
            peer=text_of(peer["peer-address"], "peer-address"),
            family=afi,
            state=state,
            evidence=place_in_json(capture, number, "peer-address"),
            peer_name=text_in(peer, "name") or None,
            remote_as=number_in(peer, "peer-asn", most=LARGEST_AS),
            local_as=number_in(peer, "local-asn", most=LARGEST_AS),
            since=str(dt.timedelta(seconds=uptime // 10**9)) if is_up and uptime else None,
            accepted=(number_in(family, "accepted") or 0) if is_up else None,
            sent=(number_in(family, "advertised") or 0) if is_up else None,
            hold_time=number_in(peer, "applied-hold-time-seconds") if is_up else None,
            keepalive=number_in(peer, "applied-keep-alive-time-seconds") if is_up else None,
        )


def read_cilium_exports(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return what `cilium-dbg bgp routes advertised FAMILY unicast neighbor PEER -o json` lists.

    Raises:
        UnknownFormatError: this is not that command's output.
        DamagedOutputError: a value in it is no prefix.
    """
    document = json_of(capture)
    if document is not None and not isinstance(document, list):
        raise UnknownFormatError(f"{capture.source}: this is not `cilium-dbg bgp routes advertised … -o json`")
    try:
        routes = objects(document or [], "the routes")
        places = {
            network(text_of(route["prefix"], "prefix")): place_in_json(capture, number, "prefix")
            for number, route in enumerate(routes)
        }
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedOutputError(f"{capture.source}: a route in this JSON has no prefix: {error}") from error
    return exports_of(capture, resolved, places)
