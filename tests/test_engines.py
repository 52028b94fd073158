"""The columnar engine gives the rows of the textfsm library: on every dump, and on tables in random order."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecmpaudit.errors import TemplateError, UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.parsing import columnar, normalise, text_parsing
from ecmpaudit.parsing.batches import read_captures
from ecmpaudit.parsing.carried_state import CarriedState
from ecmpaudit.parsing.columnar import match_few, numbered_lines, rows_of, rows_of_lines
from ecmpaudit.parsing.columns import SCHEMA, SPREAD, values_for
from ecmpaudit.parsing.detection import detect
from ecmpaudit.parsing.focus import lines_about, pattern_of
from ecmpaudit.parsing.json_tables import looks_like_json
from ecmpaudit.parsing.plan import Wanted
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.route_table import RouteTable
from ecmpaudit.parsing.rust_patterns import rust_pattern
from ecmpaudit.parsing.template import engine_of, read_rows, read_rows_textfsm
from ecmpaudit.parsing.transcript import captures_from_text
from ecmpaudit.platforms.registry import platforms
from tests import dumps
from tests.samples import sample

if TYPE_CHECKING:
    from ecmpaudit.parsing.columnar import ColumnarTemplate

TEMPLATES = {
    f"{platform.name}/{table.template.stem}": table.template
    for platform in platforms().values()
    for table in platform.tables
}
FOLDERS = sorted({entry["file"].partition("/")[0] for entry in dumps.route_files()})


def equal(template: Path, lines: pl.DataFrame) -> bool:
    rows, in_columns = read_rows(template, lines), engine_of(template).columnar
    assert in_columns is not None
    one_by_one = match_few(in_columns, lines)
    of_few = rows if one_by_one is None else rows_of(in_columns, one_by_one, CarriedState())
    of_texts = rows_of_each_text_once(in_columns, lines)
    return rows.equals(read_rows_textfsm(template, lines)) and rows.equals(of_few) and rows.equals(of_texts)


def rows_of_each_text_once(template: ColumnarTemplate, lines: pl.DataFrame) -> pl.DataFrame:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columnar, "_repeat", lambda _: True)
        return rows_of_lines(template, lines)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_shipped_template_runs_in_columns(name: str) -> None:
    assert engine_of(TEMPLATES[name]).reason == ""


@pytest.mark.sampled(2)
@pytest.mark.parametrize("folder", FOLDERS)
def test_both_engines_give_the_same_rows_of_every_dump(folder: str) -> None:
    by_template: dict[Path, list[str]] = {}
    for entry in dumps.route_files():
        if not entry["file"].startswith(f"{folder}/") or "big10k" in entry["file"]:
            continue
        text = dumps.text(entry["file"])
        if not looks_like_json(text):
            (capture,) = captures_from_text(text, entry["file"])
            _, table_format = detect(capture, text.split("\n"))
            by_template.setdefault(table_format.template, []).append(capture.text)
    assert by_template
    for template, texts in by_template.items():
        assert equal(template, numbered_lines("\n".join(texts))), template
        for text in sample(texts, 10):
            assert equal(template, numbered_lines(text)), text


SMALL = [file for file in sorted(Path("tests/fixtures").rglob("show*.txt")) if 0 < file.stat().st_size < 10_000]


@pytest.mark.sampled(10)
@pytest.mark.parametrize("file", sample(SMALL, 38), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_small_table_is_read_as_a_large_one_is(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = file.read_text(encoding="utf-8")
    lines = text.split("\n")
    torn = "\n".join([*lines[: len(lines) // 2], "x", *lines[len(lines) // 2 :], *lines[-3:]])
    captures = [*captures_from_text(text, "whole"), *captures_from_text(torn, "torn")]
    small = list(map(outcome, captures))
    for module in (columnar, text_parsing, normalise):
        monkeypatch.setattr(module, "FEW", 0)
    assert list(map(outcome, captures)) == small


def outcome(capture: Capture) -> object:
    try:
        table = read_capture(capture)
    except UnknownFormatError as error:
        return str(error)
    return table.frame.rows(), table.frame.schema, table.unparsed, table.messages, table.contradicted, table.cut


def known_lines(folder: str, program: str) -> list[str]:
    """Return the lines of a version's dumps, one of each form: lines that differ in digits only have one form."""
    by_form: dict[str, str] = {}
    for entry in dumps.route_files():
        if entry["file"].startswith(f"{folder}/") and entry["program"] == program and entry["file"].endswith(".txt"):
            for line in dumps.text(entry["file"]).split("\n"):
                by_form.setdefault(re.sub(r"[0-9]+", "9", line), line)
    return list(by_form.values())


