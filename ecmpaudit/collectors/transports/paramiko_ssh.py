"""SSH in this process, by paramiko: each command has a channel of its own on one connection.

An answer is complete only if the server closed the command's channel itself and its exit status arrived and is 0.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer import (
    Answer,
    Deadline,
    Limit,
    ended,
    failed,
    timed_out,
    too_large,
)
from ecmpaudit.collectors.answer_budget import BudgetSpentError, TooLargeError
from ecmpaudit.collectors.connection import Access, connected
from ecmpaudit.collectors.protocol_errors import PROTOCOL_ERRORS, close_quietly, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import paramiko

    from ecmpaudit.collectors.answer_budget import AnswerBuffer
    from ecmpaudit.collectors.target import Target

CHUNK = 256 * 1024
_MOMENT = 0.3
"""Seconds after a channel's end within which a lost connection is known as lost."""
_LOOK = 0.03
"""Seconds between looks at it meanwhile."""
TICK = 0.1
"""Seconds between checks of the clock while nothing arrives."""
NO_STATUS = -1
"""What paramiko has for an exit status that never arrived."""


@dataclass(slots=True)
class ParamikoSession:
    """An authenticated connection."""

    transport: paramiko.Transport
    takes_several: bool = True

    @property
    def is_open(self) -> bool:
        """Whether a further command can be sent."""
        return self.transport.is_active()

    def run(self, command_line: str, limit: Limit, output: AnswerBuffer) -> Answer:
        """Return the answer to a line for the remote shell."""
        return ask(self.transport, command_line, limit=limit, output=output)


@contextmanager
def opened(target: Target, access: Access) -> Iterator[ParamikoSession]:
    """Yield a session; raises CollectionError with the reason and the remedy."""
    with connected(target, access) as transport:
        yield ParamikoSession(transport)


class _TimeIsUpError(Exception):
    """The command's time is over."""


def ask(transport: paramiko.Transport, command_line: str, *, limit: Limit, output: AnswerBuffer) -> Answer:
    """Send one command and return its answer, complete or with the reason why not; never raises for the peer."""
    deadline = limit.deadline or Deadline(time.monotonic() + limit.seconds)
    is_run = False
    try:
        with transport.open_session(timeout=limit.seconds) as channel:
            is_run = True
            with _closed_after(channel, deadline.at):
                channel.exec_command(command_line)
            _receive(channel, output, deadline, limit.size)
            return ended(_exit_status(channel, output, deadline), output)
    except _TimeIsUpError:
        return timed_out(limit, output)
    except TooLargeError:
        return too_large(limit, output)
    except BudgetSpentError as error:
        return failed(str(error), output, is_given_up=True)
    except PROTOCOL_ERRORS as error:
        is_timeout = time.monotonic() >= deadline.at
        failure = _late(limit, output.size) if is_timeout else _protocol_failure(transport, error, output.size)
        answer = failed(failure, output, is_timeout=is_timeout)
        # Which error it is shows nothing: paramiko may give that of one channel to the thread that opens another.
        return replace(answer, is_refused=not (is_run or is_timeout) and transport.is_active())


@contextmanager
def _closed_after(channel: paramiko.Channel, deadline: float) -> Iterator[None]:
    """Close the channel at the deadline: paramiko waits for the reply to a request without a limit."""
    timer = threading.Timer(max(0.0, deadline - time.monotonic()), close_quietly, [channel])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _receive(channel: paramiko.Channel, output: AnswerBuffer, deadline: Deadline, largest: int) -> None:
    """Read until the end of the output. Standard error is read too, or a full one would stop the command."""
    channel.settimeout(TICK)
    while True:
        _check_time(deadline)
        try:
            chunk = channel.recv(CHUNK)
        except TimeoutError:
            chunk = None
        _receive_complaint(channel, output, deadline)
        if chunk is None:
            continue
        if not chunk:
            return
        output.receive(chunk, largest)


def _receive_complaint(channel: paramiko.Channel, output: AnswerBuffer, deadline: Deadline) -> None:
    while channel.recv_stderr_ready():
        _check_time(deadline)
        output.complain(channel.recv_stderr(CHUNK))


def _exit_status(channel: paramiko.Channel, output: AnswerBuffer, deadline: Deadline) -> int | None:
    """Return the exit status; None if it never arrived, so that the end of the output proves nothing."""
    # eof_sent: paramiko sends it in reply to the server's close. If the connection broke, both are false.
    if not (channel.eof_received or channel.eof_sent):
        return None
    while not channel.status_event.wait(TICK):
        _check_time(deadline)
        _receive_complaint(channel, output, deadline)
    _receive_complaint(channel, output, deadline)
    return None if channel.exit_status == NO_STATUS else channel.exit_status


def _late(limit: Limit, size: int) -> str:
    return f"timed out: the server did not accept the command in time, {size} bytes received; see {limit.setting}"


def _is_lost(transport: paramiko.Transport) -> bool:
    """Return whether the connection ends within a moment: its channels end before it does."""
    deadline = time.monotonic() + _MOMENT
    while transport.is_active():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_LOOK)
    return True


def _protocol_failure(transport: paramiko.Transport, error: BaseException, size: int) -> str:
    if _is_lost(transport):
        return f"cut off: the connection was lost before the exit status arrived; {size} bytes received"
    return f"the server did not run the command (MaxSessions?): {text_of(error)}"


def _check_time(deadline: Deadline) -> None:
    if time.monotonic() >= deadline.at:
        raise _TimeIsUpError
