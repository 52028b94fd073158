"""Standard streams that are closed, full or broken: an error of one line, and no file in their place.

Where a shell has closed a stream (`>&-`), Python has None for it, and the next file that is opened gets its number:
a report would be written into the history.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING

from ecmpaudit.errors import EcmpauditError

if TYPE_CHECKING:
    from collections.abc import Buffer  # type: ignore[attr-defined]  # Python 3.12's

_STDIN, _STDOUT, _STDERR = 0, 1, 2
_USELESS = {_STDIN: os.O_WRONLY, _STDOUT: os.O_RDONLY, _STDERR: os.O_WRONLY}
"""How /dev/null is opened in place of a closed stream: to use standard input or output is an error (EBADF)."""


class _StandardOutput(io.FileIO):
    """Standard output, whose errors are those of the program."""

    def write(self, content: Buffer) -> int:
        """Write; EcmpauditError where standard output is closed or full, BrokenPipeError where nobody reads it."""
        try:
            return super().write(content)
        except BrokenPipeError:
            raise
        except OSError as error:
            discard_stdout()
            reason = "it is closed" if error.errno == errno.EBADF else error.strerror
            raise EcmpauditError(f"standard output cannot be written: {reason}; name a file with --output") from error


def prepare_standard_streams() -> None:
    """Open /dev/null for each stream that is closed, and let standard output report errors and escape surrogates."""
    for number, flags in _USELESS.items():
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # gets the lowest free number, which is this one
    if sys.stdin is None:
        sys.stdin = open(_STDIN, encoding="utf-8", closefd=False)  # noqa: SIM115 - open until the end
    if sys.stderr is None:
        sys.stderr = open(_STDERR, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above
    if sys.stdout is None or sys.stdout is sys.__stdout__:  # else the caller of main() has put its own in place
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_StandardOutput(_STDOUT, "w", closefd=False)),
            encoding=sys.stdout.encoding if sys.stdout else "utf-8",
            errors="backslashreplace",
            line_buffering=os.isatty(_STDOUT),
        )


def discard_stdout() -> None:
    """Let Python's last flush succeed, which would otherwise report an error and change the exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), _STDOUT)
