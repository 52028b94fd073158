"""Folders of this program alone (mode 0700), locked as long as their run lives.

A run that was killed leaves its folder; the lock is gone with the run, so that a later run knows the folder as stale
and removes it, unless it holds anything else than the files that such a run writes.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
import stat
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_RANDOM = r"[a-z0-9_]{8}"
"""What tempfile puts behind a prefix."""
_YOUNG = 60
"""Seconds after which a folder without a lock is stale: its run locks it as soon as it has made it."""


@contextlib.contextmanager
def private_folder(parent: Path, prefix: str, files: str) -> Iterator[Path]:
    """Make a folder with a random name in `parent`, and remove it at the end, with stale ones of the same prefix.

    `files` is the pattern of the names of the files in it.

    Raises:
        OSError: it cannot be made.
    """
    remove_stale(parent, prefix, files)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):  # a file system without locks: then a stale folder of it stays
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def remove_stale(parent: Path, prefix: str, files: str) -> None:
    """Remove what killed runs of this user have left in `parent`; nothing is followed, and no error is raised."""
    name = re.compile(re.escape(prefix) + _RANDOM)
    with contextlib.suppress(OSError):
        for entry in os.scandir(parent):
            if name.fullmatch(entry.name):
                _remove_if_stale(Path(entry.path), re.compile(files))


def _remove_if_stale(folder: Path, files: re.Pattern[str]) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            is_ours = status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) == stat.S_IRWXU
            if is_ours and time.time() - status.st_mtime > _YOUNG and _has_only(folder, files):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # OSError: its run lives
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)


def _has_only(folder: Path, files: re.Pattern[str]) -> bool:
    return all(entry.is_file(follow_symlinks=False) and files.fullmatch(entry.name) for entry in os.scandir(folder))


def refuse_unwritable_folder(folder: Path) -> None:
    """Raise OSError unless the folder, or the nearest one above it that exists, takes new entries."""
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
