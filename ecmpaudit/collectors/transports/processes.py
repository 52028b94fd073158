"""A command as a process of this machine, without a shell: bounded in time and size, ended with all that it started.

What `local`, OpenSSH's client and other programs share that reach a host for us.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer import Answer, Deadline, Limit, ended, failed, timed_out, too_large
from ecmpaudit.collectors.answer_budget import BudgetSpentError, TooLargeError
from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

    from ecmpaudit.collectors.answer_budget import AnswerBuffer
    from ecmpaudit.collectors.stop import Stop

_CHUNK = 256 * 1024
_TICK = 0.2
"""Seconds between checks of the clock and of `Stop` while nothing arrives."""
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
"""The exit status that a shell gives for a program that cannot be started."""


@dataclass(frozen=True, slots=True)
class RunProcess:
    """What a process printed, and how it ended."""

    answer: Answer
    complaint: bytes = b""
    """Its standard error, as far as it was kept."""


@dataclass(frozen=True, slots=True)
class _Group:
    """A process and what it started, which are ended together."""

    process: subprocess.Popen[bytes]

    def close(self) -> None:
        """End all of it now."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


class _TimeIsUpError(Exception):
    """The command's time is over."""


def run_process(
    argv: Sequence[str], limit: Limit, output: AnswerBuffer, stop: Stop, *, variables: dict[str, str] | None = None
) -> RunProcess:
    """Run a program with nothing on its standard input, and return how that ended; never raises for what it does.

    `variables` are added to its environment.
    """
    deadline = limit.deadline or Deadline(time.monotonic() + limit.seconds)
    try:
        # Messages of programs are recognized in English.
        environment = {**os.environ, "LC_ALL": "C.UTF-8", **(variables or {})}
        process = subprocess.Popen(  # noqa: S603 - a list of words, no shell; each word is fixed or checked
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return _not_started(argv, error, output)
    group = _Group(process)
    try:
        with process, stop.closing(group):
            try:
                bounds = _Bounds(deadline, stop)
                _receive(process, output, bounds, limit.size)
                answer = ended(_exit_status(process, bounds), output)
            finally:
                group.close()
    except _TimeIsUpError:
        answer = timed_out(limit, output)
    except TooLargeError:
        answer = too_large(limit, output)
    except (BudgetSpentError, CollectionError) as error:
        answer = failed(str(error), output, is_given_up=True)
    return RunProcess(answer, bytes(output.complaint))


def _not_started(argv: Sequence[str], error: OSError | ValueError, output: AnswerBuffer) -> RunProcess:
    said = f"{argv[0]}: {error.strerror if isinstance(error, OSError) else error}".encode()
    status = _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
    output.complain(said)
    return RunProcess(ended(status, output), said)


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What ends the reading of an answer."""

    deadline: Deadline
    stop: Stop

    def check(self) -> None:
        self.stop.check()
        if time.monotonic() >= self.deadline.at:
            raise _TimeIsUpError


def _receive(process: subprocess.Popen[bytes], output: AnswerBuffer, bounds: _Bounds, largest: int) -> None:
    """Read until the end of both streams; a full one that nobody reads would stop the command."""
    for is_output, chunk in _chunks(process, bounds):
        if is_output:
            output.receive(chunk, largest)
        else:
            output.complain(chunk)


def _chunks(process: subprocess.Popen[bytes], bounds: _Bounds) -> Iterator[tuple[bool, bytes]]:
    """Yield what arrives, and whether it is from the standard output."""
    streams: list[IO[bytes]] = [stream for stream in (process.stdout, process.stderr) if stream is not None]
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream, selectors.EVENT_READ, stream is process.stdout)
        while selector.get_map():
            bounds.check()
            for key, _ in selector.select(_TICK):
                chunk = os.read(key.fd, _CHUNK)
                if chunk:
                    yield key.data, chunk
                else:
                    selector.unregister(key.fileobj)


def _exit_status(process: subprocess.Popen[bytes], bounds: _Bounds) -> int | None:
    """Return the exit status; None where a signal ended the process, so that the end of the output proves nothing."""
    while True:
        with suppress(subprocess.TimeoutExpired):
            status = process.wait(timeout=_TICK)
            return status if status >= 0 else None
        bounds.check()
