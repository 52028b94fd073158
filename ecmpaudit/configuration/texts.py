"""The text of a file that a person wrote: a plain file of bounded size, or standard input, in UTF-8."""

from __future__ import annotations

import sys
from pathlib import Path

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.plain_files import open_plain

STANDARD_INPUT = Path("-")


def content_of(path: Path, name: str, largest: int, expected: str = "") -> bytes:
    """Return the bytes of a file of this size at most; `name` is what errors call it, `expected` what it should be.

    Raises:
        ConfigurationError: it cannot be read, or is larger.
    """
    try:
        if path == STANDARD_INPUT:
            content = sys.stdin.buffer.read(largest + 1)
        else:
            with open_plain(path) as file:
                content = file.read(largest + 1)
    except OSError as error:
        raise ConfigurationError(f"{name}: cannot be read: {error.strerror}") from error
    if len(content) > largest:
        raise ConfigurationError(f"{name}: larger than {largest >> 20} MiB{expected}")
    return content


def decoded(content: bytes, name: str) -> str:
    """Return the text, without a byte order mark; ConfigurationError with the line that is no UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{name}:{line}: not UTF-8 text; save the file as UTF-8") from error
