"""A period, counted from stretches of runs instead of single runs.

A run counts for a prefix if it could judge the spread on its router, and something was expected. The prefix was missing
in such a run if earlier and later runs have it; before the first and after the last it may not have been announced on
purpose.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import func, select

from ecmpaudit.history.filters import faults_left, has_spread, incidents_left, runs_left
from ecmpaudit.history.incidents import read_incidents
from ecmpaudit.history.reading import known_faults, read_runs, stretches, time_before
from ecmpaudit.history.schema import episodes, runs, spreads
from ecmpaudit.model import Severity
from ecmpaudit.model.addressing import family_of
from ecmpaudit.model.periods import Availability, Moment, Period, PrefixPeriod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from ecmpaudit.auditing.filters import Chosen
    from ecmpaudit.model import Place
    from ecmpaudit.model.runs import KnownFault, Run, Spread

_SPREAD = "ECMP101"
"""The rule about a prefix's number of next hops."""
_Table: TypeAlias = "tuple[str, str, int]"
"""Series, router and family."""
_BAD = (Severity.ERROR, Severity.WARNING)
_AHEAD = dt.timedelta(hours=1)
"""Collectors' clocks may differ by this much."""
_OVERDUE = 3
"""Times the usual distance between runs after which the next one is missed."""


def read_period(connection: Connection, since: str, now: str, chosen: Chosen | None = None) -> Period:
    """Return the period from a time until now, both ISO 8601, UTC; it has the runs that started since then.

    With `chosen`, it has the prefixes, nodes, incidents and faults that filters leave.

    Runs that are dated later than now come from a wrong clock, and are only counted.
    """
    latest = time_before(now, -_AHEAD)
    dated = read_runs(connection, since=since)
    found = runs_left([run for run in dated if run.started <= latest], chosen)
    numbered = connection.execute(select(runs.c.id, runs.c.series).where(runs.c.started >= since))
    series = {row.id: row.series for row in numbered}
    is_good = runs.c.is_complete & (runs.c.started <= latest)
    last_good = connection.execute(select(func.max(runs.c.started)).where(is_good)).scalar()
    count = _Count(tuple(run.number for run in found), _complete_runs(found, series))
    if found:
        for place, spread, row in stretches(connection, spreads.c.last_run >= found[0].number):
            if chosen is None or has_spread(chosen, place, spread):
                count.add(place, row.series, spread, max(row.first_run, found[0].number), row.last_run)
        count.close()
    faults = faults_left(_faults(connection, since), chosen)
    incidents = incidents_left(connection, read_incidents(connection, since), chosen)
    nodes = count.nodes()
    names = None if chosen is None or chosen.nodes is None else {node.name for node in chosen.nodes}
    return Period(
        since=since,
        until=now,
        moments=count.moments(found),
        runs_ahead=sum(run.started > latest for run in dated),
        prefixes=count.prefixes(),
        not_judged=len(count.unexpected - {place for _, place in count.seen}),
        nodes=nodes if names is None else {name: seen for name, seen in nodes.items() if name in names},
        faults=faults,
        incidents=tuple(known for known in incidents if known.severity in _BAD and not known.is_of_a_change),
        repairs=tuple(sorted(fault.lasted for fault in faults if fault.resolved)),
        last_good=last_good,
        is_overdue=_is_overdue(found, last_good, now),
    )


def _complete_runs(found: Sequence[Run], series: dict[int, str]) -> dict[_Table, list[int]]:
    """Return the numbers of the runs that read a router's table of a family completely."""
    complete: dict[_Table, list[int]] = defaultdict(list)
    judged: dict[int, list[tuple[str, int]]] = {}
    """By the answers, which runs share that were answered alike."""
    for run in found:
        tables = judged.get(id(run.answers))
        if tables is None:
            tables = judged[id(run.answers)] = [
                (router, family)
                for router, answer in run.answers.items()
                for family in (4, 6)
                if answer.has_judged(_SPREAD, (family,))
            ]
        for router, family in tables:
            complete[series[run.number], router, family].append(run.number)
    return complete


@dataclass
class _Seen:
    """One prefix in one series, as far as its stretches were read."""

    full: int = 0
    known: int = 0
    changes: int = 0
    last_run: int = 0
    hops: frozenset[str] | None = None


