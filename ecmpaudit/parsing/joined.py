"""Reading many small tables at once, as if they were one text: alone, each costs polars more in calls than in rows.

Only tables of which every line is understood are read so; any other has to be looked at alone. Nothing is filled down
from one table into the next.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.parsing.columnar import LINE, Before, numbered_lines, rows_of, told_of
from ecmpaudit.parsing.normalise import normalise, preferred_of_each_prefix
from ecmpaudit.parsing.pieces import Job, Pieces, blank_in, lost_in, understood, without

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BLANKS = "\t\n\r\f\v "


def read_joined(texts: Sequence[str], job: Job) -> list[Pieces | None]:
    """Return what each of the texts tells; None for one that has to be looked at alone.

    Raises:
        TemplateError: the template is damaged.
    """
    template = job.template()
    if template is None:
        return [None] * len(texts)
    borders = list(accumulate((text.count("\n") + 1 for text in texts), initial=1))
    lines = numbered_lines("\n".join(texts))
    told = told_of(template, lines, starts=borders[:-1])
    normalised = normalise(rows_of(template, told, Before()), job.platform, job.family)
    if normalised.messages:  # whose they are is not known
        return [None] * len(texts)
    routes = normalised.routes.select(job.columns).collect()
    rest = without(lines, pl.concat([routes["line"], normalised.rejected["line"]]))
    odd = pl.concat([normalised.rejected["line"], lost_in(rest, job.table_format)[LINE]])
    odd_ones = _parts(odd.sort(), borders)
    blank_ones = _parts(blank_in(rest)[LINE], borders)
    return [
        None if len(own_odd) else _of_one(text, routes[own.start : own.stop], border, len(own_blank), job)
        for text, own, own_odd, own_blank, border in zip(
            texts, _parts(routes["line"], borders), odd_ones, blank_ones, borders, strict=False
        )
    ]


def _parts(numbers: pl.Series, borders: Sequence[int]) -> Iterator[range]:
    """Yield which of the sorted numbers of lines lie between each border and the next."""
    places = numbers.search_sorted(pl.Series(borders, dtype=pl.UInt32)).to_list()
    return (range(start, stop) for start, stop in pairwise(places))


def _of_one(text: str, routes: pl.DataFrame, first: int, blank: int, job: Job) -> Pieces:
    numbered = routes.with_columns(line=pl.col("line") - (first - 1))
    lines = text.count("\n") + 1
    return understood(
        numbered if job.platform.selected_words else preferred_of_each_prefix(numbered),
        lines=lines,
        nonblank=lines - blank,
        last=text.rstrip(_BLANKS).count("\n") + 1,
        ends_with_line=not text.endswith("\n"),
    )
