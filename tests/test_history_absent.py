"""A history that is not there, or has no run, is no data: exit code 3 in every command that reads one."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.cli.main import app
from tests.program import ROOT, ecmpaudit, plain_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import rich_click as click

    from tests.program import Ended

TABLE = str(ROOT / "tests" / "fixtures" / "frr" / "show_ip_route--seed.txt")
READING = {
    "analyze": [TABLE, "--pool", "172.31.0.0/16"],
    "explain": ["172.31.1.1", TABLE],
    "mcp": [TABLE],
    "scan": [],
    "diff": ["1", "2"],
    "report": [],
    "history": [],
    "history prune": ["--keep", "90d"],
}
"""What else each command with --history needs; `scan` has a configuration of a router that must not be asked."""
CREATES = {"serve"}
"""Commands that record every run, and so create the history."""
CONFIGURATION = "routers: {tor1: {host: 127.0.0.1, port: 1, platform: frr}}\nclusters: {a: {pools: [172.31.0.0/16]}}\n"


def commands(group: Mapping[str, click.Command], before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.items():
        yield f"{before}{name}", command
        yield from commands(getattr(command, "commands", {}), f"{before}{name} ")


def ran(folder: Path, command: str, *arguments: str, **variables: str) -> Ended:
    (folder / "ecmpaudit.yaml").write_text(CONFIGURATION, encoding="utf-8")
    environment = plain_environment(HOME=str(folder), XDG_STATE_HOME=str(folder / "state"), **variables)
    return ecmpaudit(*command.split(), *arguments, folder=folder, environment=environment)


def test_the_table_has_every_command_with_the_option() -> None:
    context = app.make_context("ecmpaudit", ["history"])
    names = {name: app.get_command(context, name) for name in app.list_commands(context)}
    every = dict(commands({name: command for name, command in names.items() if command}))
    with_option = {name for name, each in every.items() if any("--history" in option.opts for option in each.params)}
    assert with_option == READING.keys() | CREATES


@pytest.mark.parametrize("way", ["flag", "environment"])
@pytest.mark.parametrize("command", sorted(READING))
def test_a_history_that_is_not_there_is_no_data_in_every_command(tmp_path: Path, command: str, way: str) -> None:
    flags = ["--history", "none.db"] if way == "flag" else []
    variables = {"ECMPAUDIT_HISTORY": "none.db"} if way == "environment" else {}
    run = ran(tmp_path, command, *READING[command], *flags, **variables)
    assert (run.returncode, run.stdout) == (3, ""), run.stderr
    assert run.stderr == "ecmpaudit: history none.db: does not exist yet; `ecmpaudit scan --record` creates it\n"
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("command", ["report", "history", "history prune", "diff"])
def test_the_history_of_nobody_who_named_one_is_the_default_one(tmp_path: Path, command: str) -> None:
    run = ran(tmp_path, command, *READING[command])
    assert (run.returncode, "state/ecmpaudit/history.db: does not exist yet" in run.stderr) == (3, True)


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("command", ["history", "report"])
def test_a_period_without_a_run_is_no_data(tmp_path: Path, command: str, form: str) -> None:
    ran(tmp_path, "analyze", *READING["analyze"], "--record", "--history", "h.db")
    every = ran(tmp_path, command, "--history", "h.db", "-f", form)
    assert every.returncode == 0, every.stderr
    with contextlib.closing(sqlite3.connect(tmp_path / "h.db")) as database, database:
        database.execute("UPDATE runs SET started = '2020-01-01T00:00:00Z', finished = '2020-01-01T00:00:01Z'")
    none = ran(tmp_path, command, "--history", "h.db", "-f", form, "--since", "1h")
    assert none.returncode == 3, none.stdout
    assert none.stdout


def test_a_run_that_a_history_does_not_have_is_a_wrong_value(tmp_path: Path) -> None:
    ran(tmp_path, "analyze", *READING["analyze"], "--record", "--history", "h.db")
    run = ran(tmp_path, "diff", "1", "99", "--history", "h.db")
    assert (run.returncode, "there is no run 99" in run.stderr) == (2, True)


def test_a_monitoring_plugin_says_unknown(tmp_path: Path) -> None:
    run = ran(tmp_path, "analyze", *READING["analyze"], "--history", "none.db", "-f", "nagios")
    assert (run.returncode, run.stdout.startswith("ECMP UNKNOWN")) == (3, True)
