"""Captures on disk: one raw text file for each, and a manifest that says what they are.

The manifest has each file's SHA-256: a text that was cut short or edited must not be read as missing routes.
A snapshot is written into a folder beside its place and renamed when it is complete, so that the one before is kept
until then. Of that one, only the manifest and the files that it lists are removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ecmpaudit.collectors.answer_budget import LARGE, AnswerBudget
from ecmpaudit.collectors.capture_texts import portions_of
from ecmpaudit.errors import SnapshotError
from ecmpaudit.masking import masked
from ecmpaudit.model import Capture
from ecmpaudit.private_folders import private_folder, refuse_unwritable_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

VERSION = 1
MANIFEST = "manifest.json"
_MARK = "ecmpaudit_snapshot"
_TEXTS = ("router", "platform", "command", "failure", "started", "finished")
_NUMBERS = ("exit_status",)
MARK_WITHIN = 200
"""Bytes within which a manifest has its mark."""
_FLAGS = ("is_given_up", "is_anonymised")
"""Facts that earlier manifests lack: then they are false."""
_NEW, _OLD = ".ecmpaudit-new-", ".ecmpaudit-old-"
"""What the names of the folders beside a snapshot's place begin with."""
_OWN_FILES = r"\d{3,}-[A-Za-z0-9._-]+\.txt|manifest\.json"
"""The names of the files of a snapshot."""
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


def save(
    captures: Sequence[Capture], folder: Path, *, started: str, keep_secrets: bool = False, overwrite: bool = False
) -> None:
    """Write a snapshot (folder 0700, files 0600).

    Passwords and keys in configurations are masked, unless `keep_secrets`. With `overwrite`, an earlier snapshot in its
    place is replaced, by all or nothing.

    Raises:
        SnapshotError: it cannot be written, the folder holds what no manifest of ours lists, or it holds an earlier
            snapshot that may not be replaced.
    """
    check_place(folder, overwrite=overwrite)
    place = Path(os.path.realpath(folder))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with private_folder(place.parent, _NEW, _OWN_FILES) as new:
            _write_all(captures, new, started, keep_secrets=keep_secrets)
            _put_in_place(new, place)
    except OSError as error:
        raise SnapshotError(f"snapshot {folder} cannot be written: {error.strerror}") from error


class Place(Protocol):
    """Where the files of a snapshot are."""

    folder: Path
    """Its name, for messages."""

    def opened(self, name: str) -> BinaryIO:
        """Return a file of the folder itself, open for reading; OSError or SnapshotError where that cannot be."""

    def stays(self, name: str, size: int) -> str | None:
        """Return the path of a file whose text stays there; None where it is to be loaded."""


