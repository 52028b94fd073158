"""The memory that all answers of one run share, and the files that hold what is beyond it.

An answer is charged for what its text takes in memory: one byte for a character of ASCII, four for any other, as Python
does. Threads share a budget. The files are in a private folder, which is removed when no capture has one of them or the
program ends.
"""

from __future__ import annotations

import math
import os
import tempfile
import threading
import weakref
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.configuration.memory import MEMORY
from ecmpaudit.errors import EcmpauditError
from ecmpaudit.private_folders import private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from ecmpaudit.model import Capture

MEBIBYTE = 1 << 20
COMPLAINT_LIMIT = 64 * 1024
"""Bytes of standard error that are kept."""
LARGE = 16 << 20
"""Bytes; a text of this size or more is in a file: a table in it can be read without loading it."""
_ON_DISK = 8
"""How many times the memory all answers may take, on disk."""
WIDEST = 4
"""Bytes that Python takes for a character, where a text has one that is not in Latin-1."""
_PREFIX, _FILES = "ecmpaudit-answers-", r"tmp[a-z0-9_]{8}"
_BLANKS = b"\0 \t\r\n\v\f"
"""NUL too: a file has them where its disk lost power."""


class TooLargeError(Exception):
    """The answer is larger than allowed."""


class BudgetSpentError(EcmpauditError):
    """The answers of a run are larger than what they may take; the message has no place."""


class AnswerFile(str):
    """The path of a file with an answer; the file is kept as long as a capture has its path."""

    __slots__ = ("budget",)
    budget: AnswerBudget

    def __deepcopy__(self, _: object) -> AnswerFile:
        """Return the path itself, as for any text."""
        return self


