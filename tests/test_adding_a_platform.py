"""docs/adding-a-platform.md is followed word by word: its files are written out, and its sample is read with them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ecmpaudit.cli.main import app
from ecmpaudit.errors import TemplateError
from ecmpaudit.model import Capture
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.template import engine_of
from ecmpaudit.platforms.registry import platforms
from tests.test_platforms import UNKNOWN, hops_of, routes_of

if TYPE_CHECKING:
    from click.testing import Result

    from ecmpaudit.parsing.route_table import RouteTable

PAGE = Path(__file__).parent.parent / "docs" / "adding-a-platform.md"
_FILE = re.compile(r"^`(?P<path>own/[\w./-]+)`\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
SAMPLE = "own/exampleos/samples/show_routes--ecmp"


def write_files(folder: Path) -> None:
    """Write the page's files into a folder."""
    for file in _FILE.finditer(PAGE.read_text(encoding="utf-8")):
        path = folder / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["text"], encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the page's files, whose platform is known to the program."""
    write_files(tmp_path)
    monkeypatch.setenv("ECMPAUDIT_PARSERS", str(tmp_path / "own"))
    return tmp_path


def read(text: str) -> RouteTable:
    return read_capture(Capture(None, None, None, text, "sample"))


def test_the_page_has_the_four_files_of_a_platform(folder: Path) -> None:
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    files = {"own/exampleos/platform.toml", "own/exampleos/show_routes.textfsm"}
    assert written == {f"{SAMPLE}.txt", f"{SAMPLE}.json"} | files


def test_the_sample_of_the_page_is_detected_and_read_as_it_says(folder: Path) -> None:
    table = read((folder / f"{SAMPLE}.txt").read_text(encoding="utf-8"))
    assert table.platform == "exampleos"
    assert table.unparsed == ()
    assert routes_of(table) == json.loads((folder / f"{SAMPLE}.json").read_text(encoding="utf-8"))


def test_the_template_of_the_page_is_strict_and_runs_in_columns(folder: Path) -> None:
    assert engine_of(folder / "own/exampleos/show_routes.textfsm").reason == ""
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
        app, ["--parsers", str(folder / "own"), "routes", str(folder / f"{SAMPLE}.txt"), "--format", "json"]
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


def check(*words: object) -> Result:
    return CliRunner().invoke(app, ["platforms", "check", *map(str, words)])


@pytest.mark.parametrize("named", ["own", "own/exampleos"])
def test_a_check_shows_what_each_line_of_the_sample_became(folder: Path, named: str) -> None:
    run = check(folder / named)
    assert run.exit_code == 0, run.output
    shown = run.stdout.split("\n")
    assert shown[0] == f"exampleos: {folder.resolve() / SAMPLE}.txt"
    assert shown[1:3] == [" 1  Routes of table main", "      show_routes.textfsm:18: VRF main"]
    first = shown.index(" 3      next-hop 192.0.2.101 on eth1")
    assert shown[first + 1 : first + 3] == [
        "      show_routes.textfsm:15: NEXTHOP 192.0.2.101, INTERFACE eth1",
        "      -> 198.51.100.1/32 (bgp, VRF default): next hop 192.0.2.101 on eth1, installed",
    ]
    assert "      -> 203.0.113.0/24 (static, VRF default): blackhole" in shown
    assert "4 routes, 5 next hops; compared with routes written by hand" in shown
    assert shown[-2] == "1 platform, 0 faults"


def test_a_check_names_a_line_that_no_rule_reads(folder: Path) -> None:
    sample = folder / f"{SAMPLE}.txt"
    sample.write_text(sample.read_text(encoding="utf-8") + f"{UNKNOWN}\n", encoding="utf-8")
    run = check(folder / "own")
    assert run.exit_code == 1
    assert (
        f"FAULT {sample}:13: not understood: {UNKNOWN}; add a rule for this form of line to the template" in run.stdout
    )


def test_a_check_names_each_route_that_differs_from_those_written_by_hand(folder: Path) -> None:
    beside = folder / f"{SAMPLE}.json"
    beside.write_text(beside.read_text(encoding="utf-8").replace("eth4", "eth5"), encoding="utf-8")
    run = check(folder / "own")
    assert run.exit_code == 1
    faults = [line for line in run.stdout.split("\n") if line.startswith("FAULT")]
    assert [("eth5" in line, "eth4" in line) for line in faults] == [(True, False), (False, True)]
    assert faults[0].startswith(f"FAULT {beside}: the templates give no such route: ")


def test_a_check_without_a_sample_is_incomplete_and_takes_one_that_is_named(folder: Path, tmp_path: Path) -> None:
    sample = (folder / f"{SAMPLE}.txt").rename(tmp_path / "pasted.txt")
    run = check(folder / "own")
    assert (run.exit_code, "exampleos: no sample; put a pasted table into" in run.stdout) == (3, True)
    named = check(folder / "own", sample)
    assert (named.exit_code, "4 routes, 5 next hops; without routes written by hand" in named.stdout) == (0, True)


def test_a_check_reports_a_sample_that_another_platform_is_detected_in(folder: Path) -> None:
    other = Path(__file__).parent / "fixtures/frr/show_ip_route--seed.txt"
    run = check(folder / "own", other)
    assert run.exit_code == 1
    assert f"FAULT {other}: " in run.stdout


MISPLACED = {
    "the platform's own folder": (
        "own/exampleos",
        "own/exampleos: this is the folder of one platform; give the folder above it, ",
    ),
    "one level too deep": (".", "own/exampleos: this platform is one level too deep; give "),
    "no platform": ("own/exampleos/samples", "samples: has no platform; each is a folder of its own: "),
}


@pytest.mark.parametrize("named, message", MISPLACED.values(), ids=MISPLACED.keys())
def test_a_folder_in_which_no_platform_would_be_found_is_refused(folder: Path, named: str, message: str) -> None:
    run = CliRunner().invoke(app, ["platforms", "--parsers", str(folder / named)])
    assert run.exit_code == 1
    assert isinstance(run.exception, TemplateError)
    assert message in str(run.exception)


def test_a_template_without_a_description_is_refused(folder: Path) -> None:
    (folder / "own/exampleos/platform.toml").rename(folder / "own/exampleos/plattform.toml")
    with pytest.raises(TemplateError, match=r"own/exampleos: has a template and no platform.toml; write it"):
        platforms()
