"""The columnar engine on a small template: its rows are those of the textfsm library, with line and route."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ecmpaudit.parsing import columnar as columnar_engine
from ecmpaudit.parsing.carried_state import CarriedState
from ecmpaudit.parsing.columnar import ROUTE, match_few, match_rules, numbered_lines, rows_of, state_after
from ecmpaudit.parsing.template import engine_of, line_tests, read_rows, read_rows_textfsm, rules_of

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from ecmpaudit.parsing.columnar import ColumnarTemplate

RULES = r"""
Start
  ^VRF ${VRF}:$$
  ^Table$$ -> Clearall
  ^#.*$$
  ^${PREFIX} via ${NEXTHOP}$$ -> Record
  ^${PREFIX} local$$ -> Record
  ^ +via ${NEXTHOP}$$ -> Record
  ^${UNPARSED}$$ -> Record

EOF
"""
VALUES = r"""Value Filldown VRF (\S*)
Value Filldown PREFIX ([0-9a-f.:]+/[0-9]+)
Value NEXTHOP ([0-9a-f.:]+)
Value UNPARSED (.*[^ ].*)
"""
TEXT = """\
198.51.100.0/24 via 192.0.2.1
VRF blue:
  via 192.0.2.2
# a comment

2001:db8::/64 via fe80::1
  via fe80::2
nonsense
caf\u00e9
203.0.113.0/24 local
Table
  via 192.0.2.3"""
ROWS = [
    ("", "198.51.100.0/24", "192.0.2.1", "", 1, 1),
    ("blue", "198.51.100.0/24", "192.0.2.2", "", 3, 2),
    ("blue", "2001:db8::/64", "fe80::1", "", 6, 3),
    ("blue", "2001:db8::/64", "fe80::2", "", 7, 3),
    ("blue", "2001:db8::/64", "", "nonsense", 8, 3),
    ("blue", "2001:db8::/64", "", "caf\u00e9", 9, 3),
    ("blue", "203.0.113.0/24", "", "", 10, 4),
    ("", "", "192.0.2.3", "", 12, 4),
]


def template_of(folder: Path, values: str = VALUES, rules: str = RULES) -> Path:
    file = folder / "table.textfsm"
    file.write_text(values + rules, encoding="utf-8")
    return file


def columnar(folder: Path) -> ColumnarTemplate:
    template = engine_of(template_of(folder)).columnar
    assert template is not None
    return template


def shipped(folder: Path) -> ColumnarTemplate:
    """Return the template with the patterns that one of ours has, where one of the user's own has patient ones."""
    template = columnar(folder)
    return replace(template, rules=tuple(replace(r, python=re.compile(r.python.pattern)) for r in template.rules))


def test_rows_are_those_of_the_library(tmp_path: Path) -> None:
    template = template_of(tmp_path)
    assert engine_of(template).reason == ""
    assert read_rows(template, numbered_lines(TEXT)).rows() == ROWS
    assert read_rows_textfsm(template, numbered_lines(TEXT)).rows() == ROWS


def test_a_row_without_a_required_value_is_none(tmp_path: Path) -> None:
    template = template_of(tmp_path, VALUES.replace("Value NEXTHOP", "Value Required NEXTHOP"))
    expected = [row for row in ROWS if row[2]]
    assert read_rows(template, numbered_lines(TEXT)).rows() == expected
    assert [row[:5] for row in read_rows_textfsm(template, numbered_lines(TEXT)).rows()] == [
        row[:5] for row in expected
    ]


@pytest.mark.parametrize("text", ["", "\n", "# a comment\n", "VRF blue:"])
def test_a_text_without_a_record_has_no_rows(tmp_path: Path, text: str) -> None:
    rows = read_rows(template_of(tmp_path), numbered_lines(text))
    assert (rows.height, rows.columns) == (0, ["VRF", "PREFIX", "NEXTHOP", "UNPARSED", "line", "route"])


def test_only_the_wanted_values_are_read_and_the_rows_stay(tmp_path: Path) -> None:
    rows = read_rows(template_of(tmp_path), numbered_lines(TEXT), frozenset({"PREFIX", "OTHER"}))
    assert rows.columns == ["PREFIX", "line", "route"]
    assert rows.rows() == [(prefix, line, route) for _, prefix, _, _, line, route in ROWS]


