"""The members of tar and zip archives, listed first, then read one after the other; no member is written anywhere.

A tar archive is read forwards only, out of whatever it is packed in. Its headers are bounded: one of any size would be
read into memory. So is the directory of a zip archive.
"""

from __future__ import annotations

import io
import posixpath
import stat
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

from ecmpaudit.collectors.answer_budget import MEBIBYTE
from ecmpaudit.collectors.bundles.limits import BundleError, TooLargeError, too_many_members
from ecmpaudit.collectors.bundles.members import ENCRYPTED, METHOD, NO_FILE, Member, listing_of
from ecmpaudit.collectors.compression import CompressionError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from contextlib import AbstractContextManager

    from ecmpaudit.collectors.bundles.limits import Limits
    from ecmpaudit.collectors.bundles.members import Listing

TAR, ZIP = "tar", "zip"
HEAD = 512
"""Bytes from which the form of an archive is detected."""
_USTAR = b"ustar"
_ZIP_HEADS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_LONGEST_HEADER = MEBIBYTE
_LARGEST_DIRECTORY = 8 * MEBIBYTE
_LONGEST_LINK = 4096
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
"""Those whose memory is bounded."""
_IS_ENCRYPTED = 0x1
_WINDOWS = 0
"""`create_system` of a zip archive whose names may have backslashes."""
_ERRORS = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)
"""What the standard library raises for a damaged archive; the last one for a compression that it cannot read."""


def form_of(head: bytes) -> str | None:
    """Return the form of an archive by its first bytes, unpacked; None for any other file."""
    if head.startswith(_ZIP_HEADS):
        return ZIP
    if len(head) < HEAD:
        return None
    try:
        tarfile.TarInfo.frombuf(head[:HEAD], "utf-8", "surrogateescape")
    except tarfile.TarError:
        return TAR if head[257:262] == _USTAR else None
    return TAR


class Archive:
    """An archive that can be opened several times."""

    def __init__(self, form: str, opened: Callable[[], AbstractContextManager[Any]], limits: Limits) -> None:
        """`opened` gives the blocks of a tar archive, or the file of a zip archive, from its beginning."""
        self._form, self._opened, self._limits = form, opened, limits

    def listing(self) -> Listing:
        """Return what it holds; of one that is damaged, what is before the damage, and what is wrong.

        Raises:
            TooLargeError: it has more than may be read.
        """
        damage: list[str] = []
        listing = listing_of(self._listed(damage))
        listing.damage = damage[0] if damage else None
        return listing

    def _listed(self, damage: list[str]) -> Iterator[Member]:
        try:
            with self._opened() as opened:
                members = _tar_members if self._form == TAR else _zip_members
                for member in members(opened, self._limits):
                    self._limits.add_member()
                    yield member
        except TooLargeError:
            raise
        except (BundleError, CompressionError) as error:
            damage.append(str(error))
        except _ERRORS as error:
            damage.append(f"the {self._form} archive is damaged or cut short: {error}")

    @contextmanager
    def contents(self, numbers: Collection[int]) -> Iterator[Iterator[tuple[int, IO[bytes]]]]:
        """Give the content of the members with these numbers, in the order of the archive.

        One that is damaged raises BundleError, CompressionError or one of `READING_ERRORS` while it is read.
        """
        with self._opened() as opened:
            contents = _tar_contents if self._form == TAR else _zip_contents
            yield contents(opened, self._limits, numbers)


READING_ERRORS = (BundleError, CompressionError, *_ERRORS)
"""What reading a damaged archive raises."""


class _Forwards:
    """What is unpacked block by block, as a file for `tarfile` that is read and skipped forwards only."""

    def __init__(self, blocks: Iterator[bytes], limits: Limits | None) -> None:
        self._blocks, self._limits = blocks, limits
        self._block = memoryview(b"")
        self._at = 0
        self.header_left: int | None = None
        """Bytes that the header of a member may still take; None while its content is read."""
        self.last = b""
        """What was read last."""

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def seek(self, position: int) -> None:
        """Skip up to a position."""
        for _ in self._pieces(position - self._at):
            pass

    def read(self, size: int) -> bytes:
        """Return as many bytes, or what is left; raises BundleError for a header that is too long."""
        if self.header_left is not None:
            self.header_left -= size
            if self.header_left < 0:
                raise BundleError(f"the header of a member takes more than {_LONGEST_HEADER // MEBIBYTE} MiB")
        self.last = b"".join(self._pieces(size))
        return self.last

    def _pieces(self, size: int) -> Iterator[memoryview]:
        while size > 0:
            if not self._block:
                block = next(self._blocks, None)
                if block is None:
                    return
                if self._limits is not None:
                    self._limits.unpack(len(block))
                self._block = memoryview(block)
                continue
            piece, self._block = self._block[:size], self._block[size:]
            self._at += len(piece)
            size -= len(piece)
            yield piece


