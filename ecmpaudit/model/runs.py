"""What is kept of a run, and what differs between two: the forms that history stores, compares and shows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecmpaudit.model.expected import Node
    from ecmpaudit.model.past import Fault, Place
    from ecmpaudit.model.routes import NextHop


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run was asked for."""

    command: str
    """`scan` or `analyze`."""
    routers: tuple[str, ...] = ()
    """Routers that were named or configured; empty where files told them."""
    pools: tuple[str, ...] = ()
    """The prefixes that all audited ones lie in; empty when any prefix may be audited."""
    configuration: str | None = None
    """SHA-256 of the configuration file; None without one."""
    codes: tuple[str, ...] = ()
    """The rules that were run: only their faults can be found gone."""


@dataclass(frozen=True, slots=True)
class RouterAnswer:
    """How far one router could be looked at in a run."""

    failure: str | None = None
    has_data: bool = True
    whole_families: tuple[int, ...] = ()
    """Families (4, 6) of which the whole table was read: only there an absent prefix is a missing one."""

    @property
    def is_complete(self) -> bool:
        """Nothing is known to be wanting."""
        return self.has_data and self.failure is None


@dataclass(frozen=True, slots=True)
class Run:
    """One run in the history."""

    number: int
    started: str
    """ISO 8601, UTC, to the second: `2026-11-20T10:15:00Z`."""
    finished: str
    asked: Asked
    version: str
    """Of ecmpaudit."""
    is_complete: bool
    findings: Mapping[str, int]
    """How many findings by severity."""
    prefixes: int
    """How many were audited."""
    answers: Mapping[str, RouterAnswer]
    """By router."""

    @property
    def title(self) -> str:
        """For messages: `run 41 of 2026-11-20 10:15 UTC`."""
        return run_title(self.number, self.started)


def run_title(number: int, started: str) -> str:
    """Return how messages name a run; its start is ISO 8601, UTC."""
    return f"run {number} of {started[:16].replace('T', ' ')} UTC"


@dataclass(frozen=True, slots=True)
class Spread:
    """What one prefix on one router was spread over, and by which rights."""

    next_hops: tuple[NextHop, ...] = ()
    """The equal-cost set, sorted; without marks."""
    protocol: str | None = None
    """Of the selected route; None where there was no route."""
    kind: str = "unicast"
    distance: int | None = None
    metric: int | None = None
    expected: int | None = None
    is_inferred: bool = False
    """What was expected was a guess."""
    ceiling: int | None = None
    nodes: tuple[Node, ...] = ()
    """The expected nodes, by which next hops are named."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a run saw, or a dump shows: one side of a comparison."""

    title: str
    spreads: Mapping[Place, Spread]
    faults: Mapping[Fault, str] = field(default_factory=dict)
    """With their messages."""
    answers: Mapping[str, RouterAnswer] = field(default_factory=dict)
    covers: tuple[str, ...] = ()
    """Prefixes inside which every route of a whole table is among the spreads; outside, absence tells nothing."""


@dataclass(frozen=True, slots=True)
class KnownFault:
    """A fault over time, from its first run to its last."""

    fault: Fault
    severity: str
    message: str
    """As the last run said it."""
    first_seen: str
    """ISO 8601, UTC."""
    last_seen: str
    times_seen: int
    """Runs that found it, since it came up this time."""
    resolved: str | None
    """When a run found it gone; None while it is there."""

    @property
    def lasted(self) -> dt.timedelta:
        """From when it was first seen until it was found gone, or last seen; none where a clock went back."""
        first, last = map(dt.datetime.fromisoformat, (self.first_seen, self.resolved or self.last_seen))
        return max(last - first, dt.timedelta(0))


@dataclass(frozen=True, slots=True)
class News:
    """What came up and what went since someone was told last; only faults that enough runs in a row have seen."""

    new: tuple[KnownFault, ...] = ()
    """There now."""
    passed: tuple[KnownFault, ...] = ()
    """Came up and went again since."""
    recovered: tuple[KnownFault, ...] = ()
    """Told before, gone now."""

    @property
    def is_empty(self) -> bool:
        """There is nothing to tell."""
        return not (self.new or self.passed or self.recovered)


@dataclass(frozen=True, slots=True)
class Change:
    """How one prefix on one router differs between two sights."""

    place: Place
    before: int | None
    """Next hops; None where there was no route."""
    after: int | None
    gone: tuple[str, ...] = ()
    """Next hops, with their nodes' names."""
    come: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str, str], ...] = ()
    """What else changed, from what, to what: `("ceiling", "64", "32")`."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What changed between two sights."""

    before: str
    after: str
    changes: tuple[Change, ...]
    unchanged: int
    """Prefixes that are alike in both."""
    new_faults: tuple[str, ...]
    """Their messages."""
    gone_faults: tuple[str, ...]
    not_compared: tuple[str, ...]
    """Routers and prefixes that one side does not know, with the reason."""

    @property
    def is_empty(self) -> bool:
        """Nothing that both sides know differs."""
        return not (self.changes or self.new_faults or self.gone_faults)