@pytest.mark.parametrize("cut", [1, 2, 3, 6, 8, 9, 11])
def test_what_some_lines_add_to_the_state_is_what_the_lines_below_need(tmp_path: Path, cut: int) -> None:
    template = columnar(tmp_path)
    lines = TEXT.split("\n")
    above, below = (numbered_lines("\n".join(part)) for part in (lines[:cut], lines[cut:]))
    matches = match_rules(template, above)
    state = state_after(template, matches, above.height)
    assert state.lines == cut
    rows = (
        rows_of(template, matches, CarriedState()).rows()
        + rows_of(template, match_rules(template, below), state).rows()
    )
    assert rows == ROWS


def test_a_few_lines_are_matched_one_by_one_to_the_same_rows(tmp_path: Path) -> None:
    template, lines = shipped(tmp_path), numbered_lines(TEXT)
    matches = match_few(template, lines)
    assert matches is not None
    assert rows_of(template, matches, CarriedState()).rows() == ROWS
    assert state_after(template, matches, lines.height) == state_after(template, match_rules(template, lines), 12)
    no_lines = match_few(template, lines.clear())
    assert no_lines is not None
    assert no_lines.equals(match_rules(template, lines.clear()))


@pytest.mark.parametrize(
    "text, few", [("#\n" * 199, True), ("#\n" * 200, False), ("x" * 1000, True), ("#\n" + "x" * 1001, False)]
)
def test_many_lines_and_long_ones_are_matched_in_columns(tmp_path: Path, text: str, *, few: bool) -> None:
    assert (match_few(shipped(tmp_path), numbered_lines(text)) is not None) == few


def test_patterns_of_the_users_own_are_run_in_columns_where_no_pattern_is_slow(tmp_path: Path) -> None:
    assert match_few(columnar(tmp_path), numbered_lines(TEXT)) is None


def test_nothing_is_filled_down_from_one_table_into_the_next(tmp_path: Path) -> None:
    template = columnar(tmp_path)
    text = "VRF blue:\n198.51.100.0/24 via 192.0.2.1\n  via 192.0.2.2\n2001:db8::/64 via fe80::1\n"
    matches = match_rules(template, numbered_lines(text), starts=[1, 3])
    assert rows_of(template, matches, CarriedState()).select("VRF", "PREFIX", "NEXTHOP", "line").rows() == [
        ("blue", "198.51.100.0/24", "192.0.2.1", 2),
        ("", "", "192.0.2.2", 3),
        ("", "2001:db8::/64", "fe80::1", 4),
    ]


def test_tables_without_a_line_that_matches_do_not_change_their_neighbours(tmp_path: Path) -> None:
    template = columnar(tmp_path)
    one = "VRF red:\n198.51.100.0/24 via 192.0.2.1\n"
    matches = match_rules(template, numbered_lines(f"\n{one}\n  via 192.0.2.2\n\n\n"), starts=[1, 2, 4, 5, 6, 7])
    rows = rows_of(template, matches, CarriedState()).select("VRF", "PREFIX", "NEXTHOP").rows()
    assert rows == [("red", "198.51.100.0/24", "192.0.2.1"), ("", "", "192.0.2.2")]


def test_equal_lines_of_many_tables_are_matched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template, tables = columnar(tmp_path), 300
    matched: list[int] = []
    in_columns = columnar_engine._match_each

    def counted(template: ColumnarTemplate, lines: pl.DataFrame) -> pl.DataFrame:
        matched.append(lines.height)
        return in_columns(template, lines)

    monkeypatch.setattr(columnar_engine, "_match_each", counted)
    lines = len(TEXT.split("\n"))
    starts = range(1, tables * lines, lines)
    matches = match_rules(template, numbered_lines("\n".join([TEXT] * tables)), starts=starts)
    assert matched == [lines]
    assert rows_of(template, matches, CarriedState()).rows() == [
        (vrf, prefix, hop, text, line + table * lines, route + table * 4)
        for table in range(tables)
        for vrf, prefix, hop, text, line, route in ROWS
    ]


ONE_STATE = "it needs one state, Start, and an empty EOF"


