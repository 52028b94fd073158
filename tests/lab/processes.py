"""Running commands, waiting for states, ending processes: always with a bound in time."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

COMMAND_TIMEOUT = 30.0
"""Seconds that any one command of the lab may take."""
POLL_INTERVAL = 0.1
"""The least seconds between two checks of a state that is waited for."""
_LONGEST_INTERVAL = 1.0


class LabError(Exception):
    """The lab cannot do what a test wants of it."""


def run(argv: Sequence[str]) -> str:
    """Return what a command prints; raises LabError with its complaint if it fails."""
    return run_unchecked(argv, check=True).stdout


def run_unchecked(
    argv: Sequence[str],
    *,
    check: bool = False,
    timeout: float = COMMAND_TIMEOUT,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Return how a command ended; raises LabError only if it does not end in time (or fails, with `check`)."""
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env=environment,
            cwd=folder,
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(f"`{shlex.join(argv)}` did not end within {timeout:g} s") from error
    if check and done.returncode != 0:
        raise LabError(f"`{shlex.join(argv)}` failed, exit status {done.returncode}: {done.stderr or done.stdout}")
    return done


def start_daemon(argv: Sequence[str], log: Path) -> None:
    """Run a command that puts itself into the background; raises LabError with its log if it does not.

    Its output goes to a file: a daemon that keeps a pipe open would let us wait for ever.
    """
    with log.open("ab") as output:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=COMMAND_TIMEOUT,
            check=False,
        )
    if done.returncode != 0:
        said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise LabError(f"`{shlex.join(argv)}` failed, exit status {done.returncode}: {said}")


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Return soon after the condition holds; raises LabError if it does not within the time.

    A check that takes long, as of many daemons on a busy machine, is followed by a longer pause: checks may not be the
    load that the state waits for.
    """
    deadline = time.monotonic() + seconds
    while True:
        begins = time.monotonic()
        if condition():
            return
        ends = time.monotonic()
        if ends >= deadline:
            raise LabError(f"not within {seconds:g} s: {what}")
        time.sleep(min(max(POLL_INTERVAL, 2 * (ends - begins)), _LONGEST_INTERVAL))


def end_processes(pids: Callable[[], Iterable[int]], what: str) -> None:
    """End all processes that `pids` lists, by force if need be; raises LabError if one is still there after that."""
    for number, seconds in ((signal.SIGTERM, 20.0), (signal.SIGKILL, 10.0)):
        for pid in pids():
            send_signal(pid, number)
        try:
            wait_until(lambda: not list(pids()), seconds, f"the processes of {what} end")
        except LabError:
            if number is signal.SIGKILL:
                raise
        else:
            return


def send_signal(pid: int, number: signal.Signals) -> None:
    """Signal a process, which may be gone already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def read_pid(file: Path) -> int | None:
    """Return the process id in a daemon's pid file; None without one."""
    try:
        return int(file.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None
