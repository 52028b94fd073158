"""All answers of a run share one budget of memory; further ones are in files, and what is too large is left out."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from backports import zstd

from ecmpaudit.auditing.run import read_material
from ecmpaudit.collectors import snapshot
from ecmpaudit.collectors.answer_budget import LARGE, AnswerBudget, BudgetSpentError
from ecmpaudit.collectors.capture_texts import ends_with_a_line_end, lines_of, loaded, portions_of
from ecmpaudit.collectors.files import read_inputs
from ecmpaudit.errors import SnapshotError
from ecmpaudit.model import Capture
from ecmpaudit.parsing.batches import read_captures
from ecmpaudit.private_folders import private_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecmpaudit.errors import UnknownFormatError
    from ecmpaudit.parsing.plan import Wanted
    from ecmpaudit.parsing.route_table import RouteTable

MEBIBYTE = 1 << 20
ROUTE = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:01\n"
ROUTES = "".join(ROUTE.replace("198.51.100.7", f"10.9.{n >> 8}.{n & 255}") for n in range(3000))
"""A table of 202 KiB."""
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda content: gzip.compress(content, 1),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd.compress,
}
LEFT_OUT = (
    "left out: the answers of this run take more than 1 MiB in memory and 8 MiB on disk; "
    "give a larger --memory, or read less at once"
)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that has the private folders of a run."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def test_what_has_no_room_in_memory_is_in_a_private_file(temporary: Path) -> None:
    budget = AnswerBudget(1)
    buffer = budget.buffer()
    for _ in range(3):
        buffer.append(b"x" * (MEBIBYTE // 2))
    file = Path(buffer.close() or "")
    assert (file.stat().st_size, file.stat().st_mode & 0o777, buffer.content) == (MEBIBYTE * 3 // 2, 0o600, b"")
    assert (file.parent.parent, file.parent.stat().st_mode & 0o777) == (temporary, 0o700)


def test_a_character_that_is_not_ascii_costs_four_bytes() -> None:
    budget = AnswerBudget(1)
    buffer = budget.buffer()
    buffer.append("é".encode() * (MEBIBYTE // 4))
    assert buffer.close() is not None


def test_what_is_beyond_the_disk_is_refused_and_what_is_given_up_is_free_again() -> None:
    budget = AnswerBudget(1)
    buffer = budget.buffer()
    for _ in range(8):
        buffer.append(b"x" * MEBIBYTE)
    with pytest.raises(BudgetSpentError, match="take more than 1 MiB in memory and 8 MiB on disk"):
        buffer.append(b"x" * MEBIBYTE)
    assert buffer.last(10) == b"x" * 10
    again = budget.buffer()
    for _ in range(8):
        again.append(b"y" * MEBIBYTE)
    assert again.size == 8 * MEBIBYTE


def test_a_full_disk_leaves_the_answer_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/nowhere")
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    buffer = AnswerBudget(1).buffer()
    with pytest.raises(BudgetSpentError, match="left out: it cannot be kept in a temporary file: No such file"):
        buffer.append(b"x" * 2 * MEBIBYTE)


@pytest.mark.parametrize("suffix", PACKERS)
def test_packed_files_share_the_budget_with_all_others(suffix: str, tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"tor{number:02}.{suffix}").write_bytes(PACKERS[suffix](ROUTES.encode()))
    captures = read_inputs([str(tmp_path)], AnswerBudget(1))
    assert [capture.text == ROUTES for capture in captures[:6]] == [True] * 5 + [False]
    assert len({capture.file for capture in captures[5:48] if capture.failure is None}) == 43
    assert {(capture.text, capture.failure, capture.is_given_up) for capture in captures[48:]} == {("", LEFT_OUT, True)}


def test_a_file_of_xz_that_asks_for_too_much_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecmpaudit.collectors.compression._LARGEST_WINDOW", 4 * MEBIBYTE)
    (tmp_path / "tor1.xz").write_bytes(lzma.compress(ROUTE.encode(), preset=6))
    (capture,) = read_inputs([str(tmp_path / "tor1.xz")])
    assert (capture.failure or "").startswith("the xz data is damaged or cut short: Memory usage limit")


def test_two_streams_of_xz_in_one_file_are_both_read(tmp_path: Path) -> None:
    (tmp_path / "tor1.xz").write_bytes(lzma.compress(b"one\n") + b"\0" * 4 + lzma.compress(b"two\n"))
    assert [capture.text for capture in read_inputs([str(tmp_path / "tor1.xz")])] == ["one\ntwo\n"]


def test_files_beyond_the_memory_are_read_as_those_in_memory(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"tor{number}").write_text(ROUTES)
    in_memory, in_files = read_material(read_inputs([str(tmp_path)])), AnswerBudget(1)
    captures = read_inputs([str(tmp_path)], in_files)
    assert {capture.file is None for capture in captures} == {True, False}
    beyond = read_material(captures, budget=in_files)
    assert [list(table.views()) for table in beyond.tables] == [list(table.views()) for table in in_memory.tables]


@pytest.mark.parametrize("enough", [1, 200, 1 << 20])
def test_tables_in_files_are_read_together_as_those_in_memory_and_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, enough: int
) -> None:
    of_ipv6 = "B>* 2001:db8:1::/64 [20/0] via fe80::1, eth0, 00:00:01\n"
    texts = [ROUTE, f"{ROUTE}nonsense\n", "gone", ROUTE, of_ipv6, "no table\n", of_ipv6]
    answers, in_files = [], []
    for number, text in enumerate(texts):
        command = f"vtysh -c 'show {'ipv6' if text == of_ipv6 else 'ip'} route'"
        answer = Capture(f"tor{number}", "frr", command, text, f"ssh tor{number}", started="now")
        file = tmp_path / str(number)
        if text != "gone":
            file.write_text(text)
            answers.append(answer)
        in_files.append(replace(answer, text="", file=str(file)))
    at_once: list[int] = []

    def counted(captures: Sequence[Capture], wanted: Wanted) -> list[RouteTable | UnknownFormatError]:
        at_once.append(len(captures))
        return read_captures(captures, wanted)

    monkeypatch.setattr("ecmpaudit.auditing.gathering.LARGE", enough)
    monkeypatch.setattr("ecmpaudit.auditing.gathering.read_captures", counted)
    large = read_material(in_files)
    assert max(at_once) == {1: 1, 200: 3, 1 << 20: 6}[enough]
    small = read_material(answers)
    assert [table.router for table in large.tables] == ["tor0", "tor1", "tor3", "tor4", "tor6"]
    assert [table.views() for table in large.tables] == [table.views() for table in small.tables]
    assert [table.unparsed for table in large.tables] == [table.unparsed for table in small.tables]
    assert [capture.router for capture in large.failed] == ["tor2", "tor5"]
    assert large.failed[1].failure == small.failed[0].failure


def test_an_answer_in_a_file_is_read_like_one_in_memory(tmp_path: Path) -> None:
    summary = json.dumps({"ipv4Unicast": {"peers": {"192.0.2.1": {"remoteAs": 64497, "state": "Established"}}}})
    answers = [
        Capture("tor1", "frr", "vtysh -c 'show ip route'", f"{ROUTE}nonsense\n", "ssh tor1: a", started="now"),
        Capture("tor1", "frr", "vtysh -c 'show bgp summary json'", summary, "ssh tor1: b", started="now"),
        Capture("tor1", "frr", "vtysh -c 'show version'", "FRRouting 10.2 (tor1)\n", "ssh tor1: c", started="now"),
    ]
    in_files = []
    for number, answer in enumerate(answers):
        file = tmp_path / str(number)
        file.write_text(answer.text)
        in_files.append(replace(answer, text="", file=str(file)))
    small, large = read_material(answers), read_material(in_files)
    assert large.facts == small.facts
    assert [table.unparsed for table in large.tables] == [table.unparsed for table in small.tables] != [()]
    assert [table.capture for table in large.tables] == [in_files[0]]


def test_a_text_that_has_to_be_read_at_once_and_is_too_large_makes_the_audit_incomplete(tmp_path: Path) -> None:
    file = tmp_path / "tor1"
    file.write_bytes(b"no route\n" * (2 * LARGE // 9))
    run = subprocess.run(
        [sys.executable, "-m", "ecmpaudit", "analyze", str(file), "--memory", "20"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 3
    assert "it is no route table of which every line is understood" in run.stdout
    assert "takes 31 MiB in memory of 20 MiB; give a larger --memory" in run.stdout


def test_an_answer_that_was_left_out_makes_the_audit_incomplete(tmp_path: Path) -> None:
    (tmp_path / "tor1.txt").write_text(ROUTE)
    (tmp_path / "tor2.gz").write_bytes(gzip.compress(ROUTE.encode() * 150_000, 1))
    run = subprocess.run(
        [sys.executable, "-m", "ecmpaudit", "analyze", str(tmp_path), "--memory", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 3, run.stderr
    assert f"tor2: not checked: {tmp_path / 'tor2.gz'}: {LEFT_OUT}" in " ".join(run.stdout.split())


def test_standard_input_without_an_end_is_left_out() -> None:
    with subprocess.Popen(["/usr/bin/yes", "no route"], stdout=subprocess.PIPE) as endless:
        run = subprocess.run(
            [sys.executable, "-m", "ecmpaudit", "analyze", "-", "--memory", "1"],
            stdin=endless.stdout,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        endless.kill()
    assert run.returncode == 3
    assert LEFT_OUT in " ".join(run.stdout.split())


def test_a_saved_answer_in_a_file_is_masked_and_whole(tmp_path: Path) -> None:
    file = tmp_path / "answer"
    lines = "router bgp 64500\n" + " neighbor 192.0.2.1 password hunter2\n" * 60_000 + "end\n"
    file.write_text(lines)
    capture = Capture("tor1", "frr", "vtysh -c 'show running-config'", "", "ssh tor1", file=str(file))
    assert "".join(portions_of(capture)) == lines
    snapshot.save([capture], tmp_path / "saved", started="now")
    (saved,) = snapshot.read(tmp_path / "saved")
    assert saved.text == lines.replace("hunter2", "***")


def test_a_secret_on_the_line_below_its_word_is_in_the_same_portion(tmp_path: Path) -> None:
    file = tmp_path / "bird.conf"
    file.write_text(f'{"#" * MEBIBYTE}\npassword\n  "hunter2";\n')
    capture = Capture("node1", "bird", "cat /etc/bird/bird.conf", "", "ssh node1", file=str(file))
    snapshot.save([capture], tmp_path / "saved", started="now")
    assert "hunter2" not in snapshot.read(tmp_path / "saved")[0].text


def test_a_large_saved_answer_stays_in_its_file_and_is_checked(tmp_path: Path) -> None:
    text = ROUTE * (LARGE // len(ROUTE) + 1)
    snapshot.save([Capture("tor1", "frr", "show ip route", text, "ssh tor1")], tmp_path / "saved", started="now")
    (saved,) = snapshot.read(tmp_path / "saved")
    assert (saved.text, next(lines_of(saved)), ends_with_a_line_end(saved)) == ("", ROUTE, True)
    assert loaded(saved, AnswerBudget()).text == text
    Path(saved.file or "").write_text(ROUTE)
    with pytest.raises(SnapshotError, match="changed since it was saved"):
        snapshot.read(tmp_path / "saved")


HOLDING = """
import sys, time
from ecmpaudit.signals import end_in_order
from ecmpaudit.collectors.answer_budget import AnswerBudget
end_in_order()
budget = AnswerBudget(1)
buffer = budget.buffer()
buffer.append(b"x" * (2 << 20))
print("kept", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, None)])
def test_the_files_of_a_run_are_removed_when_it_is_ended(
    number: signal.Signals, code: int | None, temporary: Path
) -> None:
    before = signal.signal(number, signal.SIG_DFL)  # under nohup, a child would inherit that SIGHUP is ignored
    try:
        run = subprocess.Popen([sys.executable, "-c", HOLDING], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    finally:
        signal.signal(number, before)
    with run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"kept\n"
        assert len(list(temporary.iterdir())) == 1
        run.send_signal(number)
        ended = run.wait(timeout=30)
    assert code in {None, ended}
    assert list(temporary.iterdir()) == []


def test_the_files_of_a_killed_run_are_removed_by_the_next(temporary: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDING], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        run.stdout.readline()
        (left,) = temporary.iterdir()
        _make_old(left)
        with private_folder(temporary, "ecmpaudit-answers-", r"tmp[a-z0-9_]{8}"):
            assert left.exists(), "its run lives"
        run.kill()
    _make_old(left)
    with private_folder(temporary, "ecmpaudit-answers-", r"tmp[a-z0-9_]{8}"):
        assert not left.exists()


@pytest.mark.parametrize("odd", ["a file of another name", "a young one", "a mode of another program", "a link"])
def test_what_is_not_surely_of_a_killed_run_is_kept(odd: str, tmp_path: Path) -> None:
    folder = tmp_path / ".ecmpaudit-new-abcdefgh"
    folder.mkdir(mode=0o755 if odd == "a mode of another program" else 0o700)
    file = folder / ("notes.txt" if odd == "a file of another name" else "manifest.json")
    file.write_text("x")
    if odd != "a young one":
        _make_old(folder)
    if odd == "a link":
        folder = folder.rename(tmp_path / "mine")
        (tmp_path / ".ecmpaudit-new-abcdefgh").symlink_to(folder)
    snapshot.save([Capture("tor1", "frr", "show ip route", ROUTE, "ssh tor1")], tmp_path / "saved", started="now")
    assert (folder / file.name).exists()


def test_a_save_removes_what_a_killed_one_has_left(tmp_path: Path) -> None:
    folder = tmp_path / ".ecmpaudit-new-abcdefgh"
    folder.mkdir(mode=0o700)
    (folder / "001-tor1--show_ip_route.txt").write_text(ROUTE)
    _make_old(folder)
    snapshot.save([Capture("tor1", "frr", "show ip route", ROUTE, "ssh tor1")], tmp_path / "saved", started="now")
    assert not folder.exists()


def _make_old(folder: Path) -> None:
    an_hour_ago = time.time() - 3600
    os.utime(folder, (an_hour_ago, an_hour_ago))


MEASURED = "import resource, subprocess, sys; subprocess.run(sys.argv[1:]); print(resource.getrusage(-1).ru_maxrss)"


def test_a_text_that_is_left_out_takes_no_memory_of_its_size(tmp_path: Path) -> None:
    with (tmp_path / "large.txt").open("wb") as large:
        large.write(b"a" * 100)
        large.truncate(600 << 20)  # zeros, which take no room on disk
    words = ["-m", "ecmpaudit", "analyze", "--memory", "16", str(tmp_path / "large.txt")]
    run = subprocess.run(
        [sys.executable, "-c", MEASURED, sys.executable, *words],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    shown, _, kibibytes = run.stdout.rstrip().rpartition("\n")
    assert "takes 600 MiB" in shown
    assert int(kibibytes) < 300 << 10
