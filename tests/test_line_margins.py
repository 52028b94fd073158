"""What precedes the lines of a pasted text is removed, and what only looks like it stays; no line is lost."""

from __future__ import annotations

import pytest

from ecmpaudit.parsing import line_margins
from ecmpaudit.parsing.line_margins import (
    dedented,
    looks_like_a_table,
    sample,
    without_fences,
    without_margin,
    without_margins_of_blocks,
    without_quoting,
    without_time_stamps,
)

FOUR = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05"
SIX = "B>* 2001:db8::7/128 [20/0] via fe80::1, eth0, weight 1, 00:00:05"
LOG = "2026/11/22 20:01:02 BGP: [M59KS-A3ZXZ] a neighbor is up"


@pytest.mark.parametrize(
    "text,expected",
    [
        pytest.param(f"> {FOUR}\n> {SIX}\n", f"{FOUR}\n{SIX}\n", id="quoted"),
        pytest.param(f">{FOUR}\n>{SIX}\n", f"{FOUR}\n{SIX}\n", id="without a blank"),
        pytest.param(f"> > {FOUR}\n> > {SIX}\n", f"{FOUR}\n{SIX}\n", id="twice"),
        pytest.param(f"> > {FOUR}\n>\n> > {SIX}\n", f"{FOUR}\n\n{SIX}\n", id="twice, with an empty line"),
        pytest.param(f"> {FOUR}\n>\n> {SIX}\n", f"{FOUR}\n\n{SIX}\n", id="with an empty line"),
        pytest.param(f"> {FOUR}\n>  *  via\n", f"{FOUR}\n *  via\n", id="the indentation of a line is kept"),
        pytest.param(f"> {FOUR}", FOUR, id="a single line"),
        pytest.param(f"> {FOUR}\n> {SIX}\nRegards\n", f"{FOUR}\n{SIX}\nRegards\n", id="with a line below"),
        pytest.param(f"Hello\n> {FOUR}\n\n> {SIX}\n", f"Hello\n{FOUR}\n\n{SIX}\n", id="a blank line between"),
        pytest.param(f"> - selected route\n{FOUR}\n", None, id="a legend has one line"),
        pytest.param(f"> - selected\n{FOUR}\n> - other\n", None, id="two lines apart"),
        pytest.param(f"{FOUR}\n", None, id="none"),
        pytest.param("a > b\n", None, id="within a line"),
    ],
)
def test_quoting_is_removed_where_two_lines_in_a_row_have_it(text: str, expected: str | None) -> None:
    assert without_quoting(text) == (text if expected is None else expected)


@pytest.mark.parametrize("stamp", ["20:01:02 ", "[20:01:02.123] ", "2026-11-22T20:01:02Z ", "Nov 22 20:01:02\t"])
def test_time_stamps_are_removed_in_every_form(stamp: str) -> None:
    assert without_time_stamps(f"{stamp}{FOUR}\n{stamp}{SIX}\n") == f"{FOUR}\n{SIX}\n"
    assert without_time_stamps(f"{stamp}{FOUR}") == FOUR


@pytest.mark.parametrize(
    "text,expected",
    [
        pytest.param(f"20:01:02 {FOUR}\n{LOG}\n20:01:03 {SIX}\n", f"{FOUR}\n{LOG}\n{SIX}\n", id="a log line between"),
        pytest.param(f"20:01:02 {FOUR}\nother\n", None, id="one of several lines"),
        pytest.param(f"{LOG}\n{LOG}\n", None, id="log lines"),
        pytest.param("20:01:02 20:01:02 x\n20:01:03 20:01:03 y\n", "20:01:02 x\n20:01:03 y\n", id="one at a time"),
    ],
)
def test_a_time_stamp_is_one_where_two_lines_in_a_row_have_it(text: str, expected: str | None) -> None:
    assert without_time_stamps(text) == (text if expected is None else expected)


