"""What `--router NAME` means for the inputs of a run: the name of a text that has none, or a filter.

A text names its router by its prompt or its manifest; where several files are read, one that does not is named by its
file. Two routers never become one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.parsing.guard import resolved_if_readable
from ecmpaudit.platforms.registry import BgpTableFormat, FactFormat
from ecmpaudit.wording import listed, suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ecmpaudit.auditing.repeated_tables import OlderOutput
    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.route_table import RouteTable


@dataclass(frozen=True, slots=True)
class Naming:
    """Which name the inputs get, or which of them are read."""

    name: str | None = None
    """The router of every text; None: each has its own."""
    left_out: frozenset[str] = frozenset()
    """Routers whose texts are not read."""
    notes: tuple[str, ...] = ()
    """Sentences for the report."""


def naming_of(router: str, parts: Sequence[tuple[Capture, str | None]], nodes: Collection[str]) -> Naming:
    """Return what `--router` means for parts of texts, each with the name that its file gives it, if any.

    `nodes` are hosts that are no routers: their texts are facts, and always read.

    Raises:
        ConfigurationError: the inputs name several routers, and this is none of them.
    """
    by_text = {part.router for part, _ in parts if part.router and _is_route_table(part)} - set(nodes)
    by_file = {file for part, file in parts if file and part.router is None and _is_route_table(part)} - set(nodes)
    if router in by_text | by_file:
        return _filtered(router, by_text | by_file)
    if len(by_text) > 1 or (by_text and by_file):
        names = listed(sorted(by_text | by_file))
        near = suggestion(router, by_text | by_file) or "; give one of these, or no --router"
        raise ConfigurationError(f"--router {router}: the inputs name {names}{near}")
    note = f"--router {router}: the text names its router {listed(by_text)}"
    return Naming(name=router, notes=(note,) if by_text else ())


def refuse_merging(router: str, tables: Sequence[RouteTable], older: Sequence[OlderOutput]) -> None:
    """Raise ConfigurationError where two files that do not name their router have the same route table.

    `older` are the tables that a later one would replace: within one file that is a table printed twice.
    """
    for replaced in older:
        if replaced.older.source != replaced.newer.source:
            raise _of_one_kind(router, replaced.older.source, replaced.newer.source)
    known: dict[tuple[str, str | None, int | None], str] = {}
    for table in tables:
        for family in table.families or (None,):
            key = (table.platform, table.capture.command, family)
            first = known.setdefault(key, table.capture.source)
            if first != table.capture.source:
                raise _of_one_kind(router, first, table.capture.source)


def _of_one_kind(router: str, first: str, second: str) -> ConfigurationError:
    return ConfigurationError(
        f"--router {router}: {first} and {second} have route tables of the same kind, and name no router; "
        "give one of them, or no --router, so that each is named by its file"
    )


def _filtered(router: str, names: Collection[str]) -> Naming:
    others = frozenset(names) - {router}
    note = f"--router {router}: not analyzed: {listed(sorted(others))}"
    return Naming(left_out=others, notes=(note,) if others else ())


def _is_route_table(part: Capture) -> bool:
    return not isinstance(resolved_if_readable(part).form, BgpTableFormat | FactFormat)