@pytest.mark.parametrize(
    "value,rules,reason",
    [
        ("", "^VRF ${VRF}:$$ -> Other\n\nOther\n  ^x -> Start\n\nEOF", ONE_STATE),
        ("", "^VRF ${VRF}:$$ -> Record", ONE_STATE),
        ("Value List HOPS (.*)\n", "^${HOPS}$$ -> Record\n\nEOF", "Value HOPS is List, which needs more than one line"),
        ("Value Fillup UP (.*)\n", "^${UP}$$ -> Record\n\nEOF", "Value UP is Fillup, which needs more than one line"),
        (
            "",
            "^VRF ${VRF}:$$ -> Continue\n\nEOF",
            "the rule in line 7 continues with the same line or in another state",
        ),
        (
            "",
            "^x -> Record\n  ^ +via ${NEXTHOP}$$\n\nEOF",
            "the rule in line 8 sets NEXTHOP for a later line and does not record it",
        ),
        (
            "",
            "^(?!x)${NEXTHOP}$$ -> Record\n\nEOF",
            "the rule in line 7 cannot be read by both engines: a lookahead `(?!`",
        ),
    ],
    ids=["states", "no EOF", "List", "Fillup", "Continue", "a value for later", "a lookahead"],
)
def test_a_template_outside_of_the_subset_runs_on_the_library_and_says_why(
    tmp_path: Path, value: str, rules: str, reason: str
) -> None:
    engine = engine_of(template_of(tmp_path, VALUES + value, f"\nStart\n  {rules}\n"))
    assert (engine.columnar, engine.reason) == (None, reason)


@pytest.mark.parametrize(
    "text,lines",
    [
        ("", [""]),
        ("\n", ["", ""]),
        ("a", ["a"]),
        ("a\n", ["a", ""]),
        ("a\n\nb", ["a", "", "b"]),
    ],
)
def test_lines_are_numbered_from_1(text: str, lines: list[str]) -> None:
    assert numbered_lines(text).rows() == list(enumerate(lines, start=1))


@pytest.mark.parametrize("text", ["a\r\n\r\nb\r", "a\rb\r\r\n", "\x00\x0b\u2028", "\ud800a", "caf\u00e9\n"])
def test_lines_of_a_short_text_are_those_of_a_long_one(text: str) -> None:
    few = numbered_lines(text)
    many = numbered_lines("\n".join([text, *"x" * 200]))
    assert few.equals(many.head(few.height))
    assert many.schema == few.schema


def test_of_a_line_longer_than_65536_bytes_only_the_head_is_kept() -> None:
    whole, cut = numbered_lines(f"{'x' * 65_536}\n{'x' * 65_537}")["_text"]
    assert whole == "x" * 65_536
    assert cut == f"{'x' * 65_536} \u2026 and 65537 bytes in all"


@pytest.mark.parametrize(
    "line,is_understood,is_route",
    [
        ("198.51.100.0/24 via 192.0.2.1", True, True),
        ("  via fe80::1", True, True),
        ("VRF blue:", True, False),
        ("# a comment", True, False),
        ("nonsense", False, False),
        ("", False, False),
        ("#" + "x" * 999, True, False),
        ("#" + "x" * 1000, False, False),
    ],
)
def test_a_line_is_understood_by_a_rule_and_is_a_route_where_that_records_one(
    tmp_path: Path, line: str, *, is_understood: bool, is_route: bool
) -> None:
    tests = line_tests(template_of(tmp_path))
    assert (tests.understands(line), tests.is_route(line)) == (is_understood, is_route)


def test_the_rules_of_a_template_have_their_lines(tmp_path: Path) -> None:
    rules = rules_of(template_of(tmp_path))
    assert [(line, rule) for line, rule, _ in rules][:2] == [(7, "^VRF ${VRF}:$$"), (8, "^Table$$")]
    assert rules[0][2].match("VRF blue:")


COMMENT, LAST = "  ^#.*$$\n", "  ^${UNPARSED}"


@pytest.mark.parametrize("engine", [read_rows, read_rows_textfsm])
@pytest.mark.parametrize("rules", [RULES, RULES.replace(COMMENT, "").replace(LAST, COMMENT + LAST)])
def test_a_line_that_is_too_long_for_pythons_patterns_is_read_by_the_last_rule_alone(
    tmp_path: Path, engine: Any, rules: str
) -> None:
    text = f"# caf\u00e9{'x' * 994}\n# caf\u00e9{'x' * 995}"
    rows: pl.DataFrame = engine(template_of(tmp_path, rules=rules), numbered_lines(text))
    assert rows.select("line", ROUTE).rows() == [(2, 0)]
