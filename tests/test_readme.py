"""The pages are true: its examples are what the command prints, its tables list what there is.

`python -m tests.test_readme` writes the examples' output into the pages.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = (
    README,
    ROOT / "docs" / "parsing.md",
    ROOT / "docs" / "reports.md",
    ROOT / "docs" / "kubernetes.md",
    ROOT / "docs" / "getting-started.md",
)
_EXAMPLE = re.compile(
    r"<!-- example: (?P<arguments>.+?) -->\n(?P<fence>`{3,})console\n(?P<output>.*?)(?P=fence)\n", re.DOTALL
)


def printed(arguments: str) -> str:
    """Return what a terminal shows; `| head -N` at the end leaves N lines of the output."""
    words, _, head = arguments.partition(" | head -")
    run = subprocess.run(
        [sys.executable, "-m", "ecmpaudit", *shlex.split(words)],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=60,
    )  # fmt: skip
    lines = f"{run.stdout}{run.stderr}".splitlines(keepends=True)
    return f"$ ecmpaudit {arguments}\n{''.join(lines[: int(head)] if head else lines)}"


def examples() -> dict[str, str]:
    found = (example for page in PAGES for example in _EXAMPLE.finditer(page.read_text()))
    return {example["arguments"]: example["output"] for example in found}


@pytest.mark.parametrize("arguments", examples())
def test_the_examples_are_what_the_command_prints(arguments: str) -> None:
    assert examples()[arguments] == printed(arguments)


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


if __name__ == "__main__":
    for page in PAGES:
        text = _EXAMPLE.sub(
            lambda found: (
                f"<!-- example: {found['arguments']} -->\n"
                f"{found['fence']}console\n{printed(found['arguments'])}{found['fence']}\n"
            ),
            page.read_text(),
        )
        page.write_text(text)
