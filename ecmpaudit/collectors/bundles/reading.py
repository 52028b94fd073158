"""The files of a bundle as captures, named as if the bundle had been unpacked beside itself.

So a report is the same, byte for byte, whether a folder is read or what it was packed into.
"""

from __future__ import annotations

import errno
import io
import os
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer_budget import AnswerFile, BudgetSpentError
from ecmpaudit.collectors.bundles.archives import READING_ERRORS
from ecmpaudit.collectors.bundles.limits import TooLargeError
from ecmpaudit.collectors.bundles.recipes import Plan
from ecmpaudit.collectors.compression import blocks, without_suffix_of_bundle
from ecmpaudit.collectors.snapshot import MANIFEST, MARK_WITHIN, is_manifest, read_from
from ecmpaudit.errors import SnapshotError
from ecmpaudit.model import Capture
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import IO, BinaryIO

    from ecmpaudit.collectors.answer_budget import AnswerBudget
    from ecmpaudit.collectors.bundles.archives import Archive
    from ecmpaudit.collectors.bundles.limits import Limits

    ReadMember = Callable[[IO[bytes], str], list[Capture]]


def captures_of_bundle(archive: Archive, source: str, read: ReadMember, limits: Limits) -> Iterator[Capture]:
    """Yield the captures of all files, sorted by name as those of a folder; hidden ones are ignored.

    `read` reads one file. What is not read, or damaged, is a capture of the bundle with the reason.
    """
    listing = archive.listing()
    place, names = _named(source, listing.files, limits)
    if (manifest := names.get(PurePosixPath(MANIFEST))) is not None and _has_manifest(archive, manifest):
        yield from _replayed(archive, place, names, limits.budget)
        yield from (_failed(source, problem) for problem in listing.sentences())
        return
    plan = Plan(str(place / name) for name in names)
    names = {name: number for name, number in names.items() if plan.is_read(str(place / name))}
    wanted: dict[int, list[PurePosixPath]] = {}
    for name, number in names.items():
        wanted.setdefault(number, []).append(name)
    found: dict[PurePosixPath, list[Capture]] = {}
    problems = [_failed(source, problem) for problem in listing.sentences()]
    try:
        with archive.contents(wanted) as contents:
            for number, content in contents:
                first, *others = wanted[number]
                found[first] = _read_one(content, str(place / first), read)
                for other in others:
                    found[other] = [_renamed(capture, place, first, other) for capture in found[first]]
    except READING_ERRORS as error:
        if not listing.damage:
            left_out = _failed(source, f"{counted(len(names.keys() - found.keys()), 'member')} not read: {error}")
            problems.append(replace(left_out, is_given_up=isinstance(error, TooLargeError)))
    in_order = sorted(found, key=lambda name: Path(place / name))
    yield from plan.named(capture for name in in_order for capture in found[name])
    yield from problems
    if not names and not problems:
        yield _failed(source, "the bundle has no files")


class _Bundled:
    """A snapshot in a bundle: its files, which were read within the budget."""

    def __init__(self, folder: Path, files: dict[str, bytes | AnswerFile]) -> None:
        self.folder, self._files = folder, files

    def opened(self, name: str) -> BinaryIO:
        """Return a file, open for reading."""
        if name not in self._files:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        content = self._files[name]
        return Path(content).open("rb") if isinstance(content, AnswerFile) else io.BytesIO(content)

    def stays(self, name: str, size: int) -> str | None:  # noqa: ARG002 - what is loaded was charged before
        """Return the path of a file that was put there, as it is large or no memory was left."""
        content = self._files[name]
        return content if isinstance(content, AnswerFile) else None


def _has_manifest(archive: Archive, number: int) -> bool:
    try:
        with archive.contents([number]) as contents:
            return any(is_manifest(content.read(MARK_WITHIN)) for _, content in contents)
    except READING_ERRORS:
        return False


def _replayed(
    archive: Archive, place: Path, names: dict[PurePosixPath, int], budget: AnswerBudget
) -> Iterator[Capture]:
    """Yield the captures of a snapshot, or why it cannot be read."""
    own = {number: name.name for name, number in names.items() if len(name.parts) == 1}
    files: dict[str, bytes | AnswerFile] = {}
    try:
        with archive.contents(own) as contents:
            for number, content in contents:
                buffer = budget.buffer()
                for block in blocks(content):
                    buffer.append(block)
                files[own[number]] = buffer.close() or buffer.content
        yield from read_from(_Bundled(place, files))
    except BudgetSpentError as error:
        yield replace(_failed(str(place), str(error)), is_given_up=True)
    except SnapshotError as error:
        yield _failed(str(place), str(error))
    except READING_ERRORS as error:
        yield _failed(str(place), f"cannot be read: {error}")


def _read_one(content: IO[bytes], source: str, read: ReadMember) -> list[Capture]:
    try:
        return read(content, source)
    except READING_ERRORS as error:
        return [_failed(source, f"cannot be read: {error}")]


def _named(source: str, files: dict[PurePosixPath, int], limits: Limits) -> tuple[Path, dict[PurePosixPath, int]]:
    """Return the folder that a bundle is unpacked into, and its files below it.

    That is the only folder of the bundle, if everything is in one, and else one with the name of the bundle; both
    where the first is that of another bundle, or inside of one.
    """
    path = Path(source)
    folder = path.parent / without_suffix_of_bundle(path.name)
    roots = {name.parts[0] for name in files}
    if len(roots) == 1 and all(len(name.parts) > 1 for name in files):
        (root,) = roots
        beside = path.parent / root
        is_free = beside == folder or (limits.levels <= 1 and beside not in limits.places)
        folder = beside if is_free else folder / root
        files = {PurePosixPath(*name.parts[1:]): number for name, number in files.items()}
    limits.places.add(folder)
    return folder, _visible(files.items())


def _visible(files: Iterable[tuple[PurePosixPath, int]]) -> dict[PurePosixPath, int]:
    return {name: number for name, number in files if not any(part.startswith(".") for part in name.parts)}


def _renamed(capture: Capture, place: Path, first: PurePosixPath, other: PurePosixPath) -> Capture:
    """Return the capture of a file that a link leads to, named as the link."""
    return replace(capture, source=str(place / other) + capture.source.removeprefix(str(place / first)))


def _failed(source: str, reason: str) -> Capture:
    return Capture(router=None, platform=None, command=None, text="", source=source, failure=reason)
