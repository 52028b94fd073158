"""A period as text, Markdown or HTML: the same facts and tables in each, with a line of blocks or a drawing as trend.

Runs that could not check anything are in no number: the drawing has a gap there.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model.addressing import in_vrf
from ecmpaudit.model.periods import Availability
from ecmpaudit.reporting.alert import duration
from ecmpaudit.reporting.history import why_open
from ecmpaudit.reporting.markdown import code
from ecmpaudit.reporting.page import asset, policy
from ecmpaudit.reporting.templates import rendered
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.reporting.verdict import EXIT_CLEAN, EXIT_INCOMPLETE
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.model.periods import Period
    from ecmpaudit.model.runs import KnownIncident

_ROWS = 20
"""In each table; the worst."""
_PARTS = 60
"""Into which the period is cut for the trend."""
_BLOCKS = "▁▂▃▄▅▆▇█"
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 790, 10, 130
"""The drawing's edges, as in `period.html.j2`."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def render_period(period: Period, form: str) -> str:
    """Return the report; the form is text, markdown or html."""
    parts = _parts(period)
    facts: dict[str, object] = {
        "head": f"Equal-cost routes from {_minute(period.since)} to {_minute(period.until)} UTC",
        "facts": _facts(period),
        "trend": _sparkline(period, parts),
        "picture": _picture(period, parts),
        "tables": _tables(period),
    }
    if form == "html":
        style = asset("period.css")
        facts |= {"style": style, "policy": policy(style)}
    name = {"text": "period.txt.j2", "markdown": "period.md.j2", "html": "period.html.j2"}[form]
    return rendered(name, facts, filters={"md": _markdown})


def exit_code_of(period: Period) -> int:
    """Return 3 where no run is in the period or the next complete one is overdue, else 0."""
    return EXIT_CLEAN if period.moments and not period.is_overdue else EXIT_INCOMPLETE


def _facts(period: Period) -> list[tuple[str, str]]:
    complete = sum(moment.is_complete for moment in period.moments)
    still_open = [known for known in period.incidents if known.resolved is None]
    changes = sum(prefix.changes for prefix in period.prefixes)
    over = counted(len(period.prefixes), "prefix")
    if period.not_judged:
        over += f"; {period.not_judged:,} more not judged, as no expectation is known"
    only = [("only a part", safe(", ".join(period.only)))] if period.only else []
    return [
        *only,
        ("runs", f"{len(period.moments):,}, {complete:,} of them complete{_ahead(period.runs_ahead)}"),
        ("last complete run", _age_of_last(period)),
        ("full spread", f"{_percent(period.spread, 'check')}; {over}"),
        ("changes of next hops", f"{changes:,}"),
        ("repaired faults", _repairs(period.repairs)),
        ("open incidents", _number_open(still_open)),
    ]


def _ahead(number: int) -> str:
    return f"; {number:,} more dated later than now: check the collector's clock" if number else ""


def _number_open(incidents: Sequence[KnownIncident]) -> str:
    asked = [known for known in incidents if known.not_asked_since is None]
    not_judged = sum(known.not_judged_since is not None for known in asked)
    unknown = f", {not_judged:,} of them not judged in the last run" if not_judged else ""
    not_asked = len(incidents) - len(asked)
    left = f"; {not_asked:,} more of routers that are not asked any more" if not_asked else ""
    return f"{len(asked):,}{unknown}{left}"


def _age_of_last(period: Period) -> str:
    if period.last_good is None:
        return "none: no run could check everything"
    age = dt.datetime.fromisoformat(period.until) - dt.datetime.fromisoformat(period.last_good)
    late = "; OVERDUE: check that cron still runs it" if period.is_overdue else ""
    return f"{duration(max(age, dt.timedelta()))} ago, {_minute(period.last_good)}{late}"


