"""`Match exec` of the ssh configuration: a command of the user's own, run within a limit of time.

Paramiko would run it without a limit, with its output on the terminal, and as often as it looks a host up.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    from ecmpaudit.collectors.stop import Stop

_TICK = 0.05
"""Seconds between checks of `Stop` while the command runs."""


def succeeds(command: str, seconds: float, stop: Stop) -> bool:
    """Return whether a command exits with 0.

    Raises:
        CollectionError: it did not end in time, it could not be started, or the run was ended.
    """
    shell = os.environ.get("SHELL") or "/bin/sh"  # as OpenSSH does
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own configuration has the command
            [shell, "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise CollectionError(f"Match exec: {shell} cannot be started: {error.strerror}") from error
    try:
        return _waited_for(process, seconds, stop) == 0
    finally:
        # The whole group: a shell leaves the commands that it started.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _waited_for(process: subprocess.Popen[bytes], seconds: float, stop: Stop) -> int:
    deadline = time.monotonic() + seconds
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=_TICK)
        stop.check()
        if time.monotonic() >= deadline:
            raise CollectionError(
                f"timed out: Match exec of the ssh configuration did not end within {seconds:g} s; see connect_timeout"
            )
