"""The words of words.toml are not used, except for a few; and the search for them finds them."""

from __future__ import annotations

from functools import cache

import pytest

from tests.prose.words import Area, area_names, areas, read_words, summary, uses_in

WORDS = read_words()


@cache
def by_name() -> dict[str, Area]:
    return {area.name: area for area in areas(WORDS)}


@pytest.mark.parametrize("name", area_names())
def test_an_area_keeps_to_the_list(name: str) -> None:
    area = by_name()[name]
    assert area.is_clean(WORDS), "\n".join([summary([area]), *map(str, area.uses)])


def test_the_rates_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{summary(by_name().values())}")  # noqa: T201 - the rates are seen in every run
    assert by_name().keys() >= {"README.md", "docs", "reports", "tests", "tests/lab"}


@pytest.mark.parametrize(
    "text, line, words",
    [
        ("nobody is told", 1, "told"),
        ("def told_of(template):", 1, "told"),
        ("class _ToldOf:", 1, "told"),
        ("\nTELLING = 1", 2, "telling"),
        ("OSPF stands behind BGP", 1, "stands"),
        ("a piece that is left\n    # aside", 1, "left aside"),
        ("left_aside: int", 1, "left aside"),
        ("LeftAside", 1, "left aside"),
        ('"it is handed "\n"on"', 1, "handed on"),
        ("nodes that are to come", 1, "are to come"),
        ("in plain sight.", 1, "sight"),
    ],
)
def test_a_word_is_found_in_sentences_and_names(text: str, line: int, words: str) -> None:
    assert [(use.line, use.words) for use in uses_in("page.md", text, WORDS)] == [(line, words)]


@pytest.mark.parametrize(
    "text",
    [
        "the standard output of a standalone daemon", "what is understood and what is outstanding", "a recommended fix",
        "it has to come first", "left. Aside from that", "an insight", "foretold",
    ],
)  # fmt: skip
def test_other_words_are_not_found(text: str) -> None:
    assert uses_in("page.md", text, WORDS) == []


def test_a_name_is_found_in_code_alone() -> None:
    code = "everywhere = 1  # a service that listens everywhere\n"
    assert [(use.line, use.words) for use in uses_in("module.py", code, WORDS)] == [(1, "everywhere")]
    assert uses_in("page.md", code, WORDS) == []


def test_a_few_are_accepted_in_a_thousand_lines_and_the_others_never() -> None:
    assert (WORDS.per_1000_lines, ("told",) in WORDS.few, ("stands",) in WORDS.none) == (1, True, True)
    assert [use.may_be_few for use in uses_in("page.md", "told, stands", WORDS)] == [True, False]
