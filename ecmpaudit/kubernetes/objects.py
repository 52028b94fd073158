"""What is known of a cluster: its objects by kind, wherever they were read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

from ecmpaudit.kubernetes.times import time_of

if TYPE_CHECKING:
    from datetime import datetime

    from ecmpaudit.kubernetes import schema

_Kind = TypeVar("_Kind", bound="schema.Object")


@dataclass(frozen=True, slots=True)
class Newest:
    """A time, and which object has it."""

    time: datetime
    by: str


@dataclass(slots=True, eq=False)
class Objects:
    """The objects of one cluster; of two with the same kind, namespace and name, the last one read counts."""

    by_kind: dict[type[schema.Object], dict[str, schema.Object]] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    """How many objects of which kinds decide nothing here."""
    problems: list[str] = field(default_factory=list)
    """What could not be understood: file, kind, name and field."""
    unread: dict[type[schema.Object], str] = field(default_factory=dict)
    """The kinds that a cluster has and did not list, or not in every namespace: each with the reason."""
    places: dict[tuple[type[schema.Object], str], str] = field(default_factory=dict)
    """Where each object that reports a state was read: `cluster.json:1`, by kind and key."""
    newest: Newest | None = None
    """The newest time that any object has: the objects were read then, or later."""
    _in_order: dict[type[schema.Object], tuple[schema.Object, ...]] = field(default_factory=dict)
    """What was asked for before: nothing is entered after `objects_of`, and each Service asks again."""

    def of(self, kind: type[_Kind]) -> tuple[_Kind, ...]:
        """Return the objects of a kind, by namespace and name."""
        if kind not in self._in_order:
            known = self.by_kind.get(kind, {})
            self._in_order[kind] = tuple(known[key] for key in sorted(known))
        return cast("tuple[_Kind, ...]", self._in_order[kind])

    def one(self, kind: type[_Kind], key: str) -> _Kind:
        """Return the object of a kind with this key, `namespace/name`; KeyError where there is none."""
        return cast("_Kind", self.by_kind[kind][key])

    def was_read(self, text: str, by: str) -> None:
        """Enter the time at which objects were read, in ISO 8601."""
        time = time_of(text)
        if time is not None and (self.newest is None or time > self.newest.time):
            self.newest = Newest(time, by)

    @property
    def count(self) -> int:
        """How many objects were understood."""
        return sum(len(objects) for objects in self.by_kind.values())
