"""One command on an open connection: its text, its exit status, or why the answer is not complete.

An answer is complete only if the server closed the command's channel itself and its exit status arrived and is 0.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer_budget import BudgetSpentError
from ecmpaudit.collectors.protocol_errors import PROTOCOL_ERRORS, close_quietly, text_of
from ecmpaudit.masking import masked

if TYPE_CHECKING:
    from collections.abc import Iterator

    import paramiko

    from ecmpaudit.collectors.answer_budget import AnswerBuffer

CHUNK = 256 * 1024
TICK = 0.1
"""Seconds between checks of the clock while nothing arrives."""
FAILED_LIMIT = 64 * 1024
"""Bytes at the end of an answer that failed: it is shown and saved, and never parsed."""
COMPLAINT_LIMIT = 64 * 1024
"""Bytes of standard error that are kept."""
NO_STATUS = -1
"""What paramiko has for an exit status that never arrived."""
NO_SUCH_COMMAND = (126, 127)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was received for one command."""

    text: str = ""
    exit_status: int | None = None
    failure: str | None = None
    is_timeout: bool = False
    """It failed because the time was over."""
    is_given_up: bool = False
    """As in `Capture`."""
    file: str | None = None
    """As in `Capture`."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How long one command may take."""

    seconds: float
    setting: str
    """The setting that limits it, for messages: `command_timeout`."""


class _TimeIsUpError(Exception):
    """The command's time is over."""


class _TooLargeError(Exception):
    """The answer is larger than allowed."""


def ask(
    transport: paramiko.Transport, command_line: str, *, limit: Limit, largest: int, output: AnswerBuffer
) -> Answer:
    """Send one command and return its answer, complete or with the reason why not; never raises for the peer.

    An answer of more than `largest` bytes is cut there; of one that failed, the end is kept.
    """
    deadline = time.monotonic() + limit.seconds
    complaint = bytearray()
    exit_status: int | None = None
    failure: str | None = None
    is_timeout = is_given_up = False
    file: str | None = None
    try:
        with transport.open_session(timeout=limit.seconds) as channel:
            with _closed_after(channel, deadline):
                channel.exec_command(command_line)
            _receive(channel, output, complaint, deadline, largest)
            exit_status = _exit_status(channel, complaint, deadline)
            failure = _verdict(exit_status, bytes(complaint or output.content[:COMPLAINT_LIMIT]), output.size)
            file = output.close()
    except _TimeIsUpError:
        is_timeout = True
        failure = (
            f"timed out: no complete answer within {limit.seconds:.3g} s, {output.size} bytes received; "
            f"see {limit.setting}"
        )
    except _TooLargeError:
        failure = f"answer is larger than {largest} bytes and was cut there; ask for less"
    except BudgetSpentError as error:
        failure, is_given_up = str(error), True
    except PROTOCOL_ERRORS as error:
        is_timeout = time.monotonic() >= deadline
        failure = _late(limit, output.size) if is_timeout else _protocol_failure(transport, error, output.size)
    if failure is not None:
        file, received = None, output.last(FAILED_LIMIT)
    else:
        received = output.content
    text = received.decode("utf-8", errors="replace")
    return Answer(text, exit_status, failure, is_timeout, is_given_up, file)


@contextmanager
def _closed_after(channel: paramiko.Channel, deadline: float) -> Iterator[None]:
    """Close the channel at the deadline: paramiko waits for the reply to a request without a limit."""
    timer = threading.Timer(max(0.0, deadline - time.monotonic()), close_quietly, [channel])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _receive(
    channel: paramiko.Channel, output: AnswerBuffer, complaint: bytearray, deadline: float, largest: int
) -> None:
    """Read until the end of the output. Standard error is read too, or a full one would stop the command."""
    channel.settimeout(TICK)
    while True:
        _check_time(deadline)
        try:
            chunk = channel.recv(CHUNK)
        except TimeoutError:
            chunk = None
        _receive_complaint(channel, complaint, deadline)
        if chunk is None:
            continue
        if not chunk:
            return
        room = largest - output.size
        output.append(chunk[:room])
        if len(chunk) > room:
            raise _TooLargeError


def _receive_complaint(channel: paramiko.Channel, complaint: bytearray, deadline: float) -> None:
    while channel.recv_stderr_ready():
        _check_time(deadline)
        complaint += channel.recv_stderr(CHUNK)
        del complaint[COMPLAINT_LIMIT:]


def _exit_status(channel: paramiko.Channel, complaint: bytearray, deadline: float) -> int | None:
    """Return the exit status; None if it never arrived, so that the end of the output proves nothing."""
    # eof_sent: paramiko sends it in reply to the server's close. If the connection broke, both are false.
    if not (channel.eof_received or channel.eof_sent):
        return None
    while not channel.status_event.wait(TICK):
        _check_time(deadline)
        _receive_complaint(channel, complaint, deadline)
    _receive_complaint(channel, complaint, deadline)
    return None if channel.exit_status == NO_STATUS else channel.exit_status


def _verdict(exit_status: int | None, complaint: bytes, size: int) -> str | None:
    if exit_status == 0:
        return None
    if exit_status is None:
        return f"cut off: no exit status arrived, connection lost or command killed; {size} bytes received"
    said = _first_line(complaint)
    if exit_status in NO_SUCH_COMMAND:
        return f"no such command (exit status {exit_status}{said}); check platform and command_prefix"
    return f"the command failed with exit status {exit_status}{said}"


def _first_line(complaint: bytes) -> str:
    """Return `: LINE`, printable and not too long, or nothing if there is no line; a hint after it belongs to it."""
    lines = [line.strip() for line in complaint.decode("utf-8", errors="replace").split("\n") if line.strip()]
    line = " ".join([*lines[:1], *(line for line in lines[1:2] if line.startswith("Hint:"))])
    printable = "".join(c if c.isprintable() else "?" for c in masked(line)[:200])
    return f": {printable}" if printable else ""


def _late(limit: Limit, size: int) -> str:
    return f"timed out: the server did not accept the command in time, {size} bytes received; see {limit.setting}"


def _protocol_failure(transport: paramiko.Transport, error: BaseException, size: int) -> str:
    if not transport.is_active():
        return f"cut off: the connection was lost before the exit status arrived; {size} bytes received"
    return f"the server did not run the command: {text_of(error)}"


def _check_time(deadline: float) -> None:
    if time.monotonic() >= deadline:
        raise _TimeIsUpError
