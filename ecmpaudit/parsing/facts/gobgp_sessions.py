"""BGP sessions of GoBGP: `gobgp neighbor -j`.

Its JSON leaves out what is zero, as protobuf does: an absent `accepted` of a session that is up is 0.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model.facts import BgpSession, Facts, Question
from ecmpaudit.parsing.facts.capture_facts import CaptureFacts, evidence_of, host_of, json_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_STATES = ("Unknown", "Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established")
"""By their numbers in GoBGP's API (PeerState.SessionState)."""
_UNICAST = 1
_FAMILIES = {1: 4, 2: 6}
"""AFI (RFC 4760) → 4 or 6."""


def read_gobgp_neighbors(capture: Capture, _: Resolved) -> CaptureFacts:
    """Return the sessions of `gobgp neighbor -j`.

    Raises:
        UnknownFormatError: this is not that command's output.
    """
    try:
        sessions = tuple(session for entry in json_of(capture) for session in _sessions(entry, capture))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise UnknownFormatError(f"{capture.source}: this is not `gobgp neighbor -j`: {error!r}") from error
    answered = frozenset({(host_of(capture), Question.SESSIONS, None)})
    return CaptureFacts(Facts(sessions=sessions, answered=answered))


def _sessions(entry: dict[str, Any], capture: Capture) -> Iterator[BgpSession]:
    conf, state = entry["conf"], entry["state"]
    peer = state.get("neighbor_address") or conf["neighbor_address"]
    word = _STATES[state.get("session_state", 0)]
    is_up = word == "Established"
    for family in entry["afi_safis"]:
        kind = family["config"]["family"]
        if kind["safi"] == _UNICAST and kind["afi"] in _FAMILIES:
            yield BgpSession(
                host=host_of(capture),
                peer=peer,
                family=_FAMILIES[kind["afi"]],
                state=word,
                evidence=evidence_of(capture, f'"{peer}"'),
                peer_name=conf.get("description") or None,
                remote_as=conf.get("peer_asn"),
                since=_since(entry["timers"].get("state", {}), is_up=is_up),
                accepted=family["state"].get("accepted", 0) if is_up else None,
                sent=family["state"].get("advertised") if is_up else None,
                limit=family.get("prefix_limits", {}).get("max_prefixes"),
                detail="Admin" if state.get("admin_state") else None,
            )


def _since(timers: dict[str, Any], *, is_up: bool) -> str | None:
    """Return when the session was established or went down, in UTC; None if it never was up (no `uptime`)."""
    if "uptime" not in timers:
        return None
    seconds = timers["uptime" if is_up else "downtime"]["seconds"]
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
