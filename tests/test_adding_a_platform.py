"""docs/adding-a-platform.md is followed word by word: its files are written out, and its sample is read with them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ecmpaudit.cli.main import app
from ecmpaudit.model import Capture
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.template import engine_of
from tests.test_platforms import UNKNOWN, hops_of, routes_of

if TYPE_CHECKING:
    from ecmpaudit.parsing.route_table import RouteTable

PAGE = Path(__file__).parent.parent / "docs" / "adding-a-platform.md"
_FILE = re.compile(r"^`(?P<path>[\w./-]+)`\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
SAMPLE = "tests/fixtures/exampleos/show_routes--ecmp"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the page's files, whose platform is known to the program."""
    for file in _FILE.finditer(PAGE.read_text(encoding="utf-8")):
        path = tmp_path / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["text"], encoding="utf-8")
    monkeypatch.setenv("ECMPAUDIT_PARSERS", str(tmp_path / "parsers"))
    return tmp_path


def read(text: str) -> RouteTable:
    return read_capture(Capture(None, None, None, text, "sample"))


def test_the_page_has_the_four_files_of_a_platform(folder: Path) -> None:
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    files = {"parsers/exampleos/platform.toml", "parsers/exampleos/show_routes.textfsm"}
    assert written == {f"{SAMPLE}.txt", f"{SAMPLE}.json"} | files


def test_the_sample_of_the_page_is_detected_and_read_as_it_says(folder: Path) -> None:
    table = read((folder / f"{SAMPLE}.txt").read_text(encoding="utf-8"))
    assert table.platform == "exampleos"
    assert table.unparsed == ()
    assert routes_of(table) == json.loads((folder / f"{SAMPLE}.json").read_text(encoding="utf-8"))


def test_the_template_of_the_page_is_strict_and_runs_in_columns(folder: Path) -> None:
    assert engine_of(folder / "parsers/exampleos/show_routes.textfsm").reason == ""
    text = (folder / f"{SAMPLE}.txt").read_text(encoding="utf-8")
    lines = text.rstrip("\n").split("\n")
    whole = hops_of(read(text))
    for position in range(len(lines) + 1):
        table = read("\n".join([*lines[:position], UNKNOWN, *lines[position:]]))
        assert [line.text for line in table.unparsed].count(UNKNOWN) == 1, position
        assert not hops_of(table) - whole, position


def test_every_name_of_a_value_on_the_page_is_one_that_the_program_knows() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z][A-Z0-9_, ]+) \|", page, re.MULTILINE)
    named = {name for row in rows for name in row.split(", ")}
    known = set(re.findall(r"[A-Z0-9_]{4,}|VRF", _known_names()))
    assert named == known


def _known_names() -> str:
    source = Path(__file__).parent.parent / "ecmpaudit" / "parsing" / "normalise.py"
    found = re.search(r"_TEMPLATE_COLUMNS = frozenset\((.*?)\.split", source.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return " ".join(re.findall(r'"([A-Z0-9_ ]+)"', found[1])) + " MASK"


def test_the_command_line_reads_the_sample_with_the_folder_of_the_page(folder: Path) -> None:
    run = CliRunner().invoke(
        app, ["--parsers", str(folder / "parsers"), "routes", str(folder / f"{SAMPLE}.txt"), "--format", "json"]
    )
    assert run.exit_code == 0, run.output
    shown = json.loads(run.stdout)
    assert [route["prefix"] for route in shown["routes"]] == [
        "198.51.100.1/32",
        "2001:db8:1::1/128",
        "203.0.113.0/24",
        "192.0.2.0/24",
    ]
    assert shown["unparsed"] == []
