"""`ecmpaudit diff OLD NEW`: what changed between two runs, dumps or snapshots, in any combination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import keeping, options
from ecmpaudit.cli.keeping import ShownFormat, place_in_use
from ecmpaudit.cli.printing import write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.auditing.run import Material
    from ecmpaudit.model import Audit
    from ecmpaudit.model.runs import Observation

_SIDE: dict[str, Any] = {"metavar": "RUN|DIR|FILE", "help": "A run (41, last, last-1), a folder, a file, or -."}


@click.command
@click.argument("before", **_SIDE)
@click.argument("after", **_SIDE)
@options.router
@options.platform
@options.config
@options.pool
@options.nodes
@options.max_paths
@keeping.history_place
@keeping.shown_as
@options.output_file
@options.quiet
def diff(
    before: str,
    after: str,
    router: str | None,
    platform: str | None,
    config: Path | None,
    pool: Sequence[str],
    nodes: Sequence[str],
    max_paths: int | None,
    place: str | None,
    form: ShownFormat,
    output: Path | None,
    quiet: bool,
) -> None:
    """Say what changed per prefix and router: next hops gone and come, attributes, ceilings, findings.

    Exit codes: 0 nothing changed, 1 something did, 3 nothing that is known changed, but not all could be compared.

    Example: ecmpaudit diff before.txt after.txt --nodes node1=192.0.2.101,node2=192.0.2.102
    """
    from ecmpaudit.auditing.request import Request  # noqa: PLC0415 - heavy imports are lazy
    from ecmpaudit.auditing.scope import ScopeOptions  # noqa: PLC0415 - heavy imports are lazy
    from ecmpaudit.history.differences import differences  # noqa: PLC0415
    from ecmpaudit.reporting.differences import (  # noqa: PLC0415
        exit_code_of,
        render_differences,
        render_differences_json,
    )

    request = Request.of(ScopeOptions(config, tuple(pool), nodes=tuple(nodes), max_paths=max_paths))
    found = differences(*_observations(before, after, request, place, router, platform))
    if not quiet or output is not None:
        write(render_differences_json(found) if form is ShownFormat.JSON else render_differences(found), output)
    raise Exit(exit_code_of(found))


def _observations(
    before: str, after: str, request: Request, history: str | None, router: str | None, platform: str | None
) -> tuple[Observation, Observation]:
    """Return both sides; a pasted table without a router's name gets the one of the other side."""
    from ecmpaudit.history.observations import observation_of  # noqa: PLC0415 - beside the others

    runs = _runs((before, after), request, history)
    read = {side: _read(side, request, router, platform) for side in dict.fromkeys((before, after)) if side not in runs}
    names = {name for run in runs.values() for name in run.answers} | {
        table.router for material, _ in read.values() for table in material.tables
    }
    named = [name for name in names if name]
    if not router and len(named) == 1 and len(names) > 1:
        read = {side: _read(side, request, named[0], platform) for side in read}
    places = [place for run in runs.values() for place in run.spreads]
    places += [prefix.key for _, audit in read.values() for prefix in audit.network.prefixes]
    observations = runs | {
        side: observation_of(side, audit, material, places) for side, (material, audit) in read.items()
    }
    return observations[before], observations[after]


def _runs(sides: tuple[str, ...], request: Request, place: str | None) -> dict[str, Observation]:
    from ecmpaudit.configuration.history_places import is_run  # noqa: PLC0415 - beside the others

    names = [side for side in sides if is_run(side)]
    if not names:
        return {}
    from ecmpaudit.history.store import open_history  # noqa: PLC0415 - two dumps need no database

    with open_history(place_in_use(place, request.configuration), create=False) as history:
        return {name: history.observation(name) for name in names}


def _read(side: str, request: Request, router: str | None, platform: str | None) -> tuple[Material, Audit]:
    from ecmpaudit.auditing.request import chosen_rules  # noqa: PLC0415 - beside the others
    from ecmpaudit.auditing.run import audit_material, read_material  # noqa: PLC0415
    from ecmpaudit.cli.analyze import refuse_if_nothing_was_read  # noqa: PLC0415
    from ecmpaudit.collectors.files import read_inputs  # noqa: PLC0415

    material = read_material(read_inputs([side]), router=router, platform=platform, only=request.audited)
    refuse_if_nothing_was_read(material)
    return material, audit_material(material, request, chosen_rules((), ()))
