"""One recorded scan at a time: what holds the lock, and what a lock that cannot be held says."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import resource
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.errors import HistoryError, UnusableHistoryError
from ecmpaudit.history.instance import only_instance

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """Let the kernel refuse each byte that this process writes to a file."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_the_lock_names_its_process_and_is_free_afterwards(tmp_path: Path) -> None:
    lock = tmp_path / "state" / "scan.lock"
    for _ in range(2):
        with only_instance(lock):
            assert re.fullmatch(rf"pid {os.getpid()} since 20\S+Z\n", lock.read_text())
            with pytest.raises(HistoryError, match=rf"another scan is running: pid {os.getpid()} since .*scan\.lock"):
                only_instance(lock).__enter__()


def test_a_disk_that_is_too_full_for_the_name_of_the_holder_holds_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "scan.lock"
    for _ in range(2):
        with full_disk(), only_instance(lock):
            assert lock.read_text() == ""
            with pytest.raises(HistoryError, match="another scan is running: a process that has just begun holds"):
                only_instance(lock).__enter__()


def test_a_folder_that_takes_no_lock_is_reported_and_is_no_other_scan(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableHistoryError, match=r"scan\.lock: cannot be created: File exists"):
        only_instance(tmp_path / "file" / "scan.lock").__enter__()


def test_a_file_system_without_locks_is_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    expected = r"scan\.lock: cannot be locked: No locks available; .*--history"
    with pytest.raises(HistoryError, match=expected):
        only_instance(tmp_path / "scan.lock").__enter__()
