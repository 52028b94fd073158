"""Parsing a whole text: it is cut into chunks, several of which are parsed at the same time, and put together again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.errors import TemplateError
from ecmpaudit.parsing.carried_state import CarriedState, StateChain
from ecmpaudit.parsing.chunking import chunk_bounds
from ecmpaudit.parsing.columnar import FEW, LINE, TEXT, match_few, match_rules, numbered_lines, rows_of, state_after
from ecmpaudit.parsing.columns import SCHEMA
from ecmpaudit.parsing.contradictions import both_lines, contradictions, miscounted, untyped
from ecmpaudit.parsing.focus import families_in, lines_about, skipped
from ecmpaudit.parsing.normalise import normalise
from ecmpaudit.parsing.reassembly import CONTRADICTIONS, REJECTED, ParsedText, fully_understood, put_together
from ecmpaudit.parsing.repeated_lines import repeated_lines
from ecmpaudit.parsing.rust_patterns import rust_pattern
from ecmpaudit.parsing.template import read_rows_textfsm

if TYPE_CHECKING:
    from ecmpaudit.parsing.columnar import ColumnarTemplate
    from ecmpaudit.parsing.focus import SkippedChunk
    from ecmpaudit.parsing.large_files import LargeFile
    from ecmpaudit.parsing.plan import ParsingPlan
    from ecmpaudit.platforms.registry import TableFormat

_CHUNK_SIZE = 6 << 20
"""Characters of a chunk: enough that polars is quick, and few enough that the processor's caches help."""
_FILTERED_CHUNK_SIZE = 4 << 20
"""Characters where only some networks are wanted: smaller, so that fewer other routes are parsed with them."""
_LAST_LINES = 10_000
"""Lines at the end of a text among which the last one that is not blank is searched."""


def parse_text(text: str | LargeFile, plan: ParsingPlan) -> ParsedText:
    """Return what was parsed from a text.

    Raises:
        TemplateError: the template is damaged.
        UnicodeDecodeError: a large file is not ASCII.
    """
    template = plan.template()
    if template is None:
        whole = text[:]
        lines = numbered_lines(whole)
        rows = read_rows_textfsm(plan.table_format.template, lines)
        return put_together([_parsed(plan, whole, lines, lines, rows)], plan.platform)
    size = _FILTERED_CHUNK_SIZE if plan.wanted.networks else _CHUNK_SIZE
    bounds = list(chunk_bounds(text, template, size))
    states = StateChain(len(bounds))
    if len(bounds) == 1:  # a pool of threads for each of many small tables takes longer
        return put_together([_parse_chunk(plan, template, text[:], 0, states)], plan.platform)
    with ThreadPoolExecutor(pl.thread_pool_size() + 1) as pool:  # one may have to wait for an earlier chunk
        parsed = pool.map(
            lambda number: _parse_chunk(plan, template, text[slice(*bounds[number])], number, states),
            range(len(bounds)),
        )
        chunks = list(parsed)
    return put_together(chunks, plan.platform)


def _parse_chunk(
    plan: ParsingPlan, template: ColumnarTemplate, text: str, number: int, states: StateChain
) -> ParsedText:
    """Parse one chunk; what it adds to the state is published before its rows are made."""
    networks = plan.wanted.networks
    try:
        if networks and (chunk := skipped(template, text, networks, plan.family)):
            states.publish(number, CarriedState(chunk.lines))
            return _without_routes(plan, chunk, ends_with_line=not text.endswith("\n"))
        lines = numbered_lines(text)
        kept = lines_about(template, lines, networks) if networks else lines
        if (matches := match_few(template, kept)) is None:
            matches = match_rules(template, kept)
        states.publish(number, state_after(template, matches, lines.height))
    except BaseException as error:  # later chunks must not wait without end, whatever happened to this one
        states.fail(number, error)
        raise
    before = states.before(number)
    rows = rows_of(template, matches, before)
    if not before.lines:
        return _parsed(plan, text, lines, kept, rows)
    line = pl.col(LINE) + before.lines
    return _parsed(plan, text, lines.with_columns(line), kept.with_columns(line), rows)


def _without_routes(plan: ParsingPlan, chunk: SkippedChunk, *, ends_with_line: bool) -> ParsedText:
    """Return the result for a chunk that has no wanted route."""
    return fully_understood(
        pl.DataFrame(schema={column: SCHEMA[column] for column in plan.columns}),
        lines=chunk.lines,
        nonblank=chunk.nonblank,
        last=chunk.nonblank,
        ends_with_line=ends_with_line,
        skipped_families=chunk.families,
    )


def _parsed(plan: ParsingPlan, text: str, lines: pl.DataFrame, kept: pl.DataFrame, rows: pl.DataFrame) -> ParsedText:
    """Return the result for some lines; `kept` are those of them that were matched, `rows` what the template gave."""
    normalised = normalise(rows, plan.platform, plan.family)
    routes = normalised.routes.select(plan.columns).collect()
    rejected = normalised.rejected
    rest = without(kept, pl.concat([routes["line"], rejected["line"], normalised.of_other_families]))
    invariants = plan.table_format.invariants
    found = [contradictions(routes, invariants, of_lists=plan.checks_everything)]
    if plan.checks_everything:
        found.append(repeated_lines(routes, kept, invariants))
    contradicting = both_lines(pl.concat([*found, miscounted(rows, routes), untyped(rows, routes)]))
    return ParsedText(
        routes,
        rejected.join(kept.filter(pl.col(LINE).is_in(rejected["line"].implode())), on=LINE, maintain_order="left")
        if rejected.height
        else REJECTED.to_frame(),
        lost_next_hops(rest, plan.table_format),
        contradicting.join(kept, on=LINE, maintain_order="left") if contradicting.height else CONTRADICTIONS.to_frame(),
        normalised.messages,
        lines.height,
        lines.height - blank_in(rest).height,
        last=_last_nonblank(lines),
        ends_with_line=not text.endswith("\n"),
        skipped_families=families_in(text, plan.family) if kept.height < lines.height else frozenset(),
    )


def lost_next_hops(rest: pl.DataFrame, table_format: TableFormat) -> pl.DataFrame:
    """Return the lines that look like a next hop, of those that gave no row.

    Raises:
        TemplateError: `next_hop_lines` is a pattern that Rust's engine cannot run.
    """
    if table_format.next_hop_lines is None or not rest.height:
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
    """Return which line is the last that is not blank, counted from 1; 0 where none of the last lines is."""
    last_ones = reversed(range(max(0, lines.height - _LAST_LINES), lines.height))
    return next((number + 1 for number in last_ones if lines[TEXT][number].strip()), 0)


def without(lines: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    """Return the lines except those with these numbers."""
    if lines.height <= FEW:
        return lines.filter(~pl.col(LINE).is_in(numbers.implode()))
    first = lines[LINE][0]
    is_kept = pl.repeat(value=True, n=lines[LINE][-1] - first + 1, eager=True).scatter(numbers - first, values=False)
    return lines.filter(is_kept.gather(lines[LINE] - first))
