"""Lines that no rule understood are repaired where that makes them routes, and left as they are where it does not."""

from __future__ import annotations

import pytest

from ecmpaudit.parsing import line_repairs
from ecmpaudit.parsing.line_repairs import repaired
from ecmpaudit.platforms.registry import platforms

TEMPLATE = platforms()["frr"].tables[0].template
FOUR = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05"
SIX = "B>* 2001:db8::7/128 [20/0] via fe80::1, eth0, weight 1, 00:00:05"
HOP = "  *                        via 192.0.2.2, eth0, weight 1, 00:00:05"
LOG = "2026/11/22 20:01:02 BGP: [M59KS-A3ZXZ] a neighbor is up"
REST = "S - static,"


def legend(width: int) -> str:
    """Return the first line of a legend that is so wide."""
    return f"Codes: K - kernel, C - {'c' * (width - 24)},"


def repair(lines: list[str], *rejected: int) -> tuple[list[str], tuple[str, ...]]:
    return repaired(TEMPLATE, lines, rejected)


@pytest.mark.parametrize("route", [FOUR, SIX])
@pytest.mark.parametrize("margin", ["\t", "   "])
def test_a_route_that_is_indented_is_moved_with_the_lines_below_it(route: str, margin: str) -> None:
    blanks = margin.expandtabs(8) if margin == "\t" else margin
    lines = [f"{margin}{route}", f"{blanks}{HOP}", "", f"{blanks}{HOP}", FOUR]
    changed, changes = repair(lines, 1)
    assert changed[-1] == FOUR
    if margin == "\t":
        assert changes == ("tabs replaced by blanks (1 place)",) or changed[0].strip() == route
    else:
        assert (changed, changes) == ([route, HOP, "", HOP, FOUR], ("indentation removed (1 place)",))


def test_tabs_between_the_words_of_a_route_are_blanks() -> None:
    lines = [FOUR.replace(" [", "\t["), SIX.replace(", ", ",\t")]
    assert repair(lines, 1, 2) == ([FOUR, SIX], ("tabs replaced by blanks (2 places)",))


@pytest.mark.parametrize("prefix", ["198.51.100.7/32", "2001:db8::7/128"])
@pytest.mark.parametrize("before", ["[AS65552i]", "unicast ["])
def test_a_tab_within_one_route_is_a_blank_where_one_side_alone_would_be_a_line_too(prefix: str, before: str) -> None:
    route = f"{prefix.ljust(20)} unicast [node1 19:28:07.039] * (100) [AS65552i]"
    lines = [route.replace(f" {before}", f"\t{before}")]
    (changed,), changes = repaired(platforms()["bird"].tables[0].template, lines, (1,))
    assert (changed.split(), changes) == (route.split(), ("tabs replaced by blanks (1 place)",))


def test_log_messages_are_removed_first_and_nothing_else() -> None:
    lines = [FOUR, LOG, f"   {SIX}", LOG]
    assert repair(lines, 2, 3, 4) == (
        [FOUR, "", f"   {SIX}", ""],
        ("log messages removed from between the lines (2 places)",),
    )


@pytest.mark.parametrize("route", [FOUR, SIX])
@pytest.mark.parametrize("place", [45, 50, 60])
def test_a_route_that_is_wrapped_is_joined_on_its_first_line(route: str, place: int) -> None:
    lines = [FOUR, route[:place], route[place:], SIX]
    assert repair(lines, 2, 3) == ([FOUR, route, "", SIX], ("wrapped lines joined (1 place)",))


def test_a_route_whose_blank_was_lost_at_the_break_is_joined_with_it() -> None:
    place = FOUR.index(" weight")
    assert repair([FOUR[:place], FOUR[place + 1 :]], 1, 2) == ([FOUR, ""], ("wrapped lines joined (1 place)",))


@pytest.mark.parametrize(
    "lines,is_joined",
    [
        (["B>* 198.51.", "100.7/32 [2", "0/0] vi", "a 192.0.2.1, eth0, weight 1, 00:00:05"], True),
        (["B>* 1", "98.51.", "100.7/32 [2", "0/0] vi", "a 192.0.2.1, eth0, weight 1, 00:00:05"], False),
    ],
    ids=["four", "five"],
)
def test_a_route_is_joined_from_four_lines_at_most(lines: list[str], *, is_joined: bool) -> None:
    assert "".join(lines) == FOUR
    assert repair(lines, *range(1, len(lines) + 1))[0] == ([FOUR, "", "", ""] if is_joined else lines)


def test_a_route_is_not_joined_over_a_blank_line() -> None:
    lines = [FOUR[:50], "", FOUR[50:]]
    assert repair(lines, 1, 3) == (lines, ())


@pytest.mark.parametrize("width", [72, 76, 80, 100, 120, 132])
def test_a_legend_is_joined_where_it_ends_at_the_width_of_a_terminal(width: int) -> None:
    """A legend without its rest is one too, so its width must be beyond doubt."""
    lines = [legend(width), REST, FOUR]
    assert repair(lines, 2) == ([f"{legend(width)} {REST}", "", FOUR], ("wrapped lines joined (1 place)",))


@pytest.mark.parametrize(
    "width,others,is_joined",
    [
        pytest.param(90, [], False, id="an unusual width"),
        pytest.param(90, [90], True, id="another line of that width"),
        pytest.param(89, [90], False, id="shorter than the widest"),
        pytest.param(79, [80], True, id="one shorter than a usual width"),
        pytest.param(78, [80], False, id="two shorter than a usual width"),
        pytest.param(40, [40], True, id="the narrowest terminal"),
        pytest.param(39, [39], False, id="narrower than any terminal"),
    ],
)
def test_a_legend_is_joined_only_where_its_width_is_beyond_doubt(
    width: int, others: list[int], *, is_joined: bool
) -> None:
    changed, _ = repair([legend(width), REST, *map(legend, others)], 2)
    assert (changed[1] == "") is is_joined


def test_a_line_that_cannot_be_repaired_stays() -> None:
    lines = ["nonsense", FOUR, "", "  more nonsense"]
    assert repair(lines, 1, 3, 4) == (lines, ())
    assert repair([], *()) == ([], ())


@pytest.mark.parametrize("most,is_repaired", [(2, True), (1, False)])
def test_repair_stops_after_too_many_failures(monkeypatch: pytest.MonkeyPatch, most: int, *, is_repaired: bool) -> None:
    monkeypatch.setattr(line_repairs, "_MOST_FAILURES", most)
    lines = ["nonsense", "", "nonsense", "", f"   {FOUR}"]
    changed, _ = repair(lines, 1, 3, 5)
    assert (changed[4] == FOUR) is is_repaired
