"""Reading what was captured before: files, folders, standard input, saved snapshots.

Every input gives at least one capture; one that cannot be read gives a capture with its failure, and the rest of the
run goes on.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.collectors.snapshot import is_snapshot
from ecmpaudit.collectors.snapshot import read as read_snapshot
from ecmpaudit.encoding import decode
from ecmpaudit.errors import SnapshotError
from ecmpaudit.model import Capture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STANDARD_INPUT = "-"


def read_inputs(names: Iterable[str]) -> list[Capture]:
    """Return the captures of files, folders (all their files, sorted by name), snapshots, and `-` for stdin."""
    return [capture for name in names for capture in _read(name)]


def _read(name: str) -> Iterator[Capture]:
    path = Path(name)
    if name == STANDARD_INPUT:
        yield _capture(sys.stdin.buffer.read(), name)
    elif not path.is_dir():
        yield _read_file(path)
    elif is_snapshot(path):
        yield from _replayed(path)
    else:
        files = [file for file in sorted(path.rglob("*")) if file.is_file() and not file.name.startswith(".")]
        yield from map(_read_file, files)
        if not files:
            yield _failed(name, "the folder has no files")


def _read_file(path: Path) -> Capture:
    try:
        return _capture(path.read_bytes(), str(path))
    except OSError as error:
        return _failed(str(path), f"cannot be read: {error.strerror}")


def _capture(content: bytes, source: str) -> Capture:
    return Capture(router=None, platform=None, command=None, text=decode(content), source=source)


def _replayed(folder: Path) -> Iterator[Capture]:
    try:
        yield from read_snapshot(folder)
    except SnapshotError as error:
        yield _failed(str(folder), str(error))


def _failed(source: str, reason: str) -> Capture:
    return Capture(router=None, platform=None, command=None, text="", source=source, failure=reason)
