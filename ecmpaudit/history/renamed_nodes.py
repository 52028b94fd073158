"""Nodes with another name in the configuration: one with the same address is the same node, and the fault the same."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ecmpaudit.history.contents import storable
from ecmpaudit.history.reading import stretches
from ecmpaudit.history.schema import runs, spreads
from ecmpaudit.model import MISSING_NEXT_HOPS, Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from ecmpaudit.model import Finding, Place

_Addresses = dict[str, frozenset[str]]
"""The addresses of expected nodes, by name."""


def renamed_nodes(
    connection: Connection, not_found: Iterable[tuple[Any, Fault]], new: Mapping[Fault, Finding]
) -> dict[Fault, Fault]:
    """Return the new faults of nodes that were missing before under another name, by the old faults.

    `not_found` are open episodes with `id`, `last_run` and their faults, all faults as they are followed.
    """
    missing: dict[Place, _Addresses] = defaultdict(dict)
    for fault, finding in new.items():
        for node in finding.missing if fault.code in MISSING_NEXT_HOPS else ():
            if storable(node.name) == fault.about:
                missing[_place(fault)][fault.about] = node.addresses
    candidates = [(row.last_run, old) for row, old in not_found if old.code in MISSING_NEXT_HOPS and old.about]
    candidates = [(last_run, old) for last_run, old in candidates if _place(old) in missing]
    then = {number: _expected_in(connection, number) for number in {last_run for last_run, _ in candidates}}
    renamed = {}
    for last_run, old in candidates:
        addresses = then[last_run].get(_place(old), {}).get(old.about, frozenset())
        at_place = missing[_place(old)]
        name = next((name for name, own in at_place.items() if own & addresses), None)
        if name is not None:
            del at_place[name]
            renamed[old] = old._replace(about=name)
    return renamed


def _place(fault: Fault) -> Place:
    return fault.router, fault.vrf, fault.prefix


def _expected_in(connection: Connection, number: int) -> dict[Place, _Addresses]:
    """Return the nodes that a run expected at each place."""
    s = spreads.c
    series = select(runs.c.series).where(runs.c.id == number).scalar_subquery()
    of_run = (s.series == series) & (s.first_run <= number) & (s.last_run >= number)
    return {
        place: {storable(node.name): node.addresses for node in spread.nodes}
        for place, spread, _ in stretches(connection, of_run)
    }
