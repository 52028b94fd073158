"""What repeats from run to run, as JSON that is stored once and found by its digest.

Most prefixes share the tuples of their next hops and nodes. What follows from such a tuple is made once for all of
them, and found by the object: to compare two tuples of 64 next hops takes longer.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import insert, select

from ecmpaudit.history.schema import contents
from ecmpaudit.model import AuditedPrefix, Confidence, Effect, IncidentCause, NextHop, Node
from ecmpaudit.model.runs import Asked, Spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Connection, Table

    from ecmpaudit.model import Incident, Place

_AT_ONCE = 500
"""Digests in one query; SQLite allows 999 parameters in old builds."""


_T = TypeVar("_T")
_R = TypeVar("_R")


def once_per_object(function: Callable[[_T], _R]) -> Callable[[_T], _R]:
    """Return the function with a memory by object, which holds each of its arguments."""
    known: dict[int, tuple[_T, _R]] = {}

    def remembered(argument: _T) -> _R:
        found = known.get(id(argument))
        if found is None:
            found = known[id(argument)] = argument, function(argument)
        return found[1]

    return remembered


def without_marks(hops: tuple[NextHop, ...]) -> tuple[NextHop, ...]:
    """Return next hops as they are stored."""
    return tuple(map(_without_marks, hops))


def _without_marks(hop: NextHop) -> NextHop:
    if hop.is_installed and hop.is_active and not (hop.marks or hop.recursive_depth):
        return hop
    return NextHop(hop.address, hop.interface, hop.vrf, hop.weight)


def spread_of(
    prefix: AuditedPrefix, stored: Callable[[tuple[NextHop, ...]], tuple[NextHop, ...]] = without_marks
) -> Spread:
    """Return what is stored of an audited prefix: its equal-cost set without marks, and its attributes."""
    chosen = prefix.selected
    return Spread(
        next_hops=stored(prefix.installed.hops),
        protocol=chosen.protocol if chosen else None,
        kind=chosen.kind if chosen else "unicast",
        distance=chosen.distance if chosen else None,
        metric=chosen.metric if chosen else None,
        expected=prefix.expected,
        is_inferred=prefix.expectation is not None and prefix.expectation.is_inferred,
        ceiling=prefix.ceiling.value if prefix.ceiling else None,
        nodes=prefix.expectation.nodes if prefix.expectation else (),
    )


def texts_of(spreads: Mapping[Place, Spread]) -> dict[Place, tuple[str, str]]:
    """Return the next hops of each spread, and everything else of it, as JSON."""
    set_text, nodes_text = once_per_object(_set_text), once_per_object(_nodes_text)
    attributes_text = cache(lambda nodes, *facts: f"{compact(dict(zip(_ATTRIBUTES, facts, strict=True)))[:-1]},{nodes}")
    facts_of = attrgetter(*_ATTRIBUTES)
    return {
        place: (set_text(spread.next_hops), attributes_text(nodes_text(spread.nodes), *facts_of(spread)))
        for place, spread in spreads.items()
    }


def _set_text(hops: tuple[NextHop, ...]) -> str:
    return compact([[hop.address, hop.interface, hop.vrf, hop.weight] for hop in hops])


def _nodes_text(nodes: tuple[Node, ...]) -> str:
    return f'"nodes":{compact({node.name: sorted(node.addresses) for node in nodes})}}}'


_ATTRIBUTES = ("protocol", "kind", "distance", "metric", "expected", "is_inferred", "ceiling")


def reader_of_spreads(texts: Mapping[int, str]) -> Callable[[int, int], Spread]:
    """Return a function from the ids of a set and its attributes to their spread; each text is read once."""
    hop = cache(NextHop)

    @cache
    def next_hops(number: int) -> tuple[NextHop, ...]:
        return tuple(hop(*each) for each in json.loads(texts[number]))

    @cache
    def attributes(number: int) -> tuple[dict[str, Any], tuple[Node, ...]]:
        facts = json.loads(texts[number])
        return facts, _nodes(facts.pop("nodes"))

    @cache
    def spread(set_id: int, attributes_id: int) -> Spread:
        facts, nodes = attributes(attributes_id)
        return Spread(next_hops=next_hops(set_id), nodes=nodes, **facts)

    return spread


def nodes_from(attributes: str) -> tuple[Node, ...]:
    """Return the nodes that were expected, of the attributes of a spread."""
    return _nodes(json.loads(attributes)["nodes"])


def _nodes(stored: Mapping[str, list[str]]) -> tuple[Node, ...]:
    return tuple(Node(name, frozenset(addresses)) for name, addresses in stored.items())


def asked_text(asked: Asked) -> str:
    """Return what was asked as JSON."""
    return compact({name: getattr(asked, name) for name in Asked.__slots__})


def asked_from(text: str) -> Asked:
    """Return what was asked."""
    facts = {key: tuple(each) if isinstance(each, list) else each for key, each in json.loads(text).items()}
    return Asked(**dict[str, Any](facts))


def counts_from(text: str) -> dict[str, int]:
    """Return the numbers by severity of a JSON object; ValueError if it is something else."""
    counts = json.loads(text)
    if isinstance(counts, dict) and all(type(number) is int for number in counts.values()):
        return counts
    raise ValueError(f"expected the numbers of findings by severity, found {text[:40]}")


def incident_text(incident: Incident) -> str:
    """Return what an incident is about and why, as JSON; its title and severity are columns."""
    cause, effect = incident.cause, incident.effect
    return compact(
        {
            "nodes": incident.nodes,
            "routers": incident.routers,
            "prefixes": incident.prefixes,
            "cause": [cause.link, cause.confidence.value, cause.text],
            "effect": [effect.prefixes_short, effect.traffic_moved, effect.prefixes_without_next_hop],
            "next": incident.next,
        }
    )


def incident_from(text: str) -> dict[str, Any]:
    """Return what an incident is about and why, as the fields of a KnownIncident."""
    facts = json.loads(text)
    link, confidence, cause = facts["cause"]
    short, moved, without = facts["effect"]
    names = {name: tuple(map(_text, facts[name])) for name in ("nodes", "routers", "prefixes")}
    return {
        **names,
        "cause": IncidentCause(link and _text(link), Confidence(confidence), _text(cause)),
        "effect": Effect(int(short), None if moved is None else float(moved), int(without)),
        "next": _text(facts["next"]),
    }


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"expected a text, found {value!r}")


def storable(text: str) -> str:
    """Return a device's text without NUL and lone surrogates, which no column of text takes."""
    if text.isprintable() and text.isascii():  # nearly all are
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", r"\x00")


