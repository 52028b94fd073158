"""A table of text in columns, drawn by rich; rich is loaded with this module, so only who draws a table imports it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence


def text_table(headings: Sequence[str], lines: Sequence[Sequence[str]], *, width: int, color: bool) -> str:
    """Return the lines below their headings; cells wrap at `width` characters, and with 0 none does."""
    shown = Table(*headings, box=None, pad_edge=False, header_style="bold" if color else "")
    for cells in lines:
        shown.add_row(*(Text(cell) for cell in cells))
    needed = sum(max(map(len, column)) + 2 for column in zip(headings, *lines, strict=True))
    text = io.StringIO()
    console = Console(file=text, width=width or needed, force_terminal=color, no_color=not color, highlight=False)
    console.print(shown)
    return "\n".join(line.rstrip() for line in text.getvalue().split("\n"))
