"""Files that were packed with gzip, bzip2, xz or zstd: read as they are, known by their first bytes and not by name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from ecmpaudit.errors import EcmpauditError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMIT = 4 << 30
"""Bytes that the files of a run may unpack to together; a few kilobytes can be made to unpack to any size."""
_SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
_BLOCK = 1 << 20


class CompressionError(EcmpauditError):
    """A packed file is damaged, cut short, or unpacks to more than the limit; the message has no place."""


def is_packed(head: bytes) -> bool:
    """Return whether the first bytes of a file are those of a known compression."""
    return any(head.startswith(magic) for magic in _OPENERS)


def without_suffix(name: str) -> str:
    """Return a file's name as it was before it was packed: `tor1.txt` for `tor1.txt.gz`."""
    return next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), name)


@dataclass
class Budget:
    """What the packed files of one run may still unpack to."""

    left: int = LIMIT
    """Bytes."""


def unpacked(packed: IO[bytes], head: bytes, budget: Budget) -> bytes:
    """Return what is packed, and take its size from the budget; `head` are the first bytes of `packed`.

    Raises:
        CompressionError: it is damaged, cut short, or larger than what the budget has left.
    """
    name, opener = next(known for magic, known in _OPENERS.items() if head.startswith(magic))
    try:
        content = b"".join(_blocks(opener(packed), name, budget.left))
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, _zstd_error()) as error:
        raise CompressionError(f"the {name} data is damaged or cut short: {error}") from error
    budget.left -= len(content)
    return content


def _blocks(stream: IO[bytes], name: str, limit: int) -> Iterator[bytes]:
    total = 0
    while block := stream.read(_BLOCK):
        total += len(block)
        if total > limit:
            left = f"the {limit >> 20} MiB that are left for all files"
            raise CompressionError(f"the {name} data unpacks to more than {left}; cut it down")
        yield block


def _zstd() -> object:
    """Return the library for zstd, which Python has itself since 3.14."""
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415 - only where a file is packed with it
    else:
        from backports import zstd  # noqa: PLC0415
    return zstd


def _zstd_error() -> type[Exception]:
    error: type[Exception] = _zstd().ZstdError  # type: ignore[attr-defined]  # one of two modules
    return error


def _open_zstd(packed: IO[bytes]) -> IO[bytes]:
    stream: IO[bytes] = _zstd().ZstdFile(packed)  # type: ignore[attr-defined]  # one of two modules
    return stream


_OPENERS: dict[bytes, tuple[str, Callable[[IO[bytes]], IO[bytes]]]] = {
    b"\x1f\x8b": ("gzip", lambda packed: gzip.GzipFile(fileobj=packed)),  # type: ignore[dict-item,return-value]
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ\x00": ("xz", lzma.LZMAFile),
    b"\x28\xb5\x2f\xfd": ("zstd", _open_zstd),
}
