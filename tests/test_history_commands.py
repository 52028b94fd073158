"""`--record`, `--history`, `history` and `diff`: most commands run in this process, some as a user runs them."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import program

if TYPE_CHECKING:
    from pathlib import Path

SEED = (program.ROOT / "tests" / "fixtures" / "frr" / "show_ip_route--seed.txt").read_text()
FIVE = "172.31.1.1/32"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the seed's table, the same after node5 went, and the same with five next hops lost to one."""
    (tmp_path / "whole.txt").write_text(SEED)
    (tmp_path / "short.txt").write_text(without(SEED, "172.30.250.105"))
    return tmp_path


def without(table: str, *addresses: str) -> str:
    return "".join(line for line in table.splitlines(keepends=True) if not any(f"{a}," in line for a in addresses))


def environment_of(folder: Path, **variables: str) -> dict[str, str]:
    """Return the environment of a command whose state is below the folder."""
    return program.plain_environment(XDG_STATE_HOME=str(folder / "state"), **variables)


def ecmpaudit(folder: Path, *arguments: str, **variables: str) -> program.Ended:
    """Run the command in this process."""
    return program.ecmpaudit(*arguments, folder=folder, environment=environment_of(folder, **variables))


def ecmpaudit_process(folder: Path, *arguments: str) -> program.Ended:
    """Run the command in a process of its own."""
    return program.ecmpaudit_process(*arguments, folder=folder, environment=environment_of(folder))


def codes(run: program.Ended) -> list[str]:
    return [finding["code"] for finding in json.loads(run.stdout)["findings"]]


def test_a_recorded_run_gives_the_next_one_a_past(folder: Path) -> None:
    first = ecmpaudit_process(folder, "analyze", "whole.txt", "--record", "-f", "json")
    assert codes(first) == ["ECMP101"]
    second = ecmpaudit_process(folder, "analyze", "short.txt", "--record", "-f", "json")
    assert codes(second) == ["ECMP101", "ECMP101", "ECMP602", "ECMP602"]
    (lost,) = [f for f in json.loads(second.stdout)["findings"] if f["prefix"] == FIVE and f["code"] == "ECMP101"]
    assert lost["inferred"] is True
    assert "expected 5 is inferred: last known good, run 1 of " in lost["message"]
    assert [node["name"] for node in lost["missing"]] == ["172.30.250.105"]
    assert (folder / "state" / "ecmpaudit" / "history.db").stat().st_mode & 0o777 == 0o600


def test_without_the_flags_nothing_is_kept_or_known(folder: Path) -> None:
    ecmpaudit(folder, "analyze", "whole.txt", "--record")
    assert codes(ecmpaudit(folder, "analyze", "short.txt", "-f", "json")) == ["ECMP101"]
    assert len(json.loads(ecmpaudit(folder, "history", "-f", "json").stdout)["runs"]) == 1


def test_history_judges_with_the_past_and_keeps_nothing(folder: Path) -> None:
    assert ecmpaudit(folder, "analyze", "whole.txt", "--record", "--history", "own.db").returncode == 1
    run = ecmpaudit(folder, "analyze", "short.txt", "-f", "json", ECMPAUDIT_HISTORY="own.db")
    assert "ECMP602" in codes(run)
    runs = json.loads(ecmpaudit(folder, "history", "--history", "own.db", "-f", "json").stdout)["runs"]
    assert [(each["run"], each["command"]) for each in runs] == [(1, "analyze")]


def test_a_prefix_that_vanished_is_missed_without_any_configuration(folder: Path) -> None:
    ecmpaudit(folder, "analyze", "whole.txt", "--record")
    lines = SEED.splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if line.startswith(f"B>* {FIVE}"))
    (folder / "gone.txt").write_text("".join(lines[:start] + lines[start + 10 :]))
    run = ecmpaudit(folder, "analyze", "gone.txt", "--history", str(folder / "state" / "ecmpaudit" / "history.db"))
    assert f"ECMP102 (inferred)  {FIVE}: no route, expected 5 next hops" in run.stdout
    assert "last known good, run 1 of " in run.stdout


