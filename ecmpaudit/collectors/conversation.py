"""The commands of one host on one connection, several at once where its target allows it, within its budget of time.

A host that no longer answers must not hold up the run: after MOST_TIMEOUTS commands without an answer, or when the
host's time is over, what is left is not asked, and each capture says why.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer import Answer, Limit
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.target import capture_source, remote_command_line
from ecmpaudit.errors import CollectionError
from ecmpaudit.model import Capture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.collectors.stop import Stop
    from ecmpaudit.collectors.transports.interface import Session
from ecmpaudit.collectors.target import Target

MOST_TIMEOUTS = 2
"""Commands without an answer in time after which a host is not asked any further."""
_MOMENT = 0.3
"""Seconds until a command is sent once more for which the server had no session."""


@dataclass(slots=True)
class Conversation:
    """One open session of a target."""

    target: Target
    session: Session
    stop: Stop
    budget: AnswerBudget = field(default_factory=AnswerBudget)
    began: float = field(default_factory=time.monotonic)
    timeouts: int = 0
    """Commands that were not answered in time."""
    is_one_by_one: bool = False
    """The server had no session for a command beside others."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask_all(self, commands: Sequence[str]) -> list[Capture]:
        """Return the capture of each command, in their order; as many as the target allows are asked at once."""
        most = min(self.target.commands_at_once, len(commands))
        if most <= 1 or self.is_one_by_one:
            return [self.ask(command) for command in commands]
        with ThreadPoolExecutor(most, thread_name_prefix="ecmpaudit-command") as pool:
            captures = list(pool.map(self._ask_beside_others, commands))
        return [capture or self.ask(command) for capture, command in zip(captures, commands, strict=True)]

    def _ask_beside_others(self, command: str) -> Capture | None:
        """Return None where the server has no session for it now (MaxSessions): then it is asked alone, later."""
        if self.is_one_by_one:
            return None
        capture, is_refused = self._asked(command)
        if is_refused:
            self.is_one_by_one = True
            return None
        return capture

    def ask(self, command: str) -> Capture:
        """Return the capture of one command, complete or with its failure; never raises for what the host does."""
        capture, is_refused = self._asked(command)
        if is_refused:  # sshd may still count the session before this one
            with suppress(CollectionError):
                self.stop.sleep(_MOMENT)
            capture, _ = self._asked(command)
        return capture

    def _asked(self, command: str) -> tuple[Capture, bool]:
        """Return the capture of one command, and whether the server opened no session for it."""
        started = now()
        answer = self._answer(remote_command_line(self.target, command))
        with self._lock:
            self.timeouts += answer.is_timeout
        if answer.failure is not None and self.stop.reason is not None:  # the connection was closed under it
            answer = replace(answer, failure=self.stop.reason, is_given_up=True)
        return capture_of(self.target, command, answer, started), answer.is_refused

    def _answer(self, command_line: str) -> Answer:
        target = self.target
        seconds_left = self.began + target.host_timeout - time.monotonic()
        if not self.session.is_open:
            return not_asked("the connection was lost during an earlier command")
        if self.timeouts >= MOST_TIMEOUTS:
            return not_asked(f"{self.timeouts} earlier commands timed out; see command_timeout")
        if seconds_left <= 0:
            return not_asked(f"the host's {target.host_timeout:g} s were over; see host_timeout")
        limit = Limit(target.command_timeout, "command_timeout", target.answer_limit)
        if seconds_left < target.command_timeout:
            limit = Limit(seconds_left, "host_timeout", target.answer_limit)
        answer = self.session.run(command_line, limit, self.budget.buffer())
        is_given_up = answer.is_given_up or (answer.is_timeout and limit.setting == "host_timeout")
        return replace(answer, is_given_up=is_given_up)


def not_asked(reason: str) -> Answer:
    """Return the answer to a command that is not sent."""
    return Answer(failure=f"not asked: {reason}", is_given_up=True)


def capture_of(target: Target, command: str, answer: Answer, started: str) -> Capture:
    """Return the capture of an answer that is complete or failed just now."""
    return Capture(
        router=target.name,
        platform=target.other_platforms.get(command, target.platform),
        command=command,
        text=answer.text,
        source=capture_source(target, command),
        failure=answer.failure,
        is_given_up=answer.is_given_up,
        exit_status=answer.exit_status,
        started=started,
        finished=now(),
        file=answer.file,
    )


def now() -> str:
    """Return the time, in ISO 8601 and UTC."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
