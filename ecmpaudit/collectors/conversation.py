"""The commands of one host on one connection, several in a session and at once where its target allows it.

A host that no longer answers must not hold up the run: after MOST_TIMEOUTS commands without an answer, or when the
host's time is over, what is left is not asked, and each capture says why.
"""

from __future__ import annotations

import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from ecmpaudit.collectors.answer import HOST_TIMEOUT, Answer, Limit, now
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.several import run_several
from ecmpaudit.collectors.target import capture_source, remote_command_line
from ecmpaudit.errors import CollectionError
from ecmpaudit.model import Capture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecmpaudit.collectors.stop import Stop
    from ecmpaudit.collectors.transports.interface import Session
from ecmpaudit.collectors.target import Target

_Asked = TypeVar("_Asked")
_Answered = TypeVar("_Answered")
MOST_TIMEOUTS = 2
"""Commands without an answer in time after which a host is not asked any further."""
_LONGEST = 60_000
"""Characters of the commands of one session: a shell takes no argument of more than 128 KiB, quotes included."""
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
        found: dict[int, Capture] = {}
        # The second time is for the groups that the server had no session for beside others.
        for ask in (self._ask_together, self._ask_together, self._ask_alone):
            left = [place for place in range(len(commands)) if place not in found]
            captures = ask([commands[place] for place in left])
            found |= {place: capture for place, capture in zip(left, captures, strict=True) if capture is not None}
        return [found[place] for place in range(len(commands))]

    def _ask_together(self, commands: Sequence[str]) -> Sequence[Capture | None]:
        """Return the captures of commands that share sessions, and None for each that has to be asked alone."""
        groups = groups_of(commands, self.target.commands_in_a_session)
        return [capture for group in self._at_once(self._ask_group, groups) for capture in group]

    def _ask_alone(self, commands: Sequence[str]) -> Sequence[Capture | None]:
        """Return the captures of commands that each have a session of their own."""
        captures = self._at_once(self._ask_beside_others, commands)
        return [capture or self.ask(command) for capture, command in zip(captures, commands, strict=True)]

    def _at_once(self, ask: Callable[[_Asked], _Answered], asked: Sequence[_Asked]) -> list[_Answered]:
        most = min(self.target.commands_at_once, len(asked))
        if most <= 1 or self.is_one_by_one:
            return [ask(each) for each in asked]
        with ThreadPoolExecutor(most, thread_name_prefix="ecmpaudit-command") as pool:
            return list(pool.map(ask, asked))

    def _ask_group(self, commands: Sequence[str]) -> list[Capture | None]:
        """Return the captures of one group; those after a command that ended the session get another session."""
        captures: list[Capture | None] = []
        if sum(len(command) for command in commands) > _LONGEST:
            return [None] * len(commands)
        while len(commands) - len(captures) > 1 and self.session.takes_several:
            found = self._ask_in_a_session(commands[len(captures) :])
            if not found:
                break
            captures += found
        return captures + [None] * (len(commands) - len(captures))

    def _ask_in_a_session(self, commands: Sequence[str]) -> list[Capture]:
        """Return the captures of the commands that were begun."""
        if self._reason_not_to_ask() is not None:
            return []
        lines = [remote_command_line(self.target, command) for command in commands]
        answers = run_several(self.session, lines, self._limit, self.budget)
        if isinstance(answers, Answer):
            self._judged(answers)
            self.is_one_by_one = self.is_one_by_one or answers.is_refused
            # None was begun: a forced command, a restricted shell, or a shell that is none.
            self.session.takes_several = answers.is_refused
            return []
        return [
            capture_of(self.target, command, self._judged(each.answer), each.started, each.finished)
            for command, each in zip(commands, answers, strict=False)
        ]

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
        answer = self._judged(self._answer(remote_command_line(self.target, command)))
        return capture_of(self.target, command, answer, started, now()), answer.is_refused

    def _judged(self, answer: Answer) -> Answer:
        """Count an answer that is late; one that the end of the run has cut off has that reason."""
        with self._lock:
            self.timeouts += answer.is_timeout
        if answer.failure is not None and self.stop.reason is not None:  # the connection was closed under it
            return replace(answer, failure=self.stop.reason, is_given_up=True)
        return answer

    def _answer(self, command_line: str) -> Answer:
        reason = self._reason_not_to_ask()
        if reason is not None:
            return not_asked(reason)
        limit = self._limit()
        answer = self.session.run(command_line, limit, self.budget.buffer())
        is_given_up = answer.is_given_up or (answer.is_timeout and limit.setting == HOST_TIMEOUT)
        return replace(answer, is_given_up=is_given_up)

    def _reason_not_to_ask(self) -> str | None:
        if not self.session.is_open:
            return "the connection was lost during an earlier command"
        if self.timeouts >= MOST_TIMEOUTS:
            return f"{self.timeouts} earlier commands timed out; see command_timeout"
        if self._seconds_left() <= 0:
            return f"the host's {self.target.host_timeout:g} s were over; see host_timeout"
        return None

    def _seconds_left(self) -> float:
        return self.began + self.target.host_timeout - time.monotonic()

    def _limit(self) -> Limit:
        """Return that of a command which begins now."""
        target, seconds_left = self.target, self._seconds_left()
        if seconds_left < target.command_timeout:
            return Limit(seconds_left, HOST_TIMEOUT, target.answer_limit)
        return Limit(target.command_timeout, "command_timeout", target.answer_limit)


def groups_of(commands: Sequence[str], most: int) -> list[Sequence[str]]:
    """Return commands in as few groups of at most so many as there can be, of about the same size, in their order."""
    groups = math.ceil(len(commands) / most)
    bounds = [len(commands) * number // groups for number in range(groups + 1)] if groups else []
    return [commands[begin:end] for begin, end in pairwise(bounds)]


def not_asked(reason: str) -> Answer:
    """Return the answer to a command that is not sent."""
    return Answer(failure=f"not asked: {reason}", is_given_up=True)


def capture_of(target: Target, command: str, answer: Answer, started: str, finished: str | None = None) -> Capture:
    """Return the capture of an answer that is complete or failed, just now unless its time is given."""
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
        finished=finished or now(),
        file=answer.file,
    )
