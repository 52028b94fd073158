"""What leaves the program by standard error and in lines that GitHub's runner reads: no text of a device acts there."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.reporting.terminal import SafeFormatter, safe_json, without_runner_commands

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "\x1b]52;c;eA==\x07\x1b[2J\u202e\u3164##[error]x"


def run(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ecmpaudit", *arguments],
        input=text,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("arguments", [("routes", "-v"), ("analyze", "-v"), ("--debug", "routes")], ids=" ".join)
def test_no_text_of_a_device_reaches_standard_error_as_it_is(arguments: tuple[str, ...]) -> None:
    route = "B>* 198.51.100.0/24 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05"
    found = run(*arguments, "-", text=f"tor1# show {HOSTILE}\n{route}\ntor1# show ip route\n{route} {HOSTILE}\n")
    for character in ("\x1b", "\x07", "\u202e", "\u3164", "##["):
        assert character not in found.stderr + found.stdout


def test_the_name_of_a_file_is_escaped_in_a_usage_error(tmp_path: Path) -> None:
    found = run("analyze", "--config", str(tmp_path / "a\x1b[2Jb"), "--no-such", "x\x1b[2J")
    assert found.returncode == 2
    assert "\x1b" not in found.stderr


def test_a_log_record_is_one_line_and_its_traceback_keeps_its_lines() -> None:
    try:
        int("\x1b[2J")
    except ValueError:
        record = logging.LogRecord("ecmpaudit", logging.INFO, "f", 1, "%s: read", ("a\n::error::b",), sys.exc_info())
    first, *others = SafeFormatter().format(record).split("\n")
    assert first == r"ecmpaudit: a\n::error::b: read"
    assert len(others) > 1
    assert others[-1].startswith("ecmpaudit: ValueError: invalid literal for int()")


@pytest.mark.parametrize(
    "line, shown",
    [
        ("::error::x", r"\x3a:error::x"),
        ("  ::add-mask::x", r"  \x3a:add-mask::x"),
        ("::set-output name=a::b", r"\x3a:set-output name=a::b"),
        ("::/0 via 2001:db8::1", "::/0 via 2001:db8::1"),
        ("::dead via fe80::1", "::dead via fe80::1"),
        ("a ::error::x", "a ::error::x"),
    ],
)
def test_no_line_begins_as_a_command_of_the_runner(line: str, shown: str) -> None:
    assert without_runner_commands(f"first\n{line}\nlast") == f"first\n{shown}\nlast"


def test_json_keeps_its_values_and_has_no_command_of_the_runner() -> None:
    document = json.dumps({"router": "##[error]\u3164"}, ensure_ascii=False)
    assert json.loads(safe_json(document)) == {"router": "##[error]\u3164"}
    assert "##[" not in safe_json(document)
