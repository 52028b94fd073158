"""Reading what was captured before: files, folders, bundles, standard input, saved snapshots.

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
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.collectors.ansible_results import answers_in_result
from ecmpaudit.collectors.answer_budget import LARGE, AnswerBudget, BudgetSpentError
from ecmpaudit.collectors.bundles.archives import HEAD, Archive, form_of
from ecmpaudit.collectors.bundles.limits import MOST_LEVELS, BundleError, Limits, TooLargeError
from ecmpaudit.collectors.bundles.opening import reopened
from ecmpaudit.collectors.bundles.reading import captures_of_bundle
from ecmpaudit.collectors.bundles.recipes import Plan
from ecmpaudit.collectors.compression import (
    CompressionError,
    blocks,
    is_packed,
    unpacked,
    without_suffix_of_bundle,
)
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
_EMPTY = "is empty: expected what a router printed"
_MOST_BUNDLES = 20
"""Bundles of a folder in which a file is searched."""


def read_inputs(names: Iterable[str], budget: AnswerBudget | None = None) -> list[Capture]:
    """Return the captures of files, folders (all their files, sorted by name), bundles, snapshots, and `-` for stdin.

    A bundle, an archive of tar or zip, packed or not, is read as the folder that it holds. Hidden files and folders of
    a folder are ignored; one that cannot be read is a capture with its failure. What the budget has no memory for stays
    in its file, or is unpacked into one. A name that is given twice is read once.
    """
    reader = _Reader(Limits(budget or AnswerBudget()))
    return [capture for name in dict.fromkeys(names) for capture in reader.read(name)]


def captures_of_text(text: str, source: str) -> list[Capture]:
    """Return the captures of a text that is no file; `source` is its name in reports."""
    if not text.strip():
        return [_failed(source, _EMPTY)]
    capture = Capture(router=None, platform=None, command=None, text=text, source=source)
    return answers_in_result(capture) or [capture]


class _Reader:
    """Reads the inputs of one run, whose bundles share their limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._budget = limits, limits.budget

    def read(self, name: str) -> Iterator[Capture]:
        """Yield the captures of one input."""
        path = Path(name)
        if name == STANDARD_INPUT:
            yield from self._read_standard_input()
        elif not path.is_dir():
            yield from self._read_in_bundle(path) or self._read_file(path)
        elif is_snapshot(path):
            yield from _replayed(path, self._budget)
        else:
            yield from self._read_folder(path)

    def _read_standard_input(self) -> Iterator[Capture]:
        try:
            yield from self._read_stream(sys.stdin.buffer, STANDARD_INPUT)
        except OSError as error:
            reason = "it is closed" if error.errno == errno.EBADF else error.strerror
            yield _failed(STANDARD_INPUT, f"standard input cannot be read: {reason}")

    def _read_in_bundle(self, path: Path) -> list[Capture]:
        """Read a file, or a folder, that is in a bundle, by the name that reports give it; empty for all others."""
        for bundle in _bundles_beside(path):
            captures = [capture for capture in self._read_file(bundle) if path in _with_parents(capture.source)]
            if captures:
                return captures
        return []

    def _read_folder(self, folder: Path) -> Iterator[Capture]:
        """Yield all files in it and in the folders below, sorted by name; hidden ones are ignored."""
        files: list[Path] = []
        unread: list[OSError] = []
        for place, folders, names in os.walk(folder, onerror=unread.append):
            folders[:] = [name for name in folders if not name.startswith(".")]
            files += [Path(place, name) for name in names if not name.startswith(".")]
        to_read = sorted(file for file in files if file.is_file() or not file.exists())  # a broken link is reported
        plan = Plan(map(str, to_read))
        wanted = [file for file in to_read if plan.is_read(str(file))]
        yield from plan.named(capture for file in wanted for capture in self._read_file(file))
        yield from (_failed(str(error.filename), f"cannot be read: {error.strerror}") for error in unread)
        if not to_read and not unread:
            yield _failed(str(folder), "the folder has no files")

    def _read_file(self, path: Path) -> Iterator[Capture]:
        try:
            with open_plain(path) as file:
                status = os.fstat(file.fileno())
                head = file.peek(HEAD)[:HEAD]
                is_regular = stat.S_ISREG(status.st_mode)
                stays = is_regular and (status.st_size >= LARGE or not self._budget.has_memory(status.st_size))
                if stays and not is_packed(head) and not form_of(head):
                    yield replace(_failed(str(path), ""), failure=None, file=str(path))
                else:
                    yield from self._read_stream(file, str(path), path if is_regular else None)
        except OSError as error:
            yield _failed(str(path), f"cannot be read: {error.strerror}")

    def _read_stream(self, stream: IO[bytes], source: str, path: Path | None = None) -> list[Capture]:
        """Read a file, a pipe or standard input to its end, packed or not, as far as the budget reaches.

        `path` is that of a file that can be opened again, for a bundle that is read where it is.
        """
        head = stream.read(HEAD)
        whole = io.BufferedReader(_Continued(head, stream))
        buffer = self._budget.buffer()
        try:
            content = unpacked(whole, head) if is_packed(head) else blocks(whole)
            first = _first_of(content)
            if form := form_of(first):
                return list(self._read_bundle(form, source, path, chain([first], content)))
            for block in chain([first], content):
                buffer.append(block)
            file = buffer.close()
        except (CompressionError, BudgetSpentError, BundleError) as error:
            buffer.discard()
            return [
                replace(_failed(source, str(error)), is_given_up=isinstance(error, BudgetSpentError | TooLargeError))
            ]
        if buffer.is_blank:
            return [_failed(source, _EMPTY)]
        text = "" if file else decode(buffer.content)
        capture = Capture(router=None, platform=None, command=None, text=text, source=source, file=file)
        return answers_in_result(capture) or [capture]

    def _read_bundle(self, form: str, source: str, path: Path | None, content: Iterator[bytes]) -> Iterator[Capture]:
        """Yield the captures of a bundle that is in a file, or comes as blocks, which are kept while it is read."""
        if self._limits.levels == MOST_LEVELS:
            yield _failed(source, f"is a bundle inside of {MOST_LEVELS} others: unpack them, and name the folder")
            return
        self._limits.levels += 1
        try:
            with reopened(form, path, content, self._limits) as opened:
                archive = Archive(form, opened, self._limits)
                yield from captures_of_bundle(archive, source, self._read_stream, self._limits)
        finally:
            self._limits.levels -= 1


def _bundles_beside(path: Path) -> list[Path]:
    """Return the bundles by which a path that does not exist may be named; those of its own name first."""
    if os.path.lexists(path):
        return []
    folder = next((parent for parent in path.parents if parent.is_dir()), None)
    if folder is None:
        return []
    root = path.relative_to(folder).parts[0]
    try:
        stems = {file: without_suffix_of_bundle(file.name) for file in folder.iterdir()}
    except OSError:  # the file cannot be reached either, which is reported
        return []
    bundles = [file for file, stem in stems.items() if stem != file.name and file.is_file()]
    return sorted(bundles, key=lambda file: (stems[file] != root, file))[:_MOST_BUNDLES]


def _with_parents(source: str) -> list[Path]:
    return [Path(source), *Path(source).parents]


def _first_of(content: Iterator[bytes]) -> bytes:
    """Return the first bytes, enough to detect a bundle by, or everything."""
    first = b""
    for block in content:
        first += block
        if len(first) >= HEAD:
            break
    return first


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
