"""A large file that is mapped instead of loaded: only the slices that are wanted are read."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class LargeFile:
    """The ASCII text of a file, with the three things that parsing tables needs: length, search, slices.

    A slice that is not ASCII raises UnicodeDecodeError.
    """

    def __init__(self, path: str) -> None:
        self._file = Path(path).open("rb")  # noqa: SIM115 - closed with the map
        self._content = mmap.mmap(self._file.fileno(), 0, prot=mmap.PROT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._content.close()
        self._file.close()

    def __len__(self) -> int:
        return len(self._content)

    def __getitem__(self, place: slice) -> str:
        return self._content[place].decode("ascii")

    def find(self, character: str, start: int) -> int:
        """Return where the character is next, or -1."""
        return self._content.find(character.encode("ascii"), start)
