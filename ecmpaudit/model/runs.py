"""What the history stores of a run, and what differs between two observations."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecmpaudit.model.addressing import Place
    from ecmpaudit.model.expected import Node
    from ecmpaudit.model.incidents import Effect, IncidentCause
    from ecmpaudit.model.past import Fault
    from ecmpaudit.model.routes import NextHop


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run was asked for."""

    command: str
    """`scan` or `analyze`."""
    routers: tuple[str, ...] = ()
    """Routers that were named or configured; empty for files, which name their own."""
    pools: tuple[str, ...] = ()
    """The prefixes that all audited ones lie in; empty when any prefix may be audited."""
    configuration: str | None = None
    """SHA-256 of the configuration file; None without one."""
    codes: tuple[str, ...] = ()
    """The rules that were run: only their faults can be resolved."""


@dataclass(frozen=True, slots=True)
class RouterAnswer:
    """How completely a run read one router."""

    failure: str | None = None
    has_data: bool = True
    whole_families: tuple[int, ...] = ()
    """Families (4, 6) whose whole table was read: in the others an absent prefix may exist."""
    undetermined: tuple[tuple[str, int], ...] = ()
    """The rules that could not be judged, by code and family, sorted."""
    answered: tuple[tuple[str, int], ...] = ()
    """The questions that were answered completely, by name and family, sorted."""
    is_node: bool = False
    """It is a node that was asked for facts: none of its routes are audited."""
    excused: tuple[tuple[str, int], ...] = ()
    """Those of `undetermined` that are no gap, since the configuration says so (`unavailable`), sorted."""

    @property
    def is_complete(self) -> bool:
        """The router answered, and nothing failed."""
        return self.has_data and self.failure is None

    @property
    def gaps(self) -> frozenset[tuple[str, int]]:
        """The rules that could not be judged, and should have been, by code and family."""
        return frozenset(self.undetermined) - frozenset(self.excused)

    @property
    def codes_not_judged(self) -> tuple[str, ...]:
        """The rules that could not be judged in some family, sorted."""
        return tuple(sorted({code for code, _ in self.undetermined}))

    def has_judged(self, code: str, families: Iterable[int]) -> bool:
        """Return whether a rule could be judged in these families."""
        return self.is_complete and not any((code, family) in self.undetermined for family in families)


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
    """The equal-cost set of one prefix on one router, and the attributes of its route."""

    next_hops: tuple[NextHop, ...] = ()
    """The equal-cost set, sorted; without marks."""
    protocol: str | None = None
    """Of the selected route; None without a route."""
    kind: str = "unicast"
    distance: int | None = None
    metric: int | None = None
    expected: int | None = None
    is_inferred: bool = False
    """`expected` was inferred, not configured."""
    ceiling: int | None = None
    nodes: tuple[Node, ...] = ()
    """The expected nodes, by which next hops are named."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a run or a dump shows: one side of a comparison."""

    title: str
    spreads: Mapping[Place, Spread]
    faults: Mapping[Fault, str] = field(default_factory=dict)
    """With their messages."""
    answers: Mapping[str, RouterAnswer] = field(default_factory=dict)
    covers: tuple[str, ...] = ()
    """`spreads` has every route of a whole table inside these prefixes; outside of them an absent prefix may exist."""
    codes: tuple[str, ...] = ()
    """The rules that were run, and had what they need beside the routers' answers."""
    carried_over: frozenset[Fault] = frozenset()
    """Those of `faults` that an earlier run found, and this one could not judge."""


@dataclass(frozen=True, slots=True)
class KnownFault:
    """One episode of a fault, from the first run that found it to the last."""

    fault: Fault
    severity: str
    message: str
    """As in the last run that found it."""
    first_seen: str
    """ISO 8601, UTC."""
    last_seen: str
    times_seen: int
    """Runs that found it in this episode."""
    resolved: str | None
    """When a run that could judge it no longer found it; None while it is open."""
    not_judged_since: str | None = None
    """When the first run finished that asked its router again and could not judge it; None if the last run found it."""
    not_judged_runs: int = 0
    """How many runs could not judge it since it was last seen."""

    @property
    def lasted(self) -> dt.timedelta:
        """From when it was first seen until it was resolved or last seen; 0 if a clock went back."""
        return _lasted(self.first_seen, self.resolved or self.last_seen)


