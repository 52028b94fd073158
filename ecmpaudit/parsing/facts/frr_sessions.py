"""BGP sessions of FRR: `show bgp summary` as text and JSON, and `show bgp neighbors json`.

The summary has two quirks: `State/PfxRcd` holds a number instead of `Established`, and `(Policy)` instead of a number
where `ebgp-requires-policy` lets nothing in.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model.addressing import DEFAULT_VRF, family_of
from ecmpaudit.model.facts import Answer, BgpSession, Facts, Question, Setting
from ecmpaudit.parsing.columnar import numbered_lines
from ecmpaudit.parsing.facts.capture_facts import (
    CaptureFacts,
    evidence,
    evidence_of,
    host_of,
    is_json,
    json_of,
    unparsed,
)
from ecmpaudit.parsing.template import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture, Evidence
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
    """
    if not resolved.is_unicast:
        return CaptureFacts()
    if is_json(capture):
        return _read_json(capture, resolved)
    if resolved.template is None:
        raise UnknownFormatError(f"{capture.source}: the text of `show bgp summary` needs its template")
    rows = read_rows(resolved.template, numbered_lines(capture.text)).to_dicts()
    texts = capture.text.split("\n")
    sessions = tuple(_of_row(row, texts[row["line"] - 1], capture, resolved) for row in rows if row["STATE"])
    lines = tuple(unparsed(capture, row["line"], row["UNPARSED"]) for row in rows if row["UNPARSED"])
    has_answer = sessions or any(row["MESSAGE"].startswith("% No BGP neighbors") for row in rows)
    families = _families(capture, resolved, frozenset(session.family for session in sessions))
    answered = _answers(capture, resolved, families) if has_answer and not lines else frozenset()
    return CaptureFacts(Facts(sessions=_of_known_families(sessions), answered=answered), unparsed=lines)


