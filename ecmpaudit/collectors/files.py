"""Reading what was captured before: files, folders, standard input, saved snapshots.

Every input gives at least one capture; one that cannot be read gives a capture with its failure, and the rest of the
run goes on. The text of a large file stays in its file: a reader may need it in chunks only, and otherwise loads it.
So does what the memory of the run has no room for.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer_budget import LARGE, AnswerBudget, BudgetSpentError
from ecmpaudit.collectors.compression import CompressionError, blocks, is_packed, unpack
from ecmpaudit.collectors.snapshot import is_snapshot
from ecmpaudit.collectors.snapshot import read as read_snapshot
from ecmpaudit.encoding import decode
from ecmpaudit.errors import SnapshotError
from ecmpaudit.model import Capture
from ecmpaudit.plain_files import open_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from _typeshed import WriteableBuffer

STANDARD_INPUT = "-"
_HEAD = 16
"""Bytes from which the compression of a file is detected."""


def read_inputs(names: Iterable[str], budget: AnswerBudget | None = None) -> list[Capture]:
    """Return the captures of files, folders (all their files, sorted by name), snapshots, and `-` for stdin.

    Hidden files and folders of a folder are ignored; one that cannot be read is a capture with its failure. What the
    budget has no memory for stays in its file, or is unpacked into one.
    """
    shared = budget or AnswerBudget()
    return [capture for name in names for capture in _read(name, shared)]


def _read(name: str, budget: AnswerBudget) -> Iterator[Capture]:
    path = Path(name)
    if name == STANDARD_INPUT:
        yield _read_standard_input(budget)
    elif not path.is_dir():
        yield _read_file(path, budget)
    elif is_snapshot(path):
        yield from _replayed(path, budget)
    else:
        yield from _read_folder(path, budget)


def _read_standard_input(budget: AnswerBudget) -> Capture:
    try:
        return _read_stream(sys.stdin.buffer, STANDARD_INPUT, budget)
    except OSError as error:
        reason = "it is closed" if error.errno == errno.EBADF else error.strerror
        return _failed(STANDARD_INPUT, f"standard input cannot be read: {reason}")


def _read_folder(folder: Path, budget: AnswerBudget) -> Iterator[Capture]:
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


def _read_file(path: Path, budget: AnswerBudget) -> Capture:
    try:
        with open_plain(path) as file:
            status = os.fstat(file.fileno())
            stays = stat.S_ISREG(status.st_mode) and (status.st_size >= LARGE or not budget.has_memory(status.st_size))
            if stays and not is_packed(file.peek(_HEAD)[:_HEAD]):
                return replace(_failed(str(path), ""), failure=None, file=str(path))
            return _read_stream(file, str(path), budget)
    except OSError as error:
        return _failed(str(path), f"cannot be read: {error.strerror}")


def _read_stream(stream: IO[bytes], source: str, budget: AnswerBudget) -> Capture:
    """Read a file, a pipe or standard input to its end, packed or not, as far as the budget reaches."""
    head = stream.read(_HEAD)
    whole = io.BufferedReader(_Continued(head, stream))
    buffer = budget.buffer()
    try:
        if is_packed(head):
            unpack(whole, head, buffer)
        else:
            for block in blocks(whole):
                buffer.append(block)
        file = buffer.close()
    except (CompressionError, BudgetSpentError) as error:
        buffer.discard()
        return replace(_failed(source, str(error)), is_given_up=isinstance(error, BudgetSpentError))
    if buffer.is_blank:
        return _failed(source, "is empty: expected what a router printed")
    text = "" if file else decode(buffer.content)
    return Capture(router=None, platform=None, command=None, text=text, source=source, file=file)


class _Continued(io.RawIOBase):
    """A stream of which the first bytes have been read, from its beginning."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read what fits into the buffer, and return how many bytes that are."""
        view = memoryview(buffer)
        piece = self._head[: len(view)] or self._rest.read(len(view))
        self._head = self._head[len(piece) :]
        view[: len(piece)] = piece
        return len(piece)


def _replayed(folder: Path, budget: AnswerBudget) -> Iterator[Capture]:
    try:
        yield from read_snapshot(folder, budget)
    except SnapshotError as error:
        yield _failed(str(folder), str(error))


def _failed(source: str, reason: str) -> Capture:
    return Capture(router=None, platform=None, command=None, text="", source=source, failure=reason)
