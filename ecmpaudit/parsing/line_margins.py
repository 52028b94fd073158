"""What precedes the lines of a pasted text: quoting, time stamps, Markdown fences, indentation.

Every step returns as many lines as it got. FRR's legend has a line `> - selected route` and Junos marks a next hop with
`> to`, so a single line with `>` is no quoting: at least two that follow one another are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecmpaudit.parsing.json_tables import looks_like_json
from ecmpaudit.parsing.log_lines import is_log_line
from ecmpaudit.parsing.prompts import read_prompt
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_WHOLE, _SLICES, _SLICE = 1 << 20, 64, 1 << 14
"""A text of up to 1,048,576 characters is searched as a whole, a longer one in 64 slices of 16,384."""
_HEAD = 300
"""Characters of a line that are matched: bounds the time that a line of any length can take."""
_TIME = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_DATE = r"(?:\d{4}[-/]\d\d[-/]\d\d[T ]|[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?)"
_ZONE = r"(?:Z| ?[+-]\d\d:?\d\d)"
_STAMP = re.compile(
    rf"^(?:\[[^\]\[\n]{{0,30}}{_TIME}[^\]\[\n]{{0,20}}\]|{_DATE}?{_TIME}{_ZONE}?)(?:[ \t]|$)", re.MULTILINE
)
_QUOTED = re.compile(r"^>", re.MULTILINE)
_GREETING = re.compile(r"(?:0001 )?BIRD \S+ ready")
"""birdc prints this before any table; alone it is no table."""
_RUN = 2
"""Lines that must follow one another with the same kind of beginning."""
_FENCE = re.compile(r"^(?P<margin>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*[\w+.\-]*[ \t]*$")


def sample(text: str) -> str:
    """Return the text, or where it is long, slices of it from the first to the last line."""
    if len(text) <= _WHOLE:
        return text
    step = (len(text) - _SLICE) // (_SLICES - 1)
    return "\n".join(text[start : start + _SLICE].partition("\n")[2] for start in range(0, step * _SLICES, step))


def looks_like_a_table(lines: Iterable[str]) -> bool:
    """Return whether any line is one that some platform's route tables have, or begins JSON."""
    patterns = [table.detect for platform in platforms().values() for table in platform.tables]
    return any(
        looks_like_json(head) or (not _GREETING.match(head) and any(pattern.search(head) for pattern in patterns))
        for head in (line[:_HEAD] for line in lines)
    )


def without_quoting(text: str) -> str:
    """Return the text without the `>` of mail programs and Markdown, also nested."""
    if ">" not in text or not _QUOTED.search(sample(text)):
        return text
    lines = text.split("\n")
    for run in _runs(lines, lambda line: line.startswith(">")):
        while run and all(lines[number].startswith(">") for number in run):
            has_blank = all(lines[number][1:2] in {" ", ""} for number in run)
            for number in run:
                lines[number] = lines[number][1 + has_blank :]
            run[:] = [number for number in run if lines[number] and not lines[number].isspace()]
    return "\n".join(lines)


def without_time_stamps(text: str) -> str:
    """Return the text without the time that `ts`, a terminal program or `script` wrote before every line."""
    if not _STAMP.search(sample(text)):
        return text
    lines = text.split("\n")
    for run in _runs(lines, lambda line: _STAMP.match(line) is not None and not is_log_line(line)):
        for number in run:
            lines[number] = _STAMP.sub("", lines[number])
    return "\n".join(lines)


def _runs(lines: Sequence[str], matches: Callable[[str], bool]) -> Iterator[list[int]]:
    """Yield the positions of matching lines that follow one another; blank and log lines do not separate them.

    A single one is a run only where there is no other line.
    """
    run: list[int] = []
    is_alone = True
    for number, line in enumerate(lines):
        if matches(line):
            run.append(number)
        elif line and not line.isspace() and not is_log_line(line):
            is_alone = False
            if len(run) >= _RUN:
                yield run
            run = []
    if len(run) >= _RUN or (run and is_alone):
        yield run


def without_fences(text: str) -> str:
    """Return the lines between Markdown fences, without the indentation of the fence itself.

    The lines around them become blank, unless they look like a table too or are prompts. Of a fence without an end,
    only its own line is removed: where its block ends is unknown.
    """
    if not any(mark in text and 3 * mark in text for mark in "`~"):  # one character is found ten times as fast
        return text
    lines = text.split("\n")
    fenced = list(_fenced(lines))
    inside = {number for opening, closing in fenced for number in range(opening, closing + 1)}
    around = [number for number in range(len(lines)) if number not in inside]
    is_prose = bool(fenced) and not looks_like_a_table(lines[number] for number in around)
    for number in around:
        if _FENCE.match(lines[number]) or (is_prose and read_prompt(lines[number]) is None):
            lines[number] = ""
    for opening, closing in fenced:
        margin = len(lines[opening]) - len(lines[opening].lstrip())
        lines[opening : closing + 1] = ["", *(dedented(line, margin) for line in lines[opening + 1 : closing]), ""]
    return "\n".join(lines)


def _fenced(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the positions of the opening and the closing fence of every block."""
    opening, marks = None, ""
    for number, line in enumerate(lines):
        found = _FENCE.match(line)
        if found and opening is None:
            opening, marks = number, found["fence"]
        elif found and opening is not None and found["fence"].startswith(marks):
            yield opening, number
            opening = None


def without_margin(text: str) -> str:
    """Return the text without the blanks that every line begins with."""
    margin = _margin(text)
    return "\n".join(dedented(line, margin) for line in text.split("\n")) if margin else text


def _margin(text: str) -> int:
    """Return how many blanks every line begins with; it stops at the first line that has none."""
    margin, start = None, 0
    while margin != 0 and start < len(text):
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else len(text)]
        if not (not line or line.isspace()):
            blanks = len(line) - len(line.lstrip(" "))
            margin = blanks if margin is None else min(margin, blanks)
        start = end + 1 if end >= 0 else len(text)
    return margin or 0


def without_margins_of_blocks(text: str) -> str:
    """Return the text with every indented block between other lines moved to the first column."""
    lines = text.split("\n")
    block: list[int] = []
    for number, line in enumerate([*lines, "end"]):
        if line[:1] in {" ", "\t"}:
            block.append(number)
        elif line:
            _dedent(lines, [n for n in block if not lines[n].isspace()])
            block = []
    return "\n".join(lines)


def _dedent(lines: list[str], block: Sequence[int]) -> None:
    margin = min((len(lines[n]) - len(lines[n].lstrip()) for n in block), default=0)
    for number in block:
        lines[number] = lines[number][margin:]


def dedented(line: str, margin: int) -> str:
    """Return the line without as many of its leading blanks as the margin has."""
    return line[min(margin, len(line) - len(line.lstrip())) :]
