"""BGP sessions of GoBGP: `gobgp neighbor -j`.

Its JSON leaves out what is zero, as protobuf does: an absent `accepted` of a session that is up is 0.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import DamagedOutputError
from ecmpaudit.model.facts import BgpSession, Facts
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, host_of, json_of, place_in_json
from ecmpaudit.parsing.outside_values import (
    LARGEST_AS,
    mapping,
    number_in,
    object_in,
    objects,
    text_in,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_STATES = ("Unknown", "Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established")
"""By their numbers in GoBGP's API (PeerState.SessionState)."""
_UNICAST = 1
_FAMILIES = {1: 4, 2: 6}
"""AFI (RFC 4760) → 4 or 6."""
_LATEST = 253_402_300_799
"""Seconds since 1970 at the end of the year 9999, the last that Python's dates have."""


def read_gobgp_neighbors(capture: Capture, _: Resolved) -> CaptureFacts:
    """Return the sessions of `gobgp neighbor -j`.

    Raises:
        DamagedOutputError: this is not that command's output.
    """
    try:
        entries = objects(json_of(capture), "the sessions")
        sessions = tuple(
            session for number, entry in enumerate(entries) for session in _sessions(entry, number, capture)
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise DamagedOutputError(f"{capture.source}: this is not `gobgp neighbor -j`: {error!r}") from error
    answered = frozenset({(host_of(capture), Question.SESSIONS, None)})
    return CaptureFacts(Facts(sessions=sessions, answered=answered))


def _sessions(entry: dict[str, Any], number: int, capture: Capture) -> Iterator[BgpSession]:
    conf, state = mapping(entry["conf"], "conf"), mapping(entry["state"], "state")
    peer = text_in(state, "neighbor_address") or text_of(conf["neighbor_address"], "neighbor_address")
    word = _STATES[number_in(state, "session_state", most=len(_STATES) - 1) or 0]
    is_up = word == "Established"
    place = place_in_json(
        capture, number, *(("state", "neighbor_address") if "neighbor_address" in state else ("conf",))
    )
    for family in objects(entry["afi_safis"], "afi_safis"):
        kind = mapping(mapping(family["config"], "config")["family"], "family")
        counts = object_in(family, "state")
        afi = number_in(kind, "afi")
        if number_in(kind, "safi") == _UNICAST and afi in _FAMILIES:
            yield BgpSession(
                host=host_of(capture),
                peer=peer,
                family=_FAMILIES[afi],
                state=word,
                evidence=place,
                peer_name=text_in(conf, "description") or None,
                remote_as=number_in(conf, "peer_asn", most=LARGEST_AS),
                since=_since(object_in(mapping(entry["timers"], "timers"), "state"), is_up=is_up),
                accepted=number_in(counts, "accepted") or 0 if is_up else None,
                sent=number_in(counts, "advertised") if is_up else None,
                limit=number_in(object_in(family, "prefix_limits"), "max_prefixes"),
                detail="Admin" if state.get("admin_state") else None,
            )


def _since(timers: dict[str, Any], *, is_up: bool) -> str | None:
    """Return when the session was established or went down, in UTC; None if it never was up (no `uptime`)."""
    if "uptime" not in timers:
        return None
    seconds = number_in(object_in(timers, "uptime" if is_up else "downtime"), "seconds", most=_LATEST)
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
