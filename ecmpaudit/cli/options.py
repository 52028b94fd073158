"""The options that several commands share, and how a report leaves the program."""

from __future__ import annotations

import enum
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ecmpaudit.cli.outputs import Output, parse_output, refuse_two_in_one_file, write_file
from ecmpaudit.errors import EcmpauditError
from ecmpaudit.reporting.formats import FORMS, Format, Settings, render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.model import Audit

INPUT = "What to read"
EXPECTED = "What is expected"
OUTPUT = "Output"


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


Inputs = Annotated[
    list[str], typer.Argument(metavar="FILE…|-", help="Files, folders or saved snapshots; - reads standard input.")
]
Router = Annotated[
    str | None,
    typer.Option("--router", help="Name of the router, where the text does not tell it.", rich_help_panel=INPUT),
]
PlatformName = Annotated[
    str | None,
    typer.Option(
        "--platform", help="As `platforms` lists them; overrules what the text looks like.", rich_help_panel=INPUT
    ),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="Configuration file.", envvar="ECMPAUDIT_CONFIG", rich_help_panel=EXPECTED),
]
Pool = Annotated[
    list[str],
    typer.Option(
        "--pool", help="Prefix that holds load-balanced addresses; may be repeated.", rich_help_panel=EXPECTED
    ),
]
Expect = Annotated[
    int | None, typer.Option("--expect", help="How many next hops each should have.", rich_help_panel=EXPECTED)
]
Nodes = Annotated[
    list[str],
    typer.Option(
        "--nodes",
        metavar="LIST",
        help="The expected nodes: 192.0.2.101-105, a comma list, node1=192.0.2.101+2001:db8::101; may be repeated.",
        rich_help_panel=EXPECTED,
    ),
]
KubeDumps = Annotated[
    list[Path],
    typer.Option(
        "--kube-dump",
        metavar="FILE",
        help="What kubectl get nodes,services,endpointslices -A -o json printed; may be repeated.",
        rich_help_panel=EXPECTED,
    ),
]
AnnouncerName = Annotated[
    Announcer | None,
    typer.Option(
        "--announcer",
        help="What announces the Services of the cluster; auto tells it from the objects.",
        rich_help_panel=EXPECTED,
    ),
]
MaxPaths = Annotated[
    int | None,
    typer.Option("--max-paths", min=1, help="The routers' ceiling of equal-cost next hops.", rich_help_panel=EXPECTED),
]
GrowthOption = Annotated[
    str | None,
    typer.Option(
        "--growth",
        metavar="N|N%",
        help="Nodes that are to come: is there room for them under the ceiling?",
        rich_help_panel=EXPECTED,
    ),
]
ReportFormat = Annotated[
    Format | None,
    typer.Option(
        "--format",
        "-f",
        help="Form of the report on standard output; text, unless there is an --output.",
        envvar="ECMPAUDIT_FORMAT",
        rich_help_panel=OUTPUT,
    ),
]
OutputFiles = Annotated[
    list[Output],
    typer.Option(
        "--output",
        "-o",
        metavar="[FORMAT:]FILE",
        parser=parse_output,
        callback=refuse_two_in_one_file,
        help="Write a report to this file, in the form of its name or of the word before it; may be repeated.",
        rich_help_panel=OUTPUT,
    ),
]
OutputFile = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write the report to this file.", rich_help_panel=OUTPUT)
]
MetricsLimit = Annotated[
    int,
    typer.Option(
        "--metrics-limit",
        metavar="N",
        min=0,
        help="How many prefixes on routers get metrics of their own; those with findings first.",
        rich_help_panel=OUTPUT,
    ),
]
Select = Annotated[
    list[str],
    typer.Option("--select", metavar="CODE", help="Only these rules; may be repeated.", rich_help_panel=OUTPUT),
]
Ignore = Annotated[
    list[str],
    typer.Option("--ignore", metavar="CODE", help="Not these rules; may be repeated.", rich_help_panel=OUTPUT),
]
Fail = Annotated[
    FailOn,
    typer.Option(
        "--fail-on",
        help="Exit with 1 for findings of at least this severity.",
        envvar="ECMPAUDIT_FAIL_ON",
        rich_help_panel=OUTPUT,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No report, only the exit code.", rich_help_panel=OUTPUT)]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Also what is fine, and what was mended.", rich_help_panel=OUTPUT),
]


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

        raise typer.Exit(state_of(audit, severity))
    from ecmpaudit.reporting.verdict import exit_code  # noqa: PLC0415

    raise typer.Exit(exit_code(audit, severity))
