"""Marks that people put where they left out a part of an output: `<snip>`, `[...]`, `...`, `(output omitted)`."""

from __future__ import annotations

import re

_WORDS = (
    r"(?:snip(?:ped|s)?|cut|omitted|omit|truncated|trimmed|removed|skipped|deleted|shortened|redacted|elided"
    r"|abbreviated|suppressed|hidden)"
)
_COUNTED = r"\+? ?\d+ more(?: \w+)?"
_INSIDE = rf"(?:\.{{2,}}|{_COUNTED}|\u2026|[^<>\[\](){{}}]{{0,40}}\b{_WORDS}\b[^<>\[\](){{}}]{{0,40}})"
_IN_BRACKETS = rf"<{{1,2}}\s*{_INSIDE}\s*/?>{{1,2}}|\[\s*{_INSIDE}\s*\]|\(\s*{_INSIDE}\s*\)|\{{\s*{_INSIDE}\s*\}}"
_MARK = re.compile(
    rf"\s*(?:{_IN_BRACKETS}|\.+|[\u2026\u2702]|(?:and so on|et(?:c|cetera)|and \d+ more)[ .]*|{_COUNTED}"
    rf"|(?:\. ){{2,}}\.|[-=~*#/8<>!;%]+ *{_INSIDE} *[-=~*#/8<>!;%]*|[- ]*8<[- ]*|\.{{2,}} *{_INSIDE} *\.*"
    rf"|(?:output |lines? |rest )?(?:is |was )?{_WORDS}\b[ .]*"
    r"|(?:\d+ )?(?:more )?(?:routes?|lines?|entries|prefixes|output) (?:is |was )?"
    r"(?:omitted|truncated|snipped|removed|cut|skipped|deleted)[ .]*)\s*$",
    re.IGNORECASE,
)
CUT_OUT = "a part was cut out here: what it held is not known"
_LONGEST = 120


def is_cut_mark(line: str) -> bool:
    """Return whether a line is nothing but such a mark; the prompt of a pager is none."""
    return len(line) <= _LONGEST and "--more--" not in line.lower() and _MARK.match(line) is not None
