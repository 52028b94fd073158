"""Putting the results of chunks together: rows in order, counts added, the last line counted from the first chunk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import pytest

from ecmpaudit.parsing.reassembly import ParsedText, fully_understood, put_together
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from ecmpaudit.platforms.registry import Platform

FRR, LINUX = platforms()["frr"], platforms()["linux"]


def routes(*rows: tuple[int, str, int]) -> pl.DataFrame:
    """Return a table of line, prefix and metric, with the columns that selecting the preferred routes needs."""
    facts = [(line, "default", prefix, metric, True, True) for line, prefix, metric in rows]
    return pl.DataFrame(facts, ["line", "vrf", "prefix", "metric", "selected", "installed"], orient="row")


FIRST, LAST = routes((1, "198.51.100.1/32", 20)), routes((6, "2001:db8::1/128", 20))


def understood(table: pl.DataFrame, *, lines: int, last: int, ends_with_line: bool = True) -> ParsedText:
    return fully_understood(table, lines=lines, nonblank=last, last=last, ends_with_line=ends_with_line)


def test_rows_stay_in_the_order_of_the_chunks_and_counts_are_added() -> None:
    whole = put_together([understood(FIRST, lines=5, last=4), understood(LAST, lines=3, last=2)], FRR)
    assert whole.routes["prefix"].to_list() == ["198.51.100.1/32", "2001:db8::1/128"]
    assert (whole.lines, whole.nonblank) == (8, 6)


@pytest.mark.parametrize(
    "last_of_each, expected",
    [((4, 2), 7), ((4, 0), 4), ((0, 2), 7), ((0, 0), 0)],
    ids=["both", "second_is_blank", "first_is_blank", "all_blank"],
)
def test_the_last_line_is_counted_from_the_first_chunk(last_of_each: tuple[int, int], expected: int) -> None:
    first, second = last_of_each
    chunks = [understood(FIRST, lines=5, last=first), understood(LAST, lines=3, last=second)]
    assert put_together(chunks, FRR).last == expected


@pytest.mark.parametrize("ends_with_line", [True, False])
def test_whether_a_line_feed_ends_the_text_is_that_of_the_last_chunk(*, ends_with_line: bool) -> None:
    first = understood(FIRST, lines=5, last=4, ends_with_line=not ends_with_line)
    last = understood(LAST, lines=3, last=2, ends_with_line=ends_with_line)
    assert put_together([first, last], FRR).ends_with_line is ends_with_line


def test_lines_that_were_not_understood_are_kept_and_each_message_once() -> None:
    def of_chunk(line: int, text: str) -> ParsedText:
        rejected = pl.DataFrame({"line": [line], "reason": ["no rule matches"], "_text": [text]})
        chunk = understood(FIRST, lines=5, last=4)
        lost = rejected.drop("reason")
        return replace(chunk, rejected=rejected, lost=lost, messages=("% Network not in table", f"message {line}"))

    whole = put_together([of_chunk(2, "nonsense"), of_chunk(9, "more of it")], FRR)
    assert whole.rejected.rows() == [(2, "no rule matches", "nonsense"), (9, "no rule matches", "more of it")]
    assert whole.lost.rows() == [(2, "nonsense"), (9, "more of it")]
    assert whole.messages == ("% Network not in table", "message 2", "message 9")


def test_the_families_of_skipped_routes_are_those_of_all_chunks() -> None:
    first, last = understood(FIRST, lines=5, last=4), understood(LAST, lines=3, last=2)
    chunks = [replace(first, skipped_families=frozenset({4})), replace(last, skipped_families=frozenset({6}))]
    assert put_together(chunks, FRR).skipped_families == {4, 6}


@pytest.mark.parametrize(
    "platform, selected", [(LINUX, [False, True]), (FRR, [True, True])], ids=["linux_by_metric", "frr_by_its_word"]
)
def test_the_preferred_route_is_selected_across_chunks(platform: Platform, selected: list[bool]) -> None:
    chunks = [
        understood(routes((1, "2001:db8::/64", 1024)), lines=1, last=1),
        understood(routes((2, "2001:db8::/64", 20)), lines=1, last=1),
    ]
    whole = put_together(chunks, platform)
    assert whole.routes["selected"].to_list() == selected
    assert whole.routes["installed"].to_list() == selected


def test_a_text_that_was_fully_understood_has_no_rejected_and_no_lost_line() -> None:
    parsed = understood(FIRST, lines=5, last=4)
    assert (parsed.rejected.columns, parsed.rejected.height) == (["line", "reason", "_text"], 0)
    assert (parsed.lost.columns, parsed.lost.height) == (["line", "_text"], 0)
    assert (parsed.messages, parsed.skipped_families) == ((), frozenset())