@dataclass
class _Count:
    """The sums over all stretches."""

    numbers: tuple[int, ...]
    """Of all runs of the period."""
    complete: dict[_Table, list[int]]
    seen: dict[tuple[str, Place], _Seen] = field(default_factory=lambda: defaultdict(_Seen))
    node_known: Counter[str] = field(default_factory=Counter)
    node_full: Counter[str] = field(default_factory=Counter)
    steps: dict[_Table, tuple[Counter[int], Counter[int]]] = field(
        default_factory=lambda: defaultdict(lambda: (Counter(), Counter()))
    )
    """How the numbers of known and of full prefixes change, by table, at the place of a complete run."""
    gone: set[Place] = field(default_factory=set)
    unexpected: set[Place] = field(default_factory=set)
    """Places of which a run did not know what to expect."""

    def add(self, place: Place, series: str, spread: Spread, first: int, last: int) -> None:
        """Add a stretch; those of a place come in their order."""
        if spread.expected is None:
            self.unexpected.add(place)
            return
        table = _table(series, place)
        was = self.seen[series, place]
        if was.last_run:
            self._missing(table, was, was.last_run + 1, first - 1)
        number = _within(self.complete.get(table, []), first, last)
        has = {node.name: any(node.has(hop) for hop in spread.next_hops) for node in spread.nodes}
        is_full = all(has.values()) if has else len(spread.next_hops) >= spread.expected
        self._step(table, first, last, is_full=is_full)
        was.known += number
        was.full += number if is_full else 0
        for name, is_present in has.items():
            self.node_known[name] += number
            self.node_full[name] += number if is_present else 0
        hops = frozenset(map(str, spread.next_hops))
        was.changes += was.hops is not None and hops != was.hops
        was.hops, was.last_run = hops, last

    def close(self) -> None:
        """Find out which prefixes the last complete runs do not have any more."""
        for (series, place), was in self.seen.items():
            complete = self.complete.get(_table(series, place), [])
            if complete and complete[-1] > was.last_run and was.last_run < self.numbers[-1]:
                self.gone.add(place)
            else:
                self.gone.discard(place)

    def _missing(self, table: _Table, was: _Seen, first: int, last: int) -> None:
        number = _within(self.complete.get(table, []), first, last)
        if number:
            self._step(table, first, last, is_full=False)
            was.known += number
            was.changes += 1
            was.hops = frozenset()

    def _step(self, table: _Table, first: int, last: int, *, is_full: bool) -> None:
        """Count one prefix in the complete runs from one to another."""
        complete = self.complete.get(table, [])
        begin, end = bisect_left(complete, first), bisect_right(complete, last)
        for steps in self.steps[table] if is_full else self.steps[table][:1]:
            steps[begin] += 1
            steps[end] -= 1

    def moments(self, found: Sequence[Run]) -> tuple[Moment, ...]:
        """Return each run with its availability."""
        known, full = Counter[int](), Counter[int]()
        for table, steps in self.steps.items():
            for total, changes in zip((known, full), steps, strict=True):
                complete = self.complete.get(table, [])
                total.update(dict(zip(complete, accumulate(changes[n] for n in range(len(complete))), strict=True)))
        return tuple(
            Moment(run.started, Availability(full[run.number], known[run.number]), run.is_complete) for run in found
        )

    def prefixes(self) -> tuple[PrefixPeriod, ...]:
        """Return the prefixes, over all series, the worst first."""
        together: dict[Place, list[_Seen]] = defaultdict(list)
        for (_, place), was in self.seen.items():
            together[place].append(was)
        each = [
            PrefixPeriod(
                place,
                Availability(sum(was.full for was in parts), sum(was.known for was in parts)),
                sum(was.changes for was in parts),
                place in self.gone,
            )
            for place, parts in together.items()
        ]
        return tuple(sorted(each, key=lambda prefix: (_badness(prefix.spread), -prefix.changes, prefix.place)))

    def nodes(self) -> dict[str, Availability]:
        """Return the nodes, the worst first."""
        each = {name: Availability(self.node_full[name], known) for name, known in self.node_known.items()}
        return dict(sorted(each.items(), key=lambda item: (_badness(item[1]), item[0])))


def _table(series: str, place: Place) -> _Table:
    router, _, prefix = place
    return series, router, family_of(prefix)


def _badness(spread: Availability) -> float:
    return 2.0 if spread.share is None else spread.share


def _within(numbers: list[int], first: int, last: int) -> int:
    return max(0, bisect_right(numbers, last) - bisect_left(numbers, first))


def _faults(connection: Connection, since: str) -> tuple[KnownFault, ...]:
    """Return the faults of the period; a change and a missing answer are not faults to repair."""
    e = episodes.c
    in_period = e.resolved_run.is_(None) | (e.last_seen >= since) | (e.resolved >= since)
    return tuple(
        fault
        for fault in known_faults(connection, in_period)
        if fault.severity in _BAD and not fault.fault.is_of_a_change
    )


def _is_overdue(found: Sequence[Run], last_good: str | None, now: str) -> bool:
    times = [dt.datetime.fromisoformat(run.started) for run in found]
    apart = [(after - before).total_seconds() for before, after in pairwise(times)]
    if last_good is None or not times:
        return True
    age = (dt.datetime.fromisoformat(now) - dt.datetime.fromisoformat(last_good)).total_seconds()
    return bool(apart) and age > _OVERDUE * max(60.0, median(apart))