class Folder:
    """A snapshot in a folder, of which no link is followed."""

    def __init__(self, folder: Path, budget: AnswerBudget) -> None:
        self.folder, self._budget = folder, budget

    def opened(self, name: str) -> BinaryIO:
        """Return a plain file of the folder, open for reading."""
        descriptor = os.open(self.folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise SnapshotError(f"{self.folder / name}: expected a plain file")
        return os.fdopen(descriptor, "rb")

    def stays(self, name: str, size: int) -> str | None:
        """Return the path of a file that is large, or for which no memory is left."""
        return str(self.folder / name) if size >= LARGE or not self._budget.takes(size) else None


def is_snapshot(folder: Path) -> bool:
    """Return whether the folder has a manifest of ours, good or damaged."""
    try:
        descriptor = os.open(folder / MANIFEST, os.O_RDONLY | os.O_NONBLOCK)  # a named pipe is not waited for
        with os.fdopen(descriptor, "rb") as stream:
            return is_manifest(stream.read(MARK_WITHIN) or b"")
    except OSError:
        return False


def is_manifest(head: bytes) -> bool:
    """Return whether the first bytes of a file are those of a manifest."""
    return f'"{_MARK}"'.encode() in head[:MARK_WITHIN]


def read(folder: Path, budget: AnswerBudget | None = None) -> list[Capture]:
    """Return the captures as they were saved; raises SnapshotError naming the file that is damaged.

    A text that the budget has no memory for stays in its file.
    """
    return read_from(Folder(folder, budget or AnswerBudget()))


def read_from(place: Place) -> list[Capture]:
    """Return the captures of a snapshot, wherever it is; raises SnapshotError as `read`."""
    entries = _manifest_of(place)["captures"]
    words = f"{place.folder / MANIFEST}: capture"
    return [_read_one(entry, place, f"{words} {number}") for number, entry in enumerate(entries, start=1)]


def entries_of(folder: Path) -> list[Any]:
    """Return what the manifest says of each capture, in their order; raises SnapshotError as `read`."""
    return list(_manifest_of(Folder(folder, AnswerBudget()))["captures"])


def read_entries(folder: Path, entries: Sequence[tuple[int, Any]], budget: AnswerBudget) -> list[Capture]:
    """Return the captures of some entries, each with its number from 1; raises SnapshotError as `read`."""
    place = Folder(folder, budget)
    return [_read_one(entry, place, f"{folder / MANIFEST}: capture {number}") for number, entry in entries]


def check_place(folder: Path, *, overwrite: bool) -> None:
    """Raise SnapshotError unless a snapshot may be saved there, as far as that can be seen before it is written.

    That is in a new or empty folder, and with `overwrite` in place of a snapshot.
    """
    try:
        refuse_unwritable_folder(Path(os.path.realpath(folder)).parent)
        names = {file.name for file in folder.iterdir()}
    except FileNotFoundError:
        return
    except OSError as error:
        raise SnapshotError(f"snapshot {folder} cannot be written: {error.strerror}") from error
    foreign = sorted(names - _own_files(folder)) if is_snapshot(folder) else sorted(names)
    if foreign:
        raise SnapshotError(f"{folder} has files that are no snapshot's ({foreign[0]}): name an empty or new folder")
    if names and not overwrite:
        raise SnapshotError(f"{folder} has a snapshot already: name another folder; `--overwrite` replaces it")
    if os.path.ismount(os.path.realpath(folder)):
        raise SnapshotError(f"snapshot {folder} cannot be written: it is a mount point: name a folder inside it")


def _manifest_of(place: Place) -> dict[str, Any]:
    """Return the manifest with its list of captures; raises SnapshotError where it is damaged or of another version."""
    file = place.folder / MANIFEST
    try:
        manifest = json.loads(_read(place, MANIFEST))
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"{file}: the manifest is no JSON text: {error}") from error
    if not isinstance(manifest, dict) or _MARK not in manifest:
        raise SnapshotError(f"{file}: no manifest of an ecmpaudit snapshot")
    if manifest[_MARK] != VERSION:
        raise SnapshotError(f"{file}: snapshot version {manifest[_MARK]!r}, this program reads version {VERSION}")
    if not isinstance(manifest.get("captures"), list):
        raise SnapshotError(f"{file}: `captures` is missing or no list")
    return manifest


def _own_files(folder: Path) -> set[str]:
    """Return the names of the manifest and of the plain files in the folder that it lists."""
    entries = _manifest_of(Folder(folder, AnswerBudget()))["captures"]
    listed = [entry.get("file") for entry in entries if isinstance(entry, dict)]
    return {MANIFEST} | {file.name for file in folder.iterdir() if file.name in listed and _is_plain(file)}


def _is_plain(file: Path) -> bool:
    return stat.S_ISREG(file.lstat().st_mode)


