"""The plugin's answer, read by Icinga's own parser and wrapped by the plugins' `negate`."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.cli.plugin import is_plugin
from ecmpaudit.model import Audit, Severity
from ecmpaudit.reporting.nagios import State, render_nagios, state_of
from tests.audit_builders import HOSTILE_MARKUP, audit_of, audited, finding, hostile_audit, incomplete_audit, seed_audit
from tests.program import ROOT, ecmpaudit, ecmpaudit_process

if TYPE_CHECKING:
    from pathlib import Path

SEED = "tests/fixtures/frr/show_ip_route--seed.txt"
FINE = (audited("198.51.100.1/32", "192.0.2.1", expected=1),)
NOT_JUDGED = (audited("198.51.100.1/32", "192.0.2.1", expected=None),)


def output(audit: Audit, fail_on: Severity = Severity.WARNING) -> str:
    return render_nagios(audit, fail_on=fail_on)


@pytest.mark.parametrize(
    "audit, fail_on, state",
    [
        (audit_of(prefixes=FINE), Severity.WARNING, State.OK),
        (audit_of(finding(Severity.INFO), prefixes=FINE), Severity.WARNING, State.OK),
        (audit_of(finding(Severity.INFO), prefixes=FINE), Severity.INFO, State.WARNING),
        (audit_of(finding(Severity.WARNING), prefixes=FINE), Severity.WARNING, State.WARNING),
        (audit_of(finding(Severity.WARNING), prefixes=FINE), Severity.ERROR, State.OK),
        (audit_of(finding(Severity.ERROR), finding(Severity.WARNING)), Severity.WARNING, State.CRITICAL),
        (audit_of(finding(Severity.ERROR), finding(Severity.INCOMPLETE)), Severity.WARNING, State.CRITICAL),
        (incomplete_audit(), Severity.WARNING, State.UNKNOWN),
        (audit_of(), Severity.WARNING, State.UNKNOWN),
        (audit_of(prefixes=NOT_JUDGED), Severity.WARNING, State.UNKNOWN),
    ],
    ids=[
        "clean", "info", "info_counts", "warning", "warning_does_not_count", "error", "error_and_incomplete",
        "incomplete", "no_prefix", "nothing_expected",
    ],
)  # fmt: skip
def test_the_state(audit: Audit, fail_on: Severity, state: State) -> None:
    assert state_of(audit, fail_on) is state
    assert output(audit, fail_on).startswith(f"ECMP {state.name} - ")


def test_the_seeds_answer() -> None:
    state, line = output(seed_audit()).splitlines()
    assert state == (
        "ECMP WARNING - 1 warning: not every load-balanced prefix is spread as expected | "
        "errors=0;;0;0 warnings=1;0;;0 incomplete=0;;;0 routers_checked=1;;;0 "
        "routers_not_checked=0;;;0 prefixes=2;;;0 prefixes_clean=1;;;0 prefixes_not_judged=0;;;0 "
        "next_hops=8;;;0 lines_not_understood=0;;;0 incidents=0;;;0"
    )
    assert line == "warning ECMP101: tor1 172.31.1.0/32: 3 next hops, expected 5"


def test_only_the_first_line_has_performance_data_and_no_line_has_markup() -> None:
    first, *others = output(hostile_audit(HOSTILE_MARKUP)).splitlines()
    assert first.count("|") == 1
    assert [line for line in others if set(line) & set("|<>")] == []
    assert len(others) == 2


def test_a_long_answer_is_cut_and_says_so() -> None:
    faults = [replace(finding(Severity.ERROR), message=str(number)) for number in range(25)]
    lines = output(audit_of(*faults)).splitlines()
    assert (len(lines), lines[-1]) == (22, "and 5 more findings (-v shows all)")


@pytest.mark.parametrize(
    "words, environment, wanted",
    [
        ("analyze x -f nagios", None, True),
        ("analyze x --format nagios", None, True),
        ("analyze x --format=nagios", None, True),
        ("analyze x -fnagios", None, True),
        ("analyze x", "nagios", True),
        ("analyze x -f json", "nagios", False),
        ("analyze x -o nagios:file", None, False),
        ("analyze nagios", None, False),
        ("analyze x -f", None, False),
    ],
)
def test_the_command_line_decides_whether_it_is_a_plugin(words: str, environment: str | None, wanted: bool) -> None:
    assert is_plugin(words.split(), {"ECMPAUDIT_FORMAT": environment} if environment else {}) is wanted


@pytest.mark.parametrize(
    "arguments, code, start",
    [
        (
            [SEED, "-f", "nagios"],
            1,
            "ECMP WARNING - 2 nodes are missing at 172.31.1.0/32: 172.30.250.103, 172.30.250.104 | ",
        ),
        (
            [SEED, "-f", "nagios", "--nodes", "172.30.250.101-105"],
            2,
            "ECMP CRITICAL - 2 nodes are missing at 172.31.1.0/32: 172.30.250.103, 172.30.250.104 | ",
        ),
        ([SEED, "-f", "nagios", "--pool", "172.31.1.1/32", "--expect", "5"], 0, "ECMP OK - clean: "),
        (
            [SEED, "-f", "nagios", "--pool", "192.0.2.0/24", "--expect", "5"],
            3,
            "ECMP UNKNOWN - pool 192.0.2.0/24 ",
        ),
        (["no-such-file", "-f", "nagios"], 3, "ECMP UNKNOWN - no-such-file: cannot be read"),
        ([SEED, "-f", "nagios", "--no-such-option"], 3, "ECMP UNKNOWN - No such option '--no-such-option'."),
        ([SEED, "-q", "-f", "nagios"], 1, ""),
    ],
    ids=["warning", "critical", "ok", "unknown", "no_file", "usage", "quiet"],
)
def test_the_exit_code_is_the_states(arguments: list[str], code: int, start: str) -> None:
    run = ecmpaudit("analyze", *arguments)
    assert (run.returncode, run.stdout[: len(start)]) == (code, start), run.stderr


def test_a_plugins_form_in_a_file_leaves_the_exit_code_as_it_is(tmp_path: Path) -> None:
    run = ecmpaudit_process("analyze", SEED, "--nodes", "172.30.250.101-105", "-o", f"nagios:{tmp_path}/state")
    assert (run.returncode, run.stdout[:13]) == (1, "error ECMP101")
    assert (tmp_path / "state").read_text().startswith("ECMP CRITICAL - ")


@pytest.mark.checkers
def test_icinga_reads_the_performance_data() -> None:
    first, *_ = output(seed_audit()).splitlines()
    values = {}
    for item in first.partition(" | ")[2].split():
        program = f'var p = parse_performance_data("{item}")\n[p.label, p.value, p.warn, p.crit, p.min]'
        run = subprocess.run(["icinga2", "console", "--eval", program], capture_output=True, text=True, check=True)
        label, *numbers = json.loads(run.stdout)
        values[label] = numbers
    assert values == {
        "errors": [0, None, 0, 0],
        "warnings": [1, 0, None, 0],
        "incomplete": [0, None, None, 0],
        "routers_checked": [1, None, None, 0],
        "routers_not_checked": [0, None, None, 0],
        "prefixes": [2, None, None, 0],
        "prefixes_clean": [1, None, None, 0],
        "prefixes_not_judged": [0, None, None, 0],
        "next_hops": [8, None, None, 0],
        "lines_not_understood": [0, None, None, 0],
        "incidents": [0, None, None, 0],
    }


@pytest.mark.checkers
def test_the_plugins_own_wrapper_knows_the_state() -> None:
    command = [sys.executable, "-m", "ecmpaudit", "analyze", str(ROOT / SEED), "-f", "nagios"]
    run = subprocess.run(
        ["/usr/lib/nagios/plugins/negate", "-s", "-t", "60", "-w", "CRITICAL", *command],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert (run.returncode, run.stdout.partition(" - ")[0]) == (2, "ECMP CRITICAL")