ODD = st.one_of(
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=40),
    st.sampled_from(
        [
            "",
            " ",
            "B>* 300.1.1.1/40 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:01",
            "  *  via \u00e9, eth0, 1d00h00m",
            "B>* 192.0.2.0/24 [20/0] via 192.0.2.1, \u00a0eth0, weight 1, 00:00:01",
            "\x1c via 192.0.2.1 on eth0",
        ]
    ),
)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "name, folder, program",
    [
        ("frr/show_ip_route", "frr-10.7.0", "FRRouting"),
        ("frr/show_ip_route_detail", "frr-8.4.4", "FRRouting"),
        ("bird/show_route", "bird-2.0.12", "BIRD"),
        ("bird/show_route", "bird-1.6.8", "BIRD"),
        ("linux/ip_route", "frr-8.4.4", "iproute2"),
    ],
    ids=["frr", "frr_detail", "bird_2", "bird_1.6", "linux"],
)
def test_both_engines_give_the_same_rows_of_tables_in_random_order(name: str, folder: str, program: str) -> None:
    pool = st.sampled_from(known_lines(folder, program))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.one_of(pool, pool, pool, ODD), max_size=60))
    def check(lines: list[str]) -> None:
        assert equal(TEMPLATES[name], numbered_lines("\n".join(lines)))

    check()


def tables_of(folder: str) -> dict[str, RouteTable]:
    """Return the route table of every short text dump of a version."""
    names = [entry["file"] for entry in dumps.route_files() if entry["file"].startswith(f"{folder}/")]
    texts = {name: text for name in names[::15] if len(text := dumps.text(name)) < 2000}
    return {
        name: read_capture(capture)
        for name, text in texts.items()
        if not looks_like_json(text)
        for capture in captures_from_text(text, name)
    }


