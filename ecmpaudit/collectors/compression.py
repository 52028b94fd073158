"""Files that were packed with gzip, bzip2, xz or zstd: read as they are, known by their first bytes and not by name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import zlib
from typing import IO, TYPE_CHECKING

from ecmpaudit.errors import EcmpauditError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
_BUNDLE_SUFFIXES = (
    *(".tar", *(f".tar{suffix}" for suffix in _SUFFIXES), ".zip"),
    *(".tgz", ".tbz", ".tbz2", ".txz", ".tzst"),
)
_BLOCK = 1 << 20
_LARGEST_WINDOW = 128 << 20
"""Bytes of memory that a packed file may ask for: what the highest level of each program needs."""


class CompressionError(EcmpauditError):
    """A packed file is damaged or cut short; the message has no place."""


def is_packed(head: bytes) -> bool:
    """Return whether the first bytes of a file are those of a known compression."""
    return any(head.startswith(magic) for magic in _OPENERS)


def without_suffix(name: str) -> str:
    """Return a file's name as it was before it was packed: `tor1.txt` for `tor1.txt.gz`."""
    return next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), name)


def without_suffix_of_bundle(name: str) -> str:
    """Return the name of the folder that a bundle is unpacked into: `scan` for `scan.tar.gz`; else its own."""
    longest_first = sorted(_BUNDLE_SUFFIXES, key=len, reverse=True)
    return next((name.removesuffix(s) for s in longest_first if name.endswith(s) and name != s), name)


def unpacked(packed: IO[bytes], head: bytes) -> Iterator[bytes]:
    """Yield what is packed in blocks; `head` are the first bytes of `packed`.

    Raises:
        CompressionError: it is damaged or cut short.
    """
    name, opener = next(known for magic, known in _OPENERS.items() if head.startswith(magic))
    try:
        yield from opener(packed)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, _zstd_error()) as error:
        raise CompressionError(f"the {name} data is damaged or cut short: {error}") from error


def blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield what is left of a stream, a mebibyte at a time."""
    while block := stream.read(_BLOCK):
        yield block


def _blocks_until_damage(stream: gzip.GzipFile | bz2.BZ2File) -> Iterator[bytes]:
    """Yield what is left of a stream; where it is damaged, what is before the damage is not lost."""
    while block := stream.read1(_BLOCK):
        yield block


def _xz_blocks(packed: IO[bytes]) -> Iterator[bytes]:
    """Yield what a file of xz holds, one or several streams; the library's own reader takes any amount of memory."""
    rest = packed.read(_BLOCK)
    while rest:
        stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_LARGEST_WINDOW)
        while not stream.eof:
            if stream.needs_input and not rest and not (rest := packed.read(_BLOCK)):
                raise EOFError("the stream has no end")
            yield stream.decompress(rest, _BLOCK)
            rest = b""
        rest = (stream.unused_data or packed.read(_BLOCK)).lstrip(b"\0")  # padding between streams


def packed_with_zstd(content: bytes) -> bytes:
    """Return bytes packed as quickly as zstd can: a table becomes a twentieth of its size."""
    packed: bytes = _zstd().compress(content, 1)  # type: ignore[attr-defined]  # one of two modules
    return packed


def unpacked_from_zstd(packed: bytes) -> bytes:
    """Return what `packed_with_zstd` packed."""
    content: bytes = _zstd().decompress(packed)  # type: ignore[attr-defined]  # one of two modules
    return content


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


def _zstd_blocks(packed: IO[bytes]) -> Iterator[bytes]:
    return _blocks_until_damage(_zstd().ZstdFile(packed))  # type: ignore[attr-defined]  # one of two modules


_OPENERS: dict[bytes, tuple[str, Callable[[IO[bytes]], Iterator[bytes]]]] = {
    b"\x1f\x8b": ("gzip", lambda packed: _blocks_until_damage(gzip.GzipFile(fileobj=packed))),
    b"BZh": ("bzip2", lambda packed: _blocks_until_damage(bz2.BZ2File(packed))),
    b"\xfd7zXZ\x00": ("xz", _xz_blocks),
    b"\x28\xb5\x2f\xfd": ("zstd", _zstd_blocks),
}
