"""Reading a table piece by piece: each is some megabytes of whole routes, and only a few are in work at a time.

A piece begins with a line that names a prefix, so no route lies in two. What lies in one piece and holds in the next
(the VRF of a heading, the number of lines) is handed on from piece to piece, while both are read at the same time.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from ecmpaudit.errors import TemplateError
from ecmpaudit.parsing.columnar import LINE, TEXT, Before, numbered_lines, rows_of, told_of
from ecmpaudit.parsing.columns import SCHEMA, values_for
from ecmpaudit.parsing.focus import Aside, families_in, left_aside, lines_about
from ecmpaudit.parsing.normalise import normalise, preferred_of_each_prefix
from ecmpaudit.parsing.rust_patterns import rust_pattern
from ecmpaudit.parsing.template import engine_of, read_rows_textfsm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from ipaddress import IPv4Network, IPv6Network

    from ecmpaudit.parsing.columnar import ColumnarTemplate
    from ecmpaudit.parsing.large_files import LargeFile
    from ecmpaudit.platforms.registry import Platform, TableFormat

_SIZE, _SIZE_TO_SKIP = 6 << 20, 4 << 20
"""Characters of a piece: enough that polars is quick, and few enough that the processor's caches help.

Smaller where only some networks are wanted, so that less has to be read beside them.
"""
_LOOKED_AT, _LONGEST = 10_000, 10_000
"""Lines among which the next one with a prefix is looked for, and characters that such a line has at most."""
_HandedOn: TypeAlias = "Future[Before | int]"
"""What a piece hands on: all that is known after it, or how many lines it left aside, whatever was known before."""
FOR_CHECKS = frozenset({"line", "prefix", "family", "kind", "route"})
"""Columns that are always made: lines are checked by them, routes counted."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a table, so that nothing else has to be made of a large one."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Only the routes inside of these, and those around them; empty means all."""
    columns: frozenset[str] = frozenset(SCHEMA)
    """Only these columns of the canonical table."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a text tells, put together again."""

    routes: pl.DataFrame
    """The canonical table, as far as it was wanted."""
    rejected: pl.DataFrame
    """Columns `line`, `reason` and the text of lines that are unparsed, orphaned or impossible."""
    lost: pl.DataFrame
    """Columns `line` and the text of lines that look like a next hop and gave no row."""
    messages: tuple[str, ...]
    lines: int
    nonblank: int
    """Lines that are not blank."""
    last: int
    """Which line is the last of those, counted from the first of this text; 0 where there is none."""
    ends_with_line: bool
    """No line feed follows the last line."""
    left_aside: frozenset[int]
    """The families of the routes that nobody wanted."""


@dataclass(frozen=True, slots=True)
class Job:
    """How the pieces of one text are read."""

    table_format: TableFormat
    platform: Platform
    family: int | None
    wanted: Wanted

    @property
    def columnar(self) -> ColumnarTemplate | None:
        """Return the template for the columnar engine, None where it runs on the textfsm library."""
        return engine_of(self.table_format.template).columnar

    def template(self) -> ColumnarTemplate | None:
        """Return the template with only the values that are needed."""
        of_kernel = frozenset() if self.platform.selected_words else frozenset({"METRIC"})
        return self.columnar and self.columnar.narrowed(values_for(self.wanted.columns) | of_kernel)

    @property
    def columns(self) -> list[str]:
        """Return the columns of the canonical table that are made."""
        needed = self.wanted.columns | FOR_CHECKS
        if not self.platform.selected_words:
            needed |= {"vrf", "metric", "selected", "installed"}
        return [column for column in SCHEMA if column in needed]


def read_pieces(
    text: str | LargeFile, table_format: TableFormat, platform: Platform, family: int | None, wanted: Wanted
) -> Pieces:
    """Return what a text tells; `family` is what its command tells, where it tells it.

    Raises:
        TemplateError: the template is damaged.
        UnicodeDecodeError: a large file is not ASCII.
    """
    job = Job(table_format, platform, family, wanted)
    template = job.template()
    if template is None:
        whole = text[:]
        lines = numbered_lines(whole)
        rows = read_rows_textfsm(table_format.template, lines)
        return _together([_piece(job, whole, lines, lines, rows)], platform)
    places = list(_places(text, template, _SIZE_TO_SKIP if wanted.networks else _SIZE))
    handed_on: list[_HandedOn] = [Future() for _ in places]
    if len(places) == 1:  # many small tables are read quicker without a pool of threads for each
        return _together([_read(job, template, text[:], handed_on)], platform)
    with ThreadPoolExecutor(pl.thread_pool_size() + 1) as pool:  # one may have to wait for the piece before its own
        read = pool.map(
            lambda number: _read(job, template, text[slice(*places[number])], handed_on[: number + 1]),
            range(len(places)),
        )
        pieces = list(read)
    return _together(pieces, platform)


