"""Marks that people put where they left out a part of an output: `<snip>`, `[...]`, `...`, `(output omitted)`."""

from __future__ import annotations

import re

_WORDS = r"(?:snip(?:ped|s)?|cut|omitted|omit|truncated|trimmed|removed|skipped|deleted|shortened|redacted)"
_INSIDE = rf"(?:\.{{2,}}|\u2026|[^<>\[\](){{}}]{{0,40}}\b{_WORDS}\b[^<>\[\](){{}}]{{0,40}})"
_IN_BRACKETS = rf"<{{1,2}}\s*{_INSIDE}\s*/?>{{1,2}}|\[\s*{_INSIDE}\s*\]|\(\s*{_INSIDE}\s*\)|\{{\s*{_INSIDE}\s*\}}"
_MARK = re.compile(
    rf"\s*(?:{_IN_BRACKETS}|\.{{3,}}|\u2026|(?:\. ){{2,}}\.|[-=~*#/8<>!]+ *{_INSIDE} *[-=~*#/8<>!]*"
    rf"|(?:output |lines? |rest )?{_WORDS}\b[ .]*"
    r"|(?:\d+ )?(?:more )?(?:routes?|lines?|entries|prefixes|output) (?:omitted|truncated|snipped|removed|cut)[ .]*)"
    r"\s*$",
    re.IGNORECASE,
)
CUT_OUT = "a part was cut out here: what it held is not known"
_LONGEST = 120


def is_cut_mark(line: str) -> bool:
    """Return whether a line is nothing but such a mark; the prompt of a pager is none."""
    return len(line) <= _LONGEST and "--more--" not in line.lower() and _MARK.match(line) is not None
