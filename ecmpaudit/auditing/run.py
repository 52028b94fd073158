"""The one pipeline: captures in, an audit out. A scan and an offline analysis differ only in where captures come from.

What cannot be read becomes a failure of its router, and the rest of the run goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import PurePath
from typing import TYPE_CHECKING

from ecmpaudit.auditing.evidence import quoted
from ecmpaudit.auditing.judge import judge
from ecmpaudit.auditing.network import network_of
from ecmpaudit.collectors.compression import without_suffix
from ecmpaudit.collectors.files import loaded
from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model import Audit, Ceiling, Past
from ecmpaudit.parsing.columns import SCHEMA
from ecmpaudit.parsing.facts import ceilings, configuration_format, is_address_list, node_addresses
from ecmpaudit.parsing.pieces import Wanted
from ecmpaudit.parsing.reading import read_as_it_is, read_capture
from ecmpaudit.parsing.route_table import RouteTable, all_routes
from ecmpaudit.parsing.transcript import captures_from_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pandas as pd

    from ecmpaudit.expectations.configured import Expectations
    from ecmpaudit.model import Capture, Route
    from ecmpaudit.parsing.facts import CeilingFact
    from ecmpaudit.rules import Rule


@dataclass(frozen=True)
class Material:
    """What the captures of one run tell."""

    tables: tuple[RouteTable, ...] = ()
    failed: tuple[Capture, ...] = ()
    """Captures that did not come, not completely, or that nobody could read; `failure` says why."""
    ceilings: tuple[tuple[str | None, CeilingFact], ...] = ()
    """Router and what its configuration says."""
    node_addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The addresses that nodes told themselves, by node."""

    @property
    def routes(self) -> pd.DataFrame:
        """All route tables as one pandas DataFrame, one row per next hop in the order of the outputs."""
        return all_routes(self.tables)


def read_material(
    captures: Iterable[Capture],
    *,
    router: str | None = None,
    platform: str | None = None,
    only: Sequence[str] = (),
    columns: frozenset[str] = frozenset(SCHEMA),
) -> Material:
    """Return what the captures tell; `router` and `platform` overrule what the text tells.

    With `only`, prefixes, large tables are read as far as routes lie inside of these or around them; `columns` are
    those of the canonical table that are needed.
    """
    wanted = Wanted(tuple(ip_network(prefix) for prefix in only), columns)
    tables: list[RouteTable] = []
    failed: list[Capture] = []
    of_configurations: list[tuple[str | None, CeilingFact]] = []
    addresses: dict[str, tuple[str, ...]] = {}
    for capture in _read_or_told_apart(list(captures), router, platform, wanted):
        if isinstance(capture, RouteTable):
            tables.append(capture)
            continue
        try:
            if capture.failure is not None:
                failed.append(capture)
            elif is_address_list(capture):
                addresses[capture.router or ""] = node_addresses(capture)
            elif configuration := configuration_format(capture):
                of_configurations += [(capture.router, fact) for fact in ceilings(capture, configuration)]
            else:
                tables.append(read_capture(capture, wanted))
        except UnknownFormatError as error:
            reason = str(error).removeprefix(f"{capture.source}: ")
            failed.append(replace(capture, failure=reason))
    return Material(tuple(tables), tuple(failed), tuple(of_configurations), addresses)


def audit_material(
    material: Material,
    expectations: Expectations,
    given_ceilings: Callable[[str | None, int], Iterable[Ceiling]],
    rules: Sequence[Rule],
    past: Past = Past(),  # noqa: B008 - it is frozen
) -> Audit:
    """Return the findings; `given_ceilings` gives what flags and configuration say of a router and a family."""

    def ceiling_of(router: str | None, vrf: str, family: int, selected: Route | None) -> Ceiling | None:
        known = list(given_ceilings(router, family))
        if selected is not None:
            known += [
                fact.ceiling
                for name, fact in material.ceilings
                if name == router and fact.holds_for(vrf, family, selected.protocol, selected.distance)
            ]
        return min(known, key=lambda ceiling: ceiling.value, default=None)

    learned = expectations.with_addresses(material.node_addresses) if material.node_addresses else expectations
    network = network_of(material.tables, learned, ceiling_of, material.failed, past)
    captures = [*(table.capture for table in material.tables), *material.failed]
    started = min((capture.started for capture in captures if capture.started), default=None)
    return Audit(network, quoted(judge(network, rules), (table.capture for table in material.tables)), started)


def told_apart(captures: Sequence[Capture], router: str | None, platform: str | None) -> list[Capture]:
    """Split pasted sessions, and name routers by their file where several files do not tell them."""
    return [part for capture in captures for part in _parts(loaded(capture), captures, router, platform)]


def _read_or_told_apart(
    captures: Sequence[Capture], router: str | None, platform: str | None, wanted: Wanted
) -> Iterator[RouteTable | Capture]:
    """Yield the table of each large file that can be read as it is, and the parts of all other captures."""
    for capture in captures:
        of_file = replace(capture, router=router or _name_by_file(capture, captures), platform=platform)
        table = read_as_it_is(of_file, wanted)
        yield from [table] if table else _parts(loaded(capture), captures, router, platform)


def _parts(
    capture: Capture, captures: Sequence[Capture], router: str | None, platform: str | None
) -> Iterator[Capture]:
    for part in _split(capture, router, platform):
        yield part if part.router else replace(part, router=_name_by_file(capture, captures))


def _name_by_file(capture: Capture, captures: Sequence[Capture]) -> str | None:
    """Return the router's name where one of several files does not tell it; a single text needs none."""
    if len({other.source for other in captures}) == 1:
        return None
    return PurePath(without_suffix(capture.source)).stem


def _split(capture: Capture, router: str | None, platform: str | None) -> list[Capture]:
    if capture.failure is not None or capture.command is not None:
        return [replace(capture, router=router or capture.router, platform=platform or capture.platform)]
    return captures_from_text(capture.text, capture.source, router=router or capture.router, platform=platform)
