"""Tables that begin or end in the middle: what is missing there is unknown, not absent.

What can be told: a next hop stands before any route, the last line was not understood, a route has no next hop, the
last line lacks the age that all others have, or a pager was left. A table cut between two whole lines looks whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ecmpaudit.parsing.pagers import is_pager_prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

ENDS_EARLY = "the line ends early: was the output cut short?"
LEFT_AT_PAGER = "the output was left at the pager's prompt: what follows is not known"
_SIBLINGS = 3
"""Rows that must have an age before one without it is suspicious."""


def cut_last_row(routes: pl.DataFrame, lines: Sequence[str]) -> int | None:
    """Return the number of the last line if its row has no age and all others have one, else None.

    `via 192.0.2.10` may be the beginning of `via 192.0.2.104, eth0, weight 1, 00:00:05`, so its next hop is not
    believed.
    """
    if len(routes) <= _SIBLINGS or routes["age"][-1] is not None or routes["line"][-1] != _last_line(lines):
        return None
    is_ageless = (pl.col("kind") == "unicast") & pl.col("age").is_null()
    if routes["kind"][-1] != "unicast" or routes.head(-1).select(is_ageless.any()).item():
        return None
    return int(routes["line"][-1])


def where_cut(lines: Sequence[str], routes: pl.DataFrame, rejected: Sequence[int]) -> str | None:
    """Return in words where the table is cut, None where nothing shows that it is.

    `rejected` are the 1-based numbers of the lines that gave no row; `lines` and `routes` count the same way.
    """
    if not rejected:
        return None
    told = []
    first_route = routes["line"].min() if len(routes) else None
    if any(
        (first_route is None or number < first_route) and lines[number - 1][:1].isspace() and "via" in lines[number - 1]  # type: ignore[operator]  # a column of line numbers
        for number in rejected
    ):
        told.append("begins in mid-table")
    if _last_line(lines) in rejected:
        told.append("ends in mid-table")
    return " and ".join(told) or None


def _last_line(lines: Sequence[str]) -> int:
    return next((number for number in range(len(lines), 0, -1) if lines[number - 1].strip()), 0)


def explained(text: str) -> str | None:
    """Return what a line that was not understood says of a cut, None where it says nothing."""
    return LEFT_AT_PAGER if is_pager_prompt(text) else None
