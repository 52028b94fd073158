"""Second look at lines that no rule of the template understood: log messages, tabs, indentation, wrapped lines.

Only such lines are touched, so a clean table pays nothing. A line is changed only if that makes it one that the
template understands; the number of lines stays, and a joined line keeps the number of its first part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ecmpaudit.parsing.line_margins import dedented
from ecmpaudit.parsing.log_lines import is_log_line
from ecmpaudit.parsing.template import load_template
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

_TAB = 8
_PARTS = 4
"""A line is looked for in at most this many pieces."""
_NARROWEST = 40
"""Columns of the narrowest terminal that lines are believed to be wrapped by."""
_USUAL_WIDTHS = frozenset({72, 76, 80, 100, 120, 132})
_LONGEST = 2000
"""Characters of a line that a template is tried on here: no route has as many."""
_PATIENCE = 2000
"""Lines that cannot be mended, before the text is taken for one of another kind."""
_NO_ROUTE = re.compile(r"\(\?P<(?:UNPARSED|MESSAGE)>")


@dataclass(frozen=True, slots=True)
class _Known:
    """What single lines are judged by."""

    understands: Callable[[str], bool]
    """Some rule of the template matches the line."""
    tells_route: Callable[[str], bool]
    """A rule that records a route or a next hop matches the line."""
    width: int
    """Characters of the longest line: where a terminal wrapped, it was as wide."""
    is_surely_wrapped: bool
    """More than one line is as long as that, or it is a width that terminals and mail programs have."""


def repaired(template: Path, lines: Sequence[str], rejected: Iterable[int]) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines with what could be mended, and what was done in words.

    `rejected` are the 1-based numbers of the lines that were not understood.
    """
    rejected = [number - 1 for number in rejected]
    mended = list(lines)
    logged = [number for number in rejected if is_log_line(lines[number])]
    if logged:  # they part routes from their next hops, so the other lines are judged without them
        for number in logged:
            mended[number] = ""
        return mended, (f"log messages and the like between the lines left out ({_places(len(logged))})",)
    done: dict[str, int] = {}
    widths = [len(line) for line in lines]
    width = max(widths, default=0)
    known = _Known(*_rules(template), width=width, is_surely_wrapped=width in _USUAL_WIDTHS or widths.count(width) > 1)
    failures = 0
    for number in rejected:
        if mended[number] == lines[number] and lines[number].strip():
            change = _mend(mended, number, known)
            if change:
                done[change] = done.get(change, 0) + 1
            elif (failures := failures + 1) > _PATIENCE:
                break
    return mended, tuple(f"{change} ({_places(count)})" for change, count in done.items())


def _places(count: int) -> str:
    return counted(count, "place")


def _mend(lines: list[str], number: int, known: _Known) -> str | None:
    line, understood = lines[number], known.understands
    is_orphan = understood(line)
    if "\t" in line and not is_orphan and (spaced := next(filter(understood, _without_tabs(line)), None)):
        lines[number] = spaced
        return "tabs made blanks"
    if line[:1] == " " and not is_orphan and understood(line.lstrip()):
        _dedent_from(lines, number)
        return "indentation taken away"
    if _join(lines, number, known):
        return "wrapped lines joined"
    return None


def _without_tabs(line: str) -> Iterator[str]:
    yield line.expandtabs(_TAB)
    yield re.sub(r"[ \t]*\t[ \t]*", " ", line) if len(line) <= _LONGEST else line


def _dedent_from(lines: list[str], number: int) -> None:
    """Move the line and those below it to the left, down to the first one that is indented less."""
    margin = len(lines[number]) - len(lines[number].lstrip())
    for following in range(number, len(lines)):
        line = lines[following]
        if line.strip() and len(line) - len(line.lstrip()) < margin:
            return
        lines[following] = dedented(line, margin)


def _join(lines: list[str], number: int, known: _Known) -> bool:
    """Join a line that is wrapped with what follows, or the rest of one with the line before.

    The line before was understood without its rest, so that it is as wide as the terminal must show that it goes on. A
    legend with any text behind it is still a legend, so there the width must be beyond doubt.
    """
    before = number - 1
    if number and known.width >= _NARROWEST and len(lines[before]) >= known.width - 1:
        accepts = known.understands if known.is_surely_wrapped else known.tells_route
        whole = next(filter(accepts, _joined(lines[before], lines[number])), None)
        if whole is not None:
            lines[before : number + 1] = [whole, ""]
            return True
    beginnings = [lines[number]]
    for last in range(number + 1, min(number + _PARTS, len(lines))):
        if not lines[last].strip():
            return False
        beginnings = [whole for beginning in beginnings for whole in _joined(beginning, lines[last])]
        whole = next(filter(known.tells_route, beginnings), None)
        if whole is not None:
            lines[number : last + 1] = [whole, *[""] * (last - number)]
            return True
    return False


def _joined(beginning: str, rest: str) -> tuple[str, str]:
    """A terminal breaks anywhere; a copy or a mail loses the blanks at the break."""
    return beginning + rest, f"{beginning.rstrip()} {rest.lstrip()}"


@cache
def _rules(template: Path) -> tuple[Callable[[str], bool], Callable[[str], bool]]:
    """Return two tests for one line: does some rule understand it, and is that one that records a route."""
    rules = [
        rule for state in load_template(template).states.values() for rule in state if "(?P<UNPARSED>" not in rule.regex
    ]
    all_forms = [rule.regex_obj for rule in rules]
    forms_of_routes = [r.regex_obj for r in rules if "Record" in r.record_op and not _NO_ROUTE.search(r.regex)]
    return _matcher(all_forms), _matcher(forms_of_routes)


def _matcher(forms: Sequence[re.Pattern[str]]) -> Callable[[str], bool]:
    return lambda line: len(line) <= _LONGEST and any(form.match(line) for form in forms)
