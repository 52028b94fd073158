"""A pipe whose reader has ended, as `| head` does: quiet, all other steps are done, and one exit code for all commands.

The pipe has no reader from the start on, so that nothing here depends on who is quicker.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.program import ROOT, ecmpaudit, plain_environment
from tests.test_option_table import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

FILES = ROOT / "tests" / "daily" / "files"
PATIENCE = 60
UNREAD = 141
"""128 and SIGPIPE, as a shell reports grep and git."""

LINES = {
    "analyze": "analyze tor1.txt",
    "explain": "explain 198.51.100.2 tor1.txt",
    "routes": "routes tor1.txt",
    "expect": "expect --kube-dump dump.json",
    "what-if": "what-if tor1.txt --lose node1",
    "drain": "drain node1 --from tor1.txt",
    "flow": "flow 203.0.113.9:40001 198.51.100.2:443/tcp -c nobody.yaml",
    "diff": "diff tor1.txt fixed.txt",
    "rule": "rule",
    "platforms": "platforms",
    "platforms check": "platforms check own",
    "commands": "commands",
    "history": "history --history runs.db",
    "history prune": "history prune --keep 90d --history runs.db",
    "report": "report --history runs.db",
    "schedule cron": "schedule cron --every 15m",
    "schedule systemd": "schedule systemd --every 15m --program /usr/bin/ecmpaudit",
    "schedule kubernetes": "schedule kubernetes --every 15m --image registry.example/ecmpaudit:1",
    "snapshot anonymise": "snapshot anonymise tor1.txt -o copy",
    "config init": "config init tor1.txt -o new.yaml",
    "config check": "config check",
    "config schema": "config schema",
    "config hosts": "config hosts",
    "scan": "scan -c nobody.yaml",
    "mcp": "mcp tor1.txt",
}
FURTHER = {
    "help": "--help",
    "help of a command": "analyze --help",
    "version": "--version",
    "json": "analyze tor1.txt -f json",
    "parquet": "routes tor1.txt -f parquet",
    "a monitoring plugin": "analyze tor1.txt -f nagios",
    "whether hosts answer": "scan --check -c nobody.yaml",
}
OTHER_COMMANDS = {"serve": "answers over HTTP; its one line is printed when it has begun to serve"}
GREETING = (
    b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-03-26",'
    b' "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}}\n'
)
"""What `mcp` answers, and no other command reads."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the lines read."""
    made = tmp_path_factory.mktemp("pipes") / "work"
    shutil.copytree(FILES, made)
    shutil.copytree(ROOT / "parsers" / "frr", made / "own" / "frr")
    (made / "dump.json").write_text('{"apiVersion": "v1", "kind": "List", "items": []}')
    (made / "nobody.yaml").write_text(
        "routers: {tor1: {host: 127.0.0.1, port: 1, platform: frr}}\nclusters: {prod: {pools: [198.51.100.0/24]}}\n"
    )
    assert ecmpaudit("analyze", "tor1.txt", "--record", "--history", "runs.db", folder=made).returncode == 1
    return made


def ended(line: str, folder: Path, unread: str) -> tuple[int, str]:
    """Return the exit code, and the other stream, of a run of which nobody reads this one."""
    reading, writing = os.pipe()
    os.close(reading)
    stdout, stderr = (writing if unread == name else subprocess.PIPE for name in ("stdout", "stderr"))
    run = subprocess.run(
        [sys.executable, "-m", "ecmpaudit", *line.split()],
        input=GREETING, stdout=stdout, stderr=stderr, cwd=folder, env=plain_environment(), check=False,
        timeout=PATIENCE,
    )  # fmt: skip
    os.close(writing)
    return run.returncode, (run.stdout or run.stderr or b"").decode()


def test_every_command_has_a_line() -> None:
    assert {*LINES, *OTHER_COMMANDS} == {*COMMANDS}


@pytest.mark.sampled(12)
@pytest.mark.parametrize("name", [*LINES, *FURTHER])
def test_a_reader_that_has_ended_is_no_fault(name: str, folder: Path) -> None:
    code, printed = ended({**LINES, **FURTHER}[name], folder, "stdout")
    assert code == UNREAD
    assert [line for line in printed.splitlines() if not line.startswith("ecmpaudit: note: ")] == []


def test_all_other_steps_are_done(folder: Path) -> None:
    line = "analyze tor1.txt --record --history kept.db -o kept.json"
    assert ended(line, folder, "stdout") == (UNREAD, "")
    assert "ECMP101" in (folder / "kept.json").read_text()
    listed = ecmpaudit("history", "--history", "kept.db", "-f", "json", folder=folder)
    assert len(json.loads(listed.stdout)["runs"]) == 1


def test_another_failure_keeps_its_message_and_its_code(folder: Path) -> None:
    message = "ecmpaudit: --output /dev/full: cannot be written: No space left on device\n"
    assert ended("analyze tor1.txt -o text:/dev/full", folder, "stdout") == (2, message)


@pytest.mark.parametrize(
    "line,code",
    [("analyze none.txt", 2), ("analyse tor1.txt", 2), ("history --history none.db", 3), ("analyze tor2.txt", 0)],
)
def test_a_message_that_nobody_reads_changes_no_exit_code(line: str, code: int, folder: Path) -> None:
    assert ended(line, folder, "stderr")[0] == code
