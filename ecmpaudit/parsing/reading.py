"""From a capture to its route table: detection, template, normalisation, and a second look at what was not understood.

The template is checked by a count that needs no template: every line that a plain pattern takes for a next hop has to
have given a row.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.model import UnparsedLine
from ecmpaudit.parsing.columnar import LINE, TEXT, numbered_lines
from ecmpaudit.parsing.columns import SCHEMA, values_for
from ecmpaudit.parsing.cut_tables import ENDS_EARLY, cut_last_row, explained, where_cut
from ecmpaudit.parsing.detection import SAMPLE, detect
from ecmpaudit.parsing.focus import lines_about
from ecmpaudit.parsing.json_tables import looks_like_json, read_json
from ecmpaudit.parsing.line_repairs import repaired
from ecmpaudit.parsing.normalise import Normalised, normalise
from ecmpaudit.parsing.route_table import RouteTable
from ecmpaudit.parsing.rust_patterns import rust_pattern
from ecmpaudit.parsing.template import engine_of, read_rows
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from ipaddress import IPv4Network, IPv6Network

    from ecmpaudit.model import Capture
    from ecmpaudit.platforms.registry import Platform, TableFormat

_log = logging.getLogger(__name__)
_FOR_CHECKS = frozenset({"line", "prefix", "family", "kind", "route"})
"""Columns that are always made: lines are checked by them, routes counted."""
_REPAIRS = 3
"""Rounds of mending: a line may be indented and wrapped."""
_IPV6_PREFIX = re.compile(r"::[0-9A-Fa-f:.]*/[0-9]")
_IPV4_PREFIX = re.compile(r"(?m)^[^:\n]{0,40}?\b[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+[/ ]")


@dataclass(frozen=True, slots=True)
class _Reading:
    """One pass over the lines of a capture."""

    lines: pl.DataFrame
    """All of them, numbered from 1."""
    kept: pl.DataFrame
    """Those that were read: all, or the ones about the networks that were asked for."""
    routes: pl.DataFrame
    normalised: Normalised
    """The lines that gave no row, and the program's messages."""

    @property
    def rejected(self) -> list[int]:
        """Numbers of the lines that gave no row and should have."""
        return self.normalised.rejected["line"].to_list()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a table, so that nothing else has to be made of a large one."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Only the routes inside of these, and those around them; empty means all."""
    columns: frozenset[str] = frozenset(SCHEMA)
    """Only these columns of the canonical table."""


EVERYTHING = Wanted()


def read_capture(capture: Capture, wanted: Wanted = EVERYTHING) -> RouteTable:
    """Parse one capture.

    Raises:
        UnknownFormatError: the text is no route table of any known platform.
        TemplateError: a template is damaged.
    """
    if looks_like_json(capture.text):
        return _read_json(capture)
    lines = numbered_lines(capture.text)
    platform, table_format = detect(capture, lines[TEXT].head(SAMPLE).to_list())
    reading = _read_twice(lines, table_format, platform, capture, wanted)
    cut = where_cut(reading.lines[TEXT], reading.routes, reading.rejected) if reading.rejected else None
    unparsed = (*_unparsed(reading, capture, platform), *_lost(reading, capture, table_format))
    return RouteTable(
        capture,
        platform.name,
        _named(reading.routes, capture),
        unparsed,
        reading.normalised.messages,
        lines_understood=_nonblank(reading.lines) - len({line.line for line in unparsed}),
        is_whole=_is_whole(capture.command, table_format) and cut is None,
        other_families=frozenset() if reading.kept is reading.lines else _families_in(capture),
        cut=cut,
    )


def _read_json(capture: Capture) -> RouteTable:
    name, frame = read_json(capture.text, capture.source, _family_of_command(capture.command))
    whole = any(_is_whole(capture.command, table_format) for table_format in platforms()[name].tables)
    understood = _nonblank(numbered_lines(capture.text))
    return RouteTable(capture, name, _named(frame, capture), lines_understood=understood, is_whole=whole)


