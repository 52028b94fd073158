"""Reading many captures: small ones of one form are parsed at once, all others one by one.

Each is read behind the guard, and none after the deadline of the run.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import accumulate, chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.errors import DamagedOutputError, UnknownFormatError
from ecmpaudit.parsing.cut_tables import cut_line, unfinished
from ecmpaudit.parsing.detection import detect
from ecmpaudit.parsing.guard import guarded
from ecmpaudit.parsing.joined import parse_joined
from ecmpaudit.parsing.json_tables import looks_like_json
from ecmpaudit.parsing.packed_rows import PackedRows
from ecmpaudit.parsing.plan import TOO_LATE, ParsingPlan, Wanted
from ecmpaudit.parsing.reading import EVERYTHING, SMALL, head_of, read_capture, table_of
from ecmpaudit.parsing.resolved import resolve
from ecmpaudit.parsing.route_table import RouteTable, packed_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ecmpaudit.model import Capture
    from ecmpaudit.platforms.registry import Platform, TableFormat

_ENOUGH = 8 << 20
"""Characters of texts that are parsed at once."""


def read_captures(captures: Sequence[Capture], wanted: Wanted = EVERYTHING) -> list[RouteTable | UnknownFormatError]:
    """Parse many captures, small ones of one form at once; the result is an error for each that cannot be read.

    Raises:
        TemplateError: a template is damaged.
    """
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        at_once = dict(chain.from_iterable(pool.map(lambda batch: _read_batch(batch, wanted), _batches(captures))))
    read = (at_once.get(place) or _read_or_error(capture, wanted) for place, capture in enumerate(captures))
    return list(read) if len(captures) == 1 else [_packed_if_small(table) for table in read]


def _packed_if_small(table: RouteTable | UnknownFormatError) -> RouteTable | UnknownFormatError:
    """Return one of many tables so that it takes little memory; of a large one, that takes longer than it gains."""
    if isinstance(table, UnknownFormatError) or isinstance(table.rows, PackedRows) or len(table.capture.text) > SMALL:
        return table
    return packed_tables([table])[0]


def _read_or_error(capture: Capture, wanted: Wanted) -> RouteTable | UnknownFormatError:
    if wanted.is_late:
        return DamagedOutputError(f"{capture.source}: {TOO_LATE}")
    try:
        return guarded(capture, lambda: read_capture(capture, wanted))
    except UnknownFormatError as error:
        return error


@dataclass(frozen=True, slots=True)
class _Batch:
    """Captures of one form and family, with their places in the whole list."""

    platform: Platform
    table_format: TableFormat
    family: int | None
    captures: list[tuple[int, Capture]] = field(default_factory=list)


def _batches(captures: Sequence[Capture]) -> Iterator[_Batch]:
    """Yield small captures of one form, some megabytes of them at a time; others are skipped."""
    batches: dict[tuple[str, Path, int | None], _Batch] = {}
    for place, capture in enumerate(captures):
        if capture.command is None or len(capture.text) > SMALL or looks_like_json(capture.text):
            continue
        try:
            platform, table_format, family = guarded(capture, partial(_form_of, capture))
        except UnknownFormatError:
            continue
        form = platform.name, table_format.template, family
        batches.setdefault(form, _Batch(platform, table_format, family)).captures.append((place, capture))
    for batch in batches.values():
        for portion in _portions(batch.captures):
            yield replace(batch, captures=portion)


def _form_of(capture: Capture) -> tuple[Platform, TableFormat, int | None]:
    platform, table_format = detect(capture, head_of(capture.text))
    return platform, table_format, resolve(capture, table_format).family


def _portions(captures: list[tuple[int, Capture]]) -> Iterator[list[tuple[int, Capture]]]:
    """Yield the captures in portions of some megabytes; a portion of a single capture would gain nothing."""
    characters = accumulate(len(capture.text) for _, capture in captures)
    numbered = zip((until // _ENOUGH for until in characters), captures, strict=True)
    portions = ([capture for _, capture in same] for _, same in groupby(numbered, key=itemgetter(0)))
    return (portion for portion in portions if len(portion) > 1)


def _read_batch(batch: _Batch, wanted: Wanted) -> list[tuple[int, RouteTable]]:
    """Return the tables of which every line was understood, with their places; others are read one by one."""
    if wanted.is_late:
        return []
    try:
        tables = guarded(batch.captures[0][1], lambda: _read_joined(batch, wanted))
    except UnknownFormatError:
        return []
    return list(zip(tables, packed_tables([*tables.values()]), strict=True))


def _read_joined(batch: _Batch, wanted: Wanted) -> dict[int, RouteTable]:
    plan = ParsingPlan(batch.table_format, batch.platform, batch.family, wanted, checks_everything=True)
    results = parse_joined([capture.text for _, capture in batch.captures], plan)
    return {
        place: table_of(capture, plan, parsed, None)
        for (place, capture), parsed in zip(batch.captures, results, strict=True)
        if parsed is not None and cut_line(parsed, capture.text) is None and unfinished(capture, capture.text) is None
    }