def _places(text: str | LargeFile, template: ColumnarTemplate, size: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each piece; a piece ends before a line feed, so a text has at least one."""
    start = 0
    while (end := _before_next_prefix(text, start + size, template)) < len(text):
        yield start, end
        start = end + 1
    yield start, len(text)


def _before_next_prefix(text: str | LargeFile, position: int, template: ColumnarTemplate) -> int:
    """Return where the line before the next one with a prefix ends, or the text."""
    while position < len(text):
        for _ in range(_LOOKED_AT):
            position = text.find("\n", position)
            if position < 0:
                return len(text)
            if _names_prefix(text, position + 1, template):
                return position
            position += 1
        position += _SIZE
    return len(text)


def _names_prefix(text: str | LargeFile, start: int, template: ColumnarTemplate) -> bool:
    end = text.find("\n", start)
    line = text[start : min(end if end >= 0 else len(text), start + _LONGEST)]
    rule = next((rule for rule in template.rules if rule.python.match(line)), None)
    return rule is not None and "PREFIX" in rule.values


def _read(job: Job, template: ColumnarTemplate, text: str, handed_on: Sequence[_HandedOn]) -> Pieces:
    """Read one piece; what it hands on, the last of these, is known before all of it is read."""
    networks, (*before, after) = job.wanted.networks, handed_on
    try:
        if networks and (aside := left_aside(template, text, networks, job.family)):
            after.set_result(aside.lines)
            return _without_routes(job, aside, ends_with_line=not text.endswith("\n"))
        lines = numbered_lines(text)
        kept = lines_about(template, lines, networks) if networks else lines
        told = told_of(template, kept)
        known = _known(before)
        after.set_result(known.followed_by(template, told, lines.height))
    except BaseException as error:  # the next piece must not wait for ever, whatever happened to this one
        after.set_exception(error)
        raise
    number = pl.col(LINE) + known.lines
    return _piece(job, text, lines.with_columns(number), kept.with_columns(number), rows_of(template, told, known))


def _known(handed_on: Sequence[_HandedOn]) -> Before:
    """Return what is known of all before, once the pieces since the last one that was read are told of."""
    aside = 0
    for told in (future.result() for future in reversed(handed_on)):
        if isinstance(told, Before):
            return replace(told, lines=told.lines + aside)
        aside += told
    return Before(aside)


def _without_routes(job: Job, aside: Aside, *, ends_with_line: bool) -> Pieces:
    """Return what a piece tells that is left aside as a whole."""
    return understood(
        pl.DataFrame(schema={column: SCHEMA[column] for column in job.columns}),
        lines=aside.lines,
        nonblank=aside.nonblank,
        last=aside.nonblank,
        ends_with_line=ends_with_line,
        left_aside=aside.families,
    )


def understood(
    routes: pl.DataFrame,
    *,
    lines: int,
    nonblank: int,
    last: int,
    ends_with_line: bool,
    left_aside: frozenset[int] = frozenset(),
) -> Pieces:
    """Return what a text tells of which every line was understood."""
    rejected = pl.DataFrame(schema={LINE: pl.UInt32(), "reason": pl.String(), TEXT: pl.String()})
    return Pieces(routes, rejected, rejected.drop("reason"), (), lines, nonblank, last, ends_with_line, left_aside)


def _piece(job: Job, text: str, lines: pl.DataFrame, kept: pl.DataFrame, rows: pl.DataFrame) -> Pieces:
    normalised = normalise(rows, job.platform, job.family)
    routes = normalised.routes.select(job.columns).collect()
    rejected = normalised.rejected
    rest = without(kept, pl.concat([routes["line"], rejected["line"]]))
    return Pieces(
        routes,
        rejected.join(kept.filter(pl.col(LINE).is_in(rejected["line"].implode())), on=LINE, maintain_order="left"),
        lost_in(rest, job.table_format),
        normalised.messages,
        lines.height,
        lines.height - blank_in(rest).height,
        last=_last_nonblank(lines),
        ends_with_line=not text.endswith("\n"),
        left_aside=families_in(text, job.family) if kept.height < lines.height else frozenset(),
    )


def lost_in(rest: pl.DataFrame, table_format: TableFormat) -> pl.DataFrame:
    """Return the lines that look like a next hop, of those that gave no row."""
    if table_format.next_hop_lines is None:
        return rest.clear()
    try:
        pattern = rust_pattern(table_format.next_hop_lines.pattern)
    except ValueError as error:
        described = table_format.template.with_name("platform.toml")
        raise TemplateError(f"{described}: next_hop_lines cannot be searched with: {error}") from error
    return rest.filter(pl.col(TEXT).str.contains(pattern))


def blank_in(lines: pl.DataFrame) -> pl.DataFrame:
    """Return the lines that are blank."""
    return lines.filter(~pl.col(TEXT).str.contains(r"[^\t\n\r\f\v ]"))


def _last_nonblank(lines: pl.DataFrame) -> int:
    last_ones = range(lines.height, max(0, lines.height - _LOOKED_AT), -1)
    return next((number for number in last_ones if lines[TEXT][number - 1].strip()), 0)


def without(lines: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    """Return the lines but those of these numbers."""
    if not lines.height:
        return lines
    first = lines[LINE][0]
    is_meant = pl.repeat(value=True, n=lines[LINE][-1] - first + 1, eager=True).scatter(numbers - first, values=False)
    return lines.filter(is_meant.gather(lines[LINE] - first))


def _together(pieces: list[Pieces], platform: Platform) -> Pieces:
    routes = pl.concat([piece.routes for piece in pieces])
    before = accumulate((piece.lines for piece in pieces), initial=0)
    return Pieces(
        routes if platform.selected_words else preferred_of_each_prefix(routes),
        pl.concat([piece.rejected for piece in pieces]),
        pl.concat([piece.lost for piece in pieces]),
        tuple(dict.fromkeys(message for piece in pieces for message in piece.messages)),
        sum(piece.lines for piece in pieces),
        sum(piece.nonblank for piece in pieces),
        max((lines + piece.last for lines, piece in zip(before, pieces, strict=False) if piece.last), default=0),
        ends_with_line=pieces[-1].ends_with_line,
        left_aside=frozenset().union(*(piece.left_aside for piece in pieces)),
    )
