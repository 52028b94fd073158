"""The parts of a text that is too long to weigh every line: it is divided at its head, and again where a part ends.

A part ends where a few lines in a row are none of its format. So a whole table with other outputs above or below costs
one test for each line.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.parsing.time_limit import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecmpaudit.parsing.parts import Form, Part

WINDOW = 3_000
"""Lines that are divided at once."""
MOST_LINES = 3_000_000
"""Lines of a text up to which it is divided at all."""
_IN_A_ROW = 3
"""Lines of another format after which a part has ended: fewer are damaged lines of its own."""


def parts_of_long_text(
    lines: Sequence[str],
    divide: Callable[[Sequence[str]], list[Part]],
    test_of: Callable[[Form], Callable[[str], bool] | None],
) -> list[Part]:
    """Return the parts of these lines; `divide` divides a few, `test_of` has the test of a format for one line."""
    parts: list[Part] = []
    start = 0
    while start < len(lines):
        found = [
            replace(part, start=part.start + start, stop=part.stop + start)
            for part in divide(lines[start : start + WINDOW])
        ]
        test = test_of(found[-1].form) if found[-1].form else None
        found[-1] = replace(found[-1], stop=_end_of(found[-1], lines, test))
        if parts and parts[-1].form is found[0].form:
            found[0] = replace(found[0], start=parts.pop().start)
        parts += found
        start = found[-1].stop
    return parts


def _end_of(part: Part, lines: Sequence[str], understands: Callable[[str], bool] | None) -> int:
    """Return where the lines of a part end that goes on beyond those that were divided."""
    if understands is None:
        return part.stop
    others: list[int] = []
    for number in range(part.stop, len(lines)):
        if not lines[number].strip():
            continue
        if understands(lines[number][:LONGEST_LINE]):
            others = []
        else:
            others.append(number)
            if len(others) == _IN_A_ROW:
                return others[0]
    return len(lines)
