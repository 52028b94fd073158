"""Several commands in one session of a host: the line for its shell, and their answers, taken apart again.

`sh` prints a mark on both streams before the first command and after each one, with the exit status. The mark is
random, so that no answer contains it. A host that runs no such line never prints the first mark.
"""

from __future__ import annotations

import re
import secrets
import shlex
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer import Answer, Deadline, ended, failed, now, timed_out
from ecmpaudit.collectors.answer_budget import COMPLAINT_LIMIT, AnswerBuffer, BudgetSpentError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ecmpaudit.collectors.answer import Limit
    from ecmpaudit.collectors.answer_budget import AnswerBudget
    from ecmpaudit.collectors.transports.interface import Session

_BY_SIGNAL = range(128 + 1, 128 + 65)
"""The exit statuses that a shell gives for a command which a signal ended."""


@dataclass(frozen=True, slots=True)
class TimedAnswer:
    """The answer of one of the commands."""

    answer: Answer
    started: str
    finished: str


def run_several(
    session: Session, lines: Sequence[str], limit: Callable[[], Limit], budget: AnswerBudget
) -> list[TimedAnswer] | Answer:
    """Run commands in one session; return their answers, up to the one that ended the session.

    Where no command was begun, return what the session came to. `limit` is asked whenever a command begins.
    """
    output = _Outputs(limit, budget)
    came_to = session.run(output.line_for(lines), output.limit, output)
    return output.answers(came_to, len(lines)) if output.is_begun else came_to


class _Marked:
    """A stream, in pieces between its marks."""

    def __init__(self, mark: bytes) -> None:
        self._begin = b"\n" + mark + b" "
        self._whole = re.compile(re.escape(self._begin) + rb"([0-9]{1,3})\n")
        self._part = re.compile(re.escape(self._begin) + rb"[0-9]{0,3}")
        self.held = b""
        """The end of what has arrived, which may be the beginning of a mark."""

    def pieces(self, arrived: bytes) -> Iterator[bytes | int]:
        """Yield what arrived, and the exit status of each mark."""
        rest = self.held + arrived
        while mark := self._whole.search(rest):
            yield rest[: mark.start()]
            yield int(mark[1])
            rest = rest[mark.end() :]
        newline = rest.rfind(b"\n")
        end = rest[newline:] if newline >= 0 else b""
        self.held = end if self._begin.startswith(end) or self._part.fullmatch(end) else b""
        yield rest[: len(rest) - len(self.held)]


class _Outputs(AnswerBuffer):
    """The buffer of a session: it gives each command a buffer and a time of its own."""

    def __init__(self, limit: Callable[[], Limit], budget: AnswerBudget) -> None:
        super().__init__(budget)
        self._mark = f"ecmpaudit-{secrets.token_hex(8)}"
        self._outputs, self._complaints = _Marked(self._mark.encode()), _Marked(self._mark.encode())
        self._buffers: list[AnswerBuffer] = []
        """Of each command that was begun: what arrives is put into the last one."""
        self._complained = [self.complaint]
        """Before the first mark, then of each command."""
        self._statuses: list[int] = []
        self._most = 0
        """Commands of the line."""
        self._times: list[str] = []
        """When each command was begun."""
        self._next_limit, self._deadline = limit, Deadline(0.0)
        self.limit = self._begun_limit()
        """Of the command that runs."""

    def _begun_limit(self) -> Limit:
        limit = self._next_limit()
        self._deadline.at = time.monotonic() + limit.seconds
        return replace(limit, deadline=self._deadline)

    @property
    def is_begun(self) -> bool:
        """Whether the first command was begun."""
        return bool(self._buffers)

    def line_for(self, lines: Sequence[str]) -> str:
        """Return the line that runs commands, each of which is a line for a shell and gets one of its own."""
        self._most = len(lines)
        mark = f'm() {{ printf "\\n{self._mark} $1\\n"; printf "\\n{self._mark} $1\\n" >&2; }}'
        return f"sh -c {shlex.quote('; '.join([mark, 'm 0', *(f'( {line} ); m $?' for line in lines)]))}"

    def receive(self, piece: bytes, largest: int) -> None:
        """Add what has arrived, to the answers of its commands; errors are those of AnswerBuffer."""
        for part in self._outputs.pieces(piece):
            if isinstance(part, int):
                self._begin(part)
            elif self._buffers:  # before the first mark it is what the shell's own files print
                self._buffers[-1].receive(part, largest)
        self.size = self._buffers[-1].size if self._buffers else 0

    def complain(self, piece: bytes) -> None:
        """Add what has arrived of the standard error."""
        for part in self._complaints.pieces(piece):
            if not isinstance(part, int):
                self.complaint += part[: COMPLAINT_LIMIT - len(self.complaint)]
            elif len(self._complained) <= self._most + 1:
                self.complaint = bytearray()
                self._complained.append(self.complaint)

    def _begin(self, status: int) -> None:
        """Begin the next command; the one before ended with this status.

        Raises:
            TooLargeError: the host printed more marks than there are commands.
        """
        if len(self._buffers) > self._most:
            raise TooLargeError
        if self._buffers:
            self._statuses.append(status)
        self._times.append(now())
        self._buffers.append(self._budget.buffer())
        self.limit = self._begun_limit()

    def answers(self, came_to: Answer, wanted: int) -> list[TimedAnswer]:
        """Return the answers of the commands that were begun."""
        with suppress(BudgetSpentError):  # that one ended the session
            self._buffers[-1].append(self._outputs.held)
        for number, buffer in enumerate(self._buffers, 1):
            buffer.complaint = self._complained[number] if number < len(self._complained) else bytearray()
        times = [*self._times, now()]
        found = [self._ended(*each) for each in zip(self._statuses, self._buffers, strict=False)]
        if len(found) < wanted:
            found.append(self._cut(came_to, self._buffers[len(found)]))
        return [TimedAnswer(answer, *between) for answer, *between in zip(found, times, times[1:], strict=False)]

    def _ended(self, status: int, output: AnswerBuffer) -> Answer:
        try:
            return ended(None if status in _BY_SIGNAL else status, output)
        except BudgetSpentError as error:
            return failed(str(error), output, is_given_up=True)

    def _cut(self, came_to: Answer, output: AnswerBuffer) -> Answer:
        """Return the answer of the command at which the session ended."""
        if came_to.is_timeout:
            return timed_out(self.limit, output)
        if came_to.failure is None or came_to.exit_status is not None:
            return ended(came_to.exit_status or None, output)  # 0 without a mark proves nothing
        return failed(came_to.failure, output, is_given_up=came_to.is_given_up)
