"""BGP sessions of FRR: `show bgp summary` as text and JSON, and `show bgp neighbors json`.

The summary has two quirks: `State/PfxRcd` holds a number instead of `Established`, and `(Policy)` instead of a number
where `ebgp-requires-policy` lets nothing in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.model.addressing import DEFAULT_VRF, family_of
from ecmpaudit.model.facts import Answer, BgpSession, Facts, Setting
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.columnar import numbered_lines
from ecmpaudit.parsing.facts.capture_facts import (
    CaptureFacts,
    evidence,
    host_of,
    is_json,
    json_of,
    place_in_json,
    unparsed,
)
from ecmpaudit.parsing.outside_values import (
    as_number,
    as_number_in,
    mapping,
    number_in,
    object_in,
    text_in,
    text_of,
    whole_number,
)
from ecmpaudit.parsing.template import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.resolved import Resolved

_ESTABLISHED = "Established"
_NEVER = "never"
_NOT_AVAILABLE = frozenset({"N/A", "n/a", "Unknown"})
_FAMILIES = {"ipv4Unicast": 4, "ipv6Unicast": 6}
_FAMILY_OF_KIND = re.compile(r"^(?:IPv([46]) Unicast|ipv([46])Unicast)$")
_STATE = re.compile(r"(?P<state>[A-Za-z]+)?\s*(?:\((?P<detail>[A-Za-z]+)\))?")


def read_summary(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return the sessions of `show bgp summary`.

    Raises:
        UnknownFormatError: this is not that command's output.
        DamagedOutputError: a value in it cannot be.
    """
    if not resolved.is_unicast:
        return CaptureFacts()
    if is_json(capture):
        return _read_json(capture, resolved)
    if resolved.template is None:
        raise UnknownFormatError(f"{capture.source}: the text of `show bgp summary` needs its template")
    rows = read_rows(resolved.template, numbered_lines(capture.text)).to_dicts()
    texts = capture.text.split("\n")
    sessions = tuple(_of_line(row, texts[row["line"] - 1], capture, resolved) for row in rows if row["STATE"])
    lines = tuple(unparsed(capture, row["line"], row["UNPARSED"]) for row in rows if row["UNPARSED"])
    has_answer = sessions or any(row["MESSAGE"].startswith("% No BGP neighbors") for row in rows)
    families = _families(capture, resolved, frozenset(session.family for session in sessions))
    answered = _answers(capture, resolved, families) if has_answer and not lines else frozenset()
    return CaptureFacts(Facts(sessions=_of_known_families(sessions), answered=answered), unparsed=lines)


