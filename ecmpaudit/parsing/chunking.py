"""Where a large text is cut into chunks, so that several are parsed at the same time and few are in memory.

A chunk begins with a line that sets the prefix or, like a heading, clears it. So no route lies in two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.parsing.columnar import ColumnarTemplate
    from ecmpaudit.parsing.large_files import LargeFile

_MOST_LINES = 10_000
"""Lines that are searched for such a line before a chunk is made larger by one size."""
_LONGEST = 10_000
"""Characters of a line that are matched."""


def chunk_bounds(text: str | LargeFile, template: ColumnarTemplate, size: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each chunk, of `size` characters or more; the line feed after it belongs to none.

    A text has at least one chunk, which may be empty.
    """
    start = 0
    while (end := _end_of_chunk(text, start + size, template, size)) < len(text):
        yield start, end
        start = end + 1
    yield start, len(text)


def _end_of_chunk(text: str | LargeFile, position: int, template: ColumnarTemplate, size: int) -> int:
    """Return where the line above the next one that sets the prefix ends, or where the text ends."""
    while position < len(text):
        for _ in range(_MOST_LINES):
            position = text.find("\n", position)
            if position < 0:
                return len(text)
            if _sets_prefix(text, position + 1, template):
                return position
            position += 1
        position += size
    return len(text)


def _sets_prefix(text: str | LargeFile, start: int, template: ColumnarTemplate) -> bool:
    end = text.find("\n", start)
    line = text[start : min(end if end >= 0 else len(text), start + _LONGEST)]
    rule = next((rule for rule in template.rules if rule.python.match(line)), None)
    return rule is not None and "PREFIX" in rule.values
