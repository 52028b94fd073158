"""The `--output` option: which file gets a report, and in which form."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from ecmpaudit.commands.options import Output
from ecmpaudit.reporting.formats import FORMS, Format, format_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def parse_output(text: str) -> Output:
    """Return the output that `FORMAT:FILE` or a file name means; `./json:x` is a file whose name begins with a form's.

    Raises:
        click.BadParameter: the form is neither given nor known from the suffix.
    """
    name, colon, file = text.partition(":")
    if colon and file and name in FORMS:
        return Output(Path(file), Format(name))
    form = format_of(text)
    if form is None:
        suffixes = ", ".join(suffix for known in FORMS.values() for suffix in known.suffixes)
        raise click.BadParameter(
            f"{text}: unknown form: end the name in one of {suffixes}, or give FORMAT:FILE with one of "
            f"{', '.join(FORMS)}"
        )
    return Output(Path(text), form)


def refuse_two_in_one_file(outputs: Sequence[Output]) -> Sequence[Output]:
    """Return the outputs; of two reports in one file, only the last would remain.

    Raises:
        click.BadParameter: a file is named twice, or its folder does not exist.
    """
    paths = [Path(os.path.realpath(output.path)) for output in outputs]
    for output, path in zip(outputs, paths, strict=True):
        if paths.count(path) > 1:
            raise click.BadParameter(f"{output.path}: named more than once; each report needs a file of its own")
        if not path.parent.is_dir():
            raise click.BadParameter(f"{output.path}: cannot be written: {path.parent} is not a folder")
    return outputs
