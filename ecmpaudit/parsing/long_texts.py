"""The parts of a text that is too long to weigh every line: it is divided at its head, and again where a part ends.

A part ends where a few lines in a row are none of its format. So a whole table with other outputs above or below costs
one test for each line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ecmpaudit.parsing.time_limit import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WINDOW = 3_000
"""Lines that are divided at once."""
MOST_LINES = 3_000_000
"""Lines of a text up to which it is divided at all."""
_IN_A_ROW = 3
"""Lines of another format after which a part has ended: fewer are damaged lines of its own."""


Form = TypeVar("Form")


def parts_of_long_text(
    lines: Sequence[str],
    divide: Callable[[Sequence[str]], list[tuple[int, int, Form]]],
    test_of: Callable[[Form], Callable[[str], bool] | None],
) -> list[tuple[int, int, Form]]:
    """Return start, stop and form of each part; `divide` divides a few lines, `test_of` has a format's test of one."""
    parts: list[tuple[int, int, Form]] = []
    begin = 0
    while begin < len(lines):
        found = [(begin + start, begin + stop, form) for start, stop, form in divide(lines[begin : begin + WINDOW])]
        start, stop, form = found[-1]
        begin = _end_of(stop, lines, test_of(form))
        found[-1] = start, begin, form
        if parts and parts[-1][2] is found[0][2]:
            found[0] = parts.pop()[0], found[0][1], found[0][2]
        parts += found
    return parts


def _end_of(stop: int, lines: Sequence[str], understands: Callable[[str], bool] | None) -> int:
    """Return where the lines of a part end that goes on beyond those that were divided."""
    if understands is None:
        return stop
    others: list[int] = []
    for number in range(stop, len(lines)):
        if not lines[number].strip():
            continue
        if understands(lines[number][:LONGEST_LINE]):
            others = []
        else:
            others.append(number)
            if len(others) == _IN_A_ROW:
                return others[0]
    return len(lines)
