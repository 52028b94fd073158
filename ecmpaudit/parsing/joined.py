"""Parsing many small tables at once, as if they were one text: alone, each costs polars more in calls than in rows.

Only tables of which every line is understood are parsed so; any other has to be parsed alone. Nothing is filled down
from one table into the next.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.parsing.carried_state import CarriedState
from ecmpaudit.parsing.columnar import LINE, match_rules, numbered_lines, rows_of
from ecmpaudit.parsing.contradictions import contradictions, miscounted, untyped
from ecmpaudit.parsing.normalise import normalise, preferred_of_each_prefix
from ecmpaudit.parsing.reassembly import ParsedText, fully_understood
from ecmpaudit.parsing.repeated_lines import repeated_lines
from ecmpaudit.parsing.text_parsing import blank_in, lost_next_hops, without

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.parsing.plan import ParsingPlan

_BLANKS = "\t\n\r\f\v "


def parse_joined(texts: Sequence[str], plan: ParsingPlan) -> list[ParsedText | None]:
    """Return the result for each of the texts; None for one that has to be parsed alone.

    Raises:
        TemplateError: the template is damaged.
    """
    template = plan.template()
    if template is None:
        return [None] * len(texts)
    borders = list(accumulate((text.count("\n") + 1 for text in texts), initial=1))
    lines = numbered_lines("\n".join(texts))
    matches = match_rules(template, lines, starts=borders[:-1])
    rows = rows_of(template, matches, CarriedState())
    normalised = normalise(rows, plan.platform, plan.family)
    if normalised.messages:  # it is not known which text they belong to
        return [None] * len(texts)
    routes = normalised.routes.select(plan.columns).collect()
    rest = without(lines, pl.concat([routes["line"], normalised.rejected["line"]]))
    contradicting = contradictions(routes, plan.table_format.invariants, borders[:-1])
    lost = lost_next_hops(rest, plan.table_format)
    repeated = repeated_lines(routes, lines, plan.table_format.invariants, borders[:-1])
    wrong = [table["line"] for table in (contradicting, repeated, miscounted(rows, routes), untyped(rows, routes))]
    rejected = pl.concat([normalised.rejected["line"], lost[LINE], *wrong])
    of_each = _parts(rejected.sort(), borders)
    blank = _parts(blank_in(rest)[LINE], borders)
    return [
        None
        if len(own_rejected)
        else _of_one(text, routes[own.start : own.stop], range(first, below), len(own_blank), plan)
        for text, own, own_rejected, own_blank, (first, below) in zip(
            texts, _parts(routes["line"], borders), of_each, blank, pairwise(borders), strict=True
        )
    ]


def _parts(numbers: pl.Series, borders: Sequence[int]) -> Iterator[range]:
    """Yield which of the sorted numbers of lines lie between each border and the next."""
    places = numbers.search_sorted(pl.Series(borders, dtype=pl.UInt32)).to_list()
    return (range(start, stop) for start, stop in pairwise(places))


def _of_one(text: str, routes: pl.DataFrame, lines: range, blank: int, plan: ParsingPlan) -> ParsedText:
    numbered = routes.with_columns(line=pl.col("line") - (lines.start - 1))
    return fully_understood(
        numbered if plan.platform.selected_words else preferred_of_each_prefix(numbered),
        lines=len(lines),
        nonblank=len(lines) - blank,
        last=len(lines) - text.count("\n", len(text.rstrip(_BLANKS))),
        ends_with_line=not text.endswith("\n"),
    )
