"""What repeats from run to run, as JSON that is stored once and found by its digest."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from ecmpaudit.history.schema import contents
from ecmpaudit.model import AuditedPrefix, Confidence, Effect, IncidentCause, NextHop, Node
from ecmpaudit.model.runs import Asked, Spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection, Table

    from ecmpaudit.model import Incident

_AT_ONCE = 500
"""Digests in one query; SQLite allows 999 parameters in old builds."""


def spread_of(prefix: AuditedPrefix) -> Spread:
    """Return what is stored of an audited prefix: its equal-cost set without marks, and its attributes."""
    chosen = prefix.selected
    return Spread(
        next_hops=tuple(NextHop(hop.address, hop.interface, hop.vrf, hop.weight) for hop in prefix.installed),
        protocol=chosen.protocol if chosen else None,
        kind=chosen.kind if chosen else "unicast",
        distance=chosen.distance if chosen else None,
        metric=chosen.metric if chosen else None,
        expected=prefix.expected,
        is_inferred=prefix.expectation is not None and prefix.expectation.is_inferred,
        ceiling=prefix.ceiling.value if prefix.ceiling else None,
        nodes=prefix.expectation.nodes if prefix.expectation else (),
    )


def set_text(spread: Spread) -> str:
    """Return the next hops as JSON."""
    return compact([[hop.address, hop.interface, hop.vrf, hop.weight] for hop in spread.next_hops])


def attributes_text(spread: Spread) -> str:
    """Return everything but the next hops as JSON."""
    nodes = {node.name: sorted(node.addresses) for node in spread.nodes}
    return compact({**{name: getattr(spread, name) for name in _ATTRIBUTES}, "nodes": nodes})


_ATTRIBUTES = ("protocol", "kind", "distance", "metric", "expected", "is_inferred", "ceiling")


def spread_from(next_hops: str, attributes: str) -> Spread:
    """Return the spread of its two texts."""
    facts = json.loads(attributes)
    nodes = tuple(Node(name, frozenset(addresses)) for name, addresses in facts.pop("nodes").items())
    hops = tuple(NextHop(*hop) for hop in json.loads(next_hops))
    return Spread(next_hops=hops, nodes=nodes, **facts)


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


def content_ids(connection: Connection, texts: Iterable[str]) -> dict[str, int]:
    """Return the ids of contents by their text; new ones are added."""
    digests = {text: digest_of(text) for text in texts}
    ids = ids_of(connection, contents, {digest: {"content": text} for text, digest in digests.items()})
    return {text: ids[digest] for text, digest in digests.items()}


def _known_ids(connection: Connection, table: Table, digests: Iterable[str]) -> dict[str, int]:
    wanted = list(digests)
    known: dict[str, int] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        chunk = wanted[start : start + _AT_ONCE]
        rows = connection.execute(select(table.c.digest, table.c.id).where(table.c.digest.in_(chunk)))
        known |= {digest: number for digest, number in rows}  # noqa: C416 - rows are Row, not tuple, for mypy
    return known
