"""What a span of time was like, from its runs: how often each prefix had its full spread, and what was mended when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from ecmpaudit.model.past import Place
    from ecmpaudit.model.runs import KnownFault


@dataclass(frozen=True, slots=True)
class Availability:
    """In how many runs something was as it should be."""

    full: int = 0
    known: int = 0
    """Runs that could tell; those that could not count for nothing."""

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where no run could tell."""
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
    """The last complete run did not see it any more."""


@dataclass(frozen=True, slots=True)
class Period:
    """What the runs of a span of time tell."""

    since: str
    until: str
    moments: tuple[Moment, ...] = ()
    prefixes: tuple[PrefixPeriod, ...] = ()
    """The worst first."""
    not_judged: int = 0
    """Prefixes of which no run knew what to expect."""
    nodes: dict[str, Availability] = field(default_factory=dict)
    """By name, over prefixes and runs; the worst first. Only where nodes are expected by name."""
    came: tuple[KnownFault, ...] = ()
    """Faults that came up, or were there when the period began."""
    repairs: tuple[dt.timedelta, ...] = ()
    """How long faults were there that were found gone in the period, sorted."""
    last_good: str | None = None
    """When the last complete run started, in the period or before; None where there was none."""
    is_overdue: bool = False
    """That is longer ago than three times the usual distance of runs."""

    @property
    def spread(self) -> Availability:
        """Over all prefixes and runs."""
        each = [prefix.spread for prefix in self.prefixes]
        return Availability(sum(one.full for one in each), sum(one.known for one in each))
