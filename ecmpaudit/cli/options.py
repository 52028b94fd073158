"""The arguments and options that several commands share."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from ecmpaudit.cli.outputs import parse_output, refuse_two_in_one_file
from ecmpaudit.configuration.announcers import AnnouncerName
from ecmpaudit.reporting.formats import METRICS_LIMIT, Format

if TYPE_CHECKING:
    from collections.abc import Callable

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


def form_of(
    words: type[enum.StrEnum], text: str, default: enum.StrEnum | None = None
) -> Callable[[_Command], _Command]:
    """Return the option for the form of what is printed."""
    one, value = OneOf(words), default and default.value
    return click.option("--format", "-f", "form", type=one, default=value, help=text, panel=OUTPUT)


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
    type=OneOf(AnnouncerName),
    help="What announces the Services of the cluster; auto detects it from the objects.",
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
