"""Show the parsed route tables, or how one line of them is parsed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ecmpaudit.auditing.splitting import split_captures
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.files import read_inputs
from ecmpaudit.commands.options import RoutesFormat
from ecmpaudit.commands.output import configure_logging, terminal_of, write_outputs
from ecmpaudit.commands.reading import named_or_filtered, read
from ecmpaudit.configuration.patterns import names_matching, words_of
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.parsing.columns import SCHEMA, SPREAD
from ecmpaudit.parsing.explain import explain_line
from ecmpaudit.parsing.filters import Filters, checked, narrowed
from ecmpaudit.parsing.guard import guarded
from ecmpaudit.platforms.names import platform_name
from ecmpaudit.reporting.routes import explained_text, routes_csv, routes_json, routes_parquet, routes_text, spread_text
from ecmpaudit.reporting.terminal import safe, shortened
from ecmpaudit.reporting.verdict import EXIT_CLEAN, EXIT_INCOMPLETE
from ecmpaudit.wording import suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecmpaudit.auditing.run import Material
    from ecmpaudit.auditing.scope import FilterOptions
    from ecmpaudit.commands.options import InputOptions, OutputOptions, RouteOptions
    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.explain import Explanation
    from ecmpaudit.parsing.route_table import RouteTable


def routes(inputs: InputOptions, shown: FilterOptions, options: RouteOptions, outputs: OutputOptions) -> int:
    """Write the routes of the inputs, and return the exit code."""
    configure_logging(verbose=options.verbose)
    inputs, shown = named_or_filtered(inputs, shown)
    filters = filters_of(shown, options)
    columns = SPREAD if options.summary else frozenset(SCHEMA)
    material = read(inputs, only=filters.networks, columns=columns)
    tables = shown_tables(material, shown, filters)
    if options.summary:
        write_outputs(_of_text(outputs, "--summary"), lambda _form, _path: spread_text(tables))
    else:
        write_outputs(outputs, lambda form, path: _rendered(tables, material, form, path))
    problems = _problems(tables, material)
    for problem in (*(f"note: {note}" for note in material.notes), *problems):
        sys.stderr.write(f"ecmpaudit: {safe(shortened(problem))}\n")
    return EXIT_INCOMPLETE if problems else EXIT_CLEAN


def filters_of(shown: FilterOptions, options: RouteOptions) -> Filters:
    """Return which routes are wanted; ConfigurationError where a value cannot be used."""
    return checked(
        Filters(
            within=options.within,
            protocol=options.protocol,
            ecmp=options.ecmp,
            lookup=options.lookup,
            prefixes=words_of(shown.only_prefixes),
            vrfs=words_of(shown.only_vrfs),
        )
    )


def shown_tables(material: Material, shown: FilterOptions, filters: Filters) -> list[RouteTable]:
    """Return the tables of the routers that are shown, with the wanted routes.

    Raises:
        ConfigurationError: a name matches nothing.
    """
    every = (*material.tables, *material.node_tables)
    wanted = {
        *names_matching("--router", shown.only_routers, sorted({table.router for table in every if table.router}))
    }
    chosen = [table for table in every if not shown.only_routers or table.router in wanted]
    _refuse_names_of_nothing(chosen, material, filters)
    _refuse_mistyped_protocol(chosen, filters.protocol)
    return [narrowed(table, filters) for table in chosen]


def _refuse_names_of_nothing(tables: Sequence[RouteTable], material: Material, filters: Filters) -> None:
    """Raise ConfigurationError where the prefixes and VRFs that are asked for match no route of what was read whole."""
    named = Filters(prefixes=filters.prefixes, vrfs=filters.vrfs)
    if named == Filters() or _problems(tables, material) or any(narrowed(each, named).route_count for each in tables):
        return
    options = (("--prefix", filters.prefixes), ("--vrf", filters.vrfs))
    given = " ".join(f"{option} {','.join(words)}" for option, words in options if words)
    raise ConfigurationError(f"{given}: matches no route that was read")


def _refuse_mistyped_protocol(tables: Sequence[RouteTable], protocol: str | None) -> None:
    """Raise ConfigurationError where a protocol has no route, and is nearly the name of one that has."""
    known = {name for table in tables for name in table.frame["protocol"].unique().to_list() if name}
    if protocol is not None and protocol.lower() not in known and (near := suggestion(protocol, sorted(known))):
        raise ConfigurationError(f"--protocol {protocol}: matches none of {', '.join(sorted(known))}{near}")


def _of_text(outputs: OutputOptions, flag: str) -> OutputOptions:
    """Return the outputs; ConfigurationError where one of them is no text, which is all that the flag gives."""
    if any(form is not RoutesFormat.TEXT for form in (outputs.form, *(output.form for output in outputs.outputs))):
        raise ConfigurationError(f"{flag} is text only: leave --format out, and end the names of --output in .txt")
    return outputs


def explain(inputs: InputOptions, number: int, outputs: OutputOptions, *, verbose: bool) -> int:
    """Write how a line of each input is parsed, and return the exit code; lines are counted from 1."""
    configure_logging(verbose=verbose)
    budget = AnswerBudget(inputs.memory)
    platform = platform_name(inputs.platform) if inputs.platform else None
    captures = split_captures(read_inputs(inputs.files, budget), None, platform, budget)
    explained = [(c.source, found) for c in captures if c.failure is None and (found := _explained(c, number))]
    if explained:
        text = "\n".join(explained_text(source, number, found) for source, found in explained)
        write_outputs(_of_text(outputs, "--explain-line"), lambda _form, _path: text)
    for failed in (capture for capture in captures if capture.failure is not None):
        sys.stderr.write(f"ecmpaudit: {safe(shortened(f'{failed.source}: {failed.failure}'))}\n")
    return EXIT_CLEAN if explained and all(found.rule_line for _, found in explained) else EXIT_INCOMPLETE


def _explained(capture: Capture, number: int) -> Explanation | None:
    return guarded(capture, lambda: explain_line(capture, number))


def _rendered(tables: Sequence[RouteTable], material: Material, form: RoutesFormat, output: Path | None) -> str | bytes:
    if form is RoutesFormat.JSON:
        return routes_json(tables, material.unparsed, material.not_read)
    if form is RoutesFormat.CSV:
        return routes_csv(tables)
    if form is RoutesFormat.PARQUET:
        return routes_parquet(tables)
    color, _ = terminal_of(output)
    return routes_text(tables, color=color)


def _problems(tables: Sequence[RouteTable], material: Material) -> list[str]:
    """Return each line that no rule matched, then each part that could not be read."""
    unparsed = (*(line for table in tables for line in table.unparsed), *material.unparsed)
    lines = [f"{line.source}:{line.line}: {line.reason}: {line.text}" for line in unparsed]
    return [*lines, *(f"{part.place}: {part.reason}" for part in material.not_read)]
