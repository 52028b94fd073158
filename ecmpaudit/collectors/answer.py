"""The answer to one command, whatever transport it came by: its text, its exit status, or why it is not complete."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer_budget import COMPLAINT_LIMIT
from ecmpaudit.masking import masked

if TYPE_CHECKING:
    from ecmpaudit.collectors.answer_budget import AnswerBuffer

FAILED_LIMIT = 64 * 1024
"""Bytes at the end of an answer that failed: it is shown and saved, and never parsed."""
HOST_TIMEOUT = "host_timeout"
"""The setting of the time for all commands of one host; what it ends is given up."""
NO_SUCH_COMMAND = (126, 127)
_NO_SECRET = re.compile(
    r"sudo: a (password|terminal) is required( to read the password; .{0,120})?|"
    r"(WARNING: )?(Your )?password (change required but no TTY available|has expired)\.?",
    re.IGNORECASE,
)
"""What programs say of a password, and not the password itself: it is not masked."""


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
    is_refused: bool = False
    """The server opened no session for the command, so nothing was run: it may be asked again."""
    file: str | None = None
    """As in `Capture`."""


@dataclass(slots=True)
class Deadline:
    """The moment of the monotonic clock at which a session is ended; each of its commands may move it."""

    at: float


@dataclass(frozen=True, slots=True)
class Limit:
    """How long one command may take, and how large its answer may be."""

    seconds: float
    setting: str
    """The setting that limits it, for messages: `command_timeout`."""
    size: int
    """Bytes; an answer that is larger is cut there and is not complete."""
    deadline: Deadline | None = None
    """Of a session with several commands; None: the seconds begin when the command is sent."""


def failed(
    failure: str,
    output: AnswerBuffer,
    exit_status: int | None = None,
    *,
    is_timeout: bool = False,
    is_given_up: bool = False,
) -> Answer:
    """Return an answer that is not complete, with the end of what arrived."""
    text = output.last(FAILED_LIMIT).decode("utf-8", errors="replace")
    return Answer(text, exit_status, failure, is_timeout, is_given_up)


def ended(exit_status: int | None, output: AnswerBuffer) -> Answer:
    """Return the answer of a command that ended: complete if its exit status arrived and is 0.

    Raises:
        BudgetSpentError: the answer cannot be kept.
    """
    failure = _verdict(exit_status, bytes(output.complaint) or output.content[:COMPLAINT_LIMIT], output.size)
    if failure is not None:
        return failed(failure, output, exit_status)
    file = output.close()
    return Answer(output.content.decode("utf-8", errors="replace"), exit_status, file=file)


def timed_out(limit: Limit, output: AnswerBuffer) -> Answer:
    """Return the answer to a command whose time is over."""
    reason = f"timed out: no complete answer within {limit.seconds:.3g} s, {output.size} bytes received"
    is_given_up = limit.setting == HOST_TIMEOUT
    return failed(f"{reason}; see {limit.setting}", output, is_timeout=True, is_given_up=is_given_up)


def too_large(limit: Limit, output: AnswerBuffer) -> Answer:
    """Return the answer that is larger than allowed."""
    return failed(f"answer is larger than {limit.size} bytes and was cut there; ask for less", output)


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
    shown = line if _NO_SECRET.fullmatch(line) else masked(line)
    printable = "".join(c if c.isprintable() else "?" for c in shown[:200])
    return f": {printable}" if printable else ""


def now() -> str:
    """Return the time, in ISO 8601 and UTC."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
