"""How old what a node reports is, and whether it still proves anything.

A dump is compared with itself: the newest time that any of its objects has is taken as the time at which it was read,
so that a saved dump gives the same findings later. A report that is renewed counts for three of its periods. One that
is written on change only has no such period: it counts as long as its node is Ready, as the writer runs there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.nodes import nodes_by_name, not_ready_nodes
from ecmpaudit.kubernetes.schema import Node
from ecmpaudit.model import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Object

PERIODS = 3
"""How many of its periods a report counts."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_LONGEST = 300
"""Characters of a text of a report that are quoted."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one object says of one node: where it is, how old it is, and why it proves nothing, if so."""

    node: str
    name: str
    """`BGPNodeStatus node3`."""
    place: str
    """`cluster.json:1`."""
    age: str
    """`written 2026-11-27 10:15:00 UTC, 40 s old`."""
    why_not: str | None = None

    def evidence(self, said: str) -> Evidence:
        """Return what the object says as a line of evidence."""
        source, _, line = self.place.rpartition(":")
        return Evidence(source or self.place, int(line) if line.isdecimal() else 1,
                        f"{self.name}: {said[:_LONGEST]} ({self.age})")  # fmt: skip


def times_in(found: Object) -> Iterator[datetime]:
    """Yield the times at which an object was written, as far as it shows them."""
    metadata = found.metadata
    times = [metadata.creation_timestamp, metadata.deletion_timestamp, *(w.time for w in metadata.managed_fields)]
    if isinstance(found, Node):
        times += [condition.last_heartbeat_time for condition in found.status.conditions]
    times.append(getattr(getattr(found, "status", None), "last_updated", None))
    yield from (time for time in times if time is not None)


def renewed(objects: Objects, found: Object, node: str, updated: datetime | None, period: int) -> Report:
    """Return the report of an object that is written again every `period` seconds."""
    why_not = None
    if updated is None:
        age, why_not = "it has no time of its last write", "it does not show when it was last written"
    else:
        seconds = _seconds(objects, updated)
        age = f"written {updated:%Y-%m-%d %H:%M:%S} UTC, {_words(seconds)} old"
        if period <= 0:
            why_not = "it is not renewed"
        elif seconds > PERIODS * period:
            by = objects.newest.by if objects.newest else ""
            why_not = (f"it is {_words(seconds)} older than the newest time of the objects ({by}), and renewed every "
                       f"{_words(period)}")  # fmt: skip
    return _report(objects, found, node, age, why_not)


def on_change(objects: Objects, found: Object, node: str) -> Report:
    """Return the report of an object that is written when something changes."""
    writes = [w for w in found.metadata.managed_fields if w.time]
    of_status = [w.time for w in writes if w.subresource == "status"] or [w.time for w in writes]
    written = max((time for time in of_status if time), default=None)
    created = found.metadata.creation_timestamp
    if written:
        age = f"written {written:%Y-%m-%d %H:%M:%S} UTC, {_words(_seconds(objects, written))} old"
    elif created:
        age = f"its age is not shown; created {created:%Y-%m-%d %H:%M:%S} UTC"
    else:
        age = "its age is not shown"
    why_not = f"{node} is not Ready and may not have renewed it" if node in not_ready_nodes(objects) else None
    return _report(objects, found, node, age, why_not)


def _report(objects: Objects, found: Object, node: str, age: str, why_not: str | None) -> Report:
    kind = getattr(type(found), "KIND", type(found).__name__)
    if node not in nodes_by_name(objects):
        why_not = f"no Node has the name {node[:_LONGEST]}"
    return Report(node, f"{kind} {found.key}", objects.places.get((type(found), found.key), ""), age, why_not)


def _seconds(objects: Objects, time: datetime) -> int:
    newest = objects.newest.time if objects.newest else time
    return max(0, int((newest - time).total_seconds()))


def _words(seconds: int) -> str:
    """Return a time span in its two largest units: `40 s`, `12 min`, `3 h 5 min`, `2 d 4 h`."""
    if seconds < 2 * _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE} min"
    return f"{seconds // _DAY} d {seconds % _DAY // _HOUR} h"
