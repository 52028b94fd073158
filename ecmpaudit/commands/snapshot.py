"""Copies of snapshots for other people."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.collectors import snapshot
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.capture_texts import portions_of
from ecmpaudit.collectors.files import read_inputs
from ecmpaudit.configuration.reader import names_in, text_of
from ecmpaudit.errors import ConfigurationError, SnapshotError, UnknownFormatError
from ecmpaudit.plain_files import read_plain
from ecmpaudit.wording import counted, listed

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.model import Capture

_OBJECTS = re.compile(r'"apiVersion"\s*:\s*"|^[ \t-]*apiVersion:[ \t]', re.MULTILINE)
"""What each Kubernetes object has, in JSON and YAML."""
_NAMED_SOURCES = 3
_KEY_LENGTH = 32
_NAMED = ("routers", "nodes", "clusters")
"""The parts of a configuration whose keys are names."""


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """What a copy is made with."""

    key_file: Path | None = None
    config: Path | None = None
    overwrite: bool = False
    memory: int | None = None


def anonymise(source: str, output: Path, options: CopyOptions) -> str:
    """Write a copy of a snapshot, folder, file or bundle, and return what was done, in a few lines.

    The copy of the configuration is beside it: `copy.yaml` for the folder `copy`.

    Raises:
        ConfigurationError: the key or the configuration cannot be read.
        SnapshotError: the copy cannot be written.
        UnknownFormatError: nothing of the source can be read.
    """
    from ecmpaudit.anonymising.snapshots import anonymised  # noqa: PLC0415 - cryptography, which nothing else here needs

    budget = AnswerBudget(options.memory)
    given = read_inputs([source], budget)
    left_out = [capture.source for capture in given if _has_objects(capture)]
    captures = [capture for capture in given if capture.source not in left_out]
    if left_out and not captures:
        raise UnknownFormatError(
            f"{source}: has only objects of a cluster, which a copy leaves out: "
            "their names cannot be replaced everywhere"
        )
    if all(capture.failure and not capture.command for capture in captures):
        raise UnknownFormatError("\n".join(f"{capture.source}: {capture.failure}" for capture in captures))
    text = text_of(options.config) if options.config else ""
    names = set(names_in(text, str(options.config), _NAMED))
    key, about_key = _key(options.key_file)
    copies = anonymised(captures, key, names, budget)
    started = min((capture.started for capture in captures if capture.started), default="")
    snapshot.save(copies.captures, output, started=started, overwrite=options.overwrite)
    if options.config:
        copy = output.with_name(f"{output.name}.yaml")
        _write(copy, copies.texts.configuration_replaced(text).encode(), overwrite=options.overwrite)
    replaced = f"{counted(len(copies.names), 'name')} and {counted(len(copies.as_numbers), 'AS number')} replaced"
    lines = [f"{output}: {counted(len(copies.captures), 'answer')} written, {replaced}", about_key]
    if copies.kept:
        lines.append(f"not replaced, as these are words of a format as well: {listed(sorted(copies.kept))}")
    if left_out:
        lines.append(
            f"left out: the objects of a cluster, whose names cannot be replaced everywhere: "
            f"{listed(dict.fromkeys(left_out), _NAMED_SOURCES)}"
        )
    lines.append("read it before you send it: what is in no place of a known form is kept as it is")
    return "".join(f"{line}\n" for line in lines)


def _has_objects(capture: Capture) -> bool:
    """Return whether Kubernetes objects are in a capture, whoever asked for them."""
    return capture.is_of_cluster or any(_OBJECTS.search(portion) for portion in portions_of(capture))


def _key(file: Path | None) -> tuple[bytes, str]:
    """Return the key, and a sentence about it; a file that does not exist is written with a new one."""
    if file is None:
        return secrets.token_bytes(_KEY_LENGTH), "with a key that is not kept: give --key FILE for copies that agree"
    try:
        key = read_plain(file).strip()
    except FileNotFoundError:
        key = secrets.token_hex(_KEY_LENGTH).encode()
        _write(file, key + b"\n")
        return key, f"with a new key, in {file}: keep it, and keep it secret"
    except OSError as error:
        raise ConfigurationError(f"--key {file}: cannot be read: {error.strerror}") from error
    if len(key) < _KEY_LENGTH:
        raise ConfigurationError(f"--key {file}: has {len(key)} bytes, expected at least {_KEY_LENGTH}")
    return key, f"with the key in {file}"


def _write(file: Path, content: bytes, *, overwrite: bool = False) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if overwrite else os.O_EXCL), 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
    except OSError as error:
        raise SnapshotError(f"{file} cannot be written: {error.strerror}") from error
