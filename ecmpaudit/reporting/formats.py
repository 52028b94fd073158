"""Every form that a report can have: which module renders it, and by which file names it is known.

A new form is one line in `Format`, one in `FORMS`, and one module with a function that takes the audit. Nothing here
imports those modules before a report is wanted: the command line reads this table to print its help.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from ecmpaudit.reporting.terminal import without_runner_commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Audit, Severity
    from ecmpaudit.reporting.counts import By

METRICS_LIMIT = 1000
"""Four series each: what a Prometheus takes from one audit without being asked."""


class Format(enum.StrEnum):
    """The forms of an audit's report."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    MARKDOWN = "markdown"
    CSV = "csv"
    PARQUET = "parquet"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    NAGIOS = "nagios"
    PROMETHEUS = "prometheus"
    OPENMETRICS = "openmetrics"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a reader may choose about a report; each form takes what it knows of these."""

    fail_on: Severity
    """The lowest severity that counts as a failure."""
    width: int = 0
    """Columns to wrap at; 0 means that no line is wrapped."""
    color: bool = False
    verbose: bool = False
    by: By | None = None
    """A table of counts in place of the text."""
    metrics_limit: int = METRICS_LIMIT
    """How many prefixes on routers have metrics of their own."""
    is_live: bool = False
    """The page is served: it follows the runs, and its cells are links to explanations."""
    last_good: str | None = None
    """ISO 8601, UTC; when the last run before this one started in which everything could be checked."""


@dataclass(frozen=True, slots=True)
class Form:
    """How one form is made."""

    module: str
    """In `ecmpaudit.reporting`."""
    function: str
    suffixes: tuple[str, ...] = ()
    """Ends of file names that mean this form."""
    takes: tuple[str, ...] = ()
    """The fields of `Settings` that the function has as keyword arguments."""
    is_binary: bool = False
    stream: str | None = None
    """The function that yields the same text in parts, where there is one."""


FORMS = {
    Format.TEXT: Form("text", "render_text", (".txt",), takes=("width", "color", "verbose", "by")),
    Format.JSON: Form("json_report", "render_json", (".json",), stream="stream_json"),
    Format.HTML: Form("html", "render_html", (".html", ".htm"), takes=("is_live",)),
    Format.MARKDOWN: Form("markdown", "render_markdown", (".md",), takes=("verbose",)),
    Format.CSV: Form("findings_table", "render_csv", (".csv",)),
    Format.PARQUET: Form("findings_table", "render_parquet", (".parquet",), is_binary=True),
    Format.JUNIT: Form("junit", "render_junit", (".xml",), takes=("fail_on",)),
    Format.SARIF: Form("sarif", "render_sarif", (".sarif", ".sarif.json")),
    Format.GITHUB: Form("github", "render_github"),
    Format.GITLAB: Form("gitlab", "render_gitlab"),
    Format.NAGIOS: Form("nagios", "render_nagios", takes=("fail_on", "verbose")),
    Format.PROMETHEUS: Form("prometheus", "render_prometheus", (".prom",), takes=("metrics_limit", "last_good")),
    Format.OPENMETRICS: Form("prometheus", "render_openmetrics", takes=("metrics_limit", "last_good")),
}


def render(form: Format, audit: Audit, settings: Settings) -> bytes:
    """Return the report in this form, text as UTF-8."""
    known = FORMS[form]
    function = getattr(import_module(f"ecmpaudit.reporting.{known.module}"), known.function)
    made: str | bytes = function(audit, **{name: getattr(settings, name) for name in known.takes})
    if isinstance(made, str) and form is not Format.GITHUB:
        made = without_runner_commands(made)
    return made if isinstance(made, bytes) else made.encode(errors="backslashreplace")


def stream(form: Format, audit: Audit, settings: Settings) -> Iterator[bytes]:
    """Yield the report in parts that are made while they are written; most forms are one part."""
    known = FORMS[form]
    if known.stream is None:
        yield render(form, audit, settings)
        return
    for part in getattr(import_module(f"ecmpaudit.reporting.{known.module}"), known.stream)(audit):
        yield without_runner_commands(part).encode(errors="backslashreplace")


_YAML = (".yaml", ".yml")
"""The one form that no audit's report has: expectations are a part of a configuration."""


def suffixes_of(form: enum.StrEnum) -> tuple[str, ...]:
    """Return the ends of file names that mean a form, of whichever command."""
    return FORMS[Format(form.value)].suffixes if form.value in [*Format] else _YAML


def format_of(name: str, forms: type[enum.StrEnum] = Format) -> enum.StrEnum | None:
    """Return the form of a file name's suffix, the longest known one; None for an unknown suffix."""
    ends = {suffix: form for form in forms for suffix in suffixes_of(form)}
    found = [suffix for suffix in ends if name.lower().endswith(suffix)]
    return ends[max(found, key=len)] if found else None
