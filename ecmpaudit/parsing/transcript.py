"""From pasted text to captures: the text is cleaned, and a session of several commands and routers is split.

Only the lines that contain a character or a word of prompts are matched, so a whole table costs a few searches.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.model import Capture
from ecmpaudit.parsing.line_hosts import by_host
from ecmpaudit.parsing.line_margins import dedented, looks_like_a_table, sample, without_margins_of_blocks
from ecmpaudit.parsing.prompts import FIRST_LINE, SHELLS_OF_DAEMONS, Prompt, read_prompt
from ecmpaudit.parsing.resolved import has_lines_of_facts, is_fact_command
from ecmpaudit.parsing.terminal_residue import cleaned
from ecmpaudit.parsing.typed_commands import asks_for_routes, is_configuration, read_typed
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_log = logging.getLogger(__name__)
_SIGNS = (
    *("#", "$", "@", "<", "\u276f", ": executing command ", "[SUCCESS]", "[FAILURE]"),
    *(f" | {outcome}" for outcome in ("CHANGED", "SUCCESS", "FAILED", "UNREACHABLE")),
)
"""Every line with a prompt or a heading has one of these, or `>` and `show` or its abbreviation `sh`.

The longer one is, the less it costs to look for it.
"""
_FIRST_WORDS = ("sh", "di", "vtysh", "bird", "gobgp", "ip ", "sudo ", "docker ", "kubectl ", "ssh ", "netstat ", "get ")
"""How commands begin that somebody copied without their prompt."""
_DECORATED = (
    *("***", "===", "---", "-- ", "## ", "###", ">>> ", "`sh", "Command:", "command:", "! sh"),
    *(f"+ {word}" for word in ("vtysh", "bird", "ip ", "sh", "sudo ", "docker ", "gobgp", "kubectl ", "ssh ")),
)
"""How lines begin in which tools and people write the command whose output follows."""
_BEGINNINGS = (*_FIRST_WORDS, *_DECORATED)
_FIRST_LETTERS = re.escape("".join(sorted({word[0] for word in _BEGINNINGS})))
_LINE_THAT_BEGINS_SO = re.compile(rf"\n(?=[{_FIRST_LETTERS}])(?:{'|'.join(map(re.escape, _BEGINNINGS))})")
"""Most lines are left at their first letter, so that one search costs less than one for each word."""
_DECORATION = re.compile(
    r"(?:\*{3,}|={3,}|-{2,}|#{2,}|>>>|!|`|\+|[Cc]ommand:)\s*(?P<command>[^\s*=\-#>`].*?)\s*[*=\-#<`]*$"
)
_COMMAND_ALONE = re.compile(r"[a-z][\w./\-]*(?: +[\w./:*,=|'\"@\-]+)+")
_OF_A_SENTENCE = re.compile(r"\b(?:of|on|from|says?|output|here|the|is|was|before|after|with|and|for)\b|[:.,]$")
_LONGEST_COMMAND = 200
_MANY_LINES = 5000
_MOST_COMMANDS = 10_000
"""Prompts in one text: real sessions have fewer, and each of them is parsed as a table of its own."""


@dataclass(frozen=True, slots=True)
class _Section:
    """The text between one prompt and the next."""

    prompt: Prompt | None
    router: str | None
    text: str
    first_line: int


def captures_from_text(
    text: str, source: str, *, router: str | None = None, platform: str | None = None
) -> list[Capture]:
    """Return one capture per command in the text; one for the whole of it where it has no prompt."""
    text, changes = cleaned(text)
    for change in changes:
        _log.info("%s: removed before parsing: %s", source, change)
    whole = Capture(router=router, platform=platform, command=None, text="", source=source)
    captures: list[Capture] = []
    for host, own_text, first_line in by_host(text):
        captures += _captures(own_text, replace(whole, router=router or host, first_line=first_line))
    return captures


def _captures(text: str, whole: Capture) -> list[Capture]:
    sections = list(_sections(text, whole.first_line))
    if len(sections) > _MOST_COMMANDS:
        return [replace(whole, failure=f"{len(sections):,} prompts in one text, expected at most {_MOST_COMMANDS:,}")]
    kept = [section for section in sections if _is_kept(section, whole.source, is_alone=len(sections) == 1)]
    return [_capture(section, whole) for section in kept] or [replace(whole, text=text)]


def _capture(section: _Section, whole: Capture) -> Capture:
    text = section.text
    if section.prompt and section.prompt.margin:
        text = "\n".join(dedented(line, section.prompt.margin) for line in text.split("\n"))
    if not (has_lines_of_facts(text) or looks_like_a_table(sample(text).split("\n", _MANY_LINES)[:_MANY_LINES])):
        moved = without_margins_of_blocks(text)
        if moved != text and looks_like_a_table(sample(moved).split("\n")):
            _log.info("%s: removed before parsing: indentation of blocks", whole.source)
            text = moved
    return replace(
        whole,
        router=whole.router or section.router,
        host=section.prompt.host if section.prompt and not whole.router else None,
        command=section.prompt.command or None if section.prompt else None,
        text=text,
        first_line=section.first_line,
    )


def _is_kept(section: _Section, source: str, *, is_alone: bool) -> bool:
    """Skip banners, bare prompts, and commands that print neither routes nor other facts, and log that."""
    if is_alone or (section.prompt and _is_answer_of_interest(section.prompt, section.text)):
        return True
    if looks_like_a_table(section.text.split("\n")) or has_lines_of_facts(section.text):
        return True
    command = section.prompt.command if section.prompt else ""
    if section.text.strip() or command:
        skipped = f"`{command}`" if command else "text without a command"
        _log.info("%s:%d: skipped: %s, no route table", source, section.first_line, skipped)
    return False


def _is_answer_of_interest(prompt: Prompt, text: str) -> bool:
    """Return whether it prints routes or facts, of a known platform or not, or is all that a named host printed."""
    command = prompt.command
    return _is_read(command) or asks_for_routes(command) or (prompt.is_heading and not command and bool(text.strip()))


def _is_read(command: str) -> bool:
    """Return whether some platform's template reads what the command prints."""
    if is_configuration(command):
        return False
    known = [table.command for platform in platforms().values() for table in platform.tables]
    known += [platform.bgp_table.command for platform in platforms().values() if platform.bgp_table]
    return is_fact_command(command) or any(pattern.search(command) for pattern in known)


