"""One notification: the news of a run in groups, so that a missing node is one line instead of one per prefix.

The title names the nodes, since a telephone shows nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.reporting.templates import rendered
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.wording import counted, listed

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from ecmpaudit.model.runs import KnownFault, News, Run

_LINES = 20
"""Lines in each part; services cut what is long."""
_NAMES = 5
"""Prefixes or routers that are named in a line."""


@dataclass(frozen=True, slots=True)
class Message:
    """One alert."""

    title: str
    body: str
    is_recovery: bool
    """It has recoveries only, and the run could judge every open fault."""


def alert_message(news: News, run: Run, *, faults: int, not_judged: int = 0) -> Message:
    """Return the message about news; `faults` is the number of open confirmed ones.

    `not_judged` is how many of them the run could not judge: while there is any, no message is a recovery as a whole,
    which would close an incident.
    """
    new = [known for known in news.new if known.severity != Severity.INCOMPLETE]
    unchecked = [known for known in news.new if known.severity == Severity.INCOMPLETE]
    facts = {
        "new": _lines(new),
        "unchecked": _lines(unchecked),
        "short_lived": _lines(news.short_lived),
        "recovered": _lines(news.recovered),
        "run": run.title,
        "open_faults": _open_faults(faults, not_judged),
    }
    parts = (
        ("new", new),
        ("not checked", unchecked),
        ("new and recovered", news.short_lived),
        ("recovered", news.recovered),
    )
    title = "; ".join(f"{word}: {_safe_list(_subjects(part))}" for word, part in parts if part)
    return Message(
        f"ecmpaudit {title}",
        rendered("alert.txt.j2", facts, filters={}),
        is_recovery=not (news.new or news.short_lived or not_judged),
    )


def _open_faults(faults: int, not_judged: int) -> str:
    if not faults:
        return "no open fault"
    unknown = f", {not_judged:,} of them not judged in this run" if not_judged else ""
    return f"{counted(faults, 'open fault')}{unknown}"


def _lines(known: Sequence[KnownFault]) -> list[str]:
    """Return one line for each group: the same rule about the same node, or about the same router."""
    groups: dict[tuple[str, str], list[KnownFault]] = defaultdict(list)
    for each in known:
        groups[each.fault.code, each.fault.about or each.fault.router].append(each)
    lines = list(dict.fromkeys(_line(subject, group) for (_, subject), group in groups.items()))
    rest = len(lines) - _LINES
    return lines[:_LINES] + ([f"and {rest:,} more"] if rest > 0 else [])


def _line(subject: str, group: Sequence[KnownFault]) -> str:
    first = group[0]
    if len({each.message for each in group}) == 1:
        return safe(f"{first.fault.code} {first.message}{_lasted(group)}")
    routers = dict.fromkeys(each.fault.router for each in group if each.fault.router)
    prefixes = dict.fromkeys(each.fault.prefix for each in group if each.fault.prefix)
    on = f" on {_safe_list(routers)}" if routers and list(routers) != [subject] else ""
    where = f"{subject}{on}, {counted(len(prefixes), 'prefix')}: {_safe_list(prefixes)}"
    return safe(f"{first.fault.code} {where}{_lasted(group)}; for example {first.message}")


def _lasted(group: Sequence[KnownFault]) -> str:
    """Return how long resolved faults lasted; empty for open ones."""
    spans = [each.lasted for each in group if each.resolved]
    return f" (after {duration(max(spans))})" if spans else ""


def duration(span: dt.timedelta) -> str:
    """Return a span in its two largest units: `2 d 3 h`, `45 min`, `20 s`."""
    seconds = int(span.total_seconds())
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


def _subjects(known: Sequence[KnownFault]) -> list[str]:
    """Return which nodes the faults are about; without a node, the router, the prefix or the code.

    A change (6xx) counts only if there is nothing else: it names the router of another fault.
    """
    faults = [each.fault for each in known if not each.fault.is_of_a_change] or [each.fault for each in known]
    return list(dict.fromkeys(fault.about or fault.router or fault.prefix or fault.code for fault in faults))


def _safe_list(names: Iterable[str]) -> str:
    return safe(listed(names, _NAMES))