def test_the_configuration_says_where_and_for_how_long(folder: Path) -> None:
    (folder / "ecmpaudit.yaml").write_text("history: {url: kept/runs.db, keep: 90d}\n")
    assert ecmpaudit(folder, "analyze", "whole.txt", "--record").returncode == 1
    assert (folder / "kept" / "runs.db").is_file()
    assert "1 run, 1 open incident, 0 ended" in ecmpaudit(folder, "history").stdout


def test_the_first_run_after_the_clock_jumped_years_ahead_forgets_nothing(folder: Path) -> None:
    (folder / "ecmpaudit.yaml").write_text("history: {keep: 90d}\n")
    database = folder / "state" / "ecmpaudit" / "history.db"

    def kept_after_one_more() -> int:
        ecmpaudit(folder, "analyze", "whole.txt", "--record")
        return len(json.loads(ecmpaudit(folder, "history", "-f", "json").stdout)["runs"])

    assert [kept_after_one_more(), kept_after_one_more()] == [1, 2]
    with contextlib.closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("UPDATE runs SET started = '2016' || substr(started, 5)")
    assert [kept_after_one_more(), kept_after_one_more()] == [3, 2]


def test_a_scan_of_a_router_that_does_not_answer_is_kept_as_incomplete(folder: Path) -> None:
    with socket.socket() as closed:  # bound and not listening: whoever connects is refused
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        (folder / "ecmpaudit.yaml").write_text(
            f"routers: {{tor1: {{host: 127.0.0.1, port: {port}, platform: frr}}}}\n"
            "clusters: {prod: {expect: 5, pools: [172.31.0.0/16]}}\n"
        )
        assert ecmpaudit(folder, "scan", "--record").returncode == 3
    (run,) = json.loads(ecmpaudit(folder, "history", "-f", "json").stdout)["runs"]
    assert (run["command"], run["incomplete"], run["asked_routers"]) == ("scan", True, ["tor1"])
    assert run["asked_pools"] == ["172.31.0.0/16"]
    assert len(run["configuration_sha256"]) == 64
    (router,) = run["routers"]
    assert (router["name"], router["has_data"]) == ("tor1", False)
    assert "not completely read: tor1" in ecmpaudit(folder, "history").stdout


def test_the_history_as_text_has_runs_and_incidents_and_single_faults_on_request(folder: Path) -> None:
    for name in ("short.txt", "whole.txt"):
        ecmpaudit(folder, "analyze", name, "--record", "--pool", "172.31.0.0/16", "--nodes", "172.30.250.101-105")
    lines = ecmpaudit(folder, "history").stdout.splitlines()
    assert [line.split()[0] for line in lines[:2]] == ["1", "2"]
    assert lines[0].endswith("analyze  1 router, 2 prefixes: 2 errors")
    (resolved,) = [line for line in lines if line.startswith("resolved")]
    assert re.fullmatch(
        r"resolved: error  node 172.30.250.105 is missing at all 2 prefixes "
        r"\(since (\S+ \S+), resolved \S+ \S+, seen 1 time\)",
        resolved,
    )
    assert [line for line in lines if "ECMP101" in line] == []
    single = [line for line in ecmpaudit(folder, "history", "-v").stdout.splitlines() if FIVE in line]
    assert single[0].startswith(
        f"resolved: error ECMP101  {FIVE}: 4 next hops, expected 5; missing 172.30.250.105 (since "
    )
    assert lines[-1] == "2 runs, 1 open incident, 1 ended; times are UTC"


def test_runs_are_pruned_by_age(folder: Path) -> None:
    ecmpaudit(folder, "analyze", "whole.txt", "--record")
    run = ecmpaudit(folder, "history", "prune", "--keep", "90d")
    assert (run.returncode, run.stdout) == (0, "0 runs forgotten\n")
    wrong = ecmpaudit(folder, "history", "--keep", "ninety")
    assert wrong.returncode == 2
    assert 'expected an age such as 90d, 12h or 2w, found "ninety"' in wrong.stderr


