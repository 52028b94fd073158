"""A crash, a full disk or several collectors at once: a run is there whole or not at all, and all others stay."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from ecmpaudit.errors import HistoryError
from ecmpaudit.history.store import open_history
from tests import history_writer
from tests.program import ecmpaudit
from tests.test_instance import full_disk

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
KILLS = 50
COLLECTORS = 4
RUNS_EACH = 5


def killed_child(place: str, first: int, statement: int | None, delay: float) -> int:
    """Let a child keep runs until it is killed; return how it ended.

    Every other child is killed at a statement of its own, the others after a delay, perhaps in the middle of a write.
    """
    ready, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with open_history(place) as history:
                if statement is not None:
                    history_writer.die_at(history, statement)
                os.write(writer, b".")
                history_writer.keep_runs(history, "killed", 1000, first)
        finally:
            os._exit(0)
    os.read(ready, 1)
    os.close(ready)
    os.close(writer)
    if statement is None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def test_kill_9_in_mid_write_loses_the_current_run_at_most(tmp_path: Path) -> None:
    place = str(tmp_path / "history.db")
    chance = random.Random(20261120)  # noqa: S311 - the same kills in every run of the test
    with open_history(place) as history:
        history_writer.keep_runs(history, "before", 1)
    kept = 1
    for kill in range(KILLS):
        statement = chance.randint(1, 60) if kill % 2 else None
        status = killed_child(place, kept, statement, chance.uniform(0.0, 0.1))
        assert os.WTERMSIG(status) == signal.SIGKILL
        with open_history(place) as history:
            with history.engine.connect() as connection:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
            runs = history.runs()
            assert len(runs) >= kept
            assert [run.number for run in runs] == list(range(1, len(runs) + 1))
            assert all(history_writer.is_whole(history, run.number, run.started) for run in runs[kept - 1 :])
            kept = len(runs)
    assert kept > KILLS // 4


def test_a_full_disk_loses_the_current_run_only_and_says_so(tmp_path: Path) -> None:
    place = str(tmp_path / "history.db")
    with open_history(place) as history:
        history_writer.keep_runs(history, "roomy", 1)
        with history.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        event.listen(history.engine, "checkout", lambda c, *_: c.execute(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(HistoryError, match=r"history .*history\.db: database or disk is full"):
            history_writer.keep_runs(history, "full", 50, first=1)
        kept = history.runs()
    with open_history(place) as history:
        assert history.runs() == kept
        assert all(history_writer.is_whole(history, run.number, run.started) for run in kept)
        history_writer.keep_runs(history, "roomy", 1, first=len(kept))
        assert len(history.runs()) == len(kept) + 1


def test_a_disk_that_is_really_full_is_reported_in_one_line(tmp_path: Path) -> None:
    """`ulimit -f` is a disk that takes no more: the write fails in the kernel, not in SQLite's own counting."""
    place = str(tmp_path / "history.db")
    with open_history(place) as history:
        history_writer.keep_runs(history, "roomy", 1)
    size = (tmp_path / "history.db").stat().st_size // 1024 + 40
    limited = f"trap '' XFSZ; ulimit -f {size}; exec {sys.executable} -m tests.history_writer {place} full 500"
    run = subprocess.run(["bash", "-c", limited], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 1
    assert "HistoryError: history" in run.stderr
    with open_history(place) as history:
        runs = history.runs()
        assert all(history_writer.is_whole(history, run.number, run.started) for run in runs)
        assert len(runs) < 500


SEED = ROOT / "tests" / "fixtures" / "frr" / "show_ip_route--seed.txt"


@pytest.mark.parametrize("state", ["full", "damaged"])
def test_a_run_that_cannot_be_recorded_is_reported_all_the_same(state: str, tmp_path: Path) -> None:
    place = tmp_path / "history.db"
    if state == "damaged":
        place.write_bytes(b"garbage" * 1000)
    report = ecmpaudit("analyze", SEED).stdout
    with full_disk() if state == "full" else contextlib.nullcontext():
        ended = ecmpaudit("analyze", SEED, "--record", "--history", place)
    assert ended.returncode == 2
    assert ended.stdout == report
    assert re.fullmatch(rf"ecmpaudit: history {place}: [^\n]+\n", ended.stderr)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 400 KiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", folder], check=False, capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_history_on_a_full_disk_is_named_with_its_folder_and_the_remedy(small_disk: Path) -> None:
    place = small_disk / "history.db"
    assert ecmpaudit("analyze", SEED, "--record", "--history", place).returncode < 2
    filler = small_disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    remedy = f"no room is left on the disk of {small_disk}, and reading needs some as well; free 1 MiB there"
    commands: list[list[str | Path]] = [
        ["history"],
        ["report"],
        ["diff", "last", "last"],
        ["analyze", SEED, "--record"],
    ]
    for command in commands:
        ended = ecmpaudit(*command, "--history", place)
        assert ended.returncode == 2, command
        assert ended.stderr == (f"ecmpaudit: history {place}: disk I/O error: {remedy}, or name another history\n"), (
            command
        )
    filler.unlink()
    assert ecmpaudit("history", "--history", place).returncode == 0


def test_a_write_that_a_limit_refuses_is_not_blamed_on_a_full_disk(tmp_path: Path) -> None:
    place = tmp_path / "history.db"
    with open_history(str(place)) as history, full_disk(), pytest.raises(HistoryError) as refused:
        history_writer.keep_runs(history, "limited", 1)
    assert f"the disk of {tmp_path}, a quota or a limit refused; see `dmesg` and `ulimit -f`" in str(refused.value)


def test_four_collectors_at_once_keep_every_run_once(history_place: str) -> None:
    """The first of them makes the schema while the others wait."""
    arguments = [sys.executable, "-m", "tests.history_writer", history_place]
    collectors = [
        subprocess.Popen([*arguments, f"collector{n}", str(RUNS_EACH)], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for n in range(COLLECTORS)
    ]
    errors = [collector.communicate(timeout=120)[1] for collector in collectors]
    assert [collector.returncode for collector in collectors] == [0] * COLLECTORS, errors
    with open_history(history_place) as history:
        runs = history.runs()
        kept = Counter((run.asked.configuration, run.started) for run in runs)
        assert len(kept) == COLLECTORS * RUNS_EACH
        assert set(kept.values()) == {1}
        assert all(history_writer.is_whole(history, run.number, run.started) for run in runs)
