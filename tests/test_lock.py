"""The locks: each dependency of a release with its hashes, in the versions that the tests run with; no host named.

All of it can be installed on the oldest Python that pyproject.toml allows, 3.11.0, whichever one runs these tests.
"""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "release" / "requirements.lock").read_text(encoding="utf-8")
PINS = {
    name: (version, rest)
    for name, version, rest in re.findall(r"^([\w.-]+)==(\S+)((?: .*\\\n| {4}--hash.*\n)*)", LOCK, re.MULTILINE)
}
DEVELOPMENT = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "requirements-dev.lock").read_text(), re.MULTILINE))


def normal(name: str) -> str:
    """Return a name as the package index compares it."""
    return re.sub(r"[._-]+", "-", name).lower()


def test_every_dependency_is_locked_with_a_hash() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {normal(re.split(r"[<>=\[;]", dependency)[0]) for dependency in project["dependencies"]}
    assert named <= PINS.keys()
    assert all("--hash=sha256:" in rest for _, rest in PINS.values())


def test_the_lock_names_no_host_and_no_folder() -> None:
    assert re.findall(r"https?:|index-url|find-links|/(?:tmp|home|work)/", LOCK) == []


def test_versions_are_those_of_the_development_tools() -> None:
    assert {name: version for name, (version, _) in PINS.items()}.items() <= DEVELOPMENT.items()


def test_every_locked_version_can_be_installed_on_the_oldest_python() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11"
    locked = [dist for dist in distributions() if DEVELOPMENT.get(normal(dist.name)) == dist.version]
    assert len(locked) > len(PINS)
    stated = [dist for dist in locked if "Requires-Python" in dist.metadata]
    wanted = {dist.name: dist.metadata["Requires-Python"] for dist in stated}
    assert {name: pythons for name, pythons in wanted.items() if "3.11.0" not in SpecifierSet(pythons)} == {}
