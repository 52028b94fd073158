"""Lines of text for people: indented, wrapped at the terminal's width, with a style for our own words.

Every line passes through `terminal.safe` in one place, just before it is wrapped. Lines are broken at spaces
only, so an address is never cut in two; the terminal breaks a longer word itself.
"""

from __future__ import annotations

import io
import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.reporting.terminal import safe, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable

STEP = 4
STYLES = {
    Severity.INCOMPLETE: "bold magenta",
    Severity.ERROR: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.INFO: "bold cyan",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report before it is wrapped."""

    text: str
    indent: int = 0
    """Columns; what is wrapped hangs one step further in."""
    style: str = ""
    styled: int = 0
    """How many leading characters of `text` have the style. They are our own words, never a device's."""


def labelled(label: str, text: str) -> Line:
    """Return one detail of a block: `cause: its BGP session is down`."""
    return Line(f"{label}: {text}", indent=STEP, style="bold", styled=len(label))


def wrapped(line: Line, width: int) -> str:
    """Return the line as text, of several lines where it is longer than `width` columns; 0 means no limit."""
    return textwrap.fill(
        safe(shortened(line.text)),
        width=width if width > 0 else sys.maxsize,
        initial_indent=" " * line.indent,
        subsequent_indent=" " * (line.indent + STEP),
        break_long_words=False,
        break_on_hyphens=False,
    )


def height(lines: Iterable[Line], width: int) -> int:
    """Return how many lines of the terminal these are."""
    return sum(wrapped(line, width).count("\n") + 1 for line in lines)


def printed(lines: Iterable[Line], width: int, *, color: bool) -> str:
    """Return the lines, wrapped, each ending in a newline."""
    texts = [(wrapped(line, width), line) for line in lines]
    return _coloured(texts) if color else "".join(f"{text}\n" for text, _ in texts)


def _coloured(texts: Iterable[tuple[str, Line]]) -> str:
    """Return the lines with rich's colours; rich is loaded only for them, as it costs 13 ms."""
    from rich.console import Console  # noqa: PLC0415 - see above
    from rich.text import Text  # noqa: PLC0415 - see above

    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", no_color=False)
    with console.capture() as capture:
        for text, line in texts:
            coloured = Text(text)
            if line.style:
                coloured.stylize(line.style, line.indent, line.indent + line.styled)
            console.print(coloured, soft_wrap=True)
    return capture.get()