def _repairs(spans: Sequence[dt.timedelta]) -> str:
    if not spans:
        return "none"
    middle, longest = spans[len(spans) // 2], spans[-1]
    return f"{len(spans):,}; time to repair: median {duration(middle)}, longest {duration(longest)}"


def _tables(period: Period) -> list[Table]:
    worst = [prefix for prefix in period.prefixes if prefix.spread.share != 1 or prefix.is_gone or prefix.changes]
    prefixes = tuple(
        (
            f"{router} {name}{in_vrf(vrf)}".strip(),
            _percent(prefix.spread, "run"),
            f"{prefix.changes:,}",
            "gone in the last run" if prefix.is_gone else "",
        )
        for prefix in worst[:_ROWS]
        for router, vrf, name in (prefix.place,)
    )
    is_some_gone = any(row[-1] for row in prefixes)
    columns = ("prefix", "full spread", "changes", *(["state"] if is_some_gone else []))
    nodes = [(name, seen) for name, seen in period.nodes.items() if seen.share != 1]
    incidents = period.incidents
    return [
        Table(
            _title("Worst prefixes", len(worst)), columns,
            tuple(tuple(map(safe, row if is_some_gone else row[:-1])) for row in prefixes),
        ),
        Table(
            _title("Worst nodes", len(nodes)), ("node", "present"),
            tuple((safe(name), _percent(seen, "check")) for name, seen in nodes[:_ROWS]),
        ),
        Table(
            _title("Incidents", len(incidents)), ("since", "until", "what"),
            tuple(tuple(map(safe, _incident(known))) for known in incidents[-_ROWS:]),
        ),
    ]  # fmt: skip


def _title(word: str, number: int) -> str:
    return f"{word} ({_ROWS} of {number:,})" if number > _ROWS else word


def _incident(known: KnownIncident) -> tuple[str, str, str]:
    until = _minute(known.resolved) if known.resolved else "; ".join(filter(None, ("open", why_open(known))))
    left = f"; still open: {known.part_of}" if known.part_of is not None else ""
    return _minute(known.first_seen), until, f"{known.severity}  {known.title}{left}"


def _percent(spread: Availability, unit: str) -> str:
    """Return `99.95 % of 2,000 runs`, rounded down: one short run is never 100 %."""
    if spread.share is None:
        return "unknown, no run could check it"
    hundredths = 10_000 * spread.full // spread.known
    return f"{hundredths / 100:.2f} % of {counted(spread.known, unit)}"


def _parts(period: Period) -> list[Availability]:
    """Return the period cut into parts of equal time."""
    start, end = (dt.datetime.fromisoformat(time) for time in (period.since, period.until))
    width = max((end - start) / _PARTS, dt.timedelta(seconds=1))
    full, known = Counter[int](), Counter[int]()
    for moment in period.moments:
        part = min(_PARTS - 1, max(0, (dt.datetime.fromisoformat(moment.started) - start) // width))
        full[part] += moment.spread.full
        known[part] += moment.spread.known
    return [Availability(full[part], known[part]) for part in range(_PARTS)]


def _lowest(parts: Sequence[Availability]) -> int:
    """Return the foot of the drawing in percent: the least share, rounded down, and below 100."""
    return min([99, *(100 * part.full // part.known for part in parts if part.known)])


def _height(part: Availability, low: int) -> float:
    """Return where a part is in the drawing, from 0 at its foot to 1."""
    return max(0.0, (100 * (part.share or 0) - low) / (100 - low))


def _sparkline(period: Period, parts: Sequence[Availability]) -> str:
    """Return the trend with its scale: percent from the lowest block to the highest, and the first and last time."""
    low = _lowest(parts)
    shown = "".join(" " if part.share is None else _BLOCKS[round(_height(part, low) * 7)] for part in parts)
    times = f"from {_minute(period.since)} to {_minute(period.until)}"
    return f"{low} % |{shown}| 100 %, {times}; a gap: nothing is known"


def _picture(period: Period, parts: Sequence[Availability]) -> dict[str, object]:
    low, step = _lowest(parts), (_RIGHT - _LEFT) / _PARTS
    lines: list[list[str]] = [[]]
    gaps = []
    for number, part in enumerate(parts):
        x = _LEFT + number * step
        if part.share is None:
            gaps.append((f"{x:.1f}", f"{step:.1f}"))
            lines.append([])
            continue
        y = _BOTTOM - _height(part, low) * (_BOTTOM - _TOP)
        lines[-1] += [f"{x:.1f},{y:.1f}", f"{x + step:.1f},{y:.1f}"]
    return {
        "low": low,
        "first": _minute(period.since),
        "last": _minute(period.until),
        "gaps": gaps,
        "lines": [" ".join(line) for line in lines if line],
    }


def _markdown(text: str) -> str:
    return code(text).replace("|", r"\|") if any(c in text for c in "|`*_<>[]#:") else text


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")
