"""What a Linux kernel sends packets with, beside routes: neighbour entries and next-hop objects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import DamagedOutputError
from ecmpaudit.model.facts import Facts, NeighborEntry, NextHopObject
from ecmpaudit.model.forwarding_kinds import GroupMember
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import (
    CaptureFacts,
    evidence,
    host_of,
    is_json,
    json_of,
    numbered,
    place_in_json,
    unparsed,
)
from ecmpaudit.parsing.outside_values import (
    address,
    address_or_none,
    number_in,
    object_in,
    objects,
    objects_in,
    text_in,
    text_of,
    whole_number,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.model.facts import Answer
    from ecmpaudit.parsing.resolved import Resolved

_NO_STATE = "NONE"
"""The kernel has made the entry and has not used it; iproute2 prints no state then."""
_LARGEST_ID = 2**32 - 1
_LARGEST_WEIGHT = 2**16
_MOST_BUCKETS = 2**16 - 1
_BUCKETS = re.compile(r"\bbuckets (\d+)")
_ENTRY = re.compile(r"(?P<address>[0-9A-Fa-f.:]+) dev (?P<interface>\S+)(?P<rest>(?:\s.*)?)")
_STATES = frozenset({"INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "NOARP", "PERMANENT"})
_OBJECT = re.compile(
    r"id (?P<number>\d+)(?: group (?P<members>[\d,/]+)(?: type (?P<kind>\S+))?)?(?P<blackhole> blackhole)?"
    r"(?: via(?: inet6?)? (?P<address>[0-9A-Fa-f.:]+))?(?: dev (?P<interface>\S+))?(?P<rest>(?: .*)?)"
)


def read_neighbor_entries(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return the entries of `ip [-j] neigh`; a table without any is an answer too.

    Raises:
        DamagedOutputError: this is not that command's output.
    """
    answered = _answers(capture, resolved, Question.NEIGHBORS)
    if is_json(capture):
        try:
            found = tuple(_entries_of_json(capture))
        except (KeyError, ValueError) as error:
            raise DamagedOutputError(f"{capture.source}: this is not `ip -j neigh`: {error!r}") from error
        return CaptureFacts(Facts(neighbor_entries=found, answered=answered))
    entries, lines = [], []
    for number, line in numbered(capture):
        known = _ENTRY.fullmatch(line)
        if known and (text := address_or_none(known["address"])):
            place = evidence(capture, number, line)
            state = next((word for word in known["rest"].split() if word in _STATES), _NO_STATE)
            entries.append(NeighborEntry(host_of(capture), known["interface"], text, state, place))
        elif line.strip():
            lines.append(unparsed(capture, number, line))
    facts = Facts(neighbor_entries=tuple(entries), answered=frozenset() if lines else answered)
    return CaptureFacts(facts, unparsed=tuple(lines))


def _answers(capture: Capture, resolved: Resolved, question: Question) -> frozenset[Answer]:
    return frozenset({(host_of(capture), question, resolved.family)} if resolved.whole else ())


def _entries_of_json(capture: Capture) -> Iterator[NeighborEntry]:
    for number, entry in enumerate(objects(json_of(capture), "the entries")):
        states = entry.get("state") or [_NO_STATE]
        yield NeighborEntry(
            host=host_of(capture),
            interface=text_of(entry["dev"], "dev"),
            address=address(entry["dst"], "dst"),
            state=text_of(states[0] if isinstance(states, list) else states, "state"),
            evidence=place_in_json(capture, number, "dst"),
        )


def read_next_hop_objects(capture: Capture, resolved: Resolved) -> CaptureFacts:
    """Return the next hops and groups of `ip [-j] nexthop`; a kernel without any answers with an empty list.

    Raises:
        DamagedOutputError: this is not that command's output.
    """
    answered = _answers(capture, resolved, Question.NEXT_HOP_OBJECTS)
    lines = []
    try:
        if is_json(capture):
            found = tuple(_objects_of_json(capture))
        else:
            matched = [(n, line, _OBJECT.fullmatch(line)) for n, line in numbered(capture)]
            lines = [unparsed(capture, n, line) for n, line, known in matched if known is None and line.strip()]
            found = tuple(_object_of_line(known, n, line, capture) for n, line, known in matched if known)
    except (KeyError, ValueError) as error:
        raise DamagedOutputError(f"{capture.source}: this is not the output of `ip nexthop`: {error!r}") from error
    facts = Facts(next_hop_objects=found, answered=frozenset() if lines else answered)
    return CaptureFacts(facts, unparsed=tuple(lines))


def _objects_of_json(capture: Capture) -> Iterator[NextHopObject]:
    for position, entry in enumerate(objects(json_of(capture), "the next hops")):
        gateway = text_in(entry, "gateway") or text_in(object_in(entry, "via"), "host")
        yield NextHopObject(
            host=host_of(capture),
            number=_id_in(entry),
            evidence=place_in_json(capture, position, "id"),
            address=address(gateway, "gateway") if gateway else None,
            interface=text_in(entry, "dev"),
            is_blackhole="blackhole" in entry,
            members=tuple(_member(member) for member in objects_in(entry, "group")),
            kind=text_in(entry, "type") or "mpath",
            buckets=number_in(object_in(entry, "resilient_args"), "buckets", most=_MOST_BUCKETS),
        )


def _id_in(entry: dict[str, Any]) -> int:
    number = number_in(entry, "id", most=_LARGEST_ID)
    if number is None:
        raise KeyError("id")
    return number


def _member(member: dict[str, Any]) -> GroupMember:
    return GroupMember(_id_in(member), number_in(member, "weight", least=1, most=_LARGEST_WEIGHT) or 1)


def _object_of_line(known: re.Match[str], number: int, line: str, capture: Capture) -> NextHopObject:
    buckets = _BUCKETS.search(known["rest"])
    members = (word.partition(",") for word in (known["members"] or "").split("/") if word)
    return NextHopObject(
        host=host_of(capture),
        number=whole_number(known["number"], "id", most=_LARGEST_ID),
        evidence=evidence(capture, number, line),
        address=address(known["address"]) if known["address"] else None,
        interface=known["interface"],
        is_blackhole=known["blackhole"] is not None,
        members=tuple(
            GroupMember(
                whole_number(one, "id", most=_LARGEST_ID),
                whole_number(weight or "1", "weight", least=1, most=_LARGEST_WEIGHT),
            )
            for one, _, weight in members
        ),
        kind=known["kind"] or "mpath",
        buckets=whole_number(buckets[1], "buckets", most=_MOST_BUCKETS) if buckets else None,
    )
