"""Standard streams that are closed, full or broken: an error of one line, and no file in their place.

Where a shell has closed a stream (`>&-`), Python has None for it, and the next file that is opened gets its number:
a report would be written into the history. A pipe whose reader has ended is no fault: standard output says it by an
error of its own, which click and rich do not know, and a message that nobody reads on standard error is dropped.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import TYPE_CHECKING

from ecmpaudit.errors import EcmpauditError, UnreadOutputError

if TYPE_CHECKING:
    from collections.abc import Buffer  # type: ignore[attr-defined]  # Python 3.12's
    from typing import TextIO

_STDIN, _STDOUT, _STDERR = 0, 1, 2
_USELESS = {_STDIN: os.O_WRONLY, _STDOUT: os.O_RDONLY, _STDERR: os.O_WRONLY}
"""How /dev/null is opened in place of a closed stream: to use standard input or output is an error (EBADF)."""


class _StandardOutput(io.FileIO):
    """Standard output, whose errors are those of the program."""

    def write(self, content: Buffer) -> int:
        """Write; EcmpauditError where standard output is closed or full, UnreadOutputError where nobody reads it."""
        try:
            return super().write(content)
        except BrokenPipeError as error:
            _discard_stdout()
            raise UnreadOutputError from error
        except OSError as error:
            _discard_stdout()
            reason = "it is closed" if error.errno == errno.EBADF else error.strerror
            raise EcmpauditError(f"standard output cannot be written: {reason}; name a file with --output") from error


class _StandardError(io.FileIO):
    """Standard error, on which a message may be lost: the exit code says the same."""

    def write(self, content: Buffer) -> int:
        """Write what can be written, and say that all was."""
        with contextlib.suppress(OSError):
            return super().write(content)
        return memoryview(content).nbytes


def prepare_standard_streams() -> None:
    """Open /dev/null for each stream that is closed, and let both outputs report errors as described above.

    What cannot be encoded is escaped.
    """
    for number, flags in _USELESS.items():
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # gets the lowest free number, which is this one
    if sys.stdin is None:
        sys.stdin = open(_STDIN, encoding="utf-8", closefd=False)  # noqa: SIM115 - open until the end
    if sys.stderr is None or sys.stderr is sys.__stderr__:  # else the caller of main() has put its own in place
        sys.stderr = _text_to(_StandardError(_STDERR, "w", closefd=False), sys.stderr, line_buffering=True)
    if sys.stdout is None or sys.stdout is sys.__stdout__:  # as above
        stdout = _StandardOutput(_STDOUT, "w", closefd=False)
        sys.stdout = _text_to(stdout, sys.stdout, line_buffering=os.isatty(_STDOUT))


def _text_to(file: io.FileIO, stream: TextIO | None, *, line_buffering: bool) -> io.TextIOWrapper:
    """Return a stream of text to the file, with the encoding of the stream that it replaces."""
    encoding = stream.encoding if stream else "utf-8"
    buffer = io.BufferedWriter(file)
    return io.TextIOWrapper(buffer, encoding=encoding, errors="backslashreplace", line_buffering=line_buffering)


def _discard_stdout() -> None:
    """Let Python's last flush succeed, which would otherwise report an error and change the exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), _STDOUT)
