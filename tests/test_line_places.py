"""Where facts without a line of their own are found in a text, and which rule of a template reads a line."""

from __future__ import annotations

import pytest

from ecmpaudit.model import Capture
from ecmpaudit.parsing.explain import explain_line
from ecmpaudit.parsing.facts.line_finder import LineFinder

TEXT = "a 10.1.1.1/32\nb 110.1.1.1/32\nb 10.1.1.1/32 x\nc 2001:db8::1\nc 12001:db8::1\nend"


def finder(text: str = TEXT) -> LineFinder:
    return LineFinder(Capture("tor1", "frr", None, text, "t", first_line=11))


@pytest.mark.parametrize(
    "words,line,text",
    [
        (("10.1.1.1/32",), 11, "a 10.1.1.1/32"),
        (("b", "10.1.1.1/32"), 13, "b 10.1.1.1/32 x"),
        (("110.1.1.1/32",), 12, "b 110.1.1.1/32"),
        (("2001:db8::1",), 14, "c 2001:db8::1"),
        (("end",), 16, "end"),
        (("en",), 11, "a 10.1.1.1/32"),
        (("b", "gone"), 12, "b 110.1.1.1/32"),
    ],
)
def test_a_fact_is_on_the_line_of_its_last_word(words: tuple[str, ...], line: int, text: str) -> None:
    place = finder().evidence(*words)
    assert (place.line, place.text) == (line, text)


def test_each_search_goes_on_from_the_last_place() -> None:
    found = finder()
    assert [found.evidence(word).line for word in ("b", "c", "10.1.1.1/32", "end")] == [12, 14, 14, 16]


@pytest.mark.parametrize("misses,line", [(19, 16), (20, 11)])
def test_after_20_words_that_are_not_there_nothing_is_searched(misses: int, line: int) -> None:
    found = finder()
    for number in range(misses):
        found.move_to(f"gone{number}")
    assert found.evidence("end").line == line


@pytest.mark.parametrize(
    "before,after,shown",
    [
        (0, 0, "word"),
        (100, 50, f"{'x' * 100} word {'y' * 50}"),
        (193, 0, f"{'x' * 193} word"),
        (195, 0, "word"),
        (300, 0, "word"),
        (300, 20, f"word {'y' * 20}"),
        (300, 300, f"word {'y' * 195}"),
    ],
)
def test_of_a_long_line_what_begins_at_the_place_is_quoted(before: int, after: int, shown: str) -> None:
    text = f"first\n{'x' * before} word {'y' * after}\nlast"
    assert finder(text).evidence("word").text == shown


ROUTE = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05"


@pytest.mark.parametrize("number,is_inside", [(10, False), (11, True), (12, True), (13, False)])
def test_a_line_of_a_capture_is_explained_by_the_rule_that_reads_it(number: int, *, is_inside: bool) -> None:
    capture = Capture("tor1", "frr", None, f"{ROUTE}\nnonsense", "t", first_line=11)
    found = explain_line(capture, number)
    if not is_inside:
        assert found is None
        return
    assert found is not None
    assert found.text == (ROUTE if number == 11 else "nonsense")
    assert (found.rule_line is None, found.rule == "") == (number == 12, number == 12)
    assert found.values.get("PREFIX") == ("198.51.100.7/32" if number == 11 else None)
