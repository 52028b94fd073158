"""Numbers that an output itself prints: how many destinations, routes or next hops it lists. A lower number is a loss.

A count is above its list or below it, and holds for the lines up to the next count. Some platforms print that of the
whole table whatever was asked, so that it is compared only where the command lists all. A count above further counts
is their sum, and one without any route may be all that was asked for: neither is compared.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.parsing.columnar import LINE
from ecmpaudit.parsing.contradictions import CONTRADICTS
from ecmpaudit.parsing.reassembly import CONTRADICTIONS

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from ecmpaudit.parsing.reassembly import ParsedText
    from ecmpaudit.platforms.registry import PrintedCount

_NOT_LISTED = ("hidden", "holddown")
"""Groups of a pattern: routes that are counted and not listed."""


def with_counts_compared(
    parsed: ParsedText, text: str, counts: tuple[PrintedCount, ...], *, is_whole: bool
) -> ParsedText:
    """Return what was parsed, with the counts among its contradictions that are higher than what was read.

    Nothing is compared where lines are reported already, or where only a part of the routes was kept.
    """
    if parsed.rejected.height or parsed.lost.height or parsed.skipped_families:
        return parsed
    found = [
        line for count in counts if is_whole or not count.is_of_whole_table for line in _too_few(parsed, text, count)
    ]
    if not found:
        return parsed
    further = pl.DataFrame(found, schema=CONTRADICTIONS, orient="row")
    return replace(parsed, contradictions=pl.concat([parsed.contradictions, further]))


def _too_few(parsed: ParsedText, text: str, count: PrintedCount) -> Iterator[tuple[int, str, None, str]]:
    """Yield each line of a contradiction: the count's, and that of the last route in its list."""
    lines = text.split("\n")
    printed = [(number, found) for number, line in enumerate(lines, 1) if (found := count.pattern.search(line))]
    places = [number for number, _ in printed]
    for before, (number, found), after in zip([0, *places], printed, [*places[1:], len(lines)], strict=False):
        bounds = (before, number) if count.is_below else (number, after)
        of_list = parsed.routes.filter(pl.col(LINE).is_between(*bounds))
        if of_list.height and (reason := _reason(of_list, found)):
            yield number, reason, None, lines[number - 1]
            yield of_list[LINE][-1], reason, None, lines[of_list[LINE][-1] - 1]


def _reason(of_list: pl.DataFrame, found: re.Match[str]) -> str | None:
    """Return which number is too low, None where none is."""
    said = {name: int(value) for name, value in found.groupdict().items() if value is not None}
    not_listed = sum(said.get(name, 0) for name in _NOT_LISTED)
    listed = {
        "prefixes": of_list["prefix"].n_unique(),
        "routes": of_list["route"].n_unique(),
        "next_hops": of_list.height,
    }
    for name, number in listed.items():
        if number < said.get(name, 0) - not_listed:
            return f"{CONTRADICTS}: it says {said[name]} {name.replace('_', ' ')}, and {number} are listed"
    return None
