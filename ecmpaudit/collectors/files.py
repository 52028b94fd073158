"""Reading what was captured before: files, folders, standard input, saved snapshots.

Every input gives at least one capture; one that cannot be read gives a capture with its failure, and the rest of the
run goes on. The text of a large file stays in its file: a reader may need it in chunks only, and otherwise loads it.
"""

from __future__ import annotations

import errno
import io
import mmap
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.collectors.compression import Budget, CompressionError, is_packed, unpacked
from ecmpaudit.collectors.snapshot import is_snapshot
from ecmpaudit.collectors.snapshot import read as read_snapshot
from ecmpaudit.encoding import decode
from ecmpaudit.errors import SnapshotError
from ecmpaudit.model import Capture
from ecmpaudit.plain_files import open_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STANDARD_INPUT = "-"
_LARGE = 16 << 20
"""Bytes; the text of a file of this size or more is not loaded at once."""
_BLANKS = b"\0 \t\r\n\v\f"
"""NUL too: a file has them where its disk lost power."""
_HEAD = 16
"""Bytes from which the compression of a file is detected."""


def read_inputs(names: Iterable[str]) -> list[Capture]:
    """Return the captures of files, folders (all their files, sorted by name), snapshots, and `-` for stdin.

    Hidden files and folders of a folder are ignored; one that cannot be read is a capture with its failure.
    """
    budget = Budget()
    return [capture for name in names for capture in _read(name, budget)]


def _read(name: str, budget: Budget) -> Iterator[Capture]:
    path = Path(name)
    if name == STANDARD_INPUT:
        yield _read_standard_input(budget)
    elif not path.is_dir():
        yield _read_file(path, budget)
    elif is_snapshot(path):
        yield from _replayed(path)
    else:
        yield from _read_folder(path, budget)


def _read_standard_input(budget: Budget) -> Capture:
    try:
        return _unpacked(sys.stdin.buffer.read(), STANDARD_INPUT, budget)
    except OSError as error:
        reason = "it is closed" if error.errno == errno.EBADF else error.strerror
        return _failed(STANDARD_INPUT, f"standard input cannot be read: {reason}")


def _read_folder(folder: Path, budget: Budget) -> Iterator[Capture]:
    """Yield all files in it and in the folders below, sorted by name; hidden ones are ignored."""
    files: list[Path] = []
    unread: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=unread.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [Path(place, name) for name in names if not name.startswith(".")]
    to_read = sorted(file for file in files if file.is_file() or not file.exists())  # a broken link is reported
    yield from (_read_file(file, budget) for file in to_read)
    yield from (_failed(str(error.filename), f"cannot be read: {error.strerror}") for error in unread)
    if not to_read and not unread:
        yield _failed(str(folder), "the folder has no files")


def loaded(capture: Capture) -> Capture:
    """Return the capture with its text, if that is still in its file."""
    if capture.file is None:
        return capture
    try:
        with Path(capture.file).open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
            return replace(capture, text=decode(content), file=None)
    except (OSError, ValueError) as error:  # a file that was emptied meanwhile cannot be mapped
        return _failed(capture.source, f"cannot be read: {error}")


def lines_of(capture: Capture) -> Iterator[str]:
    """Yield the lines of a capture, wherever its text is; those of a large file without loading it."""
    if capture.file is None:
        yield from io.StringIO(capture.text)
    else:
        with Path(capture.file).open(encoding="utf-8", errors="replace", newline="\n") as file:
            yield from file


def _read_file(path: Path, budget: Budget) -> Capture:
    try:
        with open_plain(path) as file:
            head = file.read(_HEAD)
            if path.is_file() and path.stat().st_size >= _LARGE and not is_packed(head):
                return replace(_failed(str(path), ""), failure=None, file=str(path))
            return _unpacked(head + file.read(), str(path), budget)
    except OSError as error:
        return _failed(str(path), f"cannot be read: {error.strerror}")


def _unpacked(content: bytes, source: str, budget: Budget) -> Capture:
    if not is_packed(content):
        return _capture(content, source)
    try:
        return _capture(unpacked(io.BytesIO(content), content, budget), source)
    except CompressionError as error:
        return _failed(source, str(error))


def _capture(content: bytes, source: str) -> Capture:
    if not content.strip(_BLANKS):
        return _failed(source, "is empty: expected what a router printed")
    return Capture(router=None, platform=None, command=None, text=decode(content), source=source)


def _replayed(folder: Path) -> Iterator[Capture]:
    try:
        yield from read_snapshot(folder)
    except SnapshotError as error:
        yield _failed(str(folder), str(error))


def _failed(source: str, reason: str) -> Capture:
    return Capture(router=None, platform=None, command=None, text="", source=source, failure=reason)
