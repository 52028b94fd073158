"""Ask what a planned change does to flows: which of them move, and what is left."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.run import network_of_material
from ecmpaudit.changes.draining import order_of_draining
from ecmpaudit.changes.names import Names
from ecmpaudit.changes.placed import Spreading, placed
from ecmpaudit.changes.planned import Change, added_nodes, listed_names, replacements, weights_of
from ecmpaudit.changes.spreading import Model
from ecmpaudit.changes.what_if import what_if as outcomes_of
from ecmpaudit.commands.live import known_models, left_open, read_or_ask, refuse_mistyped
from ecmpaudit.commands.options import CollectionOptions, WhatIfFormat
from ecmpaudit.commands.output import configure_logging, refuse_before_asking, terminal_of, write_outputs
from ecmpaudit.commands.reading import requested
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.reporting.what_if import render_what_if, render_what_if_json, what_if_code
from ecmpaudit.reporting.what_if_html import render_what_if_html

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.auditing.run import Material
    from ecmpaudit.auditing.scope import ScopeOptions
    from ecmpaudit.changes.what_if import WhatIf
    from ecmpaudit.collectors.host_connection import KeptConnections
    from ecmpaudit.commands.options import ChangeOptions, InputOptions, OutputOptions
    from ecmpaudit.model import Growth

_MOST_KEPT = 100
"""Routers whose connections stay open between the scan and the questions to their kernels."""


def what_if(
    inputs: InputOptions, scope: ScopeOptions, options: ChangeOptions, outputs: OutputOptions, *, verbose: bool
) -> int:
    """Write what the change does, and return the exit code.

    Raises:
        ConfigurationError: no change is given, or one that cannot be made.
    """
    configure_logging(verbose=verbose)
    refuse_before_asking(outputs.outputs, scope, asks_routers=not inputs.files)
    request, texts = requested(inputs, scope)
    change = change_of(options, request.growth if scope.growth else None)
    if not inputs.files:
        refuse_mistyped(change, request)
    with _kept(request.routers if options.from_kernel and not inputs.files else ()) as kept:
        material = read_or_ask(request, inputs, texts, CollectionOptions(), kept)
        result = outcome_of(change, options, material, request, kept)

    def rendered(form: WhatIfFormat, path: Path | None) -> str:
        if form is WhatIfFormat.JSON:
            return render_what_if_json(result)
        if form is WhatIfFormat.HTML:
            return render_what_if_html(result)
        _, width = terminal_of(path)
        return render_what_if(result, width=width, verbose=verbose)

    write_outputs(outputs, rendered)
    return what_if_code(result)


@contextlib.contextmanager
def _kept(routers: Sequence[str]) -> Iterator[KeptConnections | None]:
    """Give the connections of these routers between the scan and the questions to their kernels; None without any."""
    if not routers:
        yield None
        return
    from ecmpaudit.collectors.host_connection import KeptConnections  # noqa: PLC0415 - paramiko

    with KeptConnections(routers[:_MOST_KEPT]) as kept:
        yield kept


def change_of(options: ChangeOptions, growth: Growth | None = None) -> Change:
    """Return the planned change; ConfigurationError where there is none, or one that cannot be made."""
    change = Change(
        lose=listed_names(options.lose),
        lose_routers=options.lose_routers,
        add=added_nodes(options.add),
        replace=replacements(options.replace),
        weights=weights_of(options.weights),
        growth=growth,
    )
    if options.flows and not options.from_kernel:
        raise ConfigurationError("--flows: these are asked with --from-kernel N; give it too")
    if not change.is_any and not options.order:
        raise ConfigurationError(
            "no change is given: give --lose, --lose-router, --add, --replace, --weights, --growth or --order"
        )
    return change


def outcome_of(
    change: Change,
    options: ChangeOptions,
    material: Material,
    request: Request,
    kept: KeptConnections | None = None,
) -> WhatIf:
    """Return which flows the change moves, and what it leaves; kernels are asked on connections that are `kept`."""
    network = network_of_material(material, request)
    names = Names(network, request.expectations.nodes)
    model = Model(options.model) if options.model else None
    change = replace(change, lose=names.matching(change.lose, change.losing))
    spreading = Spreading(model, options.resilient, options.layer, known_models(material))
    result = outcomes_of(network, change, names, spreading, options.minimum, left_open(network, request))
    if options.from_kernel:
        from ecmpaudit.commands.replay import with_kernels  # noqa: PLC0415 - paramiko, only where kernels are asked

        result = with_kernels(result, request, options.from_kernel, options.flows, kept)
    if options.order:
        drains = order_of_draining(placed(prefix, network, names, spreading) for prefix in network.prefixes)
        result = replace(result, order=drains.nodes, moved_by_order=drains.moved)
    return result
