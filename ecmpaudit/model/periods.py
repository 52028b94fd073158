"""A span of time in numbers: how often each prefix had its full spread, and how long faults lasted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from ecmpaudit.model.addressing import Place
    from ecmpaudit.model.runs import KnownFault, KnownIncident


@dataclass(frozen=True, slots=True)
class Availability:
    """In how many runs a prefix had its full spread, or a node was a next hop."""

    full: int = 0
    known: int = 0
    """Runs that could check it; the others do not count."""

    @property
    def share(self) -> float | None:
        """From 0 to 1; None if no run could check it."""
        return self.full / self.known if self.known else None


@dataclass(frozen=True, slots=True)
class Moment:
    """One run of the period."""

    started: str
    """ISO 8601, UTC."""
    spread: Availability
    """Over the prefixes."""
    is_complete: bool


@dataclass(frozen=True, slots=True)
class PrefixPeriod:
    """One prefix on one router over the period."""

    place: Place
    spread: Availability
    changes: int
    """Of its set of next hops."""
    is_gone: bool = False
    """The last complete run does not have it."""


@dataclass(frozen=True, slots=True)
class Period:
    """The runs of a span of time, summed up."""

    since: str
    until: str
    moments: tuple[Moment, ...] = ()
    runs_ahead: int = 0
    """Number of runs that are dated later than `until`: the clock of their collector was wrong."""
    prefixes: tuple[PrefixPeriod, ...] = ()
    """The worst first."""
    not_judged: int = 0
    """Number of prefixes for which no run had an expectation."""
    nodes: dict[str, Availability] = field(default_factory=dict)
    """By name, over prefixes and runs; the worst first. Only where nodes are expected by name."""
    faults: tuple[KnownFault, ...] = ()
    """Faults that began in the period, or were open when it began."""
    incidents: tuple[KnownIncident, ...] = ()
    """Of faults of the network that began in the period, or were open when it began."""
    repairs: tuple[dt.timedelta, ...] = ()
    """How long the faults lasted that were resolved in the period, sorted."""
    last_good: str | None = None
    """When the last complete run started, in the period or before; None without one."""
    is_overdue: bool = False
    """`last_good` is longer ago than three times the usual interval between runs."""
    only: tuple[str, ...] = ()
    """The filters that left prefixes, incidents and faults out: `--router tor1`."""

    @property
    def spread(self) -> Availability:
        """Over all prefixes and runs."""
        each = [prefix.spread for prefix in self.prefixes]
        return Availability(sum(one.full for one in each), sum(one.known for one in each))
