"""How text leaves the program: to standard output, or to a file of which a reader never sees half.

A file is written beside its place under a hidden name, flushed to the disk, and renamed over the old one. What is not a
regular file (`/dev/stdout`, a pipe) is written to directly: a rename would put a file in the place of the device. A
pipe that nobody reads is not waited for.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import secrets
import select
import shutil
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecmpaudit.commands.failures import raised_at_the_end
from ecmpaudit.errors import EcmpauditError
from ecmpaudit.reporting.terminal import SafeFormatter, without_runner_commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ecmpaudit.auditing.scope import ScopeOptions
    from ecmpaudit.commands.options import Output, OutputOptions

_PATIENCE = 60
"""Seconds for which a full pipe is waited for."""
_RANDOM_BYTES = 12
"""Of a temporary name; each is two hexadecimal digits."""
_STALE = 3600
"""Seconds after which a temporary file is the rest of a run that was killed: no write takes an hour."""


def configure_logging(*, verbose: bool) -> None:
    """Log warnings on standard error; with --verbose, also what is done beside the report, as repairs of a text."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SafeFormatter())
    logging.basicConfig(handlers=[handler])
    if verbose:
        logging.getLogger("ecmpaudit").setLevel(logging.INFO)


def terminal_of(output: Path | None) -> tuple[bool, int]:
    """Return whether colours are wanted, and the width to wrap at: 0 where the output is no terminal."""
    if output is not None or not sys.stdout.isatty():
        return False, 0
    color = "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return color, shutil.get_terminal_size().columns


def write_outputs(options: OutputOptions, render: Callable[[Any, Path | None], str | bytes]) -> None:
    """Write each file in its form, and standard output unless that is not wanted.

    `render` gets a form, and the file or None. All are rendered before the first is written, so that a fault in one
    leaves none of them new. A file that cannot be written stops neither the other files nor standard output.
    """
    contents = [(render(output.form, output.path), output.path) for output in options.outputs]
    printed = [] if options.quiet else [(render(options.form, None), None)]
    with raised_at_the_end() as failures:
        for content, path in [*contents, *printed]:
            with failures.collected():
                write(content, path)


def write(content: str | bytes, output: Path | None) -> None:
    """Write to the file, or to standard output, text with a newline at its end."""
    encoded = content if isinstance(content, bytes) else encoded_text(content)
    if output is None:
        write_to_stdout(encoded, is_binary=isinstance(content, bytes))
    else:
        write_file(output, encoded)


def encoded_text(text: str) -> bytes:
    """Return a text as it is written: with a newline at its end, and no command for a runner of CI."""
    text = without_runner_commands(text if text.endswith("\n") else f"{text}\n")
    return text.encode(errors="backslashreplace")


def write_to_stdout(content: bytes, *, is_binary: bool) -> None:
    """Write to standard output.

    Raises:
        EcmpauditError: the content is binary, and standard output is a terminal.
    """
    if not is_binary:
        sys.stdout.write(content.decode())
    elif sys.stdout.isatty():
        raise EcmpauditError("--format parquet: binary, not for a terminal; give --output FILE, or redirect it")
    else:
        sys.stdout.buffer.write(content)


def write_file(path: Path, content: bytes) -> None:
    """Write the file completely or not at all.

    A new file gets the permissions that the umask leaves of 0666; an existing one keeps its own.

    Raises:
        EcmpauditError: it cannot be written; an existing file is unchanged.
    """
    try:
        if _is_regular_or_new(path):
            # A symbolic link stays one, and the file that it names is replaced.
            _replace(Path(os.path.realpath(path)), content)
        else:
            _write_directly(path, content)
    except OSError as error:
        raise EcmpauditError(f"--output {path}: cannot be written: {error.strerror}") from error


def refuse_unwritable(paths: Iterable[Path]) -> None:
    """Raise EcmpauditError where a file cannot be written, as far as that can be seen without writing."""
    with raised_at_the_end() as failures:
        for path in paths:
            with failures.collected():
                if reason := _obstacle(path):
                    raise EcmpauditError(f"--output {path}: cannot be written: {os.strerror(reason)}")


def refuse_before_asking(outputs: Iterable[Output], scope: ScopeOptions, *, asks_routers: bool = False) -> None:
    """Raise EcmpauditError where a file cannot be written, if routers or a cluster would be asked in vain."""
    if asks_routers or scope.kubectl is not None:
        refuse_unwritable(output.path for output in outputs)


def _obstacle(path: Path) -> int | None:
    """Return the number of the system's error that writing would meet, as far as it is known."""
    if path.is_dir():
        return errno.EISDIR
    place = path if path.exists() and not path.is_file() else Path(os.path.realpath(path)).parent
    return None if os.access(place, os.W_OK) else errno.EACCES


def _is_regular_or_new(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return True


def _write_directly(path: Path, content: bytes) -> None:
    """Write to a pipe or a device, as long as somebody takes it."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "no process reads this pipe") from error
        raise
    with os.fdopen(descriptor, "wb", buffering=0) as stream:
        left = memoryview(content)
        while left:
            if not select.select([], [stream], [], _PATIENCE)[1]:
                raise OSError(errno.ETIMEDOUT, f"no process has read from this pipe for {_PATIENCE} s")
            left = left[stream.write(left) or 0 :]


def _replace(target: Path, content: bytes) -> None:
    # The temporary name has no known suffix: node_exporter reads every *.prom of its folder, complete or not. It is
    # random: in a container each run is process 1, so that a process id would name the rest of a run that was killed.
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(_RANDOM_BYTES)}.part")
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
    _remove_stale(target)
    _sync_folder(target.parent)


def _remove_stale(target: Path) -> None:
    """Remove what earlier runs have left of this file that were killed while they wrote it."""
    name = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{{2 * _RANDOM_BYTES}}}\.part")
    oldest = time.time() - _STALE
    with contextlib.suppress(OSError):
        for entry in os.scandir(target.parent):
            if name.fullmatch(entry.name) and entry.stat(follow_symlinks=False).st_mtime < oldest:
                Path(entry.path).unlink()


def _sync_folder(folder: Path) -> None:
    """Flush the folder too, so that the new name survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
