"""Print what runs a recorded scan at an interval: a crontab line, systemd units, a Kubernetes CronJob.

What is run starts in another folder, as another user or in a container, so every path in it is absolute, and one that
would not be there is refused before anything is printed.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.commands.output import write, write_file
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.reporting.schedule import cron_line, interval_text, kubernetes_cron_job, systemd_units
from ecmpaudit.reporting.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.commands.options import ScheduleOptions

_HIDDEN = {"/home": "ProtectHome=yes", "/root": "ProtectHome=yes", "/run/user": "ProtectHome=yes"}
_HIDDEN |= {"/tmp": "PrivateTmp=yes", "/var/tmp": "PrivateTmp=yes"}  # noqa: S108 - folders that a unit does not see
"""Folders that the unit does not see, with what hides them (systemd.exec(5))."""
_STATE = Path("/var/lib/ecmpaudit")
"""The only folder that the unit and the container can write to."""
_SETTINGS = Path("/etc/ecmpaudit")
"""Where the container has the ConfigMap."""
_PROGRAM_OF_IMAGE = Path("/usr/local/bin/ecmpaudit")
"""Where pip puts it in an image without a virtual environment."""


def cron(options: ScheduleOptions) -> None:
    """Print a crontab line; cron starts in the home folder."""
    options = _on_this_machine(options)
    program = str(options.program or _program())
    write(cron_line(_scan(program, options), options.every, _again("cron", options)), None)
    _note_absent(options)


def systemd(options: ScheduleOptions, folder: Path | None) -> None:
    """Print a service and its timer, or write them into the folder.

    Raises:
        ConfigurationError: the unit could not read or write a path.
    """
    options = _on_this_machine(options)
    program = options.program or Path(_program())
    for path in (options.config, *([options.parsers] if options.parsers else []), *_read_by(program)):
        _refuse_hidden(path)
    for output in options.outputs:
        _refuse_not_writable(output.path, "unit")
    units = systemd_units(_scan(str(program), options), options.every, options.deadline, _again("systemd", options))
    if folder is None:
        write("\n".join(units.values()), None)
    else:
        for name, content in units.items():
            write_file(folder / name, content.encode())
    _note_absent(options)


def kubernetes(options: ScheduleOptions, image: str) -> None:
    """Print the manifest of a CronJob; its relative paths are of the container's folders.

    Raises:
        ConfigurationError: the container has no such path.
    """
    options = _from(options, _SETTINGS, _STATE)
    for path in (options.config, options.parsers):
        if path and not path.is_relative_to(_SETTINGS):
            raise ConfigurationError(f"{path}: the container has only {_SETTINGS}, from the ConfigMap; put it there")
    for output in options.outputs:
        _refuse_not_writable(output.path, "container")
    words = _scan(str(options.program or _PROGRAM_OF_IMAGE), options)
    again = _again("kubernetes", options, ["--image", image])
    write(kubernetes_cron_job(words, options.every, options.deadline, image, again), None)


def _from(options: ScheduleOptions, read_from: Path, written_to: Path) -> ScheduleOptions:
    """Return the options with absolute paths, those that are read from one folder and those that are written."""
    return replace(
        options,
        config=_absolute(options.config, read_from),
        parsers=_absolute(options.parsers, read_from) if options.parsers else None,
        outputs=tuple(replace(each, path=_absolute(each.path, written_to)) for each in options.outputs),
    )


def _on_this_machine(options: ScheduleOptions) -> ScheduleOptions:
    """Return the options with absolute paths, all from the current folder."""
    here = Path.cwd()
    options = _from(options, here, here)
    return replace(options, program=_absolute(options.program, here) if options.program else None)


def _note_absent(options: ScheduleOptions) -> None:
    """Note on standard error what the schedule names and is not there yet, since nobody sees the scan fail."""
    for flag, path in (("--config", options.config), ("--parsers", options.parsers), ("--program", options.program)):
        if path and not path.exists():
            sys.stderr.write(
                f"ecmpaudit: note: {flag} {safe(str(path))}: is not there yet; every scan fails until it is\n"
            )


def _absolute(path: Path, folder: Path) -> Path:
    return Path(os.path.realpath(folder / path))


def _scan(program: str, options: ScheduleOptions) -> list[str]:
    """Return the words of the command that is run."""
    flags = ["--config", options.config, "--record", "--confirm", options.confirm, "--deadline", options.deadline]
    return [program, "scan", *map(str, flags), "--quiet-unless-changed", *_paths(options)]


def _paths(options: ScheduleOptions) -> Iterator[str]:
    for output in options.outputs:
        yield from ("--output", f"{output.form}:{output.path}")
    if options.parsers:
        yield from ("--parsers", str(options.parsers))


def _again(form: str, options: ScheduleOptions, more: list[str] | None = None) -> str:
    """Return the command that prints the same once more, for a comment."""
    flags = ["--config", str(options.config), "--every", interval_text(options.every)]
    flags += ["--confirm", str(options.confirm), "--deadline", str(options.deadline), *_paths(options)]
    if options.program:
        flags += ["--program", str(options.program)]
    return shlex.join(["ecmpaudit", "schedule", form, *(more or []), *flags])


def _program() -> str:
    """Return this command by its absolute path: cron and systemd know no virtual environment."""
    typed, beside = (Path(path).absolute() for path in (sys.argv[0], Path(sys.executable).with_name("ecmpaudit")))
    for path in (typed, beside):
        if path.name == "ecmpaudit" and path.is_file():
            return str(path)
    found = shutil.which("ecmpaudit")
    if found is None:
        raise ConfigurationError("the path of ecmpaudit is not known: give --program /path/to/ecmpaudit")
    return str(Path(found).absolute())


def _read_by(program: Path) -> Iterator[Path]:
    """Yield the program, the file that a link names, and the interpreter in its first line."""
    yield program
    yield Path(os.path.realpath(program))
    try:
        with program.open("rb") as file:
            first = file.readline(4096)
    except OSError:
        return
    if first.startswith(b"#!/"):
        interpreter = Path(os.fsdecode(first[2:].split()[0]))
        yield interpreter
        yield Path(os.path.realpath(interpreter))


def _refuse_hidden(path: Path) -> None:
    for folder, setting in _HIDDEN.items():
        if path.is_relative_to(folder):
            raise ConfigurationError(
                f"{path}: the unit does not see {folder} ({setting}): install or put it elsewhere, such as in /opt or "
                f"{_SETTINGS}; --program names another ecmpaudit"
            )


def _refuse_not_writable(path: Path, what: str) -> None:
    if not path.is_relative_to(_STATE):
        raise ConfigurationError(f"--output {path}: the {what} can write only below {_STATE}")
