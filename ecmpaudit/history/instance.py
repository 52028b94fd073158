"""One recorded scan at a time: a lock that ends with its process, however that ends.

It is beside a SQLite history, else in the state folder. Each configuration has its own lock, so scans of different
routers may run at once.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import fcntl
import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.configuration.history_places import default_file
from ecmpaudit.configuration.home import in_home
from ecmpaudit.errors import HistoryError, ScanRunningError, UnusableHistoryError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_LONGEST_HOLDER = 200
"""Bytes that are read of who holds a lock."""


def lock_file(place: str, configuration: Path | None) -> Path:
    """Return the lock of a history and a configuration file."""
    file = place.removeprefix("sqlite:///")
    is_file = "://" not in file
    beside = Path(os.path.realpath(in_home(Path(file)))) if is_file else default_file()
    named = f"{beside if is_file else place}\0{os.path.realpath(configuration) if configuration else ''}"
    return beside.with_name(f"scan-{hashlib.sha256(named.encode()).hexdigest()[:12]}.lock")


@contextlib.contextmanager
def only_instance(file: Path) -> Iterator[None]:
    """Hold the lock.

    Raises:
        ScanRunningError: another process holds it, which is named with the time since when.
        HistoryError: the file is none of ours.
        UnusableHistoryError: it cannot be created or locked.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, _LOCK_FLAGS, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise HistoryError(f"lock {file}: is a symbolic link; delete it, it is not followed") from error
        raise UnusableHistoryError(f"lock {file}: cannot be created: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise HistoryError(f"lock {file}: expected a plain file; delete it")
        _lock(descriptor, file)
        _write_holder(descriptor)
        yield  # the file stays: were it deleted, two processes could each lock a file of this name
    finally:
        os.close(descriptor)


def _lock(descriptor: int, file: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, _LONGEST_HOLDER).decode(errors="replace").strip()
        raise ScanRunningError(
            f"another scan is running: {holder or 'a process that has just begun'} holds {file}; nothing was asked. "
            "If this happens often, give --deadline, or scan less often"
        ) from None
    except OSError as error:
        raise UnusableHistoryError(
            f"lock {file}: cannot be locked: {error.strerror}; is it on a network file system? Name a history on a "
            "local disk with --history; for one in PostgreSQL the lock is in XDG_STATE_HOME"
        ) from error


def _write_holder(descriptor: int) -> None:
    """Write who holds the lock; where the disk takes no byte, the lock is held all the same.

    There is no buffer, which would write again what the disk did not take.
    """
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"pid {os.getpid()} since {dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}\n".encode())
