"""From a capture to its route table: detection, template, normalisation, and repair of lines that no rule understood.

The template is checked by a count that needs no template: every line that matches a plain pattern for next hops has to
have given a row.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model import UnparsedLine
from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.parsing.columnar import LINE, TEXT
from ecmpaudit.parsing.columns import SCHEMA
from ecmpaudit.parsing.contradictions import both_lines, contradictions
from ecmpaudit.parsing.cut_tables import ENDS_EARLY, cut_line, explained, unfinished, where_cut, without_cut_line
from ecmpaudit.parsing.detection import SAMPLE, check_platform, detect, without_orders
from ecmpaudit.parsing.json_tables import looks_like_json, read_json
from ecmpaudit.parsing.large_files import LargeFile
from ecmpaudit.parsing.line_repairs import repaired
from ecmpaudit.parsing.parts import begins_again
from ecmpaudit.parsing.plan import FOR_CHECKS, ParsingPlan, Wanted
from ecmpaudit.parsing.printed_counts import with_counts_compared
from ecmpaudit.parsing.resolved import Resolved, resolve
from ecmpaudit.parsing.route_table import RouteTable
from ecmpaudit.parsing.template import engine_of
from ecmpaudit.parsing.text_parsing import parse_text
from ecmpaudit.parsing.time_limit import LONGEST_LINE
from ecmpaudit.parsing.typed_commands import filter_of
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.json_tables import JsonTable
    from ecmpaudit.parsing.reassembly import ParsedText
    from ecmpaudit.platforms.registry import Platform

_log = logging.getLogger(__name__)
_REPAIRS = 3
"""Rounds of repairs: a line may be indented and wrapped."""
_FIRST_KEY = 1000
"""Characters at the head of a text within which JSON has its first key."""
SMALL = 2 << 20
"""Characters of a text up to which everything in it is checked, and it is parsed with others."""
_FIRST_LINES = 1 << 14
"""Characters, of which a line that is not understood shows that the file has to be loaded."""
_HEAD = 1 << 20
"""Characters at the head of a text by which its platform is detected."""
_LARGE_JSON = 100_000
"""Characters of JSON from which on columns are quicker than values one by one."""
_BARE = re.compile(r"\n*[\[{]\n")
"""The first line of JSON that has a line for each value."""
EVERYTHING = Wanted()


def read_capture(capture: Capture, wanted: Wanted = EVERYTHING) -> RouteTable:
    """Parse one capture.

    Raises:
        UnknownFormatError: the text is no route table of any known platform.
        TemplateError: a template is damaged.
    """
    if looks_like_json(capture.text):
        return _read_json(capture)
    platform, table_format = detect(capture, head_of(capture.text))
    family = resolve(capture, table_format).family
    plan = ParsingPlan(table_format, platform, family, wanted, checks_everything=len(capture.text) <= SMALL)
    text, parsed = _parse_with_repairs(capture, plan)
    if (cut_at := cut_line(parsed, text)) is not None:
        parsed = without_cut_line(parsed, cut_at, text)
    cut = None
    if parsed.rejected.height:
        cut = where_cut(text.split("\n"), parsed.routes, _not_understood(parsed))
    return table_of(capture, plan, parsed, cut or unfinished(capture, capture.text))


def read_without_loading(capture: Capture, wanted: Wanted, memory: int) -> RouteTable | None:
    """Parse a large file as it is; None where it is not a table of which every line is understood.

    Such a file has to be loaded, cleaned of what pasting leaves, split at its prompts, and its lines repaired. JSON is
    read at once where it has at most `memory` bytes.
    """
    if capture.file is None:
        return None
    try:
        with LargeFile(capture.file) as text:
            if looks_like_json(text[:_FIRST_KEY]):
                return _read_json_file(capture, capture.file, text[:_HEAD]) if len(text) <= memory else None
            platform, table_format = detect(capture, head_of(text))
            is_slow = engine_of(table_format.template).columnar is None or table_format.counts
            plan = ParsingPlan(table_format, platform, resolve(capture, table_format).family, wanted)
            first_lines = text[:_FIRST_LINES].rpartition("\n")[0]
            if is_slow or parse_text(first_lines, plan).rejected.height:  # most often the prompt above a table
                return None
            parsed = parse_text(text, plan)
            tail = text[-_HEAD:]
    except (UnknownFormatError, UnicodeDecodeError, OSError, ValueError):
        return None
    reported = parsed.rejected.height + parsed.lost.height + parsed.contradictions.height + len(parsed.messages)
    if reported or cut_line(parsed, tail) is not None:
        return None
    return table_of(capture, plan, parsed, unfinished(capture, tail))


def _not_understood(parsed: ParsedText) -> list[int]:
    """Return the lines that may be the rest of a cut; one with a wrong prefix is whole."""
    return parsed.rejected.filter(~pl.col("reason").str.contains("host bits"))["line"].to_list()


def head_of(text: str | LargeFile) -> list[str]:
    """Return the lines by which the platform of a text is detected."""
    return text[:_HEAD].split("\n", SAMPLE)[:SAMPLE]


def table_of(capture: Capture, plan: ParsingPlan, parsed: ParsedText, cut: str | None) -> RouteTable:
    """Return the route table of a capture that was parsed; `cut` is where a part of it is missing."""
    resolved = resolve(capture, plan.table_format)
    if plan.table_format.counts and not cut and not (capture.command and filter_of(capture.command)):
        is_whole = capture.command is not None and resolved.whole
        parsed = with_counts_compared(parsed, capture.text, plan.table_format.counts, is_whole=is_whole)
    unparsed = tuple(_unparsed(parsed, capture, plan.platform))
    columns = [column for column in SCHEMA if column in plan.wanted.columns | FOR_CHECKS]
    return RouteTable(
        capture,
        plan.platform.name,
        _in_place(_named(parsed.routes.select(columns), capture), resolved, plan.platform),
        unparsed,
        parsed.messages,
        lines_understood=parsed.nonblank - len({line.line for line in unparsed}),
        is_whole=resolved.whole and cut is None,
        inside=resolved.inside if cut is None else (),
        is_around=resolved.is_around,
        asked_family=resolved.family,
        other_families=parsed.skipped_families,
        cut=cut,
        contradicted=frozenset(parsed.contradictions["prefix"]),
    )


def _read_json(capture: Capture) -> RouteTable:
    """Read JSON into columns where it is large and of the usual shape, and value by value where it is not."""
    check_platform(capture)
    resolved = resolve(capture)
    read = None
    if len(capture.text) >= _LARGE_JSON:
        read = _usual_json(capture.text.encode(errors="surrogatepass"), resolved.family)
    return _table_of_json(capture, resolved, read or read_json(capture.text, capture.source, resolved.family))


def _read_json_file(capture: Capture, file: str, head: str) -> RouteTable | None:
    """Return the table of a file of JSON of the usual shape, of which everything is understood; None of another."""
    content = Path(file).read_bytes()
    if not content.isascii() or (_BARE.match(head) is None and begins_again(content.decode("ascii"))):
        return None
    check_platform(capture)
    resolved = resolve(replace(capture, text=head))
    read = _usual_json(content, resolved.family)
    table = read and _table_of_json(capture, resolved, read)
    return table if table and not table.unparsed else None


def _usual_json(content: bytes, family: int | None) -> JsonTable | None:
    from ecmpaudit.parsing.usual_json import read_usual_json  # noqa: PLC0415 - msgspec, for large tables only

    return read_usual_json(content, family)


def _table_of_json(capture: Capture, resolved: Resolved, read: JsonTable) -> RouteTable:
    platform = _platform_of_json(capture, read.form)
    found = both_lines(contradictions(read.routes, without_orders(capture, platform.tables[0].invariants)))
    unparsed = [(line, contradiction.text, contradiction.reason) for line, contradiction in read.contradictions]
    unparsed += found.select("line", "prefix", "reason").rows()
    prefixes = {*found["prefix"], *(contradiction.prefix for _, contradiction in read.contradictions)}
    return RouteTable(
        capture,
        platform.name,
        _in_place(_named(read.routes, capture), resolved, platform),
        tuple(_line(capture, *facts) for facts in dict.fromkeys(unparsed)),
        contradicted=frozenset(prefix for prefix in prefixes if prefix),
        lines_understood=read.lines,
        is_whole=any(resolve(capture, table_format).whole for table_format in platform.tables),
        inside=resolved.inside,
        is_around=resolved.is_around,
        asked_family=resolved.family,
    )


def _platform_of_json(capture: Capture, form: str) -> Platform:
    """Return the platform whose JSON has this form: the capture's own, or the kernel below it.

    Raises:
        UnknownFormatError: the capture is of a platform whose JSON has another form.
    """
    of_form = [platform for platform in platforms().values() if platform.json_form == form]
    for platform in of_form:
        if capture.platform == platform.name:
            return platform
    for platform in of_form:
        if capture.platform is None or platform.is_kernel:
            return platform
    found, given = " or ".join(platform.name for platform in of_form), capture.platform
    raise UnknownFormatError(f"{capture.source}: this JSON is a route table of {found}, and not of platform {given}")


def _parse_with_repairs(capture: Capture, plan: ParsingPlan) -> tuple[str, ParsedText]:
    """Parse the text, and again after each round of repairs to lines that no rule understood; return it repaired."""
    text = capture.text
    parsed = parse_text(text, plan)
    for _ in range(_REPAIRS):
        if not parsed.rejected.height:
            break
        rejected = parsed.rejected["line"].to_list()
        lines, changes = repaired(plan.table_format.template, text.split("\n"), rejected)
        if (as_repaired := "\n".join(lines)) == text:
            break
        for change in changes:
            _log.info("%s: %s", capture.source, change)
        text = as_repaired
        parsed = parse_text(text, plan)
    return text, parsed


def _named(frame: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    """Name the router in every row, and count lines in the source instead of in the capture."""
    router = {"router": pl.lit(capture.router, dtype=pl.String)} if "router" in frame.columns else {}
    return frame.with_columns(
        **router,
        line=(pl.col("line") + (capture.first_line - 1)).cast(pl.UInt32),
    )


def _in_place(frame: pl.DataFrame, resolved: Resolved, platform: Platform) -> pl.DataFrame:
    """Put routes into the VRF, or the table by number, that was asked for, where the output does not name it itself."""
    vrf = platform.vrfs.get(resolved.vrf, resolved.vrf) if resolved.vrf else DEFAULT_VRF
    place = vrf
    if resolved.table is not None and (platform.is_kernel or platform.json_form):
        place = resolved.table if platform.is_kernel else f"{vrf} table {resolved.table}"
    if place == DEFAULT_VRF or "vrf" not in frame.columns:
        return frame
    return frame.with_columns(vrf=pl.col("vrf").replace(DEFAULT_VRF, place))


def _unparsed(parsed: ParsedText, capture: Capture, platform: Platform) -> Iterator[UnparsedLine]:
    """Yield the lines that no rule understood, the next hops that a template lost, and lines that contradict others."""
    for number, reason, text in parsed.rejected.iter_rows():
        of_platform = next((e.reason for e in platform.explanations if e.pattern.search(text[:LONGEST_LINE])), reason)
        yield _line(capture, number, text, reason if reason == ENDS_EARLY else explained(text) or of_platform)
    for number, text in parsed.lost.iter_rows():
        yield _line(capture, number, text, "a next hop that the template lost")
    if not parsed.contradictions.height:
        return
    for number, reason, text in (
        parsed.contradictions.select(LINE, "reason", TEXT).unique(maintain_order=True).iter_rows()
    ):
        yield _line(capture, number, text, reason)


def _line(capture: Capture, number: int, text: str, reason: str) -> UnparsedLine:
    return UnparsedLine(capture.router, capture.source, number + capture.first_line - 1, text, reason)