def _sections(text: str, line: int) -> Iterator[_Section]:
    """Yield the text before the first prompt, and after each; `line` is the number of the first line.

    `bird>` and `$` name no router: it is that of the prompt above. A bare prompt names the router of a table above it.
    A command that is printed again below its prompt or heading belongs to it.
    """
    prompt, router, start = None, None, 0
    for at, end, following in _prompts(text):
        if prompt and _is_repeated(prompt, following) and not text[start:at].strip():
            line += text.count("\n", start, end) + 1
            prompt, start = replace(prompt, command=following.command), end + 1
            continue
        asked_of = router or (None if prompt or following.command else following.router)
        yield _Section(prompt, asked_of, text[start:at] + following.pager, line)
        line += text.count("\n", start, end) + 1
        prompt, router, start = following, following.router or router, end + 1
    yield _Section(prompt, router, text[start:], line)


def _is_repeated(prompt: Prompt, following: Prompt) -> bool:
    return following.router is None and following.command != "" and prompt.command in {"", following.command}


def _prompts(text: str) -> Sequence[tuple[int, int, Prompt]]:
    """Return start, end and content of every line with a prompt, in the order of the text."""
    found = {start: (end, prompt) for start, end in _candidates(text) if (prompt := read_prompt(text[start:end]))}
    for start, end in _lines_that_begin_so(text):
        if start not in found and (prompt := _command_alone(text[start:end])):
            found[start] = end, prompt
    if found and ">" in text:
        routers = SHELLS_OF_DAEMONS.union(prompt.router for _, prompt in found.values() if prompt.router)
        known = re.compile(rf"\n[ \t]{{0,40}}(?:{'|'.join(map(re.escape, sorted(routers)))})(?:\([^)\n]{{1,60}}\))?>")
        for match in known.finditer(text):
            start, end = match.start() + 1, _line_end(text, match.end())
            if start not in found and (prompt := read_prompt(text[start:end], routers)):
                found[start] = end, prompt
    return [_with_first_line(text, start, *found[start]) for start in sorted(found)]


def _with_first_line(text: str, start: int, end: int, prompt: Prompt) -> tuple[int, int, Prompt]:
    """Return a prompt with the line above it, where that is the first line of a prompt of two lines."""
    above = text.rfind("\n", 0, max(0, start - 1)) + 1
    first = FIRST_LINE.match(text[above : start - 1]) if start and prompt.is_second_line else None
    if not first:
        return start, end, prompt
    host = first["router"] if prompt.router and prompt.host is None else prompt.host
    return above, end, replace(prompt, router=prompt.router or first["router"], host=host)


def _lines_that_begin_so(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of the lines that begin as a command without its prompt does."""
    if text.startswith(_BEGINNINGS):
        yield 0, _line_end(text, 0)
    for found in _LINE_THAT_BEGINS_SO.finditer(text):
        yield found.start() + 1, _line_end(text, found.end())


def _command_alone(line: str) -> Prompt | None:
    """Return the command that a line without a prompt is; None where it is a sentence, or prints no routes or facts."""
    typed = line.strip()
    decorated = _DECORATION.match(typed[:_LONGEST_COMMAND])
    typed = decorated["command"] if decorated else typed
    if len(typed) > _LONGEST_COMMAND or not _COMMAND_ALONE.fullmatch(typed) or _OF_A_SENTENCE.search(typed):
        return None
    to = read_typed(typed)
    is_read = _is_read(to.command) or asks_for_routes(to.command)
    return Prompt(to.place, to.command, host=to.host) if is_read else None


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of every line that may be a prompt, some more than once, and always of the last line."""
    last = re.search(r"\S\s*\Z", text[-_MANY_LINES:])
    end = len(text) - (len(last[0]) - 1 if last else 0)
    yield text.rfind("\n", 0, end) + 1, _line_end(text, end)
    for sign in (*_SIGNS, *(["sh"] if ">" in text else [])):
        found = text.find(sign)
        while found >= 0:
            end = _line_end(text, found)
            yield text.rfind("\n", 0, found) + 1, end
            found = text.find(sign, end)


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return end if end >= 0 else len(text)