def _read_twice(
    lines: pl.DataFrame,
    table_format: TableFormat,
    platform: Platform,
    capture: Capture,
    wanted: Wanted,
) -> _Reading:
    """Read the lines, then once more with those mended that were not understood at first and can be."""
    reading = _read(lines, table_format, platform, capture, wanted)
    for _ in range(_REPAIRS):
        if not reading.rejected:
            break
        as_read = reading.lines[TEXT].to_list()
        mended, changes = repaired(table_format.template, as_read, reading.rejected)
        if mended == as_read:
            break
        for change in changes:
            _log.info("%s: %s", capture.source, change)
        mended_lines = pl.DataFrame({TEXT: mended}).with_row_index(LINE, offset=1)
        reading = _read(mended_lines, table_format, platform, capture, wanted)
    return _without_cut_row(reading)


def _read(
    lines: pl.DataFrame,
    table_format: TableFormat,
    platform: Platform,
    capture: Capture,
    wanted: Wanted,
) -> _Reading:
    engine = engine_of(table_format.template)
    kept = lines_about(engine.columnar, lines, wanted.networks) if wanted.networks and engine.columnar else lines
    rows = read_rows(table_format.template, kept, values_for(wanted.columns))
    normalised = normalise(rows, platform, _family_of_command(capture.command))
    columns = [column for column in SCHEMA if column in wanted.columns or column in _FOR_CHECKS]
    return _Reading(lines, kept, normalised.routes.select(columns).collect(), normalised)


def _without_cut_row(reading: _Reading) -> _Reading:
    cut = cut_last_row(reading.routes, reading.lines[TEXT]) if "age" in reading.routes.columns else None
    if cut is None:
        return reading
    told = reading.normalised
    rejected = pl.concat([told.rejected, pl.DataFrame([(cut, ENDS_EARLY)], schema=told.rejected.schema, orient="row")])
    routes = reading.routes.filter(pl.col("line") != cut)
    return replace(reading, routes=routes, normalised=Normalised(told.routes, rejected, told.messages))


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


def _nonblank(lines: pl.DataFrame) -> int:
    return int(lines[TEXT].str.contains(r"[^\t\n\r\f\v ]").sum())


def _family_of_command(command: str | None) -> int | None:
    if command is None:
        return None
    return 6 if "ipv6" in command or "-6" in command.split() else 4


def _families_in(capture: Capture) -> frozenset[int]:
    """Return the families of a table of which only a part was kept: by its command, else by the looks of its text."""
    if family := _family_of_command(capture.command):
        return frozenset({family})
    looks = {4: _IPV4_PREFIX, 6: _IPV6_PREFIX}
    return frozenset(family for family, pattern in looks.items() if pattern.search(capture.text))


def _unparsed(reading: _Reading, capture: Capture, platform: Platform) -> Iterator[UnparsedLine]:
    texts = _texts(reading, reading.rejected)
    for number, reason in reading.normalised.rejected.select("line", "reason").iter_rows():
        text = texts[number]
        by_looks = next((e.reason for e in platform.explanations if e.pattern.search(text)), reason)
        told = reason if reason == ENDS_EARLY else explained(text) or by_looks
        yield _line(capture, number, text, told)


def _lost(reading: _Reading, capture: Capture, table_format: TableFormat) -> list[UnparsedLine]:
    """Return the next-hop lines that gave no row: a template that loses a next hop must not go unseen."""
    if table_format.next_hop_lines is None:
        return []
    looks = rust_pattern(table_format.next_hop_lines.pattern)
    read = pl.concat([reading.routes["line"], reading.normalised.rejected["line"]])
    was_read = pl.repeat(value=False, n=reading.lines.height + 1, eager=True).scatter(read, values=True)
    unread = reading.kept.filter(~was_read.gather(reading.kept[LINE]))
    lost = unread.filter(pl.col(TEXT).str.contains(looks))[LINE].to_list()
    return [_line(capture, n, text, "a next hop that the template lost") for n, text in _texts(reading, lost).items()]


def _texts(reading: _Reading, numbers: Sequence[int]) -> dict[int, str]:
    if not numbers:
        return {}
    return dict(reading.kept.filter(pl.col(LINE).is_in(list(numbers))).select(LINE, TEXT).iter_rows())


def _line(capture: Capture, number: int, text: str, reason: str) -> UnparsedLine:
    return UnparsedLine(capture.router, capture.source, number + capture.first_line - 1, text, reason)
