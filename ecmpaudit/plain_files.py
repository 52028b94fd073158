"""Opening a file that the user names: it is read to its end, and nothing is waited for.

A named pipe without a writer, a terminal and `/dev/zero` have no end. They are refused when they are opened, with an
OSError whose `strerror` says what was found. The anonymous pipe of a shell's `<(command)` and `/dev/null` are read.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import BufferedReader
    from pathlib import Path

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}


def open_plain(path: Path) -> BufferedReader:
    """Return the file, open for reading.

    Raises:
        OSError: it cannot be opened, or has no end that can be relied on.
    """
    if kind := odd_kind(path):
        raise OSError(0, f"expected a plain file, found {kind}", str(path))
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    os.set_blocking(descriptor, True)
    return os.fdopen(descriptor, "rb")


def read_plain(path: Path) -> bytes:
    """Return the content of a file; OSError as `open_plain`."""
    with open_plain(path) as file:
        return file.read()


def odd_kind(path: Path) -> str | None:
    """Return what a path is that is no plain file, in words; None for what can be read to its end.

    Raises:
        OSError: there is nothing of this name, or it cannot be reached.
    """
    try:
        status = path.stat()
    except ValueError as error:
        raise OSError(0, "its name has a NUL character", str(path)) from error
    mode = status.st_mode
    if stat.S_ISFIFO(mode) and not os.path.exists(os.path.realpath(path)):  # noqa: PTH110 - pipe:[1] is no name
        return None
    if stat.S_ISCHR(mode) and status.st_rdev == os.stat(os.devnull).st_rdev:  # noqa: PTH116 - as above
        return None
    return _KINDS.get(stat.S_IFMT(mode))
