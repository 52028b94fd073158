"""The `ecmpaudit` command: its subcommands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from importlib import import_module
from typing import NoReturn

import rich_click as click

from ecmpaudit.cli.groups import Group
from ecmpaudit.cli.parsers import parsers
from ecmpaudit.cli.plugin import is_plugin
from ecmpaudit.cli.standard_streams import prepare_standard_streams
from ecmpaudit.errors import EcmpauditError, MissingHistoryError, UnreadOutputError
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.signals import end_in_order
from ecmpaudit.version import __version__

EXIT_ERROR = 2
EXIT_NO_HISTORY = 3
EXIT_INTERRUPTED = 130
EXIT_UNREAD = 128 + signal.SIGPIPE
"""As a shell reports grep and git where `head` has read enough."""
_NAMES = (
    "scan",
    "serve",
    "analyze",
    "explain",
    "routes",
    "expect",
    "what-if",
    "drain",
    "flow",
    "mcp",
    "rule",
    "platforms",
    "commands",
    "diff",
    "report",
    "history",
    "schedule",
    "snapshot",
    "config",
)
GARBAGE_THRESHOLDS = (100_000, 50, 50)
"""Rare collections: most objects of imports and tables live until the end, so that searching them is in vain."""


class _Commands(Group):
    """The commands, each in the module of its name, which is imported on demand: a run needs one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, the most used first."""
        return list(_NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Return a command; None where none has the name."""
        if cmd_name not in _NAMES:
            return None
        module = cmd_name.replace("-", "_")
        found: click.Command = getattr(import_module(f"ecmpaudit.cli.{module}"), module)
        return found


@click.group(
    name="ecmpaudit",
    cls=_Commands,
    epilog="Exit codes: 0 clean, 1 findings, 2 usage or configuration error, 3 incomplete and no such finding.",
    context_settings={
        "help_option_names": ["-h", "--help"],
        "show_default": True,
        "rich_help_config": {"text_paragraph_linebreaks": "\n\n"},  # the decorator for it would load rich every time
    },
)
@click.version_option(__version__, prog_name="ecmpaudit", message="%(prog)s %(version)s")
@parsers
@click.option("--debug", is_flag=True, help="Show a traceback where an error occurs.")
def app(debug: bool) -> None:
    """Audit equal-cost multipath: is every load-balanced prefix spread over every node that should carry it?"""
    if debug:
        os.environ["ECMPAUDIT_DEBUG"] = "1"


def main() -> NoReturn:
    """Run the command and exit: errors give one line on stderr and exit code 2, never the code for findings.

    A history that does not exist yet is no error of the command line: no data, exit code 3 in every command. Where
    nobody reads standard output to its end, all other steps are done, and the program ends without a word.
    """
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    prepare_standard_streams()
    end_in_order()
    code = _ended()
    with contextlib.suppress(EcmpauditError):  # after an error, which is reported already
        sys.stdout.flush()
    gc.freeze()  # without it, Python collects twice before it ends, which takes a tenth of a second
    sys.exit(code)


def _ended() -> int:
    """Run the command, print the message of an error, and return the exit code."""
    try:
        code: int = app(standalone_mode=False) or 0
        sys.stdout.flush()
    except click.ClickException as error:
        code = _usage(error)
    except (click.Abort, KeyboardInterrupt):
        code = EXIT_INTERRUPTED
    except UnreadOutputError:
        code = EXIT_UNREAD
    except MissingHistoryError as error:
        _failed(str(error), error)
        code = EXIT_NO_HISTORY
    except EcmpauditError as error:
        code = _failed(str(error), error)
    except Exception as error:  # noqa: BLE001 - Python's own exit code for a crash is 1, which means findings
        code = _failed(f"internal error: {error!r}; --debug before the command shows where", error)
    return code


def _usage(error: click.ClickException) -> int:
    """Print what is wrong with the command line, with the usage of the command where it is known."""
    from ecmpaudit.reporting.formats import Format

    form = error.option_name.lstrip("-") if isinstance(error, click.NoSuchOption) else ""
    if form in {*Format}:
        error.message = f"{error.message.rstrip('.')}; the form is an option's value: --format {form}"  # type: ignore[misc]
    error.message = safe(error.message)  # type: ignore[misc]  # it may quote a file's name; click calls it final
    error.show()
    return _exit_code_of_errors(error.format_message())


def _failed(message: str, error: Exception) -> int:
    if os.environ.get("ECMPAUDIT_DEBUG"):
        import traceback

        for line in "".join(traceback.format_exception(error)).split("\n"):
            sys.stderr.write(f"{safe(line)}\n")
    for line in message.split("\n"):
        sys.stderr.write(f"ecmpaudit: {safe(line)}\n")
    return _exit_code_of_errors(message)


def _exit_code_of_errors(message: str) -> int:
    """Return 2; for a monitoring plugin, where 2 means CRITICAL, print UNKNOWN on standard output and return 3."""
    if not is_plugin(sys.argv[1:], os.environ):
        return EXIT_ERROR
    from ecmpaudit.reporting.nagios import State, unknown

    sys.stdout.write(unknown(message))
    return State.UNKNOWN
