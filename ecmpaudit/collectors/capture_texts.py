"""The text of a capture, whether it is in memory or in a file."""

from __future__ import annotations

import io
import mmap
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer_budget import LARGE, MEBIBYTE, WIDEST
from ecmpaudit.encoding import decode
from ecmpaudit.masking import may_have_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from ecmpaudit.collectors.answer_budget import AnswerBudget
    from ecmpaudit.model import Capture

_BEGINNING = 1000
"""Characters."""


def loaded(capture: Capture, budget: AnswerBudget | None = None) -> Capture:
    """Return the capture with its text, if that is still in its file; with a budget, one that is too large is left out.

    Without one, it must have been loaded before.
    """
    if capture.file is None:
        return capture
    try:
        with Path(capture.file).open("rb") as file:
            size = _size_in_memory(file)
            if budget is not None and size > budget.memory:
                return _left_out(capture, size, budget)
            with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
                return replace(capture, text=decode(content), file=None)
    except (OSError, ValueError) as error:  # a file that was emptied meanwhile cannot be mapped
        return replace(capture, file=None, failure=f"cannot be read: {error}")


def _size_in_memory(file: BinaryIO) -> int:
    """Return how many bytes a text takes; read in blocks, as what is mapped counts as memory of the process."""
    blocks = iter(partial(file.read, MEBIBYTE), b"")
    is_ascii = all(block.isascii() for block in blocks)
    size = file.seek(0, os.SEEK_END)
    return size if is_ascii else WIDEST * size


def _left_out(capture: Capture, size: int, budget: AnswerBudget) -> Capture:
    failure = (
        f"left out: it is no route table of which every line is understood, so that it is read at once, and takes "
        f"{size // MEBIBYTE} MiB in memory of {budget.memory // MEBIBYTE} MiB; give a larger --memory, or cut it down"
    )
    return replace(capture, file=None, failure=failure, is_given_up=True)


def is_large(capture: Capture) -> bool:
    """Return whether the text is in a file that is too large to be loaded where that can be avoided."""
    try:
        return capture.file is not None and Path(capture.file).stat().st_size >= LARGE
    except OSError:  # reported where it is loaded
        return False


def lines_of(capture: Capture) -> Iterator[str]:
    """Yield the lines of a capture, wherever its text is; those of a file without loading it."""
    if capture.file is None:
        yield from io.StringIO(capture.text)
    else:
        with Path(capture.file).open(encoding="utf-8", errors="replace", newline="\n") as file:
            yield from file


def portions_of(capture: Capture) -> Iterator[str]:
    """Yield the text of a capture in a few portions, none of which ends between a word and its secret."""
    if capture.file is None:
        yield capture.text
        return
    lines: list[str] = []
    size = 0
    for line in lines_of(capture):
        lines.append(line)
        size += len(line)
        if size >= MEBIBYTE and line.strip() and not may_have_secrets(line):
            yield "".join(lines)
            lines, size = [], 0
    yield "".join(lines)


def beginning_of(capture: Capture) -> str:
    """Return the first characters of a capture: enough to see what it is."""
    if capture.file is None:
        return capture.text[:_BEGINNING]
    with Path(capture.file).open(encoding="utf-8", errors="replace", newline="\n") as file:
        return file.read(_BEGINNING)


def ends_with_a_line_end(capture: Capture) -> bool:
    """Return whether the last line of a capture is whole, as far as its end shows."""
    if capture.file is None:
        return capture.text.endswith("\n")
    with Path(capture.file).open("rb") as file:
        file.seek(-1, 2)
        return file.read() == b"\n"