@pytest.mark.parametrize(
    "text,expected",
    [
        pytest.param(f"look:\n```\n{FOUR}\n```\nbye\n", f"\n\n{FOUR}\n\n\n", id="prose around becomes blank"),
        pytest.param(f"~~~ text\n{SIX}\n~~~~\n", f"\n{SIX}\n\n", id="tildes, a longer end"),
        pytest.param(f"  ```\n  {FOUR}\n    *  via\n  ```\n", f"\n{FOUR}\n  *  via\n\n", id="an indented fence"),
        pytest.param(f"```\n{FOUR}\n", f"\n{FOUR}\n", id="a fence without end"),
        pytest.param(f"{SIX}\n```\n{FOUR}\n```\n", f"{SIX}\n\n{FOUR}\n\n", id="a table around stays"),
        pytest.param(
            f"tor1# show ip route\n```\n{FOUR}\n```\n", f"tor1# show ip route\n\n{FOUR}\n\n", id="a prompt stays"
        ),
        pytest.param(f"```\n~~~\n{FOUR}\n```\n", f"\n~~~\n{FOUR}\n\n", id="another fence inside"),
        pytest.param(f"``\n{FOUR}\n``\n", None, id="two marks are no fence"),
        pytest.param(f"{FOUR}\n", None, id="none"),
    ],
)
def test_fences_are_removed_and_so_is_the_prose_around_them(text: str, expected: str | None) -> None:
    assert without_fences(text) == (text if expected is None else expected)


@pytest.mark.parametrize(
    "text,expected",
    [
        (f"  {FOUR}\n    *  via\n\n  {SIX}\n", f"{FOUR}\n  *  via\n\n{SIX}\n"),
        (f"   {FOUR}\n {SIX}", f"  {FOUR}\n{SIX}"),
        (f"\n  {FOUR}\n", f"\n{FOUR}\n"),
        (f"{FOUR}\n  *  via\n", None),
        (f" {FOUR}\n \n{SIX}\n", None),
        ("", None),
        ("  \n", None),
    ],
)
def test_the_indentation_that_all_lines_have_is_removed(text: str, expected: str | None) -> None:
    assert without_margin(text) == (text if expected is None else expected)


@pytest.mark.parametrize(
    "text,expected",
    [
        (f"a\n  {FOUR}\n    *  via\nb\n  {SIX}\n", f"a\n{FOUR}\n  *  via\nb\n{SIX}\n"),
        (f"a\n\t{FOUR}\n\n\t{SIX}", f"a\n{FOUR}\n\n{SIX}"),
        (f"a\n    {FOUR}\n \n   {SIX}\n", f"a\n {FOUR}\n \n{SIX}\n"),
    ],
)
def test_each_indented_block_begins_in_the_first_column(text: str, expected: str) -> None:
    assert without_margins_of_blocks(text) == expected


@pytest.mark.parametrize(
    "line,margin,expected", [("   x", 2, " x"), (" x", 2, "x"), ("x", 2, "x"), ("   ", 2, " "), ("  x", 0, "  x")]
)
def test_a_line_loses_as_many_blanks_as_it_has(line: str, margin: int, expected: str) -> None:
    assert dedented(line, margin) == expected


@pytest.mark.parametrize(
    "lines,is_one",
    [
        (["", FOUR], True),
        ([SIX], True),
        (['{"198.51.100.7/32": ['], True),
        (["BIRD 2.0.12 ready."], False),
        (["0001 BIRD 2.0.12 ready."], False),
        (["Hello"], False),
        ([" " * 300 + FOUR], False),
        ([], False),
    ],
)
def test_a_text_is_a_table_where_a_line_of_it_is_one_of_a_table(lines: list[str], *, is_one: bool) -> None:
    assert looks_like_a_table(lines) is is_one


def test_of_a_long_text_slices_from_its_first_to_its_last_line_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_margins, "_WHOLE", 100)
    monkeypatch.setattr(line_margins, "_SLICES", 4)
    monkeypatch.setattr(line_margins, "_SLICE", 30)
    numbered = "".join(f"line {number:04}\n" for number in range(100))
    assert sample(numbered[:100]) == numbered[:100]
    whole_lines = [line for line in sample(numbered).split("\n") if len(line) == len("line 0000")]
    assert [int(line[-4:]) for line in whole_lines] == [1, 2, 33, 34, 65, 66, 97, 98, 99]
