"""Tables as CSV that is safe to open: a spreadsheet finds no formula, a terminal no control character."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from ecmpaudit.reporting.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the start of a formula; some take the full-width forms too."""


def csv_text(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return the heading and one line per row; None is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headings)
    for row in rows:
        writer.writerow(["" if value is None else _cell(value) for value in row])
    return text.getvalue()


def _cell(value: object) -> object:
    """An apostrophe before it makes a formula text (the advice of OWASP); numbers of ours stay numbers."""
    if not isinstance(value, str):
        return value
    shown = safe(value)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown
