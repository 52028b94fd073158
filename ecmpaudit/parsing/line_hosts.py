"""Texts in which every line names its host: `tor1 | B>* …`, `[pod/frr-1/frr] B>* …`, `tor1: B>* …`.

Tools that ask many hosts at once print so (pssh, clush, docker compose, `kubectl logs --prefix`), also with the lines
of several hosts mixed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecmpaudit.parsing.line_margins import looks_like_a_table
from ecmpaudit.parsing.resolved import has_lines_of_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME = r"(?P<host>[A-Za-z0-9][\w.\-]{0,80})"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_NAME}[ \t]*\|(?: (?P<rest>.*)|)$",
        rf"\[(?:pod/)?{_NAME}(?:/[\w.\-]{{1,80}})?\](?: out)?:?(?: (?P<rest>.*)|)$",
        rf"{_NAME}:(?: (?P<rest>.*)|)$",
        r"(?P<host>[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7}):(?: (?P<rest>.*)|)$",
    )
)
_FEWEST = 2
"""Lines that must name a host: one alone may be anything."""


def by_host(text: str) -> list[tuple[str | None, str, int]]:
    """Return the host, the text and the number of the first line of each host's lines; one without a host otherwise.

    Lines of others within a host's are blank in its text, so that lines are counted as in the source.
    """
    form = _form(text)
    if form is None:
        return [(None, text, 1)]
    found: dict[str, list[tuple[int, str]]] = {}
    for number, line in enumerate(text.split("\n")):
        if matched := form.match(line):
            found.setdefault(matched["host"], []).append((number, matched["rest"] or ""))
    texts = [(host, _as_text(lines), lines[0][0] + 1) for host, lines in found.items()]
    are_tables = any(looks_like_a_table(own.split("\n")) or has_lines_of_facts(own) for _, own, _ in texts)
    return [(host, own, first) for host, own, first in texts] if are_tables else [(None, text, 1)]


def _form(text: str) -> re.Pattern[str] | None:
    """Return the form that all lines have which are not blank."""
    start, lines, forms = 0, 0, list(_FORMS)
    while forms and start < len(text):
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else len(text)]
        if line and not line.isspace():
            forms = [form for form in forms if form.match(line)]
            lines += 1
        start = end + 1 if end >= 0 else len(text)
    return forms[0] if forms and lines >= _FEWEST else None


def _as_text(lines: Sequence[tuple[int, str]]) -> str:
    first = lines[0][0]
    filled = [""] * (lines[-1][0] - first + 1)
    for number, line in lines:
        filled[number - first] = line
    return "\n".join(filled) + "\n"
