"""README.md is true: its tables list every dependency, and its links lead somewhere."""

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


def test_the_sections_stand_in_their_order() -> None:
    headings = re.findall(r"^## (.+)$", README.read_text(), re.MULTILINE)
    assert headings == [
        "An example", "Two commands", "Three uses", "Configuration",
        "Exit codes", "Platforms", "Dependencies", "Limits",
    ]  # fmt: skip


def test_every_file_that_the_readme_links_is_there() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text())
    assert [link for link in links if not (ROOT / link).exists()] == []