@pytest.mark.sampled(2)
@pytest.mark.parametrize("folder", FOLDERS)
def test_the_bounds_of_chunks_change_nothing(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tables_of(folder)
    monkeypatch.setattr("ecmpaudit.parsing.text_parsing._CHUNK_SIZE", 100)
    in_chunks = tables_of(folder)
    assert whole
    for name, table in whole.items():
        other = in_chunks[name]
        assert other.frame.equals(table.frame), name
        assert (other.unparsed, other.messages, other.cut) == (table.unparsed, table.messages, table.cut), name
        assert other.lines_understood == table.lines_understood, name


ODD_TEXTS = (
    "",
    "\n",
    "B>* 192.0.2.0/24 [20/0] via 198.51.100.1, eth0, 00:00:01\nnonsense\n",
    "% Network not in table\n",
)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("folder", FOLDERS)
def test_tables_parsed_at_once_equal_those_parsed_alone(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [entry for entry in dumps.route_files() if entry["file"].startswith(f"{folder}/")]
    entries.sort(key=lambda entry: str(entry["command"]))
    captures = [
        Capture("tor1", None, entry["command"], text, entry["file"], first_line=first)
        for first, entry in enumerate(sample(entries, 98), start=1)
        for text in (dumps.text(entry["file"]), *ODD_TEXTS[first % 5 : first % 5 + 1])
        if len(text) < 5000 and not looks_like_json(text)
    ]
    # Tables that are cut within a line, so that some in the batch are not fully understood.
    captures += [replace(capture, text=capture.text[:-9]) for capture in captures[::3]]
    monkeypatch.setattr("ecmpaudit.parsing.batches._ENOUGH", 20_000)
    at_once = read_captures(captures)
    at_another_place = 0
    for capture, table in zip(captures, at_once, strict=True):
        alone = parsed_alone(capture)
        if isinstance(table, RouteTable) and isinstance(alone, RouteTable):
            at_another_place += not table.frame["route"].equals(alone.frame["route"])
            columns = [column for column in SCHEMA if column != "route"]
            assert table.frame.select(columns).equals(alone.frame.select(columns)), capture.source
            assert routes_in(table) == routes_in(alone)
            assert replace(table, rows=alone.rows) == alone, capture.source
        else:
            assert str(table) == str(alone)
    assert at_another_place > 0, "no table was parsed at once: the test shows nothing"


def parsed_alone(capture: Capture) -> RouteTable | UnknownFormatError:
    try:
        return read_capture(capture)
    except UnknownFormatError as error:
        return error


def routes_in(table: RouteTable) -> list[int]:
    """Return the routes of all rows, numbered from 0."""
    return table.frame["route"].rle_id().to_list()


@pytest.mark.sampled(2)
@pytest.mark.parametrize("folder", FOLDERS)
def test_skipped_chunks_are_counted_and_contain_no_wanted_route(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecmpaudit.parsing.text_parsing._FILTERED_CHUNK_SIZE", 200)
    monkeypatch.setattr("ecmpaudit.parsing.focus._WORTH_IT", 0)
    for name, whole in tables_of(folder).items():
        prefixes = whole.frame["prefix"].to_list()
        for prefix in {prefixes[0], prefixes[-1]} if prefixes else ():
            about = read_capture(whole.capture, Wanted((ip_network(prefix),)))
            here = pl.col("prefix") == prefix
            columns = [column for column in SCHEMA if column != "route"]
            assert about.frame.filter(here).select(columns).equals(whole.frame.filter(here).select(columns)), name
            assert (about.unparsed, about.cut, about.families) == (whole.unparsed, whole.cut, whole.families), name
            assert about.lines_understood == whole.lines_understood, name


def test_a_narrowed_template_gives_the_same_values_for_the_columns_that_it_keeps() -> None:
    lines = numbered_lines(dumps.text("frr-10.7.0/show_ip_route__recursive.txt"))
    template = engine_of(TEMPLATES["frr/show_ip_route"]).columnar
    assert template is not None
    whole, narrow = rows_of_lines(template, lines), rows_of_lines(template.narrowed(values_for(SPREAD)), lines)
    assert narrow.equals(whole.select(narrow.columns))
    assert set(values_for(frozenset(SCHEMA))) >= set(narrow.columns) - {"line", "route"}


@pytest.mark.parametrize(
    "pattern, refused",
    [
        (r"^(?=a)b", "a lookahead"),
        (r"^(?<!a)b", "a lookbehind"),
        (r"^(a)\1", "a backreference"),
        (r"^a*+b", "a possessive quantifier"),
        (r"^[^\S]", "a negated class"),
        (r"^[!--~]", "`--` in a character class"),
    ],
    ids=["lookahead", "lookbehind", "backreference", "possessive", "negated_in_class", "double_hyphen"],
)
def test_a_pattern_that_rust_cannot_run_is_refused_with_the_reason(pattern: str, refused: str) -> None:
    with pytest.raises(ValueError, match=re.escape(refused)):
        rust_pattern(pattern)


@pytest.mark.parametrize(
    "pattern", [r"^\s+\S+\d\D\w\W.$", r"^[\s,]+[^\s,]+[\w-]+[^a-c]\b\.", r"^[]a&b~[]+$", r"^a{2}b?c*?"]
)
def test_translated_patterns_match_the_same_ascii_text(pattern: str) -> None:
    @settings(max_examples=200, deadline=None)
    @given(
        st.lists(st.text(alphabet=st.characters(max_codepoint=127, exclude_characters="\n"), max_size=8), max_size=20)
    )
    def check(texts: list[str]) -> None:
        found = pl.Series(texts, dtype=pl.String).str.contains(rust_pattern(pattern)).to_list()
        assert found == [re.match(pattern, text) is not None for text in texts]
        at_once = pl.Series(["\n".join(texts)]).str.count_matches(f"(?m){rust_pattern(pattern)}").item()
        assert at_once == sum(found)

    check()


MANY = "\n".join(
    f"B>* 10.{n >> 8}.{n & 255}.0/24 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:01\n"
    "  *                    via 192.0.2.2, eth0, weight 1, 00:00:01"
    for n in range(6000)
)


def test_a_large_table_is_cut_down_to_the_wanted_routes_and_those_that_cover_them() -> None:
    covering = "S>* 10.0.0.0/8 [1/0] unreachable (blackhole), weight 1, 00:00:01"
    text = f"{MANY}\n{covering}\nnonsense\n  *   via 192.0.2.3, eth0, 00:00:01\n"
    (capture,) = captures_from_text(text, "table")
    table = read_capture(capture, Wanted((ip_network("10.3.7.0/25"),)))
    assert list(table.views()) == [("default", "10.3.7.0/24"), ("default", "10.0.0.0/8")]
    assert len(table.views()["default", "10.3.7.0/24"][0].installed) == 2
    assert [line.text for line in table.unparsed] == ["nonsense", "  *   via 192.0.2.3, eth0, 00:00:01"]
    assert table.lines_understood == 12_001
    assert table.families == {4}


@pytest.mark.parametrize(
    "pool", ["10.16.0.0/12", "10.3.7.0/24", "10.3.7.4/31", "10.3.7.4/32", "0.0.0.0/0", "10.3.4.0/22"]
)
def test_the_pattern_of_a_pool_matches_every_route_inside_or_around_it(pool: str) -> None:
    network = ip_network(pool)
    around = [network.supernet(new_prefix=length) for length in range(network.prefixlen + 1)]
    inside = [
        next(iter(network.subnets(new_prefix=32))),
        list(network.subnets(new_prefix=min(32, network.prefixlen + 3)))[-1],
    ]
    lines = pl.Series([f"B>* {prefix} [20/0] via 192.0.2.1" for prefix in around + inside])
    assert lines.str.contains(pattern_of((network,))).all()


def test_a_small_table_is_not_cut() -> None:
    template = engine_of(TEMPLATES["frr/show_ip_route"]).columnar
    lines = numbered_lines("B>* 192.0.2.0/24 [20/0] via 198.51.100.1, eth0, 00:00:01")
    assert template is not None
    assert lines_about(template, lines, (ip_network("10.0.0.0/8"),)) is lines


OUTSIDE = """Value Filldown PREFIX (\\S+)
Value List NEXTHOP (\\S+)

Start
  ^${PREFIX} -> Continue.Record
  ^ via ${NEXTHOP}
"""


def test_a_template_outside_of_the_subset_runs_on_textfsm_and_the_reason_is_given(tmp_path: Path) -> None:
    template = tmp_path / "odd.textfsm"
    template.write_text(OUTSIDE)
    engine = engine_of(template)
    assert (engine.columnar, engine.reason) == (None, "it needs one state, Start, and an empty EOF")
    assert read_rows(template, numbered_lines("a\n via b\n via c")).height > 0


def test_a_damaged_template_is_an_error_that_names_it(tmp_path: Path) -> None:
    template = tmp_path / "damaged.textfsm"
    template.write_text("Value X (\n\nStart\n  ^x\n")
    with pytest.raises(TemplateError, match=r"damaged\.textfsm"):
        engine_of(template)
