"""The lock of a release: each dependency with its hashes, in the versions that the tests run with; no host named."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINS = {
    name: (version, rest)
    for name, version, rest in re.findall(r"^([\w.-]+)==(\S+)((?: .*\\\n| {4}--hash.*\n)*)", LOCK, re.MULTILINE)
}


def test_every_dependency_is_locked_with_a_hash() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [re.split(r"[<>=\[;]", dependency)[0].lower().replace("_", "-") for dependency in project["dependencies"]]
    assert {re.sub(r"[._]", "-", name) for name in named} <= {re.sub(r"[._]", "-", name) for name in PINS}
    assert all("--hash=sha256:" in rest for _, rest in PINS.values())


def test_the_lock_names_no_host_and_no_folder() -> None:
    assert re.findall(r"https?:|index-url|find-links|/(?:tmp|home|work)/", LOCK) == []


def test_versions_are_those_of_the_development_tools() -> None:
    development = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "requirements-dev.lock").read_text(), re.MULTILINE))
    normal = {re.sub(r"[._]", "-", name).lower(): version for name, version in development.items()}
    assert {name: version for name, (version, _) in PINS.items()} == {
        name: normal.get(re.sub(r"[._]", "-", name), version) for name, (version, _) in PINS.items()
    }
