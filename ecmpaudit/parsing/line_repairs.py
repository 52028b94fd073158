"""Repair of lines that no rule of the template understood: log messages, tabs, indentation, wrapped lines.

Only such lines are touched, so a clean table pays nothing. A line is changed only if that makes it one that the
template understands; the number of lines stays, and a joined line keeps the number of its first part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.parsing.line_margins import dedented
from ecmpaudit.parsing.log_lines import is_log_line
from ecmpaudit.parsing.template import line_tests
from ecmpaudit.parsing.time_limit import LONGEST_LINE
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

_TAB = 8
_PARTS = 4
"""Lines that one wrapped line may be spread over."""
_NARROWEST = 40
"""Columns of the narrowest terminal that is expected to wrap lines."""
_USUAL_WIDTHS = frozenset({72, 76, 80, 100, 120, 132})
_MOST_FAILURES = 2000
"""Lines that cannot be repaired, before the repair stops: the text is then of another kind."""


@dataclass(frozen=True, slots=True)
class _Forms:
    """The tests for a single line, and how wide the text is."""

    understands: Callable[[str], bool]
    """Some rule of the template matches the line."""
    is_route: Callable[[str], bool]
    """A rule that records a route or a next hop matches the line."""
    width: int
    """Characters of the longest line: where a terminal wrapped, it was as wide."""
    is_surely_wrapped: bool
    """More than one line is as long as that, or it is a width that terminals and mail programs have."""


def repaired(template: Path, lines: Sequence[str], rejected: Iterable[int]) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines after the repairs that were possible, and what was done in words.

    `rejected` are the 1-based numbers of the lines that were not understood.
    """
    rejected = [number - 1 for number in rejected]
    repaired_lines = list(lines)
    logged = [number for number in rejected if is_log_line(lines[number])]
    if logged:  # they separate routes from their next hops, so the other lines are repaired in the next round
        for number in logged:
            repaired_lines[number] = ""
        return repaired_lines, (f"log messages removed from between the lines ({_places(len(logged))})",)
    done: dict[str, int] = {}
    widths = [len(line) for line in lines]
    width = max(widths, default=0)
    tests = line_tests(template)
    forms = _Forms(
        tests.understands,
        tests.is_route,
        width=width,
        is_surely_wrapped=width in _USUAL_WIDTHS or widths.count(width) > 1,
    )
    failures = 0
    for number in rejected:
        if repaired_lines[number] == lines[number] and lines[number].strip():
            change = _repair(repaired_lines, number, forms)
            if change:
                done[change] = done.get(change, 0) + 1
            elif (failures := failures + 1) > _MOST_FAILURES:
                break
    return repaired_lines, tuple(f"{change} ({_places(count)})" for change, count in done.items())


def _places(count: int) -> str:
    return counted(count, "place")


def _repair(lines: list[str], number: int, forms: _Forms) -> str | None:
    line, understood = lines[number], forms.understands
    is_orphan = understood(line)
    if (
        "\t" in line
        and not (is_orphan or _are_two(line, understood))
        and (spaced := next(filter(understood, _without_tabs(line)), None))
    ):
        lines[number] = spaced
        return "tabs replaced by blanks"
    if line[:1] == " " and not is_orphan and understood(line.lstrip()):
        _dedent_from(lines, number)
        return "indentation removed"
    if _join(lines, number, forms):
        return "wrapped lines joined"
    return None


def _are_two(line: str, understood: Callable[[str], bool]) -> bool:
    """Return whether a tab within the line joins two lines, each of which is understood alone."""
    if len(line) > 2 * LONGEST_LINE:
        return False
    margin = len(line) - len(line.lstrip())
    ends = (place for place, sign in enumerate(line) if sign == "\t" and place > margin)
    return any(understood(line[:end]) and understood(line[end:]) for end in ends)


def _without_tabs(line: str) -> Iterator[str]:
    yield line.expandtabs(_TAB)
    yield re.sub(r"[ \t]*\t[ \t]*", " ", line) if len(line) <= LONGEST_LINE else line


def _dedent_from(lines: list[str], number: int) -> None:
    """Move the line and those below it to the left, down to the first one that is indented less."""
    margin = len(lines[number]) - len(lines[number].lstrip())
    for following in range(number, len(lines)):
        line = lines[following]
        if line.strip() and len(line) - len(line.lstrip()) < margin:
            return
        lines[following] = dedented(line, margin)


def _join(lines: list[str], number: int, forms: _Forms) -> bool:
    """Join a line that is wrapped with what follows, or the rest of one with the line before.

    The line above was understood without its rest, so only its width, that of the terminal, shows that it continues. A
    legend with any text after it is still a legend, so there the width must be beyond doubt.
    """
    before = number - 1
    if number and forms.width >= _NARROWEST and len(lines[before]) >= forms.width - 1:
        accepts = forms.understands if forms.is_surely_wrapped else forms.is_route
        whole = next(filter(accepts, _joined(lines[before], lines[number])), None)
        if whole is not None:
            lines[before : number + 1] = [whole, ""]
            return True
    beginnings = [lines[number]]
    for last in range(number + 1, min(number + _PARTS, len(lines))):
        if not lines[last].strip():
            return False
        beginnings = [whole for beginning in beginnings for whole in _joined(beginning, lines[last])]
        whole = next(filter(forms.is_route, beginnings), None)
        if whole is not None:
            lines[number : last + 1] = [whole, *[""] * (last - number)]
            return True
    return False


def _joined(beginning: str, rest: str) -> tuple[str, str]:
    """Return both ways to join: a terminal breaks anywhere; a copy or a mail loses the blanks at the break."""
    return beginning + rest, f"{beginning.rstrip()} {rest.lstrip()}"
