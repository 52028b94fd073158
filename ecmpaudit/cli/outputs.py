"""Reports in files: which form each gets, and writing them so that a reader never sees half of one.

A file is written beside its place under a hidden name, flushed to the disk, and renamed over the old one. What is no
regular file (`/dev/stdout`, a pipe) is written to directly: a rename would put a file in the place of the device.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from ecmpaudit.errors import EcmpauditError
from ecmpaudit.reporting.formats import FORMS, Format, format_of

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Output:
    """One file that a report goes to."""

    path: Path
    form: Format

    def __str__(self) -> str:
        return f"--output {self.path}"


def parse_output(text: str) -> Output:
    """Return what `FORMAT:FILE` or a file name says; `./json:x` is a file whose name begins with a form's.

    Raises:
        click.BadParameter: the name does not tell a form.
    """
    name, colon, file = text.partition(":")
    if colon and file and name in FORMS:
        return Output(Path(file), Format(name))
    form = format_of(text)
    if form is None:
        suffixes = ", ".join(suffix for known in FORMS.values() for suffix in known.suffixes)
        raise click.BadParameter(
            f"{text}: the name does not tell the form; use one of {suffixes}, or FORMAT:FILE with one of {forms()}"
        )
    return Output(Path(text), form)


def forms() -> str:
    """Return the names of all forms, for messages."""
    return ", ".join(FORMS)


def refuse_two_in_one_file(outputs: Sequence[Output]) -> Sequence[Output]:
    """Return the outputs; two reports in one file would leave only the last.

    Raises:
        click.BadParameter: a file is named twice, or its folder is not there.
    """
    paths = [output.path.resolve() for output in outputs]
    for output, path in zip(outputs, paths, strict=True):
        if paths.count(path) > 1:
            raise click.BadParameter(f"{output.path}: named more than once; each report needs a file of its own")
        if not path.parent.is_dir():
            raise click.BadParameter(f"{output.path}: cannot be written: {path.parent} is no folder")
    return outputs


def write_file(path: Path, content: bytes) -> None:
    """Write the file completely or not at all.

    A new file gets the permissions that the umask leaves of 0666; one that was there keeps its own.

    Raises:
        EcmpauditError: it cannot be written; a file that was there is as it was.
    """
    try:
        target = path.resolve()  # a symbolic link stays one, and the file that it names is replaced
        if target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            _replace(target, content)
    except OSError as error:
        raise EcmpauditError(f"--output {path}: cannot be written: {error.strerror}") from error


def _replace(target: Path, content: bytes) -> None:
    # No known end of a name: node_exporter reads every *.prom of its folder, whole or not.
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with temporary.open("xb") as file:
            if target.exists():
                os.fchmod(file.fileno(), target.stat().st_mode & 0o7777)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
