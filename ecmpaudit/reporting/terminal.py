"""Device text made harmless: what a router prints is data and never an instruction to a terminal.

The tricky ones are not the C0 characters: C1 (0x9b starts an escape sequence on its own), bidirectional
overrides and invisible characters change what a reader sees, and a lone surrogate (a byte that was no UTF-8)
cannot be written at all.
"""

from __future__ import annotations

import re

_BEYOND_C0 = (
    r"\x7f-\x9f"  # DEL and C1
    r"\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible, bidirectional, lines
    r"\ud800-\udfff"  # lone surrogates
    r"\U000e0000-\U000e007f"  # tags
)
_HARMFUL = re.compile(rf"[\x00-\x1f{_BEYOND_C0}]")
_HARMFUL_BEYOND_C0 = re.compile(f"[{_BEYOND_C0}]")
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
