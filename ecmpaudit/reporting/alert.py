"""Notifications: one message for each incident that began, changed in kind or ended, and all of them as one text.

The title has the incident's whole sentence, since a telephone shows nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.reporting.incident_facts import incident_details
from ecmpaudit.reporting.templates import rendered
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model.runs import KnownIncident, News, Run

_MESSAGES = 20
"""Incidents with a message of their own; those beyond are in one more."""
_LINES = 20
"""Lines in each part of a text about several incidents; services cut what is long."""


@dataclass(frozen=True, slots=True)
class Message:
    """One alert."""

    title: str
    body: str
    is_recovery: bool
    """An incident ended, and none of its faults is left in another one."""
    incidents: tuple[int, ...]
    """What it is about, by their numbers in the history."""
    key: str | None = None
    """The fingerprint with which its incident began, which all messages about it share; None for several incidents."""


def alert_messages(news: News, run: Run, *, open_incidents: int, not_judged: int = 0) -> list[Message]:
    """Return a message for each incident; `open_incidents` is the number of open confirmed ones.

    `not_judged` is how many of them the run could not judge.
    """
    end = _end(run, open_incidents, not_judged)
    each = [(word, known) for word, part in _parts(news) for known in part]
    messages = [_message(word, known, end) for word, known in each[:_MESSAGES]]
    if rest := [known.number for _, known in each[_MESSAGES:]]:
        title = f"ecmpaudit: {counted(len(rest), 'more incident')} began, changed or ended"
        messages.append(Message(title, _text(each[_MESSAGES:], end), is_recovery=False, incidents=tuple(rest)))
    return messages


def changes(news: News, run: Run, *, open_incidents: int, not_judged: int = 0) -> str:
    """Return what began, changed and ended as one text, for the head of a report."""
    each = [(word, known) for word, part in _parts(news) for known in part]
    return _text(each, _end(run, open_incidents, not_judged))


def _parts(news: News) -> Iterator[tuple[str, Sequence[KnownIncident]]]:
    yield "new", [known for known in news.new if known.severity != Severity.INCOMPLETE]
    yield "not checked", [known for known in news.new if known.severity == Severity.INCOMPLETE]
    yield "changed", news.changed
    yield "new and recovered", news.short_lived
    yield "recovered", [known for known in news.ended if known.part_of is None]
    yield "ended", [known for known in news.ended if known.part_of is not None]


def _message(word: str, known: KnownIncident, end: str) -> Message:
    title = f"ecmpaudit {word}: {safe(known.title)}"
    lines = [safe(f"{label}: {text}") for label, text in _details(known)]
    body = rendered("alert.txt.j2", {"title": f"{word}: {safe(known.title)}", "lines": lines, "end": end}, filters={})
    is_recovery = known.resolved is not None and known.part_of is None
    return Message(title, body, is_recovery, (known.number,), known.began_as)


def _details(known: KnownIncident) -> Iterator[tuple[str, str]]:
    """Yield what a message has beside the title: of an incident that ended, how long it lasted."""
    if known.resolved is None:
        if known.was not in {None, known.title}:
            yield "was", str(known.was)
        yield from incident_details(known)
        return
    yield "lasted", f"{duration(known.lasted)}, since {known.since[:16].replace('T', ' ')} UTC"
    if known.part_of is not None:
        yield "still open", known.part_of


def _text(each: Sequence[tuple[str, KnownIncident]], end: str) -> str:
    parts: dict[str, list[str]] = {}
    for word, known in each:
        parts.setdefault(word[0].upper() + word[1:], []).append(safe(_line(known)))
    shown = {
        word: lines[:_LINES] + ([f"and {len(lines) - _LINES:,} more"] if len(lines) > _LINES else [])
        for word, lines in parts.items()
    }
    return rendered("changes.txt.j2", {"parts": shown, "end": end}, filters={})


def _line(known: KnownIncident) -> str:
    if known.resolved is None:
        return f"{known.severity}  {known.title}"
    left = f"; still open: {known.part_of}" if known.part_of is not None else ""
    return f"{known.severity}  {known.title} (after {duration(known.lasted)}){left}"


def _end(run: Run, number: int, not_judged: int) -> str:
    unknown = f", {not_judged:,} of them not judged in this run" if not_judged else ""
    incidents = f"{counted(number, 'open incident')}{unknown}" if number else "no open incident"
    return f"{run.title}: {incidents}. `ecmpaudit history` lists all."


def duration(span: dt.timedelta) -> str:
    """Return a span in its two largest units: `2 d 3 h`, `45 min`, `20 s`."""
    seconds = int(span.total_seconds())
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"
