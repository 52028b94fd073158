"""What terminals, pagers and editors leave in a text: carriage returns, colours, backspaces, pager prompts, odd blanks.

A text without any of it is returned as it is, at the price of a few searches for single characters. Every step keeps
the number of lines, so line numbers stay those of the file; only a carriage return, a vertical tab or a Unicode line
separator that really separates two lines begins a new one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecmpaudit.parsing import line_margins
from ecmpaudit.parsing.line_margins import sample
from ecmpaudit.parsing.pagers import PAGER, PAGER_ON_A_LINE, is_end_of_output, is_pager_prompt
from ecmpaudit.parsing.prompts import read_prompt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ROUNDS = 8
"""Removing one kind of residue can uncover another (a quoted and time-stamped fence); real texts nest no deeper."""
_ESCAPE = re.compile(r"[\x1b\x9b](?:(?:(?<=\x9b)|\[)[0-?]*[ -/]*[@-~]?|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]*[0-~])?")
_BACK = re.compile(r"(\x08+|\x1b\[\d{0,4}D)")
_PROMPT_OF_LESS = re.compile(r"^\s*:\x1b\[K$")
_ERASES_LINE = re.compile(r"(?:\x1b\[[\d;?]*[hlm])*\x1b\[[0-2]?K")
_LINE_ENDS = {"\x0b": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"}
_BLANKS = dict.fromkeys(
    "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
)
_NOTHING = dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", "")
_QUOTES = dict.fromkeys("\u2018\u2019\u201a\u201b", "'") | dict.fromkeys("\u201c\u201d\u201e\u201f", '"')
_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
_TYPOGRAPHY = str.maketrans(_LINE_ENDS | _BLANKS | _NOTHING | _QUOTES | _DASHES)
_ODD_CONTROLS = "\x00\x07\x0b\x0c\x0e\x0f\x7f"
_CONTROLS = str.maketrans({chr(code): "" for code in (*range(9), *range(12, 32), 127)} | {"\x0b": "\n"})


def cleaned(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text without what terminals, pagers, mail programs and editors added, and what was removed."""
    changes: dict[str, None] = {}
    for _ in range(_ROUNDS):
        before = text
        for change, step in _STEPS:
            shorter = step(text)
            if shorter != text:
                changes[change] = None
                text = shorter
        if text == before:
            break
    return text, tuple(changes)


def without_carriage_returns(text: str) -> str:
    """Return the text with line feeds as the only line ends.

    A carriage return within a line goes back to its first column, over which the pager's prompt is erased.
    """
    if "\r" not in text:
        return text
    if "\n" not in text:
        return text.replace("\r", "\n")
    text = text.replace("\r\n", "\n")
    return _with_lines_edited(text, "\r", _after_carriage_returns) if "\r" in text else text


def _after_carriage_returns(line: str) -> str:
    """Return the line without overwritten parts: blanks, pager prompts, and a beginning that was typed again.

    A pager's prompt before a router's or before nothing stays: the pager may have been left there.
    """
    kept: list[str] = []
    pager = ""
    for part in line.split("\r"):
        if _ERASES_LINE.match(part):
            kept.clear()
        visible = _ESCAPE.sub("", part)
        if is_pager_prompt(visible):
            pager = "" if is_end_of_output(visible) else visible.strip()
        elif _PROMPT_OF_LESS.search(part):
            pager = "--More--"
        elif visible.strip() not in {"", ":"}:
            if kept and visible.startswith(_ESCAPE.sub("", kept[-1]).rstrip()):
                kept.pop()
            kept.append(part)
    shown = "\n".join(kept)
    return f"{pager} {shown}" if pager and (not shown or read_prompt(_typed_over(shown))) else shown


def without_movements(text: str) -> str:
    """Return the text as a terminal shows it: the cursor goes back, and what follows overwrites."""
    if "\b" in text:
        text = _with_lines_edited(text, "\b", _typed_over)
    if "\x1b" in text and _BACK.search(text):
        text = _with_lines_edited(text, "\x1b", _typed_over)
    return text


def _typed_over(line: str) -> str:
    cells: list[str] = []
    column = 0
    for part in _BACK.split(line):
        if part.startswith("\b"):
            column = max(0, column - len(part))
        elif _BACK.fullmatch(part):
            column = max(0, column - int(part[2:-1] or 1))
        else:
            typed = _ESCAPE.sub("", part)
            cells[column : column + len(typed)] = typed
            column += len(typed)
    return "".join(cells)


def without_escapes(text: str) -> str:
    """Return the text without colours, cursor movements and window titles."""
    return _ESCAPE.sub("", text) if "\x1b" in text or (not text.isascii() and "\x9b" in text) else text


def without_odd_characters(text: str) -> str:
    """Return the text with plain blanks, quotes and hyphens, and without control characters."""
    if not text.isascii():
        text = text.translate(_TYPOGRAPHY)
    if any(character in text for character in _ODD_CONTROLS):
        text = text.translate(_CONTROLS)
    return text


def without_pager_prompts(text: str) -> str:
    """Return the text without pager prompts, except one that was never answered.

    Where nothing but a router's prompt follows, the pager was left: its prompt stays, so that the table is not taken
    for a whole one.
    """
    if not PAGER_ON_A_LINE.search(sample(text)):
        return text
    lines = text.split("\n")
    following = ""
    for number in range(len(lines) - 1, -1, -1):
        found = PAGER.match(lines[number])
        if found:
            rest = _typed_over(lines[number][found.end() :])
            is_left = not is_end_of_output(found[0]) and _is_end(rest if rest.strip() else following)
            lines[number] = found[0].strip() + f" {rest}".rstrip() if is_left else rest
        following = lines[number] if lines[number].strip() else following
    return "\n".join(lines)


def _is_end(following: str) -> bool:
    return not following or is_pager_prompt(following) or read_prompt(following) is not None


def _with_lines_edited(text: str, sign: str, edit: Callable[[str], str]) -> str:
    """Return the text with every line that has the sign edited, and the others untouched."""
    return "".join(_edited_parts(text, sign, edit))


def _edited_parts(text: str, sign: str, edit: Callable[[str], str]) -> Iterator[str]:
    done = 0
    found = text.find(sign)
    while found >= 0:
        start = text.rfind("\n", done, found) + 1 or done
        end = text.find("\n", found)
        end = end if end >= 0 else len(text)
        yield text[done:start]
        yield edit(text[start:end])
        done, found = end, text.find(sign, end)
    yield text[done:]


_STEPS = (
    ("carriage returns", without_carriage_returns),
    ("prompts of a pager", without_pager_prompts),
    ("backspaces", without_movements),
    ("colours and other escape sequences of a terminal", without_escapes),
    ("Unicode blanks, quotes or hyphens, or control characters", without_odd_characters),
    ("quoting with >", line_margins.without_quoting),
    ("Markdown fences", line_margins.without_fences),
    ("time stamps before the lines", line_margins.without_time_stamps),
    ("indentation", line_margins.without_margin),
)
