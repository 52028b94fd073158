"""`--format`, `--output` and `--quiet`: the form on standard output, and which file gets which form.

They mean the same in every command: a file is one more output, and never changes what standard output has.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from ecmpaudit.commands.options import Output
from ecmpaudit.reporting.formats import Format, format_of, suffixes_of
from ecmpaudit.wording import nearest, suggestion

if TYPE_CHECKING:
    import enum
    from collections.abc import Callable, Sequence

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

OUTPUT = "Output"


class Word(click.Choice[str]):
    """One of some words; of another one, the error has the nearest."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            if near := suggestion(value, self.choices):
                error.message = f"{error.message.rstrip('.')}{near}"  # type: ignore[misc]  # click calls it final
            raise


class OneOf(Word):
    """One word of an enumeration, given as its member."""

    def __init__(self, words: type[enum.StrEnum]) -> None:
        super().__init__([word.value for word in words])
        self.words = words

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> enum.StrEnum:
        """Return the member whose word it is."""
        return self.words(super().convert(value, param, ctx))


def form_of(forms: type[enum.StrEnum], text: str = "Form of standard output.", **more: Any) -> Decorator:
    """Return the option for the form of what is printed."""
    return click.option("--format", "-f", "form", type=OneOf(forms), default="text", help=text, panel=OUTPUT, **more)


def output_files(forms: type[enum.StrEnum]) -> Decorator:
    """Return the option for the files that are written, in one of the forms of a command each."""
    return click.option(
        "--output",
        "-o",
        "outputs",
        metavar="[FORMAT:]FILE",
        type=lambda text: parse_output(text, forms),
        multiple=True,
        callback=lambda _context, _option, outputs: refuse_two_in_one_file(outputs),
        help="Write this file too, in FORMAT or in the form of its suffix; may be repeated.",
        panel=OUTPUT,
    )


quiet = click.option(
    "--quiet",
    "-q",
    is_flag=True,
    help="Print nothing on standard output, whatever --format; the exit code, files and errors stay.",
    panel=OUTPUT,
)


def parse_output(text: str, forms: type[enum.StrEnum] = Format) -> Output:
    """Return the output that `FORMAT:FILE` or a file name means; `./json:x` is a file whose name begins with a form's.

    Raises:
        click.BadParameter: the form is neither given nor known from the suffix.
    """
    name, colon, file = text.partition(":")
    if colon and file and name in [*forms]:
        return Output(Path(file), forms(name))
    if colon and file and name.isalpha() and (near := nearest(name, forms)):
        raise click.BadParameter(f"{text}: unknown form {name}; did you mean {near}:{file}? ./{text} is a file")
    form = format_of(text, forms)
    if form is None:
        suffixes = [suffix for known in forms for suffix in suffixes_of(known)]
        raise click.BadParameter(
            f"{text}: unknown form: end the name in one of {', '.join(suffixes)}, or give FORMAT:FILE with one of "
            f"{', '.join(forms)}{suggestion(Path(text).suffix, suffixes)}"
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
