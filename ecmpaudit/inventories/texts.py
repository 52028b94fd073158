"""The text of an inventory: a plain file of bounded size, or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.hosts import LARGEST_TEXT
from ecmpaudit.plain_files import open_plain

STANDARD_INPUT = Path("-")


def text_of(path: Path) -> str:
    """Return the text; ConfigurationError where it cannot be read, is too large or is no UTF-8."""
    try:
        if path == STANDARD_INPUT:
            content = sys.stdin.buffer.read(LARGEST_TEXT + 1)
        else:
            with open_plain(path) as file:
                content = file.read(LARGEST_TEXT + 1)
    except OSError as error:
        raise ConfigurationError(f"inventory {path}: cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_TEXT:
        raise ConfigurationError(f"inventory {path}: larger than {LARGEST_TEXT // 1024**2} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"inventory {path}:{line}: not UTF-8 text") from error
