"""A process of this machine as a transport: what counts as complete, what is bounded, and what is ended with it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from ecmpaudit.collectors.answer import Answer, Limit
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.capture_texts import loaded
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.stop import Stop
from ecmpaudit.collectors.target import Target
from ecmpaudit.collectors.transports.processes import run_process


def ran(*argv: str, seconds: float = 20.0, size: int = 10_000_000, stop: Stop | None = None) -> Answer:
    """Return the answer of a process."""
    limit = Limit(seconds, "command_timeout", size)
    return run_process(argv, limit, AnswerBudget().buffer(), stop or Stop()).answer


def shell(script: str, **bounds: float) -> Answer:
    return ran("/bin/sh", "-c", script, **bounds)  # type: ignore[arg-type]  # seconds and size


@pytest.mark.parametrize(
    "script,answer",
    [
        pytest.param("echo one; echo no >&2", Answer("one\n", 0), id="complete"),
        pytest.param(
            "echo one; echo 'sudo: no terminal' >&2; exit 1",
            Answer("one\n", 1, "the command failed with exit status 1: sudo: no terminal"),
            id="half an answer with another status",
        ),
        pytest.param(
            "echo one; kill -9 $$",
            Answer(
                "one\n",
                None,
                "cut off: no exit status arrived, connection lost or command killed; 4 bytes received",
            ),
            id="killed",
        ),
        pytest.param("echo $LC_ALL; cat", Answer("C.UTF-8\n", 0), id="English, and nothing on standard input"),
        pytest.param("head -c 3000000 /dev/zero >&2; echo one", Answer("one\n", 0), id="much standard error"),
    ],
)
def test_an_answer_is_complete_where_the_exit_status_is_0(script: str, answer: Answer) -> None:
    assert shell(script) == answer


def test_a_program_that_does_not_exist_is_named() -> None:
    failure = "no such command (exit status 127: vtysh-of-none: No such file or directory); check platform"
    assert str(ran("vtysh-of-none", "-c", "show version").failure).startswith(failure)


def test_a_file_that_cannot_be_run_is_named() -> None:
    failure = "no such command (exit status 126: /etc: Permission denied); check platform"
    assert str(ran("/etc").failure).startswith(failure)


def test_an_answer_over_the_limit_is_cut_and_its_process_ended() -> None:
    answer = shell("echo $$; exec yes", size=1000)
    assert answer.failure == "answer is larger than 1000 bytes and was cut there; ask for less"
    assert is_over(int(answer.text.split()[0]))


def test_what_a_command_started_ends_with_its_time() -> None:
    answer = shell("sleep 60 & echo $!; wait", seconds=0.5)
    assert (
        answer.failure
        == f"timed out: no complete answer within 0.5 s, {len(answer.text)} bytes received; see command_timeout"
    )
    assert answer.is_timeout
    assert is_over(int(answer.text))


def test_a_command_ends_with_the_run() -> None:
    stop, began = Stop(), time.monotonic()
    timer = threading.Timer(0.3, stop.now, ["interrupted"])
    timer.start()
    answer = ran("sleep", "30", stop=stop)
    timer.join()
    assert time.monotonic() - began < 10
    assert not answer.is_timeout
    assert answer.failure is not None
    after = ran("echo", "one", stop=stop)
    assert (after.failure, after.is_given_up) == ("interrupted", True)


def is_over(process: int) -> bool:
    """Return whether a process ends within two seconds; one that nobody has waited for yet has ended too."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_no_shell_reads_a_local_command(tmp_path: Path) -> None:
    hostile = f"x; touch {tmp_path}/injected $(touch {tmp_path}/injected) `id` & |"
    prefix = ("env", f"WORD={hostile}", "printenv")
    target = Target("tor1", transport="local", command_prefix=prefix, commands=("WORD",), platform="frr")
    (capture,) = collect([target])
    assert (capture.text, capture.failure) == (f"{hostile}\n", None)
    assert not list(tmp_path.iterdir())


def test_a_large_local_answer_arrives_whole() -> None:
    (capture,) = collect([Target("tor1", transport="local", commands=("head -c 30000000 /dev/zero",))])
    assert capture.failure is None
    assert len(loaded(capture).text) == 30_000_000
