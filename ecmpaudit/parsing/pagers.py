"""The prompts of pagers, in the forms of routers, `more` and `less`."""

from __future__ import annotations

import re

_FORMS = (
    r"(?:<?-{2,4} ?\(?more(?: ?\(?\d{1,3}%\)?| \d{1,3}%)?\)? ?-{2,4}>?(?: ?\(\d{1,3}%\))?(?: or \(q\)uit)?"
    r"|press any key to continue(?: \([^)]{0,30}\))?)[ ]?"
)
_FORMS_OF_LESS = r"(?:\(END\)|lines \d+-\d+(?:/\d+)?(?: \(END\)| \d{1,3}%)?)[ ]*$"
PAGER = re.compile(rf"\s{{0,40}}(?:{_FORMS}|{_FORMS_OF_LESS})", re.IGNORECASE)
PAGER_ON_A_LINE = re.compile(
    r"^[ \t]{0,40}(?:<?-{2,4} ?\(?more|\(END\)|lines \d+-\d+|press any key)", re.IGNORECASE | re.MULTILINE
)
"""Finds in a whole text what `PAGER` may match."""


def is_pager_prompt(line: str) -> bool:
    """Return whether a line is nothing but the prompt of a pager."""
    found = PAGER.match(line)
    return found is not None and not line[found.end() :].strip()


def is_end_of_output(prompt: str) -> bool:
    """Return whether the pager says that nothing follows."""
    return "(END)" in prompt.upper()
