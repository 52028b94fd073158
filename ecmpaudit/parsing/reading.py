"""From a capture to its route table: detection, template, normalisation, and a second look at what was not understood.

The template is checked by a count that needs no template: every line that a plain pattern takes for a next hop has to
have given a row.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model import UnparsedLine
from ecmpaudit.parsing.columns import SCHEMA
from ecmpaudit.parsing.cut_tables import ENDS_EARLY, cut_last_row, explained, where_cut
from ecmpaudit.parsing.detection import SAMPLE, detect
from ecmpaudit.parsing.joined import read_joined
from ecmpaudit.parsing.json_tables import looks_like_json, read_json
from ecmpaudit.parsing.large_files import LargeFile
from ecmpaudit.parsing.line_repairs import repaired
from ecmpaudit.parsing.pieces import FOR_CHECKS, Job, Wanted, read_pieces
from ecmpaudit.parsing.route_table import RouteTable
from ecmpaudit.parsing.template import engine_of
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.pieces import Pieces
    from ecmpaudit.platforms.registry import Platform, TableFormat

_log = logging.getLogger(__name__)
_REPAIRS = 3
"""Rounds of mending: a line may be indented and wrapped."""
_HEAD = 1 << 20
"""Characters at the head of a text in which the telling lines stand."""
_SMALL, _ENOUGH = 2 << 20, 8 << 20
"""Characters of a text up to which it is read with others, and of all those together."""
EVERYTHING = Wanted()


def read_capture(capture: Capture, wanted: Wanted = EVERYTHING) -> RouteTable:
    """Parse one capture.

    Raises:
        UnknownFormatError: the text is no route table of any known platform.
        TemplateError: a template is damaged.
    """
    if looks_like_json(capture.text):
        return _read_json(capture)
    platform, table_format = detect(capture, _head(capture.text))
    text, read = _read_twice(capture, table_format, platform, wanted)
    cut_row = _cut_row(read)
    if cut_row is not None:
        read = _without_cut_row(read, cut_row, text)
    cut = None
    if read.rejected.height:
        cut = where_cut(text.split("\n"), read.routes, read.rejected["line"].to_list())
    return _table(capture, platform, table_format, read, wanted, cut)


def read_as_it_is(capture: Capture, wanted: Wanted = EVERYTHING) -> RouteTable | None:
    """Parse a large file without loading it; None where it is not a table of which every line is understood.

    Then it has to be looked at for what pasting leaves, for prompts, and for lines that can be mended.
    """
    if capture.file is None:
        return None
    try:
        with LargeFile(capture.file) as text:
            platform, table_format = detect(capture, _head(text))
            if looks_like_json(text[:1]) or engine_of(table_format.template).columnar is None:
                return None
            read = read_pieces(text, table_format, platform, _family_of_command(capture.command), wanted)
    except (UnknownFormatError, UnicodeDecodeError, OSError, ValueError):
        return None
    if read.rejected.height or read.lost.height or read.messages or _cut_row(read) is not None:
        return None
    return _table(capture, platform, table_format, read, wanted, None)


def read_captures(captures: Sequence[Capture], wanted: Wanted = EVERYTHING) -> list[RouteTable | UnknownFormatError]:
    """Parse many captures, small ones of one form at once; an error stands for each that is no route table.

    Raises:
        TemplateError: a template is damaged.
    """
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        at_once = dict(chain.from_iterable(pool.map(lambda batch: _read_batch(batch, wanted), _batches(captures))))
    return [at_once.get(place) or _read_or_error(capture, wanted) for place, capture in enumerate(captures)]


def _read_or_error(capture: Capture, wanted: Wanted) -> RouteTable | UnknownFormatError:
    try:
        return read_capture(capture, wanted)
    except UnknownFormatError as error:
        return error


@dataclass(frozen=True, slots=True)
class _Batch:
    """Captures of one form and family, with their places in the whole list."""

    platform: Platform
    table_format: TableFormat
    family: int
    captures: list[tuple[int, Capture]] = field(default_factory=list)


def _batches(captures: Sequence[Capture]) -> Iterator[_Batch]:
    """Yield small captures of one form, some megabytes of them at a time; others are left out."""
    batches: dict[tuple[str, Path, int], _Batch] = {}
    for place, capture in enumerate(captures):
        family = _family_of_command(capture.command)
        if family is None or len(capture.text) > _SMALL or looks_like_json(capture.text):
            continue
        try:
            platform, table_format = detect(capture, _head(capture.text))
        except UnknownFormatError:
            continue
        form = platform.name, table_format.template, family
        batches.setdefault(form, _Batch(platform, table_format, family)).captures.append((place, capture))
    for batch in batches.values():
        for portion in _portions(batch.captures):
            yield replace(batch, captures=portion)


def _portions(captures: list[tuple[int, Capture]]) -> Iterator[list[tuple[int, Capture]]]:
    """Yield the captures in portions of some megabytes; one that is left alone is not worth it."""
    characters = accumulate(len(capture.text) for _, capture in captures)
    numbered = zip((until // _ENOUGH for until in characters), captures, strict=True)
    portions = ([capture for _, capture in same] for _, same in groupby(numbered, key=itemgetter(0)))
    return (portion for portion in portions if len(portion) > 1)


def _read_batch(batch: _Batch, wanted: Wanted) -> list[tuple[int, RouteTable]]:
    """Return the tables of which every line was understood, with their places."""
    platform, table_format = batch.platform, batch.table_format
    texts = [capture.text for _, capture in batch.captures]
    read = read_joined(texts, Job(table_format, platform, batch.family, wanted))
    return [
        (place, _table(capture, platform, table_format, pieces, wanted, None))
        for (place, capture), pieces in zip(batch.captures, read, strict=True)
        if pieces is not None and _cut_row(pieces) is None
    ]


def _head(text: str | LargeFile) -> list[str]:
    return text[:_HEAD].split("\n", SAMPLE)[:SAMPLE]


def _table(
    capture: Capture, platform: Platform, table_format: TableFormat, read: Pieces, wanted: Wanted, cut: str | None
) -> RouteTable:
    unparsed = tuple(_unparsed(read, capture, platform))
    columns = [column for column in SCHEMA if column in wanted.columns | FOR_CHECKS]
    return RouteTable(
        capture,
        platform.name,
        _named(read.routes.select(columns), capture),
        unparsed,
        read.messages,
        lines_understood=read.nonblank - len({line.line for line in unparsed}),
        is_whole=_is_whole(capture.command, table_format) and cut is None,
        other_families=read.left_aside,
        cut=cut,
    )


def _read_json(capture: Capture) -> RouteTable:
    name, frame = read_json(capture.text, capture.source, _family_of_command(capture.command))
    whole = any(_is_whole(capture.command, table_format) for table_format in platforms()[name].tables)
    understood = sum(1 for line in capture.text.split("\n") if line.strip())
    return RouteTable(capture, name, _named(frame, capture), lines_understood=understood, is_whole=whole)


def _read_twice(capture: Capture, table_format: TableFormat, platform: Platform, wanted: Wanted) -> tuple[str, Pieces]:
    """Read the text, then once more with the lines mended that were not understood at first and can be."""
    text, family = capture.text, _family_of_command(capture.command)
    read = read_pieces(text, table_format, platform, family, wanted)
    for _ in range(_REPAIRS):
        if not read.rejected.height:
            break
        mended, changes = repaired(table_format.template, text.split("\n"), read.rejected["line"].to_list())
        if (as_mended := "\n".join(mended)) == text:
            break
        for change in changes:
            _log.info("%s: %s", capture.source, change)
        text = as_mended
        read = read_pieces(text, table_format, platform, family, wanted)
    return text, read


def _cut_row(read: Pieces) -> int | None:
    if "age" not in read.routes.columns:
        return None
    return cut_last_row(read.routes, read.last, ends_with_line=read.ends_with_line)


def _without_cut_row(read: Pieces, cut: int, text: str) -> Pieces:
    row = pl.DataFrame([(cut, ENDS_EARLY, text.split("\n")[cut - 1])], schema=read.rejected.schema, orient="row")
    return replace(read, routes=read.routes.filter(pl.col("line") != cut), rejected=pl.concat([read.rejected, row]))


def _is_whole(command: str | None, table_format: TableFormat) -> bool:
    """A table without its command is taken for whole, unless its form is that of one prefix only."""
    if table_format.whole is None:
        return False
    return command is None or table_format.whole.search(command) is not None


def _named(frame: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    """Name the router in every row, and count lines in the source instead of in the capture."""
    router = {"router": pl.lit(capture.router, dtype=pl.String)} if "router" in frame.columns else {}
    return frame.with_columns(
        **router,
        line=(pl.col("line") + (capture.first_line - 1)).cast(pl.UInt32),
    )


def _family_of_command(command: str | None) -> int | None:
    if command is None:
        return None
    return 6 if "ipv6" in command or "-6" in command.split() else 4


def _unparsed(read: Pieces, capture: Capture, platform: Platform) -> Iterator[UnparsedLine]:
    """Yield the lines that no rule understood, then the next hops that a template lost: those must not go unseen."""
    for number, reason, text in read.rejected.iter_rows():
        by_looks = next((e.reason for e in platform.explanations if e.pattern.search(text)), reason)
        yield _line(capture, number, text, reason if reason == ENDS_EARLY else explained(text) or by_looks)
    for number, text in read.lost.iter_rows():
        yield _line(capture, number, text, "a next hop that the template lost")


def _line(capture: Capture, number: int, text: str, reason: str) -> UnparsedLine:
    return UnparsedLine(capture.router, capture.source, number + capture.first_line - 1, text, reason)
