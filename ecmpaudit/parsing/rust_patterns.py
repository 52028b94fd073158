r"""Python's regular expressions for Rust's engine: the same lines, the same groups, or a clear refusal.

Rust has no lookaround, no backreferences and no possessive or atomic groups; `\s`, `\d`, `\w` and `\b` are Unicode
classes in both, and differ in a few code points. In ASCII text they can be narrowed to ASCII, which is also quicker.
A pattern is for one line, so nothing in it matches a line feed: it can be run over a whole text at once as well.
"""

from __future__ import annotations

import re

_REFUSED = {
    "(?=": "a lookahead",
    "(?!": "a lookahead",
    "(?<=": "a lookbehind",
    "(?<!": "a lookbehind",
    "(?P=": "a backreference",
    "(?(": "a conditional group",
    "(?>": "an atomic group",
}
_SPACE = r"\t\x0b-\r\x1c-\x20"
_ANY = r"\x00-\x09\x0b-\x7f"
_CLASSES = {
    "s": f"[{_SPACE}]",
    "S": r"[\x00-\x08\x0e-\x1b!-\x7f]",
    "d": "[0-9]",
    "D": r"[\x00-\x09\x0b-/:-\x7f]",
    "w": "[0-9A-Za-z_]",
    "W": r"[\x00-\x09\x0b-/:-@\[-^`{-\x7f]",
}
_ENDS = {"A": "^", "Z": "$"}
_INSIDE = {"s": _SPACE, "d": "0-9", "w": "0-9A-Za-z_"}
_TOKEN = re.compile(r"\\.|\[|\(\?(?:P=|<=|<!|[=!(>])|[*+?}]\+|.", re.DOTALL)
_CLASS_TOKEN = re.compile(r"\\.|.", re.DOTALL)


def rust_pattern(pattern: str) -> str:
    """Return the pattern for Rust's regex engine, with the meaning that it has for Python in ASCII text.

    Raises:
        ValueError: the pattern has something that Rust's engine cannot do; the message says what.
    """
    translated: list[str] = []
    position = 0
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)[0]  # type: ignore[index]  # the last branch matches anything
        position += len(token)
        if token == "[":  # noqa: S105 - a bracket
            inside, position = _character_class(pattern, position)
            translated.append(inside)
        else:
            translated.append(_outside_class(token))
    return "".join(translated)


def _outside_class(token: str) -> str:
    if token in _REFUSED:
        raise ValueError(f"{_REFUSED[token]} `{token}`")
    if len(token) == 2 and token[0] in "*+?}" and token[1] == "+":  # noqa: PLR2004 - two characters
        raise ValueError(f"a possessive quantifier `{token}`")
    if token.startswith("\\"):
        return _escape(token)
    return f"[{_ANY}]" if token == "." else token  # noqa: S105 - a full stop


def _escape(token: str) -> str:
    letter = token[1:]
    if letter in _CLASSES:
        return _CLASSES[letter]
    if letter in {"b", "B"}:
        return f"(?-u:{token})"
    if letter.isdigit():
        raise ValueError(f"a backreference `{token}`")
    if letter in _ENDS:
        return _ENDS[letter]
    return token


def _character_class(pattern: str, position: int) -> tuple[str, int]:
    """Return the class that begins before `position`, and the position after it.

    Python reads `[a--b]`, `[a&&b]` and `[[` literally, Rust as set operations, so those characters are escaped.
    """
    negated = pattern.startswith("^", position)
    start = position + negated
    position = start
    members: list[str] = []
    while position < len(pattern):
        token = _CLASS_TOKEN.match(pattern, position)[0]  # type: ignore[index]  # the last branch matches anything
        if token == "]" and position > start:  # noqa: S105 - a bracket
            inside = "".join(members)
            if "--" in inside:
                raise ValueError("`--` in a character class; write the hyphen as `\\-`")
            return (f"[{_ANY}--[{inside}]]" if negated else f"[{inside}]"), position + 1
        position += len(token)
        members.append(_member(token))
    raise ValueError("a character class that does not end")


def _member(token: str) -> str:
    if token.startswith("\\"):
        letter = token[1:]
        if letter in {"S", "D", "W"}:
            raise ValueError(f"a negated class `{token}` inside of a character class")
        return _INSIDE.get(letter, token)
    return f"\\{token}" if token in {"[", "&", "~"} else token