def _opened_tar(blocks: Iterator[bytes], limits: Limits | None) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Yield each entry of a tar archive with the archive, which is at its content then.

    What was charged before needs no limits.

    Raises:
        BundleError: it ends without the mark of an end; the library takes that for an end.
    """
    forwards = _Forwards(blocks, limits)
    forwards.header_left = _LONGEST_HEADER
    with tarfile.open(fileobj=cast("IO[bytes]", forwards), mode="r:") as tar:
        while (info := tar.next()) is not None:
            tar.members.clear()  # type: ignore[attr-defined]  # the library keeps all of them, and has no option
            forwards.header_left = None
            yield tar, info
            forwards.header_left = _LONGEST_HEADER
    if forwards.last.strip(b"\0") or not forwards.last:
        raise BundleError("the tar archive is damaged or cut short: its end is missing")


def _tar_members(blocks: Iterator[bytes], limits: Limits) -> Iterator[Member]:
    for number, (_, info) in enumerate(_opened_tar(blocks, limits)):
        if info.isdir():
            limits.add_member()
        elif info.isreg():
            yield Member(number, info.name)
        elif info.issym():
            yield Member(number, info.name, link=posixpath.join(posixpath.dirname(info.name), info.linkname))
        elif info.islnk():
            yield Member(number, info.name, link=info.linkname)
        else:
            yield Member(number, info.name, NO_FILE)


def _tar_contents(
    blocks: Iterator[bytes],
    _: Limits,
    numbers: Collection[int],
) -> Iterator[tuple[int, IO[bytes]]]:
    """Yield the content of each; the bytes were charged when the members were listed."""
    last = max(numbers, default=-1)
    for number, (tar, info) in enumerate(_opened_tar(blocks, None)):
        if number in numbers and (content := tar.extractfile(info)) is not None:
            yield number, content
        if number >= last:
            return


class _Guarded(io.BufferedReader):
    """The file of a zip archive, of which no more than a bounded directory is read at once."""

    def read(self, size: int | None = None, /) -> bytes:
        """Return as many bytes; raises BundleError for more than a directory may take."""
        if size is not None and size > _LARGEST_DIRECTORY:
            raise too_many_members()
        return super().read(size)


def _opened_zip(file: IO[bytes]) -> zipfile.ZipFile:
    return zipfile.ZipFile(_Guarded(cast("io.RawIOBase", file)))


def _zip_members(file: IO[bytes], limits: Limits) -> Iterator[Member]:
    with _opened_zip(file) as archive:
        for number, info in enumerate(archive.infolist()):
            name = info.filename.replace("\\", "/") if info.create_system == _WINDOWS else info.filename
            mode = info.external_attr >> 16
            if info.is_dir():
                limits.add_member()
            elif info.flag_bits & _IS_ENCRYPTED:
                yield Member(number, name, ENCRYPTED)
            elif info.compress_type not in _METHODS:
                yield Member(number, name, METHOD)
            elif stat.S_ISLNK(mode):
                with archive.open(info) as content:
                    target = content.read(_LONGEST_LINK).decode(errors="surrogateescape")
                yield Member(number, name, link=posixpath.join(posixpath.dirname(name), target))
            elif stat.S_IFMT(mode) in {0, stat.S_IFREG}:
                yield Member(number, name)
            else:
                yield Member(number, name, NO_FILE)


def _zip_contents(file: IO[bytes], limits: Limits, numbers: Collection[int]) -> Iterator[tuple[int, IO[bytes]]]:
    with _opened_zip(file) as archive:
        for number, info in enumerate(archive.infolist()):
            if number in numbers:
                limits.unpack(info.file_size)
                with archive.open(info) as content:
                    yield number, content
