"""README.md: its order and length, and its table of dependencies."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def test_every_dependency_earns_its_place_in_the_table() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[<>=\[;]", dependency)[0] for dependency in project["dependencies"]}
    table = README.read_text().partition("## Dependencies")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([\w., -]+) \|", table, re.MULTILINE)
    named = {name.strip() for row in rows for name in row.split(",")}
    assert named - {"package"} == declared


def test_the_sections_are_in_their_order() -> None:
    headings = re.findall(r"^## (.+)$", README.read_text(), re.MULTILINE)
    assert headings == [
        "An example", "Two commands", "Three uses", "Configuration",
        "Exit codes", "Platforms", "Dependencies", "Limits",
    ]  # fmt: skip


def test_the_first_20_lines_say_what_it_answers_how_to_run_it_and_show_output() -> None:
    head = README.read_text().splitlines()[:20]
    assert "is every load-balanced prefix spread over every node" in head[1].lower()
    assert any("`make demo`" in line for line in head)
    assert any(line.startswith("$ ecmpaudit analyze ") for line in head)
    assert any(line.startswith("warning ECMP101 ") for line in head)


def test_a_reader_gets_through_it_at_once() -> None:
    assert len(README.read_text().splitlines()) <= 150
