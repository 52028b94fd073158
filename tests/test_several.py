"""Several commands in one session: each answer is as if it had been asked alone, whatever the others print or do."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.collectors.answer import Answer, Limit, ended, too_large
from ecmpaudit.collectors.answer_budget import AnswerBudget, TooLargeError
from ecmpaudit.collectors.conversation import Conversation, groups_of
from ecmpaudit.collectors.several import run_several
from ecmpaudit.collectors.stop import Stop
from ecmpaudit.collectors.target import Target
from ecmpaudit.collectors.transports.processes import run_process

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.collectors.answer_budget import AnswerBuffer

TARGET = Target("tor1", platform="frr", commands_in_a_session=16, command_timeout=20.0)
REFUSED = "echo 'permission denied: this is no command of a scan' >&2; exit 1"


class _Shell:
    """A host that is this machine: a shell gets each line, as from sshd."""

    is_open = True

    def __init__(self, instead_of_several: str | None = None) -> None:
        self.takes_several = True
        self.instead_of_several = instead_of_several
        """What a forced command runs in place of a line with several commands."""
        self.lines: list[str] = []

    def run(self, command_line: str, limit: Limit, output: AnswerBuffer) -> Answer:
        self.lines.append(command_line)
        if self.instead_of_several is not None and command_line.startswith("sh -c"):
            command_line = self.instead_of_several
        return run_process(["sh", "-c", command_line], limit, output, Stop()).answer


def found(session: _Shell, *commands: str, **changes: object) -> list[tuple[str, str | None]]:
    """Return text and failure of each command."""
    captures = Conversation(replace(TARGET, **changes), session, Stop()).ask_all(commands)  # type: ignore[arg-type]
    assert [capture.command for capture in captures] == list(commands)
    return [(capture.text, capture.failure) for capture in captures]


CASES = (
    "echo one",
    "printf 'no newline at the end'",
    "true",
    r"printf '\n\n'",
    r"printf 'a\nb'; echo warning >&2",
    "echo half; echo 'bgpd is not running' >&2; exit 1",
    "no-such-program",
    r"printf '\377\000\n'",
    "head -c 3000000 /dev/zero; echo end",
    "head -c 300000 /dev/zero >&2; echo noisy",
    "echo 'ecmpaudit-0123456789abcdef 0'",
    "exit 7",
    "exec false",
    "cd /; x=1",
    "echo $x; pwd | grep -c .",
    "echo last",
)
"""Commands, in an order in which the one before could spoil the next."""


def test_answers_are_those_of_single_commands() -> None:
    together = found(_Shell(), *CASES, commands_in_a_session=64)
    assert together == found(_Shell(), *CASES, commands_in_a_session=1)
    assert together[5] == ("half\n", "the command failed with exit status 1: bgpd is not running")


def test_all_share_one_session_and_more_are_spread_evenly() -> None:
    session = _Shell()
    assert found(session, "echo one", "echo two", "exit 1") == [
        ("one\n", None), ("two\n", None), ("", "the command failed with exit status 1"),
    ]  # fmt: skip
    assert len(session.lines) == 1
    assert [len(group) for group in groups_of(["show"] * 27, 16)] == [13, 14]
    assert groups_of([], 16) == []
    assert groups_of(["a", "b", "c"], 1) == [["a"], ["b"], ["c"]]


def test_what_ends_the_session_costs_the_next_commands_nothing() -> None:
    session = _Shell()
    one, killed, two, late, three = found(
        session, "echo one", "echo cut; kill -9 $PPID $$", "echo two", "echo begun; exec sleep 30", "echo three",
        command_timeout=2.0,
    )  # fmt: skip
    assert [one, two, three] == [("one\n", None), ("two\n", None), ("three\n", None)]
    assert killed[1] is not None
    assert late == ("begun\n", "timed out: no complete answer within 2 s, 6 bytes received; see command_timeout")


def test_each_command_has_its_own_time() -> None:
    sleeps = ["sleep 0.8; echo one", "sleep 0.8; echo two", "sleep 0.8; echo three"]
    assert found(_Shell(), *sleeps, command_timeout=2.0) == [("one\n", None), ("two\n", None), ("three\n", None)]


def test_a_host_whose_time_is_over_is_not_asked_further() -> None:
    captures = Conversation(replace(TARGET, host_timeout=1.0), _Shell(), Stop()).ask_all(
        ["echo one", "exec sleep 30", "echo never"]
    )
    assert captures[0].text == "one\n"
    assert ("host_timeout" in str(captures[1].failure), captures[1].is_given_up) == (True, True)
    assert (captures[2].failure, captures[2].is_given_up) == (
        "not asked: the host's 1 s were over; see host_timeout", True,
    )  # fmt: skip


def test_after_two_late_commands_the_others_are_not_asked() -> None:
    late = found(_Shell(), "echo one", "exec sleep 30", "exec sleep 30", "echo two", command_timeout=0.5)
    assert [failure and failure.partition(";")[0] for _, failure in late] == [
        None,
        "timed out: no complete answer within 0.5 s, 0 bytes received",
        "timed out: no complete answer within 0.5 s, 0 bytes received",
        "not asked: 2 earlier commands timed out",
    ]


def test_an_answer_that_is_too_large_is_cut_and_the_next_is_asked() -> None:
    assert found(_Shell(), "echo one", "head -c 100000 /dev/zero", "echo two", answer_limit=1000) == [
        ("one\n", None),
        ("\0" * 1000, "answer is larger than 1000 bytes and was cut there; ask for less"),
        ("two\n", None),
    ]


@pytest.mark.parametrize(
    "instead",
    [
        pytest.param(REFUSED, id="a forced command that allows single commands"),
        pytest.param("echo '% Unknown command: sh -c'", id="a command line that is no shell, with exit status 0"),
        pytest.param("exit 127", id="a restricted shell"),
    ],
)
def test_a_host_that_takes_single_commands_only_is_asked_these(instead: str) -> None:
    session = _Shell(instead)
    asked = Conversation(TARGET, session, Stop())
    assert [c.text for c in asked.ask_all(["echo one", "echo two"])] == ["one\n", "two\n"]
    assert [c.text for c in asked.ask_all(["echo three", "echo four"])] == ["three\n", "four\n"]
    assert [line.partition(" ")[0] for line in session.lines] == ["sh", "echo", "echo", "echo", "echo"]


def test_one_command_and_one_that_is_very_long_have_a_session_of_their_own() -> None:
    session = _Shell()
    assert found(session, "echo one") == [("one\n", None)]
    long = f"echo {'x' * 70_000}"
    assert found(session, long, "echo two") == [(f"{'x' * 70_000}\n", None), ("two\n", None)]
    assert session.lines == ["echo one", long, "echo two"]


def test_a_server_with_one_session_gets_one_group_after_the_other() -> None:
    class OneSession(_Shell):
        """A server with MaxSessions 1."""

        free = threading.Semaphore(1)

        def run(self, command_line: str, limit: Limit, output: AnswerBuffer) -> Answer:
            if not self.free.acquire(blocking=False):
                return Answer(failure="MaxSessions?", is_refused=True)
            try:
                return super().run(command_line, limit, output)
            finally:
                self.free.release()

    session = OneSession()
    commands = [f"sleep 0.1; echo {number}" for number in range(6)]
    texts = [text for text, _ in found(session, *commands, commands_in_a_session=2, commands_at_once=3)]
    assert texts == [f"{number}\n" for number in range(6)]
    assert len(session.lines) == 3
    assert session.takes_several


def pieces(content: bytes, size: int) -> Sequence[bytes]:
    return [content[place : place + size] for place in range(0, len(content), size)]


@pytest.mark.parametrize("size", range(1, 40))
def test_marks_are_found_wherever_what_arrives_is_divided(size: int) -> None:
    class Played:
        """A host whose answer arrives in pieces, the line of a login before it."""

        is_open = takes_several = True

        def run(self, command_line: str, limit: Limit, output: AnswerBuffer) -> Answer:
            mark = command_line.split("\\n", 2)[1].partition(" ")[0]
            written = f"Welcome\n\n{mark} 0\none\n\necmpaudit-\n{mark} 0\n\n{mark} 3\n"
            for piece in pieces(written.encode(), size):
                output.receive(piece, limit.size)
            for piece in pieces(f"motd\n{mark} 0\nwarning\n{mark} 0\nno\n\n{mark} 3\n".encode(), size):
                output.complain(piece)
            return ended(0, output)

    answers = run_several(Played(), ["a", "b"], lambda: Limit(9.0, "command_timeout", 99), AnswerBudget())
    assert isinstance(answers, list)
    assert [(each.answer.text, each.answer.exit_status, each.answer.failure) for each in answers] == [
        ("one\n\necmpaudit-", 0, None),
        ("", 3, "the command failed with exit status 3: no"),
    ]


class Hostile:
    """A host that prints what it likes with the mark of the line."""

    is_open = takes_several = True

    def __init__(self, output: str, complaint: str = "") -> None:
        self.output, self.complaint = output, complaint

    def run(self, command_line: str, limit: Limit, output: AnswerBuffer) -> Answer:
        """Print it in pieces."""
        mark = command_line.split("\\n", 2)[1].partition(" ")[0]
        try:
            for piece in pieces(self.complaint.replace("MARK", mark).encode(), 1000):
                output.complain(piece)
            for piece in pieces(self.output.replace("MARK", mark).encode(), 1000):
                output.receive(piece, limit.size)
        except TooLargeError:
            return too_large(limit, output)
        return ended(0, output)


def texts_of(host: Hostile, size: int) -> list[str]:
    answers = run_several(host, ["a", "b"], lambda: Limit(9.0, "command_timeout", size), AnswerBudget())
    assert isinstance(answers, list)
    return [each.answer.text for each in answers]


@pytest.mark.parametrize("status", ["", "x", "-1", "+1", "1_0", "0000", "\u0661", "9" * 5000, " 0", "0 "])
def test_a_mark_with_another_status_than_a_shell_gives_is_part_of_the_answer(status: str) -> None:
    line = f"one\n\nMARK {status}\ntwo"
    first, second = texts_of(Hostile(f"\nMARK 0\n{line}\nMARK 0\nthree\nMARK 0\n"), 99_999)
    assert first.startswith("one\n\necmpaudit-")
    assert first.endswith(f" {status}\ntwo")
    assert second == "three"


def test_what_follows_a_mark_without_an_end_counts_as_the_answer() -> None:
    (only,) = texts_of(Hostile(f"\nMARK 0\none\nMARK {'1' * 50_000}"), 2_000)
    assert len(only) == 2_000


def test_more_marks_than_commands_end_the_session() -> None:
    assert texts_of(Hostile("\nMARK 0\none\nMARK 0\ntwo\nMARK 0\n" + "\nMARK 0\n" * 1000), 99) == ["one", "two"]
    output = "\nMARK 0\none\nMARK 1\n\nMARK 1\n"
    complaint = "\nMARK 0\nx\nMARK 1\ny\nMARK 1\n" + "\nMARK 0\n" * 1000
    answers = run_several(Hostile(output, complaint), ["a", "b"], lambda: Limit(9.0, "t", 99), AnswerBudget())
    assert isinstance(answers, list)
    assert [each.answer.failure for each in answers] == [
        "the command failed with exit status 1: x", "the command failed with exit status 1: y",
    ]  # fmt: skip
