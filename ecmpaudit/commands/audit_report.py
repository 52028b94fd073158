"""The report of an audit: to standard output and to files, and the exit code that belongs to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.commands.failures import raised_at_the_end
from ecmpaudit.commands.output import terminal_of, write_file, write_to_stdout
from ecmpaudit.model import Severity
from ecmpaudit.reporting.formats import FORMS, Format, Settings, render, stream
from ecmpaudit.reporting.nagios import state_of
from ecmpaudit.reporting.verdict import exit_code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecmpaudit.commands.options import ReportOptions
    from ecmpaudit.model import Audit


def write_reports(audit: Audit, options: ReportOptions, *, last_good: str | None = None, heading: str = "") -> None:
    """Write the report of an audit to the files, and to standard output unless that is not wanted.

    All are rendered before the first is written, so that a fault in one leaves none of them new; only JSON on standard
    output is made while it is written. A file that cannot be written stops neither the other files nor standard output.
    `last_good` is as in `Settings`; `heading` is printed above text on standard output.
    """
    color, width = terminal_of(None)
    settings = Settings(
        Severity(options.fail_on.value),
        verbose=options.verbose,
        by=options.by,
        metrics_limit=options.metrics_limit,
        last_good=last_good,
    )
    rendered = [(output.path, render(Format(output.form), audit, settings)) for output in options.outputs]
    printed: Iterable[bytes] = (
        () if options.quiet else stream(options.form, audit, replace(settings, color=color, width=width))
    )
    if FORMS[options.form].stream is None:
        printed = list(printed)
    if heading and options.form is Format.TEXT:
        printed = [f"{heading}\n".encode(), *printed]
    with raised_at_the_end() as failures:
        for path, content in rendered:
            with failures.collected():
                write_file(path, content)
        for part in printed:
            write_to_stdout(part, is_binary=FORMS[options.form].is_binary)


def exit_code_of(audit: Audit, options: ReportOptions) -> int:
    """Return the exit code of an audit; for a monitoring plugin, that of its state."""
    fail_on = Severity(options.fail_on.value)
    if options.form is Format.NAGIOS:
        return state_of(audit, fail_on)
    return exit_code(audit, fail_on)
