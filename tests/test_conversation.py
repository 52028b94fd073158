"""The commands of one host: how long each may take, when the host is asked no more, and what the run gives up."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.collectors import conversation
from ecmpaudit.collectors.answer import Answer, Limit
from ecmpaudit.collectors.conversation import Conversation
from ecmpaudit.collectors.stop import Stop
from ecmpaudit.collectors.target import Target

if TYPE_CHECKING:
    from ecmpaudit.collectors.answer_budget import AnswerBuffer

TARGET = Target("tor1", platform="frr", command_timeout=20.0, host_timeout=60.0, answer_limit=1000)
COMPLETE = Answer("one\n", 0)
LATE = Answer(failure="timed out", is_timeout=True)
FAILED = Answer(failure="refused")


class _Host:
    """A host that is played: it gives one answer for each command, and records how long each may take."""

    takes_several = False

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: Answer, now: float = 100.0) -> None:
        self.answers = list(answers)
        self.limits: list[Limit] = []
        self.stop = Stop()
        self.is_connected = True
        monkeypatch.setattr(conversation, "time", SimpleNamespace(monotonic=lambda: now))
        self.conversation = Conversation(TARGET, self, self.stop, began=100.0)

    @property
    def is_open(self) -> bool:
        return self.is_connected

    def run(self, command_line: str, limit: Limit, output: AnswerBuffer) -> Answer:
        """Give the next answer."""
        assert (command_line, output.size) == ("show", 0)
        self.limits.append(limit)
        return self.answers.pop(0)


@pytest.mark.parametrize(
    "after,limit",
    [
        pytest.param(0.0, Limit(20.0, "command_timeout", 1000), id="at first"),
        pytest.param(40.0, Limit(20.0, "command_timeout", 1000), id="just enough left for a command"),
        pytest.param(41.0, Limit(19.0, "host_timeout", 1000), id="less left than a command may take"),
        pytest.param(59.5, Limit(0.5, "host_timeout", 1000), id="half a second left"),
        pytest.param(60.0, None, id="nothing left"),
    ],
)
def test_a_command_has_its_own_time_or_what_is_left_of_the_hosts(
    monkeypatch: pytest.MonkeyPatch, after: float, limit: Limit | None
) -> None:
    host = _Host(monkeypatch, COMPLETE, now=100.0 + after)
    capture = host.conversation.ask("show")
    assert host.limits == ([limit] if limit else [])
    expected = None if limit else "not asked: the host's 60 s were over; see host_timeout"
    assert (capture.failure, capture.is_given_up) == (expected, limit is None)


def test_after_two_commands_without_an_answer_a_host_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    host = _Host(monkeypatch, LATE, FAILED, LATE)
    captures = [host.conversation.ask("show") for _ in range(5)]
    assert [(capture.failure, capture.is_given_up) for capture in captures] == [
        ("timed out", False),
        ("refused", False),
        ("timed out", False),
        ("not asked: 2 earlier commands timed out; see command_timeout", True),
        ("not asked: 2 earlier commands timed out; see command_timeout", True),
    ]


@pytest.mark.parametrize(
    "answer,after,is_given_up",
    [
        pytest.param(LATE, 50.0, True, id="the host's time ended it"),
        pytest.param(LATE, 0.0, False, id="its own time ended it"),
        pytest.param(FAILED, 50.0, False, id="it failed within the host's time"),
        pytest.param(COMPLETE, 50.0, False, id="it is complete"),
    ],
)
def test_a_command_is_given_up_where_the_time_of_its_host_ends_it(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, after: float, is_given_up: bool
) -> None:
    assert _Host(monkeypatch, answer, now=100.0 + after).conversation.ask("show").is_given_up is is_given_up


def test_an_answer_may_have_2_gib() -> None:
    assert Target("tor1").answer_limit == 2_147_483_648


def test_a_lost_connection_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    host = _Host(monkeypatch)
    host.is_connected = False
    capture = host.conversation.ask("show")
    assert capture.failure == "not asked: the connection was lost during an earlier command"
    assert capture.is_given_up


@pytest.mark.parametrize(
    "answer,reason,expected",
    [
        pytest.param(FAILED, None, ("refused", False), id="a failure of its own"),
        pytest.param(FAILED, "interrupted", ("interrupted", True), id="the run was ended under it"),
        pytest.param(COMPLETE, "interrupted", (None, False), id="complete before the run was ended"),
    ],
)
def test_the_end_of_a_run_is_the_reason_of_what_it_cuts_off(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, reason: str | None, expected: tuple[str | None, bool]
) -> None:
    host = _Host(monkeypatch, answer)
    host.stop.reason = reason
    capture = host.conversation.ask("show")
    assert (capture.failure, capture.is_given_up) == expected


def test_a_capture_says_what_was_asked_of_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = _Host(monkeypatch, replace(COMPLETE, exit_status=0)).conversation.ask("show")
    assert (capture.router, capture.platform, capture.command, capture.source, capture.text, capture.exit_status) == (
        "tor1",
        "frr",
        "show",
        "ssh tor1: show",
        "one\n",
        0,
    )


class _Sessions:
    """A server that is played: it has so many sessions, and answers each command with its words."""

    is_open, takes_several = True, False

    def __init__(self, most: int, late: frozenset[str] = frozenset()) -> None:
        self.free = threading.Semaphore(most)
        self.late = late
        self.running = self.highest = 0
        self.lock = threading.Lock()
        self.asked: list[str] = []

    def run(self, command_line: str, limit: Limit, output: AnswerBuffer) -> Answer:
        """Refuse what is beyond the sessions that the server has."""
        del limit, output
        if not self.free.acquire(blocking=False):
            return Answer(failure="MaxSessions?", is_refused=True)
        with self.lock:
            self.running += 1
            self.highest = max(self.highest, self.running)
            self.asked.append(command_line)
        time.sleep(0.05)
        with self.lock:
            self.running -= 1
        self.free.release()
        return LATE if command_line in self.late else Answer(f"{command_line}\n", 0)


@pytest.mark.parametrize(
    "at_once,sessions,highest",
    [
        pytest.param(1, 10, 1, id="one after the other"),
        pytest.param(4, 10, 4, id="four at once"),
        pytest.param(10, 10, 9, id="no more than there are"),
        pytest.param(4, 2, 2, id="the server has two sessions"),
        pytest.param(4, 1, 1, id="the server has one session"),
    ],
)
def test_commands_are_asked_at_once_as_the_server_allows_and_each_once(
    at_once: int, sessions: int, highest: int
) -> None:
    commands = [f"show {number}" for number in range(9)]
    server = _Sessions(sessions)
    asked = Conversation(replace(TARGET, commands_at_once=at_once), server, Stop())
    captures = asked.ask_all(commands)
    assert [(c.command, c.text, c.failure) for c in captures] == [(c, f"{c}\n", None) for c in commands]
    assert (server.highest, sorted(server.asked)) == (highest, commands)


def test_a_server_without_any_session_is_asked_each_command_alone_and_reported() -> None:
    captures = Conversation(replace(TARGET, commands_at_once=4), _Sessions(0), Stop()).ask_all(["a", "b", "c"])
    assert [capture.failure for capture in captures] == ["MaxSessions?"] * 3


def test_what_is_late_beside_others_counts_and_costs_them_nothing() -> None:
    asked = Conversation(replace(TARGET, commands_at_once=2), _Sessions(9, frozenset({"b", "d"})), Stop())
    captures = asked.ask_all(["a", "b", "c", "d"])
    assert [capture.failure for capture in captures] == [None, "timed out", None, "timed out"]
    assert (asked.timeouts, asked.ask("e").failure) == (
        2, "not asked: 2 earlier commands timed out; see command_timeout",
    )  # fmt: skip