def read_neighbors(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return what `show bgp neighbors json` adds to the summary: last errors and limits of prefixes.

    Raises:
        DamagedOutputError: this is not that command's output.
    """
    try:
        document = mapping(json_of(capture), "the neighbors")
        found = tuple(_of_neighbors(document, capture, resolved))
    except (ValueError, RecursionError) as error:
        raise DamagedOutputError(f"{capture.source}: this is not `show bgp neighbors json`: {error!r}") from error
    answered = frozenset({(host_of(capture), Question.SESSION_DETAILS, resolved.family)})
    return CaptureFacts(Facts(sessions=found, answered=answered))


def _answers(capture: Capture, resolved: Resolved, families: frozenset[int]) -> frozenset[Answer]:
    """Return what is answered by a list of all sessions: a family without any has none."""
    if not resolved.whole:
        return frozenset()
    return frozenset((host_of(capture), Question.SESSIONS, family) for family in families)


def _families(capture: Capture, resolved: Resolved, seen: frozenset[int]) -> frozenset[int]:
    """Return the families that the command asked for; without a command, those that were printed."""
    if capture.command is None:
        return seen
    return frozenset({resolved.family}) if resolved.family else frozenset({4, 6})


def _of_known_families(sessions: tuple[BgpSession, ...]) -> tuple[BgpSession, ...]:
    return tuple(session for session in sessions if session.family)


def _of_line(row: dict[str, Any], text: str, capture: Capture, resolved: Resolved) -> BgpSession:
    try:
        return _of_row(row, text, capture, resolved)
    except ValueError as error:
        place = evidence(capture, row["line"], text)
        raise DamagedOutputError(f"{place.source}:{place.line}: {error}") from error


def _of_row(row: dict[str, Any], text: str, capture: Capture, resolved: Resolved) -> BgpSession:
    peer = row["PEER"] or row["LONG_PEER"].rstrip(")").rpartition("(")[2]
    name = row["NAME"] or row["DESCRIPTION"]
    number, state = (row["STATE"], "") if row["STATE"].isdigit() else ("", row["STATE"])
    words = _STATE.fullmatch(state)
    detail = words["detail"] if words else None
    return BgpSession(
        host=host_of(capture),
        peer=peer,
        family=_family_of_kind(row["KIND"], peer),
        state=(words["state"] if words else None) or _ESTABLISHED,
        evidence=evidence(capture, row["line"], text),
        vrf=row["VRF"] or resolved.vrf or DEFAULT_VRF,
        peer_name=None if name in {"", *_NOT_AVAILABLE} else name,
        remote_as=as_number(row["REMOTE_AS"], "AS") if row["REMOTE_AS"] else None,
        since=_since(row["SINCE"]),
        accepted=whole_number(number, "State/PfxRcd") if number else 0 if detail == "Policy" else None,
        sent=whole_number(row["SENT"], "PfxSnt") if row["SENT"].isdigit() and number else None,
        detail=detail,
    )


def _family_of_kind(kind: str, peer: str) -> int:
    """Return 4 or 6, 0 for families that are not audited; without a heading (Quagga) the peer's own."""
    if not kind:
        return family_of(peer)
    found = _FAMILY_OF_KIND.match(kind)
    return int(found[1] or found[2]) if found else 0


def _since(text: str | None) -> str | None:
    return None if text in {None, "", _NEVER} else text


def _read_json(capture: Capture, resolved: Resolved) -> CaptureFacts:
    try:
        document = mapping(json_of(capture), "the summary")
        blocks = list(_blocks(document, resolved))
        sessions = tuple(session for block in blocks for session in _of_block(block, capture))
        settings = {block.vrf: _relax(block, capture) for block in reversed(blocks) if "bestPath" in block.entries}
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DamagedOutputError(f"{capture.source}: this is not `show bgp summary json`: {error!r}") from error
    families = _families(capture, resolved, frozenset(block.family for block in blocks))
    has_answer = bool(blocks) or document == {}
    answered = _answers(capture, resolved, families) if has_answer else frozenset()
    return CaptureFacts(Facts(sessions=sessions, settings=tuple(settings.values()), answered=answered))


class _Block(NamedTuple):
    """The sessions of one VRF and family in the JSON of a summary."""

    vrf: str
    family: int
    entries: dict[str, Any]
    above: tuple[str, ...]
    """The keys that lead to it."""


def _blocks(document: dict[str, Any], resolved: Resolved, above: tuple[str, ...] = ()) -> Iterator[_Block]:
    """Yield each block: by VRF and family, by family, or the one that was asked for."""
    if "peers" in document:
        first = mapping(next(iter(object_in(document, "peers").values()), {}), "a peer")
        family = resolved.family or (6 if first.get("idType") == "ipv6" else 4)
        yield _Block(_json_vrf(document), family, document, above)
        return
    for key, entry in document.items():
        if key in _FAMILIES and "peers" in mapping(entry, key):
            yield _Block(_json_vrf(entry), _FAMILIES[key], entry, (*above, key))
        elif isinstance(entry, dict) and not set(_FAMILIES).isdisjoint(entry):
            yield from _blocks(entry, resolved, (*above, key))


def _json_vrf(entry: dict[str, Any]) -> str:
    """FRR 6 writes the default VRF with a capital."""
    name = text_in(entry, "vrfName") or DEFAULT_VRF
    return DEFAULT_VRF if name == "Default" else name


def _of_block(block: _Block, capture: Capture) -> Iterator[BgpSession]:
    for peer, value in object_in(block.entries, "peers").items():
        entry = mapping(value, "a peer")
        said, peer_state = text_of(entry["state"], "state"), text_in(entry, "peerState")
        words = _STATE.match(said)
        state = words["state"] if words and words["state"] else said
        detail = words["detail"] if words and words["detail"] else None
        if peer_state not in {None, "OK"}:
            detail = peer_state
        is_up = state == _ESTABLISHED
        received = number_in(entry, "pfxRcd" if "pfxRcd" in entry else "prefixReceivedCount")
        yield BgpSession(
            host=host_of(capture),
            peer=text_of(peer, "a peer"),
            family=block.family,
            state=state,
            evidence=place_in_json(capture, *block.above, "peers", peer, "state"),
            vrf=block.vrf,
            peer_name=text_in(entry, "hostname") or text_in(entry, "desc"),
            remote_as=as_number_in(entry, "remoteAs"),
            local_as=as_number_in(entry, "localAs"),
            since=_since(text_in(entry, "peerUptime")),
            accepted=received if is_up else None,
            sent=number_in(entry, "pfxSnt") if is_up and detail != "Policy" else None,
            detail=detail,
        )


def _relax(block: _Block, capture: Capture) -> Setting:
    value = "on" if object_in(block.entries, "bestPath").get("multiPathRelax") in ("true", True) else "off"
    place = place_in_json(capture, *block.above, "bestPath", "multiPathRelax")
    return Setting(host_of(capture), "multipath-relax", value, place, block.vrf)


def _of_neighbors(
    document: dict[str, Any], capture: Capture, resolved: Resolved, above: tuple[str, ...] = ()
) -> Iterator[BgpSession]:
    vrf = _json_vrf({"vrfName": above[-1]}) if above else resolved.vrf or DEFAULT_VRF
    for peer, entry in document.items():
        if not isinstance(entry, dict):
            continue
        if "bgpState" not in entry:
            yield from _of_neighbors(entry, capture, resolved, (*above, peer))
            continue
        state = text_of(entry["bgpState"], "bgpState")
        is_up = state == _ESTABLISHED
        offers = object_in(object_in(entry, "neighborCapabilities"), "multiprotocolExtensions")
        for name, family in object_in(entry, "addressFamilyInfo").items():
            if name in _FAMILIES:
                facts = mapping(family, name)
                yield BgpSession(
                    host=host_of(capture),
                    peer=text_of(peer, "a neighbor"),
                    family=_FAMILIES[name],
                    state=state,
                    evidence=place_in_json(capture, *above, peer, "bgpState"),
                    vrf=vrf,
                    peer_name=text_in(entry, "nbrDesc") or _known(text_in(entry, "hostname")),
                    remote_as=as_number_in(entry, "remoteAs"),
                    local_as=as_number_in(entry, "localAs"),
                    since=_since(text_in(entry, "bgpTimerUpString")),
                    last_error=None if is_up else _last_error(entry),
                    accepted=number_in(facts, "acceptedPrefixCounter") if is_up else None,
                    sent=number_in(facts, "sentPrefixCounter") if is_up else None,
                    limit=None if facts.get("prefixAllowedMaxWarning") else number_in(facts, "prefixAllowedMax"),
                    is_negotiated="advertisedAndReceived" in object_in(offers, name) if offers else None,
                    hold_time=_seconds_in(entry, "bgpTimerHoldTimeMsecs") if is_up else None,
                    keepalive=_seconds_in(entry, "bgpTimerKeepAliveIntervalMsecs") if is_up else None,
                    uses_bfd="peerBfdInfo" in entry,
                )


def _seconds_in(entry: dict[str, Any], key: str) -> int | None:
    milliseconds = number_in(entry, key)
    return None if milliseconds is None else milliseconds // 1000


def _known(word: str | None) -> str | None:
    return None if word in _NOT_AVAILABLE else word


def _last_error(entry: dict[str, Any]) -> str | None:
    """Return why the session last went down, with the reason of a notification."""
    reset, notified = text_in(entry, "lastResetDueTo"), text_in(entry, "lastNotificationReason")
    return f"{reset}: {notified}" if reset and notified else reset or notified
