"""What the top folder of the repository holds: a scratch file in it is found before it is committed."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parent.parent
ALLOWED = {
    ".ci",
    ".git",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    ".pre-commit-hooks.yaml",  # pre-commit looks for it here
    "docs",
    "ecmpaudit",
    "mkdocs.yml",
    "parsers",
    "pyproject.toml",
    "release",  # what is built beside the wheel
    "reports",
    "requirements-dev.lock",
    "tests",
}


def unexpected(folder: Path) -> list[str]:
    """Return the names in a folder that are neither allowed at the top level nor ignored by git."""
    ignored = [line.rstrip("/") for line in (folder / ".gitignore").read_text(encoding="utf-8").splitlines()]
    names = (path.name for path in folder.iterdir() if path.name not in ALLOWED)
    return sorted(name for name in names if not any(fnmatch(name, pattern) for pattern in ignored))


def test_the_top_folder_holds_nothing_but_the_project() -> None:
    assert unexpected(ROOT) == []


def test_a_scratch_file_is_named_and_what_git_ignores_is_not(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text(".venv/\n*.egg-info/\n", encoding="utf-8")
    for name in ("README.md", "d.yaml", ".venv", "ecmpaudit.egg-info"):
        (tmp_path / name).touch()
    assert unexpected(tmp_path) == ["d.yaml"]
