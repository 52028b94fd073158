"""Several outputs about the same routes of one router, pasted one below the other: the newest is judged.

The last one is the newest, as in a terminal. A scan asks each command once, so only pasted texts are compared. One of
them may list less than the other: `show ip route`, then `show ip route bgp`. What it does not list is older, and kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.parsing.parts import was_pasted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.auditing.read_capture import ReadCapture
    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.route_table import RouteTable

_SAME = (
    (re.compile(r"^(?:sh|sho|show)\b"), "show"),
    (re.compile(r"^(?:di|dis|disp|display)\b"), "display"),
    (re.compile(r"\b(?:r|ro|rou|rout|route)\b"), "route"),
    (re.compile(r"\b(ip) -4\b"), r"\1"),
    (re.compile(r"\broute (?:show|list|ls)\b"), "route"),
    (re.compile(r" json$"), ""),
)
"""Words of commands that ask for the same."""
_PROTOCOL = (
    r"(?:(?:proto|protocol) (?P<named>\S+)|(?P<protocol>bgp|ospf6?|isis|ripng|rip|static|connected|kernel|eigrp|local))"
)
_PREFIX = r"(?P<prefix>[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*(?:/\d+)?(?: 255\.[\d.]+)?)"
_NARROWED = re.compile(
    rf"(?: {_PROTOCOL}| (?:for |root |exact |match )?{_PREFIX}| longer(?:-prefix(?:es)?)?| detail| extensive)+$"
)


@dataclass(frozen=True, slots=True)
class OlderOutput:
    """An output that a newer one replaces."""

    older: Capture
    newer: Capture
    is_in_part: bool = False
    """The newer one lists only some of what the older one does."""
    is_table: bool = True
    """Both list routes, and no other facts."""

    def __str__(self) -> str:
        """Return a note for the report."""
        place = f"{self.older.router}: " if self.older.router else ""
        asked = f"`{self.older.command}`" if self.older.command else "the same table"
        if not self.is_table:
            used = f"{place}{_place(self.newer)} is the newest output of {asked} and is used"
            return f"{used}; {_place(self.older)} is older"
        if self.is_in_part:
            return (
                f"{place}{_place(self.newer)}, `{self.newer.command}`, is newer than {_place(self.older)}, {asked}, "
                "and is judged where both list the same: capture both at one time"
            )
        return (
            f"{place}{_place(self.newer)} is the newest output of {asked} and is judged; {_place(self.older)} is older "
            "and is not: save both to files to compare them with `ecmpaudit diff OLD NEW`"
        )


def newest(tables: Sequence[RouteTable]) -> tuple[list[RouteTable], list[OlderOutput]]:
    """Return the tables without what a later one replaces, in their order, and the outputs that are replaced."""
    kept: list[RouteTable] = []
    older: list[OlderOutput] = []
    seen: dict[tuple[str | None, str], list[RouteTable]] = {}
    for table in reversed(tables):
        later_ones = seen.setdefault((table.router, table.platform), [])
        newer = next((later for later in later_ones if _replaces(later, table)), None)
        if newer is not None:
            older.append(OlderOutput(table.capture, newer.capture))
            continue
        rest = table
        for later in later_ones:
            without = _without_what_is_in(later, rest)
            if without is not rest:
                older.append(OlderOutput(table.capture, later.capture, is_in_part=True))
                rest = without
        later_ones.append(table)
        kept.append(rest)
    return kept[::-1], older[::-1]


def newest_answers(read: Sequence[ReadCapture]) -> tuple[list[ReadCapture], list[OlderOutput]]:
    """Return what was read beside routes without what a later answer to the same question replaces, and that."""
    kept: list[ReadCapture] = []
    older: list[OlderOutput] = []
    for each in reversed(read):
        newer = next((later for later in kept if _answers_again(later, each)), None)
        if newer is None:
            kept.append(each)
        else:
            older.append(OlderOutput(each.capture, newer.capture, is_table=False))
    return kept[::-1], older[::-1]


def _answers_again(later: ReadCapture, each: ReadCapture) -> bool:
    """Return whether both are answers to one question; without a command, those with a session or path in common."""
    now, before = later.capture, each.capture
    is_alike = now.router == before.router and later.resolved.form == each.resolved.form
    if not (is_alike and was_pasted(now) and was_pasted(before)):
        return False
    if now.command is None or before.command is None:
        return now.command is before.command and not _subjects(later).isdisjoint(_subjects(each))
    return question(now.command) == question(before.command)


def _subjects(read: ReadCapture) -> set[tuple[str, str, int]]:
    """Return the sessions and the prefixes that an answer is about."""
    facts = read.facts.facts
    sessions = {(session.vrf, session.peer, session.family) for session in facts.sessions}
    return sessions | {(path.vrf, path.prefix, 0) for path in facts.paths}


def question(command: str) -> str:
    """Return a command in one of the ways to write it."""
    asked = " ".join(command.split())
    for words, same in _SAME:
        asked = words.sub(same, asked)
    return asked


def _replaces(later: RouteTable, table: RouteTable) -> bool:
    """Return whether a later output is about everything that this one lists.

    Without a command, only tables with a prefix in common are answers to one question.
    """
    if not (was_pasted(later.capture) and was_pasted(table.capture)):
        return False
    if later.capture.command is None or table.capture.command is None:
        return later.capture.command is table.capture.command and not _prefixes(later).isdisjoint(_prefixes(table))
    asked, now = question(table.capture.command), question(later.capture.command)
    return now in {asked, _NARROWED.sub("", asked)}


def _without_what_is_in(later: RouteTable, table: RouteTable) -> RouteTable:
    """Return the table without the routes that a later output, which lists less, is about."""
    if not (was_pasted(later.capture) and was_pasted(table.capture)):
        return table
    asked, now = question(table.capture.command or ""), question(later.capture.command or "")
    narrowed = _NARROWED.search(now)
    if narrowed is None or _NARROWED.sub("", asked) != now[: narrowed.start()] or not later.route_count:
        return table
    prefixes = _prefixes(later) if narrowed["prefix"] else None
    return table.without(narrowed["named"] or narrowed["protocol"], prefixes)


def _prefixes(table: RouteTable) -> set[tuple[str, str]]:
    return set(table.views())


def _place(capture: Capture) -> str:
    return f"{capture.source}:{capture.first_line}"