class AnswerBudget:
    """What the answers of one run may still take."""

    def __init__(self, memory: int | None = None, until: float = math.inf) -> None:
        """Begin with `memory` MiB; None means the default."""
        self.until = until
        """The moment of the monotonic clock at which reading ends."""
        self.memory = (memory or MEMORY) * MEBIBYTE
        """Bytes that texts may take in memory; also the most that one text may take which is read at once."""
        self._memory_left = self.memory
        self._disk_left = self.memory * _ON_DISK
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._opened = ExitStack()
        weakref.finalize(self, self._opened.close)

    def __reduce__(self) -> tuple[type[AnswerBudget], tuple[int]]:
        """Give a copy in another process the same memory; its files stay here."""
        return AnswerBudget, (self.memory // MEBIBYTE,)

    def buffer(self) -> AnswerBuffer:
        """Return the place of one more answer."""
        return AnswerBuffer(self)

    def has_memory(self, size: int) -> bool:
        """Return whether as many bytes as that are left in memory."""
        return size <= self._memory_left

    def takes(self, size: int) -> bool:
        """Charge a text that may stay in its file; return False where there is no memory for it."""
        with self._lock:
            if size > self._memory_left:
                return False
            self._memory_left -= size
            return True

    def put_away(self, capture: Capture) -> Capture:
        """Return a capture whose text is in memory or, where that is spent, in a file.

        Raises:
            BudgetSpentError: there is no room for it in a file either.
        """
        content = capture.text.encode("utf-8", errors="surrogatepass")
        buffer = self.buffer()
        buffer.append(content)
        file = buffer.close()
        return capture if file is None else replace(capture, text="", file=file)

    def take(self, size: int, cost: int, *, from_memory: bool) -> bool:
        """Charge an answer; return False where it has to be in a file.

        Raises:
            BudgetSpentError: there is no room for it at all.
        """
        with self._lock:
            if from_memory and cost <= self._memory_left:
                self._memory_left -= cost
                return True
            if size > self._disk_left:
                raise BudgetSpentError(
                    f"left out: the answers of this run take more than {self.memory // MEBIBYTE} MiB in memory and "
                    f"{self.memory * _ON_DISK // MEBIBYTE} MiB on disk; give a larger --memory, or read less at once"
                )
            self._disk_left -= size
            return False

    def give_back(self, *, memory: int = 0, disk: int = 0) -> None:
        """Free what an answer has taken that is not kept."""
        with self._lock:
            self._memory_left += memory
            self._disk_left += disk

    def new_file(self) -> tuple[BinaryIO, str]:
        """Return a new file for an answer, open for writing, and its path; OSError if it cannot be made."""
        with self._lock:
            if self._folder is None:
                self._folder = self._opened.enter_context(private_folder(_large_place(), _PREFIX, _FILES))
        descriptor, path = tempfile.mkstemp(dir=self._folder)
        return os.fdopen(descriptor, "wb"), path


def _large_place() -> Path:
    """Return where large temporary files belong: /tmp is in memory on many systems."""
    place = Path("/var/tmp")  # noqa: S108 - the folder in it is private
    is_named = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    return Path(tempfile.gettempdir()) if is_named or not os.access(place, os.W_OK) else place


@contextmanager
def _as_spent() -> Iterator[None]:
    """Report a disk that is full, or cannot be written, as a budget that is spent."""
    try:
        yield
    except OSError as error:
        raise BudgetSpentError(f"left out: it cannot be kept in a temporary file: {error.strerror}") from error


class AnswerBuffer:
    """One answer that arrives in pieces: in memory, and in a file as soon as the memory of the run is spent."""

    def __init__(self, budget: AnswerBudget) -> None:
        self._budget = budget
        self._content = bytearray()
        self._cost = self._on_disk = 0
        self._file: BinaryIO | None = None
        self._path: str | None = None
        self.size = 0
        """Bytes that have arrived."""
        self.is_blank = True
        """Nothing but blanks and NUL has arrived."""
        self.complaint = bytearray()
        """The standard error, up to COMPLAINT_LIMIT bytes."""

    def append(self, piece: bytes) -> None:
        """Add what has arrived.

        Raises:
            BudgetSpentError: there is no room for it.
        """
        cost = len(piece) if piece.isascii() else WIDEST * len(piece)
        is_small = self._file is None and self.size + len(piece) < LARGE
        if self._budget.take(len(piece), cost, from_memory=is_small):
            self._cost += cost
            self._content += piece
        else:
            self._on_disk += len(piece)
            self._write(piece)
        self.size += len(piece)
        self.is_blank = self.is_blank and not piece.strip(_BLANKS)

    def receive(self, piece: bytes, largest: int) -> None:
        """Add what has arrived of an answer that may have so many bytes.

        Raises:
            BudgetSpentError: there is no room for it.
            TooLargeError: it is cut there.
        """
        room = largest - self.size
        self.append(piece[:room])
        if len(piece) > room:
            raise TooLargeError

    def complain(self, piece: bytes) -> None:
        """Add what has arrived of the standard error."""
        self.complaint += piece[: COMPLAINT_LIMIT - len(self.complaint)]

    def _write(self, piece: bytes) -> None:
        """Write to the file; the first time, what is in memory as well."""
        with _as_spent():
            if self._file is None:
                self._budget.take(len(self._content), 0, from_memory=False)
                self._on_disk += len(self._content)
                self._file, self._path = self._budget.new_file()
                self._file.write(self._content)
                self._release()
            self._file.write(piece)

    def _release(self) -> None:
        self._budget.give_back(memory=self._cost)
        self._cost = 0
        self._content = bytearray()

    @property
    def content(self) -> bytes:
        """What is in memory: everything, unless there is a file."""
        return bytes(self._content)

    def close(self) -> AnswerFile | None:
        """Return the path of the file that has the answer; None where it is in memory.

        Raises:
            BudgetSpentError: the file cannot be written.
        """
        if self._file is not None:
            with _as_spent():
                self._file.close()
        if self._path is None:
            return None
        file = AnswerFile(self._path)
        file.budget = self._budget
        return file

    def last(self, size: int) -> bytes:
        """Give up the answer, and return its last bytes."""
        kept = bytes(self._content[-size:])
        if self._file is not None and self._path is not None:
            with suppress(OSError):  # the disk is full: what was written is kept
                self._file.flush()
            with Path(self._path).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - size))
                kept = file.read(size)
        self.discard()
        return kept

    def discard(self) -> None:
        """Give up the answer, and remove its file."""
        if self._file is not None and self._path is not None:
            with suppress(OSError):
                self._file.close()
            Path(self._path).unlink(missing_ok=True)
            self._path = None
            self._budget.give_back(disk=self._on_disk)
        self._release()
