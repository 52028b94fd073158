"""Captures on disk: one raw text file for each, and a manifest that says what they are.

The manifest is written last and put in place at once, so an interrupted save is no snapshot. It has each file's
SHA-256: a text that was cut short or edited must not be read as missing routes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ecmpaudit.errors import SnapshotError
from ecmpaudit.model import Capture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VERSION = 1
MANIFEST = "manifest.json"
_MARK = "ecmpaudit_snapshot"
_TEXTS = ("router", "platform", "command", "failure", "started", "finished")
_NUMBERS = ("exit_status",)
_OWN_FILE = re.compile(r"\d{3,}-.*\.txt|manifest\.json(\.new)?")
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


def save(captures: Sequence[Capture], folder: Path, *, started: str) -> None:
    """Write a snapshot; one that is there already is replaced.

    The folder is made (0700), its files are 0600. Raises SnapshotError if it cannot be written, or has other files.
    """
    try:
        _prepare(folder)
        entries = [_save_one(capture, folder, number) for number, capture in enumerate(captures, start=1)]
        manifest = {_MARK: VERSION, "started": started, "captures": entries}
        _write(folder / f"{MANIFEST}.new", json.dumps(manifest, indent=2).encode() + b"\n")
        (folder / f"{MANIFEST}.new").replace(folder / MANIFEST)
    except OSError as error:
        raise SnapshotError(f"snapshot {error.filename or folder} cannot be written: {error.strerror}") from error


def is_snapshot(folder: Path) -> bool:
    """Return whether the folder has a manifest of ours, good or damaged."""
    try:
        with (folder / MANIFEST).open("rb") as stream:
            return f'"{_MARK}"'.encode() in stream.read(200)
    except OSError:
        return False


def read(folder: Path) -> list[Capture]:
    """Return the captures as they were saved; raises SnapshotError naming the file that is damaged."""
    file = folder / MANIFEST
    try:
        manifest = json.loads(_read(folder, MANIFEST))
    except ValueError as error:
        raise SnapshotError(f"{file}: the manifest is no JSON text: {error}") from error
    if not isinstance(manifest, dict) or _MARK not in manifest:
        raise SnapshotError(f"{file}: no manifest of an ecmpaudit snapshot")
    if manifest[_MARK] != VERSION:
        raise SnapshotError(f"{file}: snapshot version {manifest[_MARK]!r}, this program reads version {VERSION}")
    entries = manifest.get("captures")
    if not isinstance(entries, list):
        raise SnapshotError(f"{file}: `captures` is missing or no list")
    return [_read_one(entry, folder, f"{file}: capture {number}") for number, entry in enumerate(entries, start=1)]


def _prepare(folder: Path) -> None:
    """Make the folder, or empty it of an earlier snapshot, manifest first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = [file.name for file in folder.iterdir()]
    foreign = sorted(name for name in names if not _OWN_FILE.fullmatch(name))
    if foreign:
        raise SnapshotError(f"{folder} has files that are no snapshot's ({foreign[0]}): name an empty or new folder")
    folder.chmod(0o700)
    for name in sorted(names, key=lambda name: name != MANIFEST):
        (folder / name).unlink()


def _save_one(capture: Capture, folder: Path, number: int) -> dict[str, Any]:
    """Write the text and return its entry of the manifest."""
    # A text that was pasted may have halves of surrogate pairs; they are kept.
    text = capture.text.encode("utf-8", errors="surrogatepass")
    name = f"{number:03}-{_safe(capture.router, 'unknown')}--{_safe(capture.command, 'unknown')}.txt"
    _write(folder / name, text)
    facts = asdict(capture)
    del facts["text"]
    return {**facts, "file": name, "sha256": hashlib.sha256(text).hexdigest()}


def _safe(words: str | None, otherwise: str) -> str:
    """Return words as a part of a file name that means nothing to a shell or a path."""
    return _UNSAFE.sub("_", words or "").strip("._-")[:60] or otherwise


def _write(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)


def _read_one(entry: Any, folder: Path, place: str) -> Capture:
    facts = _checked(entry, place)
    content = _read(folder, facts.pop("file"), place)
    name = entry["file"]
    if hashlib.sha256(content).hexdigest() != facts.pop("sha256"):
        raise SnapshotError(
            f"{folder / name}: changed since it was saved; to analyse it as it is, name the file itself"
        )
    try:
        text = content.decode("utf-8", errors="surrogatepass")
    except UnicodeDecodeError as error:
        raise SnapshotError(f"{folder / name}: is no UTF-8 text: {error}") from error
    return Capture(text=text, **facts)


def _checked(entry: Any, place: str) -> dict[str, Any]:
    """Return an entry with each fact of the right type; raises SnapshotError naming the first that is not."""
    expected: dict[str, type | tuple[type, ...]] = {
        **dict.fromkeys(_TEXTS, (str, type(None))),
        **dict.fromkeys(_NUMBERS, (int, type(None))),
        **dict.fromkeys(("source", "file", "sha256"), str),
        "first_line": int,
    }
    if not isinstance(entry, dict):
        raise SnapshotError(f"{place}: expected an object")
    for key, types in expected.items():
        if not isinstance(entry.get(key, ...), types):
            raise SnapshotError(f"{place}: `{key}` is missing or of a wrong type")
    return {key: entry[key] for key in expected}


def _read(folder: Path, name: str, place: str | None = None) -> bytes:
    """Return a file of the folder itself: no path, no link leads out of it."""
    if name in {"", ".", ".."} or "/" in name or "\0" in name:
        raise SnapshotError(f"{place}: file {name!r} is not in the snapshot's folder")
    file = folder / name
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SnapshotError(f"{file}: expected a plain file")
            return stream.read()
    except OSError as error:
        raise SnapshotError(f"{file}: cannot be read: {error.strerror}") from error
