"""What was parsed from a text or from one of its chunks, and how the chunks are put together again."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.parsing.columnar import LINE, TEXT
from ecmpaudit.parsing.normalise import preferred_of_each_prefix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.platforms.registry import Platform

REJECTED = pl.Schema({LINE: pl.UInt32(), "reason": pl.String(), TEXT: pl.String()})
CONTRADICTIONS = pl.Schema({LINE: pl.UInt32(), "reason": pl.String(), "prefix": pl.String(), TEXT: pl.String()})
_NO_REJECTED, _NO_CONTRADICTIONS = REJECTED.to_frame(), CONTRADICTIONS.to_frame()
_NO_LOST = pl.DataFrame(schema={LINE: pl.UInt32, TEXT: pl.String})


@dataclass(frozen=True, slots=True)
class ParsedText:
    """What was parsed from a text, or from one chunk of it; lines are numbered from the first of the whole text."""

    routes: pl.DataFrame
    """The canonical table, with the rows and columns that were wanted."""
    rejected: pl.DataFrame
    """Columns `line`, `reason` and the text of lines that are unparsed, orphaned or impossible."""
    lost: pl.DataFrame
    """Columns `line` and the text of lines that look like a next hop and gave no row."""
    contradictions: pl.DataFrame
    """Columns `line`, `reason`, `prefix` and the text of lines that contradict others; their rows are kept."""
    messages: tuple[str, ...]
    lines: int
    nonblank: int
    """Number of lines that are not blank."""
    last: int
    """The last line that is not blank, counted from the first of this text or chunk; 0 where all are blank."""
    ends_with_line: bool
    """No line feed follows the last line."""
    skipped_families: frozenset[int]
    """Families (4, 6) of the routes that were skipped because they were not wanted."""


def fully_understood(
    routes: pl.DataFrame,
    *,
    lines: int,
    nonblank: int,
    last: int,
    ends_with_line: bool,
    skipped_families: frozenset[int] = frozenset(),
) -> ParsedText:
    """Return the result for a text of which every line was understood."""
    return ParsedText(
        routes, _NO_REJECTED, _NO_LOST, _NO_CONTRADICTIONS, (), lines, nonblank, last, ends_with_line, skipped_families
    )


def put_together(chunks: Sequence[ParsedText], platform: Platform) -> ParsedText:
    """Return the result for the whole text; `chunks` are all of them, in the order of the text."""
    routes = pl.concat([chunk.routes for chunk in chunks])
    lines_above = accumulate((chunk.lines for chunk in chunks), initial=0)
    return ParsedText(
        routes if platform.selected_words else preferred_of_each_prefix(routes),
        pl.concat([chunk.rejected for chunk in chunks]),
        pl.concat([chunk.lost for chunk in chunks]),
        pl.concat([chunk.contradictions for chunk in chunks]),
        tuple(dict.fromkeys(message for chunk in chunks for message in chunk.messages)),
        sum(chunk.lines for chunk in chunks),
        sum(chunk.nonblank for chunk in chunks),
        max((above + chunk.last for above, chunk in zip(lines_above, chunks, strict=False) if chunk.last), default=0),
        ends_with_line=chunks[-1].ends_with_line,
        skipped_families=frozenset().union(*(chunk.skipped_families for chunk in chunks)),
    )
