"""Reading a table piece by piece: each is some megabytes of whole routes, and only a few are in work at a time.

A piece begins with a line that names a prefix, so no route lies in two. What lies in one piece and holds in the next
(the VRF of a heading, the number of lines) is handed on from piece to piece, while both are read at the same time.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.errors import TemplateError
from ecmpaudit.parsing.columnar import LINE, TEXT, Before, numbered_lines, rows_of, told_of
from ecmpaudit.parsing.columns import SCHEMA, values_for
from ecmpaudit.parsing.focus import Aside, families_in, left_aside, lines_about
from ecmpaudit.parsing.normalise import normalise, preferred_of_each_prefix
from ecmpaudit.parsing.rust_patterns import rust_pattern
from ecmpaudit.parsing.template import engine_of, read_rows_textfsm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Network, IPv6Network

    from ecmpaudit.parsing.columnar import ColumnarTemplate
    from ecmpaudit.parsing.large_files import LargeFile
    from ecmpaudit.platforms.registry import Platform, TableFormat

_SIZE, _SIZE_TO_SKIP = 8 << 20, 4 << 20
"""Characters of a piece: enough that polars is quick, and few enough that the processor's caches help.

Smaller where only some networks are wanted, so that less has to be read beside them.
"""
_LOOKED_AT, _LONGEST = 10_000, 10_000
"""Lines among which the next one with a prefix is looked for, and characters that such a line has at most."""
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
    nonblank: int
    """Lines that are not blank."""
    last: int
    """The number of the last of those; 0 where there is none."""
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
    handed_on: list[Future[Before]] = [Future() for _ in range(len(places) + 1)]
    handed_on[0].set_result(Before())
    if len(places) == 1:  # many small tables are read quicker without a pool of threads for each
        return _together([_read(job, template, text[:], *handed_on)], platform)
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        read = pool.map(
            lambda number: _read(job, template, text[slice(*places[number])], *handed_on[number : number + 2]),
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


def _read(job: Job, template: ColumnarTemplate, text: str, before: Future[Before], after: Future[Before]) -> Pieces:
    """Read one piece; what it hands on is known before all of it is read."""
    networks = job.wanted.networks
    try:
        if networks and (aside := left_aside(template, text, networks, job.family)):
            known = before.result()
            after.set_result(replace(known, lines=known.lines + aside.lines))
            return _without_routes(job, aside, known.lines, ends_with_line=not text.endswith("\n"))
        lines = numbered_lines(text)
        kept = lines_about(template, lines, networks) if networks else lines
        told = told_of(template, kept)
        known = before.result()
        after.set_result(known.followed_by(template, told, lines.height))
    except BaseException as error:  # the next piece must not wait for ever, whatever happened to this one
        after.set_exception(error)
        raise
    number = pl.col(LINE) + known.lines
    return _piece(job, text, lines.with_columns(number), kept.with_columns(number), rows_of(template, told, known))


def _without_routes(job: Job, aside: Aside, before: int, *, ends_with_line: bool) -> Pieces:
    """Return what a piece tells that is left aside as a whole; `before` is how many lines are before it."""
    return understood(
        pl.DataFrame(schema={column: SCHEMA[column] for column in job.columns}),
        nonblank=aside.nonblank,
        last=before + aside.nonblank,
        ends_with_line=ends_with_line,
        left_aside=aside.families,
    )


def understood(
    routes: pl.DataFrame, *, nonblank: int, last: int, ends_with_line: bool, left_aside: frozenset[int] = frozenset()
) -> Pieces:
    """Return what a text tells of which every line was understood."""
    rejected = pl.DataFrame(schema={LINE: pl.UInt32(), "reason": pl.String(), TEXT: pl.String()})
    return Pieces(routes, rejected, rejected.drop("reason"), (), nonblank, last, ends_with_line, left_aside)


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
    for number, text in lines.tail(_LOOKED_AT).reverse().iter_rows():
        if text.strip():
            return int(number)
    return 0


def without(lines: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    """Return the lines but those of these numbers."""
    if not lines.height:
        return lines
    first = lines[LINE][0]
    is_meant = pl.repeat(value=True, n=lines[LINE][-1] - first + 1, eager=True).scatter(numbers - first, values=False)
    return lines.filter(is_meant.gather(lines[LINE] - first))


def _together(pieces: list[Pieces], platform: Platform) -> Pieces:
    routes = pl.concat([piece.routes for piece in pieces])
    return Pieces(
        routes if platform.selected_words else preferred_of_each_prefix(routes),
        pl.concat([piece.rejected for piece in pieces]),
        pl.concat([piece.lost for piece in pieces]),
        tuple(dict.fromkeys(message for piece in pieces for message in piece.messages)),
        sum(piece.nonblank for piece in pieces),
        max(piece.last for piece in pieces),
        ends_with_line=pieces[-1].ends_with_line,
        left_aside=frozenset().union(*(piece.left_aside for piece in pieces)),
    )
