"""The `ecmpaudit` command: its subcommands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated, NoReturn

import typer

import ecmpaudit
from ecmpaudit.cli import (
    analyze,
    config,
    diff,
    expect,
    explain,
    history,
    report,
    routes,
    rule,
    scan,
    schedule,
)
from ecmpaudit.cli import platforms as platforms_command
from ecmpaudit.cli.plugin import is_plugin
from ecmpaudit.errors import EcmpauditError

EXIT_ERROR = 2
EXIT_INTERRUPTED = 130
_GARBAGE = (100_000, 50, 50)
"""How seldom Python looks for garbage: what imports and tables make stays, and would be looked through in vain."""

app = typer.Typer(
    name="ecmpaudit",
    help="Audit equal-cost multipath: is every load-balanced prefix spread over every node that should carry it?",
    epilog="Exit codes: 0 clean, 1 findings, 2 usage or configuration error, 3 incomplete and no such finding.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("scan")(scan.scan)
app.command("analyze")(analyze.analyze)
app.command("explain")(explain.explain)
app.command("routes")(routes.routes)
app.command("expect")(expect.expect)
app.command("rule")(rule.rule)
app.command("platforms")(platforms_command.platforms)
app.command("diff")(diff.diff)
app.command("report")(report.report)
app.add_typer(history.app)
app.add_typer(schedule.app)
app.add_typer(config.app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ecmpaudit {ecmpaudit.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    parsers: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of your own platforms and templates.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback where an error occurs.")] = False,
) -> None:
    if parsers:
        os.environ["ECMPAUDIT_PARSERS"] = str(parsers)
    if debug:
        os.environ["ECMPAUDIT_DEBUG"] = "1"


def main() -> NoReturn:
    """Run the command and exit: errors give one line on stderr and exit code 2, never the code for findings."""
    gc.set_threshold(*_GARBAGE)
    with contextlib.suppress(AttributeError):  # stdout may be replaced by something that is no text stream
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # TextIO of a real stdout
    try:
        code = app(standalone_mode=False) or 0
        sys.stdout.flush()
    except typer.TyperException as error:
        code = _usage(error)
    except (typer.Abort, KeyboardInterrupt):
        code = EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_ERROR
    except EcmpauditError as error:
        code = _failed(str(error), error)
    except Exception as error:  # noqa: BLE001 - Python's own exit code for a crash is 1, which means findings
        code = _failed(f"internal error: {error!r}; --debug before the command shows where", error)
    gc.freeze()  # Python would look for garbage twice before it ends, which takes a tenth of a second
    sys.exit(code)


def _usage(error: typer.TyperException) -> int:
    """Say what is wrong with the command line, as Typer says it: with the usage of the command where it knows it."""
    show = getattr(error, "show", None)
    if show is None:
        return _failed(error.format_message(), error)
    show()
    return _exit_code_of_errors(error.format_message())


def _failed(message: str, error: Exception) -> int:
    if os.environ.get("ECMPAUDIT_DEBUG"):
        import traceback  # noqa: PLC0415 - only for --debug

        traceback.print_exception(error)
    from ecmpaudit.reporting.terminal import safe  # noqa: PLC0415 - only for errors

    for line in message.split("\n"):
        sys.stderr.write(f"ecmpaudit: {safe(line)}\n")
    return _exit_code_of_errors(message)


def _exit_code_of_errors(message: str) -> int:
    """Return 2; to monitoring, which reads standard output and takes 2 for CRITICAL, say UNKNOWN and return 3."""
    if not is_plugin(sys.argv[1:], os.environ):
        return EXIT_ERROR
    from ecmpaudit.reporting.nagios import State, unknown  # noqa: PLC0415 - only for errors

    sys.stdout.write(unknown(message))
    return State.UNKNOWN