def _write_all(captures: Sequence[Capture], folder: Path, started: str, *, keep_secrets: bool) -> None:
    entries = [
        _save_one(capture, folder, number, keep_secrets=keep_secrets)
        for number, capture in enumerate(captures, start=1)
    ]
    manifest = {_MARK: VERSION, "started": started, "captures": entries}
    descriptor = os.open(folder / MANIFEST, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(json.dumps(manifest, indent=2).encode() + b"\n")


def _put_in_place(new: Path, place: Path) -> None:
    """Rename a complete snapshot to its place; an earlier snapshot is renamed first, and removed last."""
    if not is_snapshot(place):
        new.rename(place)  # onto nothing or an empty folder; the system refuses any other
        return
    old = new.with_name(new.name.replace(_NEW, _OLD))
    place.rename(old)
    try:
        new.rename(place)
    except BaseException:
        old.rename(place)
        raise
    try:
        for name in sorted(_own_files(old), key=lambda name: name == MANIFEST):
            (old / name).unlink()
        old.rmdir()
    except OSError as error:
        raise SnapshotError(f"{old}: the snapshot before cannot be removed: {error.strerror}") from error


def _save_one(capture: Capture, folder: Path, number: int, *, keep_secrets: bool) -> dict[str, Any]:
    """Write the text and return its entry of the manifest."""
    name = f"{number:03}-{_safe(capture.router, 'unknown')}--{_safe(capture.command, 'unknown')}.txt"
    digest = hashlib.sha256()
    descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        for portion in portions_of(capture):
            # A text that was pasted may have halves of surrogate pairs; they are kept.
            content = (portion if keep_secrets else masked(portion)).encode("utf-8", errors="surrogatepass")
            digest.update(content)
            stream.write(content)
    facts = asdict(capture)
    del facts["text"], facts["host"]
    return {**facts, "file": name, "sha256": digest.hexdigest()}


def _safe(words: str | None, otherwise: str) -> str:
    """Return words as a part of a file name that means nothing to a shell or a path."""
    return _UNSAFE.sub("_", words or "").strip("._-")[:60] or otherwise


def _read_one(entry: Any, place: Place, words: str) -> Capture:
    facts = _checked(entry, words)
    name, digest = facts.pop("file"), facts.pop("sha256")
    file = place.folder / name
    with _opened(place, name, words) as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != digest:  # type: ignore[arg-type]  # any binary file
            raise SnapshotError(f"{file}: changed since it was saved; to analyse it as it is, name the file itself")
        if path := place.stays(name, stream.tell()):
            return Capture(text="", file=path, **facts)
        stream.seek(0)
        content = stream.read()
    try:
        text = content.decode("utf-8", errors="surrogatepass")
    except UnicodeDecodeError as error:
        raise SnapshotError(f"{file}: is no UTF-8 text: {error}") from error
    return Capture(text=text, **facts)


def _checked(entry: Any, place: str) -> dict[str, Any]:
    """Return an entry with each fact of the right type; raises SnapshotError naming the first that is not."""
    expected: dict[str, type | tuple[type, ...]] = {
        **dict.fromkeys(_TEXTS, (str, type(None))),
        **dict.fromkeys(_NUMBERS, (int, type(None))),
        **dict.fromkeys(("source", "file", "sha256"), str),
        "first_line": int,
        **dict.fromkeys(_FLAGS, bool),
    }
    if not isinstance(entry, dict):
        raise SnapshotError(f"{place}: expected an object")
    entry = {**dict.fromkeys(_FLAGS, False), **entry}
    for key, types in expected.items():
        if not isinstance(entry.get(key, ...), types):
            raise SnapshotError(f"{place}: `{key}` is missing or of a wrong type")
    return {key: entry[key] for key in expected}


def _read(place: Place, name: str) -> bytes:
    with _opened(place, name) as stream:
        return stream.read()


@contextmanager
def _opened(place: Place, name: str, words: str | None = None) -> Iterator[BinaryIO]:
    """Open a file of the folder itself: no path leads out of it; SnapshotError where it cannot be read."""
    if name in {"", ".", ".."} or "/" in name or "\0" in name:
        raise SnapshotError(f"{words}: file {name!r} is not in the snapshot's folder")
    try:
        with place.opened(name) as stream:
            yield stream
    except OSError as error:
        raise SnapshotError(f"{place.folder / name}: cannot be read: {error.strerror}") from error