def compact(value: Any) -> str:
    """Return the value as JSON in ASCII: NUL and lone surrogates of a device's text are escapes that any column takes.

    Equal values have equal texts.
    """
    return json.dumps(value, separators=(",", ":"))


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def ids_of(connection: Connection, table: Table, rows: Mapping[str, Mapping[str, str]]) -> dict[str, int]:
    """Return the ids of rows by their digest; new ones are added."""
    known = _known_ids(connection, table, rows)
    new = [{"digest": digest, **rows[digest]} for digest in rows if digest not in known]
    if new:
        connection.execute(insert(table), new)
        known |= _known_ids(connection, table, [row["digest"] for row in new])
    return known


def content_ids(
    connection: Connection,
    texts: Iterable[str],
    known: Mapping[str, int] = MappingProxyType({}),
) -> dict[str, int]:
    """Return the ids of contents by their text; new ones are added. `known` has ids by digest."""
    digests = {text: digest_of(text) for text in texts}
    wanted = {digest: {"content": text} for text, digest in digests.items() if digest not in known}
    ids = {**known, **ids_of(connection, contents, wanted)}
    return {text: ids[digest] for text, digest in digests.items()}


def _known_ids(connection: Connection, table: Table, digests: Iterable[str]) -> dict[str, int]:
    wanted = list(digests)
    known: dict[str, int] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        chunk = wanted[start : start + _AT_ONCE]
        rows = connection.execute(select(table.c.digest, table.c.id).where(table.c.digest.in_(chunk)))
        known |= {digest: number for digest, number in rows}  # noqa: C416 - rows are Row, not tuple, for mypy
    return known
