"""Several outputs about the same routes of one router, pasted one below the other: the newest is judged.

The last one is the newest, as in a terminal. A scan asks each command once, so only pasted texts are compared. One of
them may list less than the other: `show ip route`, then `show ip route bgp`. What it does not list is older, and kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ecmpaudit.parsing.parts import was_pasted

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

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


_Prefix: TypeAlias = "tuple[str, str]"
"""VRF and prefix."""
_Word = TypeVar("_Word")
_Key: TypeAlias = "tuple[str | None, _Prefix | None]"
"""A protocol and a prefix; None: any."""


@dataclass(frozen=True, slots=True)
class _Narrowed:
    """What a command asks for that lists only some of the routes; None: all."""

    protocol: str | None
    prefixes: set[_Prefix] | None


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
        saved = "save both to files to " if self.older.source == self.newer.source else ""
        return (
            f"{place}{_place(self.newer)} is the newest output of {asked} and is judged; {_place(self.older)} is older "
            f"and is not: {saved}compare them with `ecmpaudit diff OLD NEW`"
        )


def newest(tables: Sequence[RouteTable]) -> tuple[list[RouteTable], list[OlderOutput]]:
    """Return the tables without what a later one replaces, in their order, and the outputs that are replaced."""
    kept: list[RouteTable] = []
    older: list[OlderOutput] = []
    seen: dict[tuple[str | None, str], _LaterTables] = {}
    for table in reversed(tables):
        if not was_pasted(table.capture):
            kept.append(table)
            continue
        later_ones = seen.setdefault((table.router, table.platform), _LaterTables())
        newer = later_ones.replacing(table)
        if newer is not None:
            older.append(OlderOutput(table.capture, newer.capture))
            continue
        rest = table
        for later, without in later_ones.taken_from(table):
            older.append(OlderOutput(table.capture, later.capture, is_in_part=True))
            rest = without
        later_ones.add(table)
        kept.append(rest)
    return kept[::-1], older[::-1]


def newest_answers(read: Sequence[ReadCapture]) -> tuple[list[ReadCapture], list[OlderOutput]]:
    """Return what was read beside routes without what a later answer to the same question replaces, and that.

    Answers to one command are about the same; without a command, those with a session or path in common.
    """
    kept: list[ReadCapture] = []
    older: list[OlderOutput] = []
    later: dict[Hashable, int] = {}
    for each in reversed(read):
        keys = _keys_of_answer(each) if was_pasted(each.capture) else []
        newer = min((later[key] for key in keys if key in later), default=None)
        if newer is None:
            later.update((key, len(kept)) for key in keys)
            kept.append(each)
        else:
            older.append(OlderOutput(each.capture, kept[newer].capture, is_table=False))
    return kept[::-1], older[::-1]


def _keys_of_answer(read: ReadCapture) -> list[Hashable]:
    """Return what an answer has in common with another one about the same."""
    about: list[Hashable] = [question(read.capture.command)] if read.capture.command is not None else _subjects(read)
    return [(read.capture.router, read.resolved.form, subject) for subject in about]


def _subjects(read: ReadCapture) -> list[Hashable]:
    """Return the sessions and the prefixes that an answer is about."""
    facts = read.facts.facts
    sessions: list[Hashable] = [(session.vrf, session.peer, session.family) for session in facts.sessions]
    return [*sessions, *((path.vrf, path.prefix) for path in facts.paths)]


def question(command: str) -> str:
    """Return a command in one of the ways to write it."""
    asked = " ".join(command.split())
    for words, same in _SAME:
        asked = words.sub(same, asked)
    return asked


class _LaterTables:
    """The pasted tables of one router that come later in its texts, the last one first.

    Each is found by what it is about, and not by comparing it with every other: a text may have thousands.
    """

    def __init__(self) -> None:
        self._tables: list[RouteTable] = []
        self._by_question: dict[str, int] = {}
        self._without_command: list[int] = []
        """Those whose prefixes are not in `_by_prefix` yet: one alone is compared with none."""
        self._by_prefix: dict[_Prefix, int] = {}
        self._narrowed: dict[str, dict[_Key, tuple[int, _Narrowed]]] = {}
        """The first that is about a protocol or a prefix, by the command without these words."""

    def add(self, table: RouteTable) -> None:
        """Add a table that comes before all others."""
        number = len(self._tables)
        self._tables.append(table)
        if table.capture.command is None:
            self._without_command.append(number)
            return
        asked = question(table.capture.command)
        self._by_question.setdefault(asked, number)
        words = _NARROWED.search(asked)
        if words is not None and table.route_count:
            narrowed = _Narrowed(words["named"] or words["protocol"], _prefixes(table) if words["prefix"] else None)
            of_command = self._narrowed.setdefault(asked[: words.start()], {})
            for prefix in (None,) if narrowed.prefixes is None else narrowed.prefixes:
                of_command.setdefault((narrowed.protocol, prefix), (number, narrowed))

    def replacing(self, table: RouteTable) -> RouteTable | None:
        """Return the newest that is about everything that this one lists, None where there is none.

        Without a command, only tables with a prefix in common are answers to one question.
        """
        if table.capture.command is not None:
            asked = question(table.capture.command)
            found = _numbers(self._by_question, {asked, _NARROWED.sub("", asked)})
        else:
            known = self._prefixes_without_command()
            found = _numbers(known, _prefixes(table) if known else ())
        return self._tables[min(found)] if found else None

    def _prefixes_without_command(self) -> dict[_Prefix, int]:
        for number in self._without_command:
            for prefix in _prefixes(self._tables[number]):
                self._by_prefix.setdefault(prefix, number)
        self._without_command = []
        return self._by_prefix

    def taken_from(self, table: RouteTable) -> Iterator[tuple[RouteTable, RouteTable]]:
        """Yield each that lists less and is about some of the routes, with the table without what they are about."""
        base = _NARROWED.sub("", question(table.capture.command or ""))
        of_command = self._narrowed.get(base)
        if not of_command:
            return
        found = {number: narrowed for key in _keys(table) for number, narrowed in filter(None, [of_command.get(key)])}
        for number in sorted(found):
            without = table.without(found[number].protocol, found[number].prefixes)
            if without is not table:
                yield self._tables[number], without
                table = without


def _numbers(known: Mapping[_Word, int], wanted: Iterable[_Word]) -> list[int]:
    return [known[one] for one in wanted if one in known]


def _prefixes(table: RouteTable) -> set[_Prefix]:
    return set(table.frame.select("vrf", "prefix").unique().rows())


def _keys(table: RouteTable) -> Iterator[_Key]:
    """Yield what the commands may be about that list a route of the table."""
    columns = table.frame.select("vrf", "prefix", "protocol", "source")
    for vrf, prefix, protocol, source in columns.unique().rows():
        for name in {None, protocol, source}:
            yield name, (vrf, prefix)
            yield name, None


def _place(capture: Capture) -> str:
    return f"{capture.source}:{capture.first_line}"