def test_two_dumps_are_compared_without_any_database(folder: Path) -> None:
    run = ecmpaudit(folder, "diff", "whole.txt", "short.txt", "--nodes", "node5=172.30.250.105")
    assert run.returncode == 1
    assert f"{FIVE}: 5 next hops, now 4; removed: node5 (172.30.250.105)" in run.stdout.splitlines()
    assert not (folder / "state").exists()
    assert ecmpaudit(folder, "diff", "whole.txt", "whole.txt").returncode == 0


def test_a_prefix_that_fell_to_one_next_hop_is_compared_though_it_looks_like_any_other(folder: Path) -> None:
    nodes = [f"172.30.250.{n}" for n in (102, 103, 104, 105)]
    (folder / "single.txt").write_text(without(SEED, *nodes))
    run = ecmpaudit(folder, "diff", "whole.txt", "single.txt")
    assert f"{FIVE}: 5 next hops, now 1; removed: {', '.join(nodes)}" in run.stdout.splitlines()


def test_a_dump_that_names_its_router_is_compared_with_one_that_does_not(folder: Path) -> None:
    (folder / "prompt.txt").write_text(f"tor1# show ip route\n{SEED}")
    run = ecmpaudit(folder, "diff", "prompt.txt", "short.txt")
    assert f"tor1 {FIVE}: 5 next hops, now 4; removed: 172.30.250.105" in run.stdout.splitlines()


def test_runs_and_files_are_compared_with_each_other(folder: Path) -> None:
    for name in ("whole.txt", "short.txt"):
        ecmpaudit(folder, "analyze", name, "--record")
    assert "removed: 172.30.250.105" in ecmpaudit(folder, "diff", "1", "2").stdout
    assert "added: 172.30.250.105" in ecmpaudit(folder, "diff", "last", "last-1").stdout
    report = json.loads(ecmpaudit(folder, "diff", "1", "short.txt", "-f", "json").stdout)
    assert [(c["prefix"], c["before"], c["after"]) for c in report["changes"]] == [
        ("172.31.1.0/32", 3, 2),
        (FIVE, 5, 4),
    ]


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        pytest.param(["diff", "whole.txt", "nothing.txt"], "nothing.txt: cannot be read", id="no_file"),
        pytest.param(
            ["analyze", "whole.txt", "--record", "--history", "mysql://db/x"],
            "is an unknown kind of database",
            id="no_url",
        ),
        pytest.param(
            ["analyze", "whole.txt", "--record", "--history", "postgresql://audit:secret@db/x"],
            "expected a URL without a password",
            id="password",
        ),
    ],
)
def test_what_cannot_be_done_has_a_message_and_exit_code_2(folder: Path, arguments: list[str], complaint: str) -> None:
    run = ecmpaudit(folder, *arguments)
    assert (run.returncode, complaint in run.stderr) == (2, True), run.stderr
    assert "secret" not in run.stdout + run.stderr


def test_a_history_that_takes_no_more_does_not_cost_the_report(folder: Path) -> None:
    """The kernel lets no file grow beyond 36 KiB: the history can be opened and read, and the run not kept."""
    ecmpaudit(folder, "analyze", "whole.txt", "--record")
    database = folder / "state" / "ecmpaudit" / "history.db"
    limit = f"trap '' XFSZ; ulimit -f 36; exec {sys.executable} -m ecmpaudit analyze short.txt --record"
    run = subprocess.run(
        ["bash", "-c", limit],
        cwd=folder,
        env=environment_of(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 2
    assert f"{FIVE}: 4 next hops, expected 5" in run.stdout
    assert f"ecmpaudit: history {database}: " in run.stderr
    assert len(json.loads(ecmpaudit(folder, "history", "-f", "json").stdout)["runs"]) == 1
