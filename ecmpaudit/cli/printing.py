"""How a report leaves the program: to standard output and to files, and with which exit code."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from click.exceptions import Exit

from ecmpaudit.cli.failures import told_at_the_end
from ecmpaudit.cli.outputs import Output, write_file
from ecmpaudit.errors import EcmpauditError
from ecmpaudit.reporting.formats import FORMS, Format, Settings, render

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecmpaudit.cli.options import FailOn
    from ecmpaudit.model import Audit


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
    written keeps the report neither from the others nor from standard output. `last_good` is as in `Settings`;
    `heading` stands above text on standard output.
    """
    from ecmpaudit.model import Severity  # noqa: PLC0415 - beside the audit

    color, width = terminal_of(None)
    of_files = Settings(Severity(fail_on.value), verbose=verbose, metrics_limit=metrics_limit, last_good=last_good)
    made = [(output, render(output.form, audit, of_files)) for output in outputs]
    wants_stdout = not quiet and (form is not None or not outputs)
    shown = form or Format.TEXT
    printed = render(shown, audit, replace(of_files, color=color, width=width)) if wants_stdout else b""
    with told_at_the_end() as failures:
        for output, content in made:
            with failures.collected():
                write_file(output.path, content)
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
