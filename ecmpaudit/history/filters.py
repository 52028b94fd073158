"""The part of a comparison or of the history that `--router`, `--node`, `--prefix`, `--vrf` and `--label` ask for.

Runs were recorded whole: of those, a filter leaves the ones that asked a router which it chooses.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import select

from ecmpaudit.auditing.filters import Known, chosen_among, nodes_by_name
from ecmpaudit.history.answers import answers_from
from ecmpaudit.history.contents import nodes_from
from ecmpaudit.history.differences import differences
from ecmpaudit.history.schema import contents, episodes, faults, incident_episodes, places, runs, spreads
from ecmpaudit.model import Fault, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Select

    from ecmpaudit.auditing.filters import Chosen
    from ecmpaudit.auditing.scope import FilterOptions
    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.model import Place
    from ecmpaudit.model.runs import Differences, KnownFault, KnownIncident, Observation, Run, Spread


def narrowed_differences(
    before: Observation, after: Observation, options: FilterOptions, configuration: Configuration | None
) -> Differences:
    """Return what the filters leave of what differs between two observations.

    Raises:
        ConfigurationError: a filter matches nothing in either.
    """
    if not options.given:
        return differences(before, after)
    places = [*before.spreads, *after.spreads]
    spreads = [*before.spreads.values(), *after.spreads.values()]
    known = Known(
        routers={*before.answers, *after.answers, *(router for router, _, _ in places)} - {""},
        nodes=nodes_by_name(node for spread in spreads for node in spread.nodes),
        prefixes={prefix for _, _, prefix in places}
        | {f.prefix for s in (before, after) for f in s.faults if f.prefix},
        vrfs={vrf for _, vrf, _ in places},
    )
    chosen = chosen_among(known, options, configuration)
    return differences(_narrowed(before, chosen), _narrowed(after, chosen), chosen.nodes)


def _narrowed(side: Observation, chosen: Chosen) -> Observation:
    return replace(
        side,
        spreads={place: spread for place, spread in side.spreads.items() if has_spread(chosen, place, spread)},
        faults={fault: message for fault, message in side.faults.items() if _has_fault(chosen, fault, message)},
        answers={
            router: answer
            for router, answer in side.answers.items()
            if answer.is_node or chosen.routers is None or router in chosen.routers
        },
    )


def has_spread(chosen: Chosen, place: Place, spread: Spread) -> bool:
    """Return whether what a prefix had is left: a node was expected then, or was a next hop."""
    expected = {node.name for node in spread.nodes}
    return chosen.has_place(*place) and (
        chosen.nodes is None
        or any(node.name in expected or any(map(node.has, spread.next_hops)) for node in chosen.nodes)
    )


def _found(fault: Fault, message: str) -> Finding:
    """Return a fault of the history as the finding that it is from, as far as filters ask for it."""
    severity = Severity.INCOMPLETE if fault.is_a_gap else Severity.ERROR
    return Finding(fault.code, severity, message, fault.router or None, fault.vrf, fault.prefix)


def chosen_in_history(
    connection: Connection, options: FilterOptions, configuration: Configuration | None
) -> Chosen | None:
    """Return the names that filters choose of all that the history has; None without filters.

    Raises:
        ConfigurationError: a filter matches nothing, or a label is in no configuration.
    """
    if not options.given:
        return None
    p, f = places.c, faults.c
    found = [tuple(row) for row in connection.execute(select(p.router, p.vrf, p.prefix))]
    found += [tuple(row) for row in connection.execute(select(f.router, f.vrf, f.prefix).distinct())]
    attributes = _contents_in(connection, select(spreads.c.attributes_id))
    answers = _contents_in(connection, select(runs.c.answers_id))
    asked = {name for text in answers for name, answer in answers_from(text).items() if not answer.is_node}
    known = Known(
        routers=({router for router, _, _ in found} | asked) - {""},
        nodes=nodes_by_name(node for text in attributes for node in nodes_from(text)),
        prefixes={prefix for _, _, prefix in found} - {""},
        vrfs={vrf for _, vrf, _ in found} - {""},
    )
    return chosen_among(known, options, configuration)


def _contents_in(connection: Connection, ids: Select[tuple[int]]) -> Iterable[str]:
    return connection.execute(select(contents.c.content).where(contents.c.id.in_(ids))).scalars()


def runs_left(found: Iterable[Run], chosen: Chosen | None) -> tuple[Run, ...]:
    """Return the runs that asked one of the chosen routers."""
    if chosen is None or chosen.routers is None:
        return tuple(found)
    routers = chosen.routers
    return tuple(run for run in found if not routers.isdisjoint({*run.answers, *run.asked.routers}))


def faults_left(found: Iterable[KnownFault], chosen: Chosen | None) -> tuple[KnownFault, ...]:
    """Return the faults that the filters leave."""
    if chosen is None:
        return tuple(found)
    return tuple(known for known in found if _has_fault(chosen, known.fault, known.message))


def incidents_left(
    connection: Connection, found: Iterable[KnownIncident], chosen: Chosen | None
) -> tuple[KnownIncident, ...]:
    """Return the incidents of which the filters leave a fault."""
    if chosen is None:
        return tuple(found)
    f, links = faults.c, incident_episodes.c
    query = (
        select(links.incident_id, episodes.c.message, f.code, f.router, f.vrf, f.prefix, f.about)
        .join(episodes, episodes.c.id == links.episode_id)
        .join(faults, f.id == episodes.c.fault_id)
    )
    has_fault = cache(lambda fault, message: _has_fault(chosen, fault, message))
    left = {number for number, message, *fault in connection.execute(query) if has_fault(Fault(*fault), message)}
    return tuple(known for known in found if known.number in left)


def _has_fault(chosen: Chosen, fault: Fault, message: str) -> bool:
    """Return whether a fault is left; one about a node or a next hop is about no other that its message names."""
    return chosen.has_finding(_found(fault, fault.about.partition("%")[0] or message))
