"""The options that several commands share, and how a report leaves the program."""

from __future__ import annotations

import enum
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli.outputs import Output, parse_output, refuse_two_in_one_file, write_file
from ecmpaudit.errors import EcmpauditError
from ecmpaudit.reporting.formats import FORMS, METRICS_LIMIT, Format, Settings, render

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecmpaudit.model import Audit

ASKING = "What to ask"
INPUT = "What to read"
EXPECTED = "What is expected"
OUTPUT = "Output"


_Command = TypeVar("_Command", bound="Callable[..., Any]")


class FailOn(enum.StrEnum):
    """The severities that can decide the exit code."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Announcer(enum.StrEnum):
    """The load balancers whose announcements are known."""

    AUTO = "auto"
    PURELB = "purelb"
    METALLB = "metallb"
    CALICO = "calico"
    CILIUM = "cilium"


class OneOf(click.Choice[str]):
    """One word of an enumeration, given as its member."""

    def __init__(self, words: type[enum.StrEnum]) -> None:
        super().__init__([word.value for word in words])
        self.words = words

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> enum.StrEnum:
        """Return the member whose word it is."""
        return self.words(super().convert(value, param, ctx))


def _together(*several: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    """Return one decorator for several options, in their order."""

    def decorate(command: _Command) -> _Command:
        for option in reversed(several):
            command = option(command)
        return command

    return decorate


FILE = click.Path(path_type=Path)

inputs = click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE…|-",
    help="Files, folders or saved snapshots; - reads standard input.",
    panel=INPUT,
)
router = click.option("--router", help="Name of the router, where the text does not tell it.", panel=INPUT)
platform = click.option(
    "--platform", help="As `platforms` lists them; overrules what the text looks like.", panel=INPUT
)
config = click.option(
    "--config", "-c", type=FILE, help="Configuration file.", envvar="ECMPAUDIT_CONFIG", show_envvar=True, panel=EXPECTED
)
pool = click.option(
    "--pool", multiple=True, help="Prefix that holds load-balanced addresses; may be repeated.", panel=EXPECTED
)
expect = click.option("--expect", type=int, help="How many next hops each should have.", panel=EXPECTED)
nodes = click.option(
    "--nodes",
    metavar="LIST",
    multiple=True,
    help="The expected nodes: 192.0.2.101-105, a comma list, node1=192.0.2.101+2001:db8::101; may be repeated.",
    panel=EXPECTED,
)
kube_dump = click.option(
    "--kube-dump",
    metavar="FILE",
    type=FILE,
    multiple=True,
    help="What kubectl get nodes,services,endpointslices -A -o json printed; may be repeated.",
    panel=EXPECTED,
)
announcer = click.option(
    "--announcer",
    type=OneOf(Announcer),
    help="What announces the Services of the cluster; auto tells it from the objects.",
    panel=EXPECTED,
)
max_paths = click.option(
    "--max-paths", type=click.IntRange(min=1), help="The routers' ceiling of equal-cost next hops.", panel=EXPECTED
)
growth = click.option(
    "--growth",
    metavar="N|N%",
    help="Nodes that are to come: is there room for them under the ceiling?",
    panel=EXPECTED,
)
report_format = click.option(
    "--format",
    "-f",
    "form",
    type=OneOf(Format),
    help="Form of the report on standard output; text, unless there is an --output.",
    envvar="ECMPAUDIT_FORMAT",
    show_envvar=True,
    panel=OUTPUT,
)
output_files = click.option(
    "--output",
    "-o",
    "outputs",
    metavar="[FORMAT:]FILE",
    type=parse_output,
    multiple=True,
    callback=lambda _context, _option, outputs: refuse_two_in_one_file(outputs),
    help="Write a report to this file, in the form of its name or of the word before it; may be repeated.",
    panel=OUTPUT,
)
output_file = click.option("--output", "-o", type=FILE, help="Write the report to this file.", panel=OUTPUT)
metrics_limit = click.option(
    "--metrics-limit",
    metavar="N",
    type=click.IntRange(min=0),
    default=METRICS_LIMIT,
    show_default=True,
    help="How many prefixes on routers get metrics of their own; those with findings first.",
    panel=OUTPUT,
)
select = click.option(
    "--select", metavar="CODE", multiple=True, help="Only these rules; may be repeated.", panel=OUTPUT
)
ignore = click.option("--ignore", metavar="CODE", multiple=True, help="Not these rules; may be repeated.", panel=OUTPUT)
fail_on = click.option(
    "--fail-on",
    type=OneOf(FailOn),
    default=FailOn.WARNING.value,
    show_default=True,
    help="Exit with 1 for findings of at least this severity.",
    envvar="ECMPAUDIT_FAIL_ON",
    show_envvar=True,
    panel=OUTPUT,
)
expectations = _together(pool, expect, nodes, kube_dump, announcer, max_paths, growth)
"""All that tells what is expected."""
reports = _together(report_format, output_files, metrics_limit, select, ignore, fail_on)
"""All about the report of an audit."""
quiet = click.option("--quiet", "-q", is_flag=True, help="No report, only the exit code.", panel=OUTPUT)
verbose = click.option("--verbose", "-v", is_flag=True, help="Also what is fine, and what was mended.", panel=OUTPUT)


def tell_more(verbose: bool) -> None:
    """With --verbose, tell on standard error what is done beside the report, such as what was mended in a text."""
    if verbose:
        import logging  # noqa: PLC0415 - only when it is asked for

        logging.basicConfig(stream=sys.stderr, format="ecmpaudit: %(message)s")
        logging.getLogger("ecmpaudit").setLevel(logging.INFO)


def report(
    audit: Audit,
    form: Format | None,
    outputs: Sequence[Output],
    *,
    fail_on: FailOn,
    quiet: bool,
    verbose: bool,
    metrics_limit: int,
    last_good: str | None = None,
    heading: str = "",
) -> None:
    """Write the report of an audit to the files, and to standard output unless that is not wanted.

    All are made before the first is written, so that a fault in one leaves none of them new; a file that cannot be
    written does not keep the report from standard output. `last_good` is as in `Settings`; `heading` stands above
    text on standard output.
    """
    from ecmpaudit.model import Severity  # noqa: PLC0415 - beside the audit

    color, width = terminal_of(None)
    of_files = Settings(Severity(fail_on.value), verbose=verbose, metrics_limit=metrics_limit, last_good=last_good)
    made = [(output, render(output.form, audit, of_files)) for output in outputs]
    wants_stdout = not quiet and (form is not None or not outputs)
    shown = form or Format.TEXT
    printed = render(shown, audit, replace(of_files, color=color, width=width)) if wants_stdout else b""
    try:
        for output, content in made:
            write_file(output.path, content)
    finally:
        if wants_stdout:
            if heading and shown is Format.TEXT:
                printed = f"{heading}\n".encode() + printed
            _print(printed, is_binary=FORMS[shown].is_binary)


def _print(content: bytes, *, is_binary: bool) -> None:
    if not is_binary:
        sys.stdout.write(content.decode())
        return
    if sys.stdout.isatty():
        raise EcmpauditError("--format parquet: is no text for a terminal; give --output FILE, or redirect it")
    sys.stdout.buffer.write(content)


def write(content: str | bytes, output: Path | None) -> None:
    """Write to the file, or to standard output, text with a newline at its end."""
    if isinstance(content, str) and not content.endswith("\n"):
        content = f"{content}\n"
    encoded = content if isinstance(content, bytes) else content.encode(errors="backslashreplace")
    if output is None:
        _print(encoded, is_binary=isinstance(content, bytes))
    else:
        write_file(output, encoded)


def terminal_of(output: Path | None) -> tuple[bool, int]:
    """Return whether colours are wanted, and the width to wrap at: 0 where nobody watches."""
    if output is not None or not sys.stdout.isatty():
        return False, 0
    color = "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return color, shutil.get_terminal_size().columns


def exit_with(audit: Audit, fail_on: FailOn, form: Format | None) -> NoReturn:
    """End the program with the exit code of the audit; as a monitoring plugin, with the state's."""
    from ecmpaudit.model import Severity  # noqa: PLC0415 - beside the report that was just written

    severity = Severity(fail_on.value)
    if form is Format.NAGIOS:
        from ecmpaudit.reporting.nagios import state_of  # noqa: PLC0415

        raise Exit(state_of(audit, severity))
    from ecmpaudit.reporting.verdict import exit_code  # noqa: PLC0415

    raise Exit(exit_code(audit, severity))
