"""The answer out of what a terminal shows: without echo, pager, escape codes, and the prompt that follows it.

It is fed as it arrives, and keeps no more than the line that is not yet ended. What ends a line is a line feed; a
carriage return alone begins the line anew, and a backspace takes one character back, as pagers do to remove themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_LINE = 64 * 1024
"""Characters after which a line is passed on although it has no end."""
_LONGEST_PROMPT = 400
_PAGER = re.compile(
    r"\s*(<?-{1,4} ?\(?more\)?.{0,60}|<-+ more -+>|press any key.{0,60}|press <space>.{0,60}|lines \d+-\d+.{0,20}"
    r"|\(q\)uit.{0,60}|more: <space>.{0,60}|\(END\)|:)\s*",
    re.IGNORECASE,
)
"""The prompt of a pager, alone on its line."""
_CONTROLS = re.compile(r"[\x00-\x06\x0b\x0e-\x1a\x1c-\x1f\x7f]")


@dataclass(slots=True)
class TerminalText:
    """One answer while it arrives."""

    command: str
    """What was typed; its echo is no part of the answer."""
    prompt: str
    strip_codes: Callable[[str], str]
    """Removes escape codes from a line."""
    skip: re.Pattern[str] | None = None
    """Matches lines that belong to the prompt."""
    _pending: str = field(default="", init=False)
    _is_begun: bool = field(default=False, init=False)
    """A line of the answer has arrived, so that no echo follows."""

    def feed(self, piece: str) -> str:
        """Return the lines that are complete now."""
        *lines, self._pending = (self._pending + piece).split("\n")
        if len(self._pending) > _LONGEST_LINE:
            lines.append(self._pending)
            self._pending = ""
        return "".join(f"{line}\n" for text in lines for line in self._kept(text))

    @property
    def last_line(self) -> str:
        """What is shown on the line that has no end yet."""
        return self._cleaned(self._pending).strip()

    @property
    def is_at_prompt(self) -> bool:
        """Whether the last thing shown is the prompt, and no command behind it."""
        return len(self._pending) < _LONGEST_PROMPT and self.last_line == self.prompt

    @property
    def is_at_pager(self) -> bool:
        """Whether a pager waits for a key."""
        return len(self._pending) < _LONGEST_PROMPT and _PAGER.fullmatch(self._cleaned(self._pending)) is not None

    def leave_pager(self) -> None:
        """Forget the prompt of the pager, whose key is sent now."""
        self._pending = ""

    def _kept(self, line: str) -> list[str]:
        cleaned = self._cleaned(line)
        if self.skip is not None and self.skip.search(cleaned):
            return []
        if not self._is_begun and (not cleaned.strip() or self._is_echo(cleaned)):
            return []
        self._is_begun = True
        return [cleaned]

    def _is_echo(self, line: str) -> bool:
        """Return whether a line is the prompt, the command, or both; some terminals break it with blanks."""
        shown = "".join(line.removeprefix(self.prompt).split())
        return not shown or shown.endswith("".join(self.command.split()))

    def _cleaned(self, line: str) -> str:
        text = self.strip_codes(line).rstrip("\r")
        if "\r" in text:
            text = text[text.rindex("\r") + 1 :]
        if "\b" in text:
            text = _with_backspaces(text)
        return _CONTROLS.sub("", text)


def _with_backspaces(text: str) -> str:
    shown: list[str] = []
    for character in text:
        if character != "\b":
            shown.append(character)
        elif shown:
            shown.pop()
    return "".join(shown)


_UNKNOWN = re.compile(
    r"\s*(% ?(invalid|incomplete|ambiguous|unrecognized|unknown|bad|error)\b|error: ?(unrecognized|wrong|incomplete|"
    r"too many|ambiguous)|bad command name|expected (end of )?command|syntax error|unknown command|unknown action|"
    r"invalid (syntax|input|command)|command fail|-\w+: .*not found|parsing error|error: unknown)",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(
    r".*(authorization failed|(permission|access|authorization) denied|not (authorized|permitted)|"
    r"no permission|not enough permission|not have permission)",
    re.IGNORECASE,
)
_COMPLAINT_LINES, _LONGEST_COMPLAINT = 4, 200


def complaint_in(head: str) -> str | None:
    """Return the failure that the first lines of an answer are; a command line has no exit status to say so."""
    for line in [line.strip() for line in head.splitlines() if line.strip()][:_COMPLAINT_LINES]:
        shown = line[:_LONGEST_COMPLAINT]
        if _FORBIDDEN.match(line):
            return f"the command failed: {shown}"
        if _UNKNOWN.match(line):
            return f"no such command (the host says: {shown}); check platform, and whether its version has it"
    return None
