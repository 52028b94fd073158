"""The part of a comparison that `--router`, `--node`, `--prefix`, `--vrf` and `--label` ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.filters import Known, chosen_among
from ecmpaudit.model import Finding, Severity

if TYPE_CHECKING:
    from ecmpaudit.auditing.filters import Chosen
    from ecmpaudit.auditing.scope import FilterOptions
    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.model.past import Fault
    from ecmpaudit.model.runs import Observation, Spread


def narrowed_sides(
    before: Observation, after: Observation, options: FilterOptions, configuration: Configuration | None
) -> tuple[Observation, Observation]:
    """Return both observations with what the filters leave.

    Raises:
        ConfigurationError: a filter matches nothing in either.
    """
    if not options.given:
        return before, after
    places = [*before.spreads, *after.spreads]
    spreads = [*before.spreads.values(), *after.spreads.values()]
    known = Known(
        routers={*before.answers, *after.answers, *(router for router, _, _ in places)} - {""},
        nodes={node.name: node for spread in spreads for node in spread.nodes},
        prefixes={prefix for _, _, prefix in places}
        | {f.prefix for s in (before, after) for f in s.faults if f.prefix},
        vrfs={vrf for _, vrf, _ in places},
    )
    chosen = chosen_among(known, options, configuration)
    return _narrowed(before, chosen), _narrowed(after, chosen)


def _narrowed(side: Observation, chosen: Chosen) -> Observation:
    return replace(
        side,
        spreads={
            place: spread
            for place, spread in side.spreads.items()
            if chosen.has_place(*place) and _has_node(spread, chosen)
        },
        faults={fault: message for fault, message in side.faults.items() if chosen.has_finding(_found(fault, message))},
        answers={
            router: answer
            for router, answer in side.answers.items()
            if answer.is_node or chosen.routers is None or router in chosen.routers
        },
    )


def _has_node(spread: Spread, chosen: Chosen) -> bool:
    return chosen.nodes is None or any(
        node in spread.nodes or any(node.has(hop) for hop in spread.next_hops) for node in chosen.nodes
    )


def _found(fault: Fault, message: str) -> Finding:
    """Return a fault of the history as the finding that it is from, as far as filters ask for it."""
    severity = Severity.INCOMPLETE if fault.is_a_gap else Severity.ERROR
    return Finding(fault.code, severity, message, fault.router or None, fault.vrf, fault.prefix)
