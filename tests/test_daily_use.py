"""A hundred things that a daily user types, each with the answer that a person expects: `tests/daily/*.toml`.

The answers were written by hand. A file is one afternoon: its lines are run in their order, in a folder with
`tests/daily/files`. `says` and `warns` are parts of standard output and standard error, `not` must be on neither of
them, `files` are written with a part of their text.
"""

from __future__ import annotations

import shlex
import shutil
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.program import ROOT, ecmpaudit, plain_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = ROOT / "tests" / "daily"
AFTERNOONS = sorted(FOLDER.glob("*.toml"))
FEWEST = 100
KEYS = {"does", "line", "code", "says", "warns", "not", "files", "stdin", "prints_nothing"}


def things(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))["thing"]
    return found


@pytest.mark.parametrize("file", [pytest.param(file, id=file.stem) for file in AFTERNOONS])
def test_what_a_person_types_gives_what_a_person_expects(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    shutil.copytree(FOLDER / "files", folder)
    environment = plain_environment(HOME=str(tmp_path), XDG_STATE_HOME=str(tmp_path / "state"))
    wrong = [problem for thing in things(file) for problem in _problems(thing, folder, environment)]
    assert not wrong, "\n".join(wrong)


def _problems(thing: dict[str, Any], folder: Path, environment: dict[str, str]) -> Iterator[str]:
    text = (folder / thing["stdin"]).read_text(encoding="utf-8") if "stdin" in thing else ""
    ended = ecmpaudit(*shlex.split(thing["line"]), text=text, folder=folder, environment=environment)
    what = f"{thing['does']}: ecmpaudit {thing['line']}"
    printed = f"\n{ended.stdout}\n{ended.stderr}"
    if ended.returncode != thing["code"]:
        yield f"{what}: exit code {ended.returncode}, expected {thing['code']}{printed}"
    for key, text in (("says", ended.stdout), ("warns", ended.stderr)):
        yield from (f"{what}: {key} no {part!r}{printed}" for part in thing.get(key, ()) if part not in text)
    yield from (f"{what}: has {part!r}{printed}" for part in thing.get("not", ()) if part in printed)
    if thing.get("prints_nothing") and ended.stdout:
        yield f"{what}: prints {ended.stdout!r}"
    for name, part in thing.get("files", {}).items():
        written = (folder / name).read_text(encoding="utf-8") if (folder / name).is_file() else None
        if written is None or part not in written:
            yield f"{what}: {name} has no {part!r}"


def test_every_thing_says_what_is_expected() -> None:
    every = [thing for file in AFTERNOONS for thing in things(file)]
    assert len(every) >= FEWEST
    for thing in every:
        assert {"does", "line", "code"} <= thing.keys() <= KEYS, thing
