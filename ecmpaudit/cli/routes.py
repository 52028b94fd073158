"""`ecmpaudit routes FILE…`: show the parsed route tables."""

from __future__ import annotations

import enum
import sys
from typing import TYPE_CHECKING, NoReturn

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import options
from ecmpaudit.cli.options import OUTPUT
from ecmpaudit.cli.printing import tell_more, terminal_of, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

EXIT_INCOMPLETE = 3
FILTERS = "Which routes"


class RoutesFormat(enum.StrEnum):
    """The forms of a route table."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


@click.command
@options.inputs
@options.router
@options.platform
@click.option("--prefix", help="Exactly this prefix.", panel=FILTERS)
@click.option("--within", help="This prefix and all inside it.", panel=FILTERS)
@click.option("--protocol", help="bgp, ospf, static …", panel=FILTERS)
@click.option("--ecmp", is_flag=True, help="Only routes with several installed next hops.", panel=FILTERS)
@click.option("--lookup", metavar="ADDRESS", help="Longest match, per router and VRF.", panel=FILTERS)
@click.option("--summary", is_flag=True, help="Only how many prefixes have how many next hops.", panel=OUTPUT)
@click.option("--explain-line", metavar="N", type=int, help="Which rule reads line N, or that none does.", panel=OUTPUT)
@options.verbose
@options.form_of(RoutesFormat, "Form of the table; without it, the one of the output's name, else text.")
@options.output_file
def routes(
    files: Sequence[str],
    router: str | None,
    platform: str | None,
    prefix: str | None,
    within: str | None,
    protocol: str | None,
    ecmp: bool,
    lookup: str | None,
    summary: bool,
    explain_line: int | None,
    verbose: bool,
    form: RoutesFormat | None,
    output: Path | None,
) -> None:
    """Show the parsed routes of files, folders, saved snapshots or standard input.

    Exits with 0 when every line was understood, else with 3.

    Example: ecmpaudit routes tor1.txt --within 172.31.0.0/16 --format json
    """
    from ecmpaudit.auditing.run import read_material  # noqa: PLC0415 - heavy imports are lazy
    from ecmpaudit.cli.analyze import refuse_if_nothing_was_read  # noqa: PLC0415
    from ecmpaudit.collectors.files import read_inputs  # noqa: PLC0415
    from ecmpaudit.parsing.columns import SCHEMA, SPREAD  # noqa: PLC0415
    from ecmpaudit.parsing.filters import Filters, checked, narrowed  # noqa: PLC0415
    from ecmpaudit.reporting.routes import (  # noqa: PLC0415
        routes_csv,
        routes_json,
        routes_parquet,
        routes_text,
        spread_text,
    )

    tell_more(verbose)
    if explain_line is not None:
        _explain(files, explain_line, platform)
    filters = checked(Filters(prefix, within, protocol, ecmp, lookup))
    columns = frozenset(SCHEMA) if not summary else SPREAD
    material = read_material(
        read_inputs(files), router=router, platform=platform, only=filters.networks, columns=columns
    )
    refuse_if_nothing_was_read(material)
    form = form or _form_of(output)
    tables = [narrowed(table, filters) for table in (*material.tables, *material.node_tables)]
    if summary:
        write(spread_text(tables), output)
    elif form is RoutesFormat.JSON:
        write(routes_json(tables), output)
    elif form is RoutesFormat.CSV:
        write(routes_csv(tables), output)
    elif form is RoutesFormat.PARQUET:
        write(routes_parquet(tables), output)
    else:
        color, width = terminal_of(output)
        write(routes_text(tables, width=width, color=color), output)
    problems = [f"{line.source}:{line.line}: {line.reason}: {line.text}" for table in tables for line in table.unparsed]
    problems += [f"{capture.source}: {capture.failure}" for capture in material.failed]
    _tell(problems)
    raise Exit(EXIT_INCOMPLETE if problems else 0)


def _form_of(output: Path | None) -> RoutesFormat:
    suffixes = {f".{form}": form for form in RoutesFormat}
    return suffixes.get(output.suffix.lower(), RoutesFormat.TEXT) if output else RoutesFormat.TEXT


def _explain(files: Sequence[str], number: int, platform: str | None) -> NoReturn:
    """Print how a line of each input is read, and end."""
    from ecmpaudit.auditing.run import told_apart  # noqa: PLC0415 - heavy imports are lazy
    from ecmpaudit.collectors.files import read_inputs  # noqa: PLC0415
    from ecmpaudit.parsing.explain import explain_line  # noqa: PLC0415
    from ecmpaudit.reporting.routes import explained_text  # noqa: PLC0415

    captures = told_apart(read_inputs(files), None, platform)
    told = [(c.source, found) for c in captures if c.failure is None and (found := explain_line(c, number))]
    write("\n".join(explained_text(source, number, found) for source, found in told), None)
    raise Exit(0 if told and all(found.rule_line for _, found in told) else EXIT_INCOMPLETE)


def _tell(problems: list[str]) -> None:
    from ecmpaudit.reporting.terminal import safe, shortened  # noqa: PLC0415 - heavy imports are lazy

    for problem in problems:
        sys.stderr.write(f"ecmpaudit: {safe(shortened(problem))}\n")