def read_neighbors(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return what `show bgp neighbors json` adds to the summary: last errors and limits of prefixes.

    Raises:
        UnknownFormatError: this is not that command's output.
    """
    try:
        found = tuple(_of_neighbors(json_of(capture), capture, resolved))
    except (AttributeError, TypeError, ValueError) as error:
        raise UnknownFormatError(f"{capture.source}: this is not `show bgp neighbors json`: {error!r}") from error
    return CaptureFacts(Facts(sessions=found))


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
        remote_as=_as_number(row["REMOTE_AS"]),
        since=_since(row["SINCE"]),
        accepted=int(number) if number else 0 if detail == "Policy" else None,
        sent=int(row["SENT"]) if row["SENT"].isdigit() and number else None,
        detail=detail,
    )


def _family_of_kind(kind: str, peer: str) -> int:
    """Return 4 or 6, 0 for families that are not audited; without a heading (Quagga) the peer's own."""
    if not kind:
        return family_of(peer)
    found = _FAMILY_OF_KIND.match(kind)
    return int(found[1] or found[2]) if found else 0


def _as_number(text: str) -> int | None:
    """Return the number of an AS, also of one in asdot form."""
    high, _, low = text.rpartition(".")
    return (int(high) << 16) + int(low) if high else int(low) if low else None


def _since(text: str | None) -> str | None:
    return None if text in {None, "", _NEVER} else text


def _read_json(capture: Capture, resolved: Resolved) -> CaptureFacts:
    document = json_of(capture)
    try:
        blocks = list(_blocks(document, resolved))
        sessions = tuple(session for block in blocks for session in _of_block(*block, capture))
        settings = tuple(_relax(entries, vrf, capture) for vrf, _, entries in blocks if "bestPath" in entries)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnknownFormatError(f"{capture.source}: this is not `show bgp summary json`: {error!r}") from error
    families = _families(capture, resolved, frozenset(family for _, family, _ in blocks))
    has_answer = bool(blocks) or document == {}
    answered = _answers(capture, resolved, families) if has_answer else frozenset()
    return CaptureFacts(Facts(sessions=sessions, settings=tuple(dict.fromkeys(settings)), answered=answered))


def _blocks(document: dict[str, Any], resolved: Resolved) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Yield VRF, family and content of each block: by VRF and family, by family, or the one that was asked for."""
    if "peers" in document:
        first: dict[str, Any] = next(iter(document["peers"].values()), {})
        family = resolved.family or (6 if first.get("idType") == "ipv6" else 4)
        yield _json_vrf(document), family, document
        return
    for key, entry in document.items():
        if key in _FAMILIES and "peers" in entry:
            yield _json_vrf(entry), _FAMILIES[key], entry
        elif isinstance(entry, dict) and not set(_FAMILIES).isdisjoint(entry):
            yield from _blocks(entry, resolved)


def _json_vrf(entry: dict[str, Any]) -> str:
    """FRR 6 writes the default VRF with a capital."""
    name = str(entry.get("vrfName", DEFAULT_VRF))
    return DEFAULT_VRF if name == "Default" else name


def _of_block(vrf: str, family: int, block: dict[str, Any], capture: Capture) -> Iterator[BgpSession]:
    heading = next(key for key, number in _FAMILIES.items() if number == family)
    place = f'"{heading}"' if f'"{heading}"' in capture.text else ""
    for peer, entry in block["peers"].items():
        words = _STATE.match(str(entry["state"]))
        state = words["state"] if words and words["state"] else str(entry["state"])
        detail = words["detail"] if words and words["detail"] else None
        if entry.get("peerState") not in {None, "OK"}:
            detail = str(entry["peerState"])
        is_up = state == _ESTABLISHED
        yield BgpSession(
            host=host_of(capture),
            peer=peer,
            family=family,
            state=state,
            evidence=_line_of(capture, peer, place, f'"{peer}":', '"state":'),
            vrf=vrf,
            peer_name=entry.get("hostname") or entry.get("desc"),
            remote_as=entry.get("remoteAs"),
            since=_since(entry.get("peerUptime")),
            accepted=entry.get("pfxRcd", entry.get("prefixReceivedCount")) if is_up else None,
            sent=entry.get("pfxSnt") if is_up and detail != "Policy" else None,
            detail=detail,
        )


def _line_of(capture: Capture, peer: str, *words: str) -> Evidence:
    """Return the line with a session's state, with the peer in front: JSON names it some lines above."""
    line = evidence_of(capture, *words)
    return replace(line, text=f'"{peer}": … {line.text}')


def _relax(block: dict[str, Any], vrf: str, capture: Capture) -> Setting:
    value = "on" if block["bestPath"].get("multiPathRelax") in {"true", True} else "off"
    return Setting(host_of(capture), "multipath-relax", value, evidence_of(capture, '"multiPathRelax"'), vrf)


def _of_neighbors(
    document: dict[str, Any], capture: Capture, resolved: Resolved, vrf: str | None = None
) -> Iterator[BgpSession]:
    for peer, entry in document.items():
        if not isinstance(entry, dict):
            continue
        if "bgpState" not in entry:
            yield from _of_neighbors(entry, capture, resolved, _json_vrf({"vrfName": peer}))
            continue
        state = str(entry["bgpState"])
        error = None if state == _ESTABLISHED else _last_error(entry)
        for name, facts in entry.get("addressFamilyInfo", {}).items():
            if name in _FAMILIES:
                yield BgpSession(
                    host=host_of(capture),
                    peer=peer,
                    family=_FAMILIES[name],
                    state=state,
                    evidence=_line_of(capture, peer, f'"{peer}":', '"bgpState":'),
                    vrf=vrf or resolved.vrf or DEFAULT_VRF,
                    peer_name=entry.get("nbrDesc") or _known(entry.get("hostname")),
                    remote_as=entry.get("remoteAs"),
                    since=_since(entry.get("bgpTimerUpString")),
                    last_error=error,
                    accepted=facts.get("acceptedPrefixCounter") if state == _ESTABLISHED else None,
                    sent=facts.get("sentPrefixCounter") if state == _ESTABLISHED else None,
                    limit=None if facts.get("prefixAllowedMaxWarning") else facts.get("prefixAllowedMax"),
                )


def _known(word: str | None) -> str | None:
    return None if word in _NOT_AVAILABLE else word


def _last_error(entry: dict[str, Any]) -> str | None:
    """Return why the session last went down, with the reason of a notification."""
    reset, notified = entry.get("lastResetDueTo"), entry.get("lastNotificationReason")
    return f"{reset}: {notified}" if reset and notified else reset or notified
