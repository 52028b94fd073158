"""Every command line of README.md and docs/ is run as it is written, in a folder with the files that it names.

What is recorded (`<!-- example: … -->`) is run by tests/test_docs.py, and is not run again. A page without any command
line says why, in a comment: `<!-- no command: … -->`.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
import tarfile
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ecmpaudit.cli.main import app
from tests.program import ROOT, ecmpaudit
from tests.recorded_scans import HEALTHY, SCANS
from tests.scanned_router import SEED, scanned_router
from tests.test_adding_a_platform import write_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.scanned_router import ScannedRouter

NOT_HERE = {
    "--inventory": "needs hosts of an inventory",
    "--limit": "needs hosts with these labels and groups",
    "--kubectl": "needs a cluster",
    "--dask tcp:": "needs a scheduler",
    "--wait-": "waits until nodes are drained, or are back",
    "--from-kernel": "asks kernels of routers",
}
"""Lines of which only the options are checked here, and why; tests of each run them."""
NEEDED = {"explain": 2, "diff": 2}
"""Arguments that a command needs, where it is not one."""
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_EXAMPLE = re.compile(r"<!-- example: .+? -->\n(`{3,})console\n.*?\1\n", re.DOTALL)
_BLOCK = re.compile(r"```(?:console|sh|bash)\n(.*?)```", re.DOTALL)
_LINE = re.compile(r"^(?:\$ )?(?P<line>.*\becmpaudit [a-z-].*)$", re.MULTILINE)
_INLINE = re.compile(r"`(ecmpaudit [^`\n]+)`")
_COMMAND = re.compile(r"\becmpaudit (?:--|[a-z]).*")
_NO_COMMAND = re.compile(r"<!-- no command: .+ -->")

PLACEHOLDERS = {
    "FILE…": "tor1.txt",
    "[FILE]": "",
    "FILE": "tor1.txt",
    "OLD": "before.txt",
    "NEW": "after.txt",
    "PREFIX": "172.31.1.1",
    "CODE": "ECMP101",
    "NAME": "registry.example/ecmpaudit:1",
    "…": "--kube-dump cluster.json",
    "DIR": "own",
}


def command_lines(page: Path) -> list[str]:
    """Return the command lines of a page that are not recorded, in their order, each once."""
    text = page.read_text(encoding="utf-8")
    without = _EXAMPLE.sub("", text)
    of_blocks = [
        found["line"]
        for block in _BLOCK.findall(without)
        for found in _LINE.finditer(block)
        if block.startswith("ecmpaudit") or found[0].startswith(("$ ", "("))
    ]
    inline = _INLINE.findall(re.sub(r"```.*?```", "", without, flags=re.DOTALL))
    return list(dict.fromkeys([*of_blocks, *inline]))


WITH_LINES = {page: lines for page in PAGES if (lines := command_lines(page))}


def words_of(line: str) -> list[str]:
    """Return the words after `ecmpaudit` in a line, up to a pipe or a bracket; placeholders have values."""
    found = _COMMAND.search(line)
    assert found is not None, line
    command = re.split(r"\s*[|)]\s|[)]$|\s>\s", found[0])[0]
    words = [PLACEHOLDERS.get(word, word) for word in shlex.split(command, comments=True)[1:]]
    return [word for each in words if each for word in each.split()]


@pytest.fixture(name="router", scope="module")
def _router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScannedRouter]:
    folder = tmp_path_factory.mktemp("pages")
    with scanned_router(folder) as router:
        for name in ("tor1.txt", "tor2.txt", "before.txt", "after.txt"):
            (folder / name).write_text(SEED, encoding="utf-8")
        for name in ("after-the-change", "today", "tuesday", "SNAPSHOT", "captures"):
            shutil.copytree(SCANS / HEALTHY, folder / name)
        write_files(folder)
        (folder / ".config").mkdir()
        (folder / "scan.tar.zst").write_bytes(packed(folder / "captures"))
        for name, fixture in (("cluster", "cluster"), ("metallb", "custom_resources")):
            shutil.copy(ROOT / "tests/fixtures/kubernetes" / f"metallb--{fixture}.json", folder / f"{name}.json")
        assert router.scan("--record").returncode in {0, 1}
        yield router


def packed(folder: Path) -> bytes:
    """Return the folder as a .tar.gz, as `tar cz` sends it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(folder, arcname=folder.name)
    return buffer.getvalue()


@pytest.mark.sshd
@pytest.mark.parametrize("page", WITH_LINES, ids=lambda page: page.name)
def test_the_command_lines_of_a_page_run_as_they_are_written(page: Path, router: ScannedRouter, tmp_path: Path) -> None:
    for line in WITH_LINES[page]:
        words = [word.replace("/var/lib/prometheus/node-exporter", str(tmp_path)) for word in words_of(line)]
        words = [word.replace("/etc/systemd/system", str(tmp_path)) for word in words]
        words = [word.replace("~", str(router.folder)) for word in words]  # as the shell does
        if words[:2] == ["config", "init"]:
            words += ["-o", str(tmp_path / "first.yaml")]  # the folder has a configuration already
        if is_named_alone(words) or any(word in line for word in NOT_HERE):
            assert ecmpaudit(*words, "--help").returncode == 0, line
            continue
        if words[:2] == ["schedule", "systemd"]:
            words += ["--program", "/opt/ecmpaudit/bin/ecmpaudit"]
        text = packed(router.folder / "captures") if "tar cz" in line else SEED
        run = ecmpaudit(*words, text=text, folder=router.folder, environment=router.environment())  # type: ignore[arg-type]  # bytes are an input too
        assert run.returncode in {0, 1, 3}, f"{page.name}: {line}\n{run.stdout}{run.stderr}"
        assert run.stdout or "--units" in words, line
        for folder in ("monday", "before-the-change"):
            if "--save" in words and folder in words:
                assert (router.folder / folder / "manifest.json").exists()


def is_named_alone(words: list[str]) -> bool:
    """Return whether a page only names a command, without the inputs that it needs."""
    inputs = [word for word in words[1:] if not word.startswith("-")]
    return words[0] in {"analyze", "explain", "routes", "diff", "what-if"} and len(inputs) < NEEDED.get(words[0], 1)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_without_a_command_line_says_why(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    has_lines = page in WITH_LINES or "<!-- example: " in text
    assert has_lines != bool(_NO_COMMAND.search(text)), "either a command line, or `<!-- no command: why -->`"


def test_the_example_of_every_help_is_read_by_its_command() -> None:
    runner, examples = CliRunner(), 0
    for name in app.list_commands(None):  # type: ignore[arg-type]  # the list does not depend on it
        shown = " ".join(runner.invoke(app, [name, "--help"]).output.replace("│", " ").split())
        for example in re.findall(r"Example: (?:\(crontab -l; )?(ecmpaudit .*?)(?:\)? \||>|$| [─╭])", shown):
            examples += 1
            words = words_of(example)
            assert "no such option" not in runner.invoke(app, [*words, "--help"]).output.lower()
    assert examples
