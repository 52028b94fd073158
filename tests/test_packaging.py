"""What is shipped: every template and report is in the wheel and the sdist, and loads from there and from a checkout.

A new file type under `parsers/` or `reports/` needs its glob in pyproject.toml; without it the first test fails.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import ecmpaudit

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).parent.parent
DATA_FOLDERS = ("parsers", "reports")

LOAD_EVERYTHING = """\
import json, sys, tomllib
import textfsm, ttp
import ecmpaudit
from ecmpaudit import resources

def load(path):
    match path.suffix:
        case ".textfsm":
            with path.open() as file:
                textfsm.TextFSM(file)
        case ".ttp":
            assert ttp.ttp(template=path.read_text())._templates, path
        case ".toml":
            tomllib.loads(path.read_text())
        case _:
            assert path.read_text(), path

loaded = []
for folder in (resources.parsers_folder(), resources.reports_folder()):
    for path in folder.rglob("*"):
        if path.is_file():
            load(path)
            loaded.append(f"{folder.name}/{path.relative_to(folder).as_posix()}")
print(json.dumps({"package": ecmpaudit.__file__, "folder": str(resources.parsers_folder()), "loaded": sorted(loaded)}))
"""
"""Loads every file of parsers/ and reports/ with the engine that reads it, and prints from where."""


class Built(NamedTuple):
    """What `python -m build` made of a clean copy of the checkout."""

    checkout: Path
    sdist: Path
    wheel: Path

    @property
    def data_files(self) -> list[str]:
        """Every file of parsers/ and reports/, relative to the checkout."""
        paths = (path for folder in DATA_FOLDERS for path in (self.checkout / folder).rglob("*") if path.is_file())
        return sorted(path.relative_to(self.checkout).as_posix() for path in paths)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("packaging")
    checkout, dist = folder / "checkout", folder / "dist"
    copy_files(files_known_to_git(), checkout)
    run(sys.executable, "-m", "build", "--outdir", str(dist), str(checkout))
    return Built(checkout, next(dist.glob("*.tar.gz")), next(dist.glob("*.whl")))


def files_known_to_git() -> list[str]:
    """Return the files that are tracked, or neither tracked nor ignored, and still exist."""
    listing = run("git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return [name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def copy_files(names: Iterable[str], target: Path) -> None:
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)


def run(*command: str, cwd: Path | None = None) -> str:
    """Return what the command wrote to stdout; fail with all its output if it fails."""
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def fresh_environment(folder: Path) -> Path:
    """Return the Python of a new environment that also sees this one's dependencies, after its own packages.

    A .pth file adds a folder without reading the .pth files in it, so an editable ecmpaudit stays out.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    own = run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(own) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def install(python: Path, *what: str) -> None:
    run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", *what)


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment with the wheel."""
    python = fresh_environment(tmp_path_factory.mktemp("installed") / "environment")
    install(python, "--no-index", str(built.wheel))
    return python


def test_every_template_and_report_loads_from_an_installed_wheel(built: Built, installed: Path, tmp_path: Path) -> None:
    loaded = json.loads(run(str(installed), "-c", LOAD_EVERYTHING, cwd=tmp_path))
    assert Path(loaded["package"]).is_relative_to(installed.parent.parent)
    assert Path(loaded["folder"]) == Path(loaded["package"]).parent / "parsers"
    assert loaded["loaded"] == built.data_files
    assert "parsers/frr/show_ip_route.textfsm" in loaded["loaded"]


def test_editable_install_reads_the_templates_of_the_checkout(built: Built, tmp_path: Path) -> None:
    python = fresh_environment(tmp_path / "environment")
    install(python, "--editable", str(built.checkout))
    loaded = json.loads(run(str(python), "-c", LOAD_EVERYTHING, cwd=tmp_path))
    assert Path(loaded["package"]) == built.checkout / "ecmpaudit" / "__init__.py"
    assert Path(loaded["folder"]) == built.checkout / "parsers"
    assert loaded["loaded"] == built.data_files


def test_installed_command_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    assert run(str(installed.parent / "ecmpaudit"), "--version", cwd=tmp_path).strip()


def test_a_history_is_made_from_the_wheel(built: Built, installed: Path, tmp_path: Path) -> None:
    seed = built.checkout / "tests" / "fixtures" / "frr" / "show_ip_route--seed.txt"
    place = ("--history", str(tmp_path / "history.db"))
    command = str(installed.parent / "ecmpaudit")
    run(command, "analyze", str(seed), "--record", *place, "--fail-on", "error", cwd=tmp_path)
    assert "1 run, 1 open incident, 0 ended" in run(command, "history", *place, cwd=tmp_path)


def test_a_release_installs_from_the_lock_with_hashes_alone_and_audits(built: Built, tmp_path: Path) -> None:
    """As docs/security.md says, in an environment that sees nothing of this one."""
    venv.create(tmp_path / "environment", with_pip=True, symlinks=True)
    programs = tmp_path / "environment" / "bin"
    pip = (str(programs / "python"), "-m", "pip", "--disable-pip-version-check")
    lock = str(built.checkout / "release" / "requirements.lock")
    run(*pip, "install", "--quiet", "--no-compile", "--require-hashes", "-r", lock, cwd=tmp_path)
    run(*pip, "install", "--quiet", "--no-compile", "--no-deps", "--no-index", str(built.wheel), cwd=tmp_path)
    assert run(*pip, "check", cwd=tmp_path) == "No broken requirements found.\n"
    command = str(programs / "ecmpaudit")
    assert run(command, "--version", cwd=tmp_path) == f"ecmpaudit {ecmpaudit.__version__}\n"
    seed = str(built.checkout / "tests" / "fixtures" / "frr" / "show_ip_route--seed.txt")
    report = run(command, "analyze", seed, "--fail-on", "error", cwd=tmp_path)
    assert "172.31.1.0/32: 3 next hops, expected 5; missing 172.30.250.103, 172.30.250.104" in report


def test_wheel_is_typed_and_holds_the_package_only(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        names = wheel.namelist()
    assert "ecmpaudit/py.typed" in names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"ecmpaudit"}
    assert [name for name in names if name.endswith("/licenses/LICENSE")]


def test_sdist_holds_the_templates_the_tests_and_the_licence(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert set(built.data_files) <= names
    wanted = {"LICENSE", "README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", "tests/test_packaging.py"}
    assert wanted <= names
