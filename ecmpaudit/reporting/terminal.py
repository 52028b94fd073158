"""Device text made harmless: what a router prints is data and never an instruction to a terminal.

The tricky ones are not the C0 characters: C1 (0x9b starts an escape sequence on its own), bidirectional
overrides and invisible characters change what a reader sees, and a lone surrogate (a byte that was no UTF-8)
cannot be written at all.
"""

from __future__ import annotations

import logging
import re

_BEYOND_C0 = (
    r"\x7f-\xa0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\U0001d159"  # DEL, C1, and what looks blank beside a blank
    r"\xad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    r"\u0600-\u0605\u06dd\u070f\u0890-\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f"  # other format characters
    r"\u2028-\u2029\ud800-\udfff"  # ends of lines and lone surrogates
)
"""Invisible, blank and bidirectional characters: Unicode's Default_Ignorable_Code_Point, categories Cf, Zs, Zl, Zp."""
_RUNNER = r"(?<=##)\["
"""In `##[`, which begins a command of GitHub's runner wherever it is in a line."""
_HARMFUL = re.compile(rf"[\x00-\x1f{_BEYOND_C0}]|{_RUNNER}")
_HARMFUL_BEYOND_C0 = re.compile(f"[{_BEYOND_C0}]|{_RUNNER}")
_RUNNER_LINE = re.compile(r"^([ \t]*):(?=:(?![0-9A-Fa-f]+[ :])[A-Za-z][A-Za-z-]*[ :])", re.MULTILINE)
"""A line that begins as a command of GitHub's runner, `::error::`; `::dead` is an address."""
_SHORT = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}
_LONGEST = 200_000
"""Characters of one line of a report; a set of a thousand next hops has a tenth of it."""
_LAST_OF_ONE_BYTE = 0xFF
_LAST_OF_TWO_BYTES = 0xFFFF


def safe(text: str) -> str:
    r"""Return the text with every control or invisible character as a visible escape, such as `\x1b`."""
    return _HARMFUL.sub(_visible_escape, text)


def shortened(text: str) -> str:
    """Return the text as far as a person may read it: a line of a device may be as long as a file."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def without_runner_commands(document: str) -> str:
    r"""Return a text of many lines with none that GitHub's runner takes for a command: `::` as `\x3a:`."""
    return _RUNNER_LINE.sub(r"\1\\x3a", document)


class SafeFormatter(logging.Formatter):
    """A formatter of log records whose messages may quote a device; each line of a traceback is kept a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text with nothing that a terminal obeys."""
        message, traceback = record.getMessage(), record.exc_info
        lines = [safe(message), *map(safe, self.formatException(traceback).split("\n") if traceback else ())]
        return "\n".join(f"ecmpaudit: {line}" for line in lines)


def safe_json(document: str) -> str:
    r"""Return the same JSON with the harmful characters that JSON allows in strings as `\u009b` escapes.

    JSON's own rules escape C0 only; the values that a reader of the JSON gets do not change.
    """
    return _HARMFUL_BEYOND_C0.sub(_json_escape, document)


def _visible_escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code <= _LAST_OF_ONE_BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _LAST_OF_TWO_BYTES else f"\\U{code:08x}"


def _json_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