@dataclass(frozen=True, slots=True)
class KnownIncident:
    """One incident over time, as the last run that found it had it."""

    number: int
    """In the history: it stays when the incident changes in kind."""
    id: str
    """As in `Incident`; of findings that were recorded without incidents, a digest of their message."""
    began_as: str
    """Its first `id`: a change in kind gives it another."""
    kind: str
    severity: str
    title: str
    nodes: tuple[str, ...]
    routers: tuple[str, ...]
    prefixes: tuple[str, ...]
    cause: IncidentCause
    """Without evidence."""
    effect: Effect
    next: str
    first_seen: str
    """ISO 8601, UTC."""
    last_seen: str
    times_seen: int
    """Runs that found it."""
    resolved: str | None = None
    """When a run could judge the last of its faults and no longer found it; None while it is open."""
    was: str | None = None
    """Its title before it changed in kind."""
    part_of: str | None = None
    """The title of the incident that has those of its faults that were still open when it ended."""
    is_of_a_change: bool = False
    """It reports a change (6xx), which is no lasting state."""
    not_judged_since: str | None = None
    """When the first run finished that was asked for the same and could neither find nor end it."""
    not_judged_runs: int = 0
    not_asked_since: str | None = None
    """When the first run finished whose configuration no longer has the routers of its open faults."""

    @property
    def since(self) -> str:
        """When it was first seen."""
        return self.first_seen

    @property
    def lasted(self) -> dt.timedelta:
        """From when it was first seen until it ended or was last seen; 0 if a clock went back."""
        return _lasted(self.first_seen, self.resolved or self.last_seen)


def _lasted(first: str, last: str) -> dt.timedelta:
    return max(dt.datetime.fromisoformat(last) - dt.datetime.fromisoformat(first), dt.timedelta(0))


@dataclass(frozen=True, slots=True)
class News:
    """Confirmed incidents that began, changed in kind or ended since the last notification."""

    new: tuple[KnownIncident, ...] = ()
    """Open ones."""
    changed: tuple[KnownIncident, ...] = ()
    """Open ones that changed in kind: other nodes or routers, another severity, no next hop left."""
    short_lived: tuple[KnownIncident, ...] = ()
    """New and already ended."""
    ended: tuple[KnownIncident, ...] = ()
    """Notified of before, ended now."""

    @property
    def is_empty(self) -> bool:
        """Nothing began, changed or ended."""
        return not (self.new or self.changed or self.short_lived or self.ended)


@dataclass(frozen=True, slots=True)
class Failed:
    """Messages of one run that did not all reach a destination."""

    digest: str
    name: str
    """Of the destination."""
    reason: str
    delivered: tuple[int, ...] = ()
    """The incidents whose messages did reach it, by their numbers."""


@dataclass(frozen=True, slots=True)
class Change:
    """How one prefix on one router differs between two observations."""

    place: Place
    before: int | None
    """Number of next hops; None without a route."""
    after: int | None
    removed: tuple[str, ...] = ()
    """Next hops, with their nodes' names."""
    added: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str, str], ...] = ()
    """What else changed: name, old value, new value: `("ceiling", "64", "32")`."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What changed between two observations."""

    before: str
    after: str
    changes: tuple[Change, ...]
    unchanged: int
    """Number of prefixes that are equal in both."""
    new_faults: tuple[str, ...]
    """Their messages."""
    gone_faults: tuple[str, ...]
    """Those of the first that the second could judge and does not have."""
    not_compared: tuple[str, ...]
    """Routers and prefixes that one side does not know, with the reason."""
    not_judged: tuple[tuple[str, str], ...] = ()
    """Faults of one side that the other could not judge: the other's title, and the message."""
    codes: Mapping[str, str] = field(default_factory=dict)
    """The rule of each message."""

    @property
    def is_empty(self) -> bool:
        """Nothing that could be compared differs."""
        return not (self.changes or self.new_faults or self.gone_faults)
