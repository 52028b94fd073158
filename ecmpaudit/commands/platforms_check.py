"""`ecmpaudit platforms check`: platforms of one's own, each read on its samples."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.parsing.samples import read_sample
from ecmpaudit.platforms.own_folder import DESCRIPTION, OWN_PARSERS
from ecmpaudit.platforms.registry import platforms
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.reporting.verdict import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ecmpaudit.parsing.samples import LineRead, SampleRead


def check(folder: Path, files: Sequence[Path]) -> tuple[str, int]:
    """Return what each line of the samples became, and the exit code.

    `folder` is that of one platform, or one with a folder for each. `files` are samples to read in place of those in
    the platform's own folder.

    Raises:
        ConfigurationError: the samples are not of one platform.
        TemplateError: the folder has no platform, or a platform.toml has faults.
    """
    is_one = (folder / DESCRIPTION).is_file()
    parent = folder.resolve().parent if is_one else folder
    os.environ[OWN_PARSERS] = str(parent)  # templates are read by many modules, which all take the folder from here
    known = platforms()
    names = [folder.resolve().name] if is_one else sorted(file.parent.name for file in parent.glob(f"*/{DESCRIPTION}"))
    if files and len(names) != 1:
        raise ConfigurationError(
            f"{folder}: has {len(names)} platforms; give the folder of the one that the samples are of"
        )
    lines, is_incomplete, faults = [], False, 0
    for name in names:
        samples = files or samples_of(parent / name)
        if not samples:
            is_incomplete = True
            lines.append(f"{name}: no sample; put a pasted table into {parent / name / 'samples'}/COMMAND--CASE.txt")
        for file in samples:
            read = read_sample(file, known[name])
            faults += len(read.faults)
            lines += [*_shown(name, read), ""]
    lines.append(f"{counted(len(names), 'platform')}, {counted(faults, 'fault')}")
    code = EXIT_FINDINGS if faults else EXIT_INCOMPLETE if is_incomplete else EXIT_CLEAN
    return "\n".join(lines), code


def samples_of(folder: Path) -> list[Path]:
    """Return the samples of a platform: `*.txt` in its folder and in `samples/` below it."""
    return sorted([*folder.glob("*.txt"), *folder.glob("samples/*.txt")])


def _shown(platform: str, read: SampleRead) -> Iterator[str]:
    yield f"{platform}: {safe(str(read.file))}"
    width = len(str(len(read.lines)))
    for line in read.lines:
        yield f"{line.number:>{width}}  {safe(line.text)}".rstrip()
        for fact in _facts(line):
            yield f"{'':{width}}    {safe(fact)}"
    if read.lines:
        compared = "compared with" if read.has_expectation else "without"
        numbers = f"{counted(read.routes, 'route')}, {counted(read.next_hops, 'next hop')}"
        yield f"{numbers}; {compared} routes written by hand"
    yield from (f"FAULT {safe(fault)}" for fault in read.faults)


def _facts(line: LineRead) -> Iterator[str]:
    if line.rule:
        values = ", ".join(f"{name} {value}" for name, value in line.values.items())
        yield f"{line.rule}: {values}" if values else f"{line.rule}: nothing is taken from it"
    yield from (f"-> {each}" for each in line.became)
