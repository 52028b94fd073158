"""The command line starts fast: help, the version and usage errors load no table or SSH library."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import ecmpaudit
from ecmpaudit.history.store import open_history
from tests.history_builders import record

HEAVY = {
    "pandas",
    "polars",
    "paramiko",
    "pyarrow",
    "pydantic",
    "textfsm",
    "ttp",
    "jinja2",
    "prometheus_client",
    "sqlalchemy",
    "alembic",
    "apprise",
}

PROGRAM = """\
import atexit, json, pathlib, sys

note = pathlib.Path(sys.argv.pop(1))
atexit.register(lambda: note.write_text(json.dumps(sorted({name.partition(".")[0] for name in sys.modules}))))
from ecmpaudit.cli.main import main

main()
"""
"""Runs the command and writes the top-level names of all that was loaded at its exit."""


@pytest.mark.parametrize(
    "arguments,exit_code,shown",
    [
        (["--version"], 0, ecmpaudit.__version__),
        (["--help"], 0, "analyze"),
        (["analyze", "--help"], 0, "--expect"),
        (["expect", "--help"], 0, "--kube-dump"),
        (["scan", "--help"], 0, "--save"),
        (["diff", "--help"], 0, "RUN|DIR|FILE"),
        (["history", "--help"], 0, "--since"),
        (["report", "--help"], 0, "--since"),
        (["schedule", "cron", "--help"], 0, "--every"),
        (["no-such-command"], 2, "no-such-command"),
        (["analyze", "--no-such-option"], 2, "--no-such-option"),
        (["scan", "--no-such-option"], 2, "--no-such-option"),
    ],
    ids=[
        "version",
        "help",
        "analyze_help",
        "expect_help",
        "scan_help",
        "diff_help",
        "history_help",
        "report_help",
        "schedule_help",
        "unknown_command",
        "analyze_usage_error",
        "scan_usage_error",
    ],
)
def test_help_version_and_usage_errors_load_nothing_heavy(
    arguments: list[str], exit_code: int, shown: str, tmp_path: Path
) -> None:
    note = tmp_path / "modules.json"
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(note), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"},
    )
    assert (run.returncode, shown in run.stdout + run.stderr) == (exit_code, True), run.stderr
    loaded = set(json.loads(note.read_text()))
    assert "ecmpaudit" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("words", [["history"], ["history", "--format", "json"], ["report"]], ids=" ".join)
def test_reading_the_history_loads_no_tables(words: list[str], tmp_path: Path) -> None:
    note, place = tmp_path / "modules.json", tmp_path / "history.db"
    with open_history(str(place)) as history:
        record(history, "tor1 198.51.100.7/32 via 192.0.2.1-2\ntor1 2001:db8:100::7/128 via 2001:db8::1-2", 0)
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(note), *words, "--history", str(place)],
        capture_output=True,
        check=False,
        env={"HOME": str(tmp_path)},
    )
    assert run.returncode in {0, 3}, run.stderr
    loaded = set(json.loads(note.read_text()))
    assert "sqlalchemy" in loaded
    assert loaded & {"pandas", "polars", "paramiko", "pyarrow", "alembic"} == set()


MODULES = sorted((Path(ecmpaudit.__file__).parent / "cli").glob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_command_imports_one_module_of_its_own_and_only_when_it_runs(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    imports = {node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    when_loaded = {name for node in imports if node.col_offset == 0 for name in modules_of(node)}
    assert {name for name in when_loaded if name.startswith("ecmpaudit.commands")} <= {"ecmpaudit.commands.options"}
    when_run = {name for node in imports if node.col_offset > 0 for name in modules_of(node)}
    own = {name for name in when_run if name.startswith("ecmpaudit.commands.")} - {"ecmpaudit.commands.options"}
    assert own <= {f"ecmpaudit.commands.{module.stem}"}


def modules_of(node: ast.ImportFrom) -> list[str]:
    """Return what is imported from: `from ecmpaudit.commands import routes` is of `ecmpaudit.commands.routes`."""
    if node.module == "ecmpaudit.commands":
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [node.module or ""]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux lists the threads of a process")
def test_imports_start_no_thread_of_polars_so_that_a_forked_process_can_read_tables() -> None:
    """A fork has none of the threads that its parent started, and would wait for them for ever."""
    program = (
        "import pathlib, ecmpaudit, ecmpaudit.auditing.run, ecmpaudit.history.contents\n"
        "print([file.read_text().strip() for file in pathlib.Path('/proc/self/task').glob('*/comm')])"
    )
    names = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "polars-0" not in names
