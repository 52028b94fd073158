"""Compare two runs, dumps or snapshots, in any combination."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.request import Request, chosen_rules
from ecmpaudit.auditing.run import audit_material
from ecmpaudit.commands.options import TextFormat
from ecmpaudit.commands.output import configure_logging, refuse_before_asking, write_outputs
from ecmpaudit.commands.reading import Texts, named_or_filtered, read_for
from ecmpaudit.commands.run_history import place_in_use
from ecmpaudit.configuration.history_places import is_run
from ecmpaudit.history.filters import narrowed_differences
from ecmpaudit.history.observations import observation_of
from ecmpaudit.reporting.differences import exit_code_of, render_differences, render_differences_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.auditing.run import Material
    from ecmpaudit.auditing.scope import FilterOptions, ScopeOptions
    from ecmpaudit.commands.options import InputOptions, OutputOptions, RuleOptions
    from ecmpaudit.configuration.schema import Configuration
    from ecmpaudit.model import Audit, Capture
    from ecmpaudit.model.runs import Differences, Observation
    from ecmpaudit.rules import Rule


def diff(
    inputs: InputOptions,
    scope: ScopeOptions,
    filters: FilterOptions,
    options: RuleOptions,
    outputs: OutputOptions,
    *,
    verbose: bool,
) -> int:
    """Write what differs between the two inputs, and return the exit code."""
    configure_logging(verbose=verbose)
    inputs, _ = named_or_filtered(inputs, filters)
    refuse_before_asking(outputs.outputs, scope)
    requests = _Requests(inputs, scope)
    rules = chosen_rules(options.select, options.ignore)
    sides = _observations(inputs, requests, options.place, rules)
    found = compared(sides, rules, filters, requests.first.configuration)
    renderers = {TextFormat.TEXT: render_differences, TextFormat.JSON: render_differences_json}
    write_outputs(outputs, lambda form, _: renderers[form](found))
    return exit_code_of(found)


def compared(
    sides: tuple[Observation, Observation],
    rules: Sequence[Rule],
    filters: FilterOptions,
    configuration: Configuration | None,
) -> Differences:
    """Return what differs between two observations in what the rules and the filters leave of them."""
    before, after = (of_rules(side, rules) for side in sides)
    return narrowed_differences(before, after, filters, configuration)


class _Requests:
    """What is expected of each side: a snapshot with the objects of a cluster is judged by its own ones."""

    def __init__(self, inputs: InputOptions, scope: ScopeOptions) -> None:
        self._scope = scope
        self.texts = {
            side: Texts(replace(inputs, files=(side,))) for side in dict.fromkeys(inputs.files) if not is_run(side)
        }
        self.first = Request.of(scope, self._recorded)

    def _recorded(self, memory: int | None) -> list[Capture]:
        """Return the objects of the first side that has some; a live cluster is asked only where none has."""
        return next((found for texts in self.texts.values() if (found := texts.of_cluster(memory))), [])

    def of(self, side: str) -> Request:
        """Return what is expected of a side."""
        own = self.texts[side].of_cluster(self.first.memory)
        if not own or tuple(own) == self.first.cluster_captures:
            return self.first
        return Request.of(self._scope, lambda _: own)


def of_rules(side: Observation, rules: Sequence[Rule]) -> Observation:
    """Return the observation without the faults of other rules; what could not be checked stays."""
    codes = {rule.code for rule in rules}
    faults = {fault: text for fault, text in side.faults.items() if fault.is_a_gap or fault.code in codes}
    return replace(side, faults=faults)


def _observations(
    inputs: InputOptions, requests: _Requests, history: str | None, rules: Sequence[Rule]
) -> tuple[Observation, Observation]:
    """Return both sides; a pasted table without a router's name gets the one of the other side."""
    before, after = inputs.files
    runs = _runs(inputs.files, requests.first, history)
    dumps = {side: _audited(side, inputs, requests, rules) for side in dict.fromkeys(inputs.files) if side not in runs}
    routers = {router for run in runs.values() for router in run.answers} | {
        table.router for material, _ in dumps.values() for table in material.tables
    }
    named = [router for router in routers if router]
    if not inputs.router and len(named) == 1 and len(routers) > 1:
        named_inputs = replace(inputs, router=named[0])
        dumps = {side: _audited(side, named_inputs, requests, rules) for side in dumps}
    places = [place for run in runs.values() for place in run.spreads]
    places += [prefix.key for _, audit in dumps.values() for prefix in audit.network.prefixes]
    sides = runs | {side: observation_of(side, audit, material, places) for side, (material, audit) in dumps.items()}
    return sides[before], sides[after]


def _runs(sides: tuple[str, ...], request: Request, place: str | None) -> dict[str, Observation]:
    names = [side for side in sides if is_run(side)]
    if not names:
        return {}
    from ecmpaudit.history.store import open_history  # noqa: PLC0415 - two dumps need no database

    with (
        open_history(place_in_use(place, request.configuration), create=False) as history,
        history.at_one_moment() as then,
    ):
        return {name: then.observation(name) for name in names}


def _audited(side: str, inputs: InputOptions, requests: _Requests, rules: Sequence[Rule]) -> tuple[Material, Audit]:
    request = requests.of(side)
    material = read_for(request, replace(inputs, files=(side,)), requests.texts[side])
    return material, audit_material(material, request, tuple(rules))
