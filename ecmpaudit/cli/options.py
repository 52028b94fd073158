"""The options that several commands share, and how a report leaves the program."""

from __future__ import annotations

import enum
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecmpaudit.errors import EcmpauditError

if TYPE_CHECKING:
    from ecmpaudit.model import Audit, Severity

INPUT = "What to read"
EXPECTED = "What is expected"
OUTPUT = "Output"


class Format(enum.StrEnum):
    """The forms of an audit's report."""

    TEXT = "text"
    JSON = "json"


class FailOn(enum.StrEnum):
    """The severities that can decide the exit code."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


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
    Format,
    typer.Option("--format", "-f", help="Form of the report.", envvar="ECMPAUDIT_FORMAT", rich_help_panel=OUTPUT),
]
OutputFile = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write the report to this file.", rich_help_panel=OUTPUT)
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


def report(audit: Audit, form: Format, output: Path | None, *, quiet: bool, verbose: bool) -> None:
    """Write the report of an audit to the file, or to standard output."""
    if quiet and output is None:
        return
    color, width = terminal_of(output)
    if form is Format.JSON:
        from ecmpaudit.reporting.json_report import render_json  # noqa: PLC0415 - only the form that is asked for

        text = render_json(audit)
    else:
        from ecmpaudit.reporting.text import render_text  # noqa: PLC0415

        text = render_text(audit, width=width, color=color, verbose=verbose)
    write(text, output)


def write(text: str, output: Path | None) -> None:
    """Write to the file, or to standard output, with a newline at the end."""
    text = text if text.endswith("\n") else f"{text}\n"
    if output is None:
        sys.stdout.write(text)
    else:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise EcmpauditError(f"--output {output}: cannot be written: {error.strerror}") from error


def terminal_of(output: Path | None) -> tuple[bool, int]:
    """Return whether colours are wanted, and the width to wrap at: 0 where nobody watches."""
    if output is not None or not sys.stdout.isatty():
        return False, 0
    color = "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return color, shutil.get_terminal_size().columns


def exit_with(audit: Audit, fail_on: FailOn) -> None:
    """End the program with the exit code of the audit."""
    from ecmpaudit.model import Severity  # noqa: PLC0415 - beside the report that was just written
    from ecmpaudit.reporting.verdict import exit_code  # noqa: PLC0415

    severity: Severity = Severity(fail_on.value)
    raise typer.Exit(exit_code(audit, severity))
