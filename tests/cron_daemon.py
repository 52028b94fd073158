"""Debian's cron for the tests: the daemon that runs already, or one of the test's own.

`python -m tests.cron_daemon` tries it, and ends with exit code 1 and the reason where it cannot be had.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CRON = shutil.which("cron", path="/usr/sbin:/usr/bin") or "cron"
PIDS = Path("/run/crond.pid")
"""The file that a cron daemon locks: there is one spool of crontabs, and one daemon that reads it."""
START_SECONDS = 20


class CronError(Exception):
    """There is no cron to be had, for the reason in the message."""


def crontab(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Return how `crontab` ended."""
    return subprocess.run(["crontab", *arguments], capture_output=True, text=True, check=False)


@contextmanager
def own_crontab() -> Iterator[None]:
    """Hold this user's crontab, which has to be empty, and leave none behind; raises CronError if it has lines."""
    if crontab("-l").returncode == 0:
        raise CronError("this user has a crontab, which the test would replace")
    try:
        yield
    finally:
        crontab("-r")


@contextmanager
def cron_daemon(log: Path) -> Iterator[None]:
    """Hold a cron daemon: the one that runs already, or else one in the foreground; raises CronError without any."""
    if is_locked(PIDS):
        yield
        return
    with log.open("wb") as output:
        daemon = subprocess.Popen([CRON, "-f", "-L", "15"], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            _wait_until_started(daemon, log)
            yield
        finally:
            daemon.terminate()
            daemon.wait(timeout=10)
            PIDS.unlink(missing_ok=True)


def is_locked(file: Path) -> bool:
    """Return whether a process holds the lock of a pid file."""
    try:
        with file.open("rb") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _wait_until_started(daemon: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while not is_locked(PIDS):
        if daemon.poll() is not None:
            raise CronError(f"cron ended with {daemon.returncode}: {log.read_text(errors='replace').strip()}")
        if time.monotonic() > end:
            raise CronError(f"cron did not start within {START_SECONDS} s")
        time.sleep(0.05)


def why_unavailable() -> str | None:
    """Return the reason why no crontab can be tried here; None if one can."""
    if os.geteuid() != 0:
        return "only root can run a cron daemon"
    try:
        with tempfile.TemporaryDirectory() as folder, own_crontab(), cron_daemon(Path(folder) / "log"):
            return None
    except (CronError, OSError) as error:
        return str(error)


if __name__ == "__main__":
    sys.exit(why_unavailable())
