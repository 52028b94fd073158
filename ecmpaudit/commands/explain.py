"""Explain one prefix: the whole chain, from the nodes' addresses to the kernels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.explanation import explain as explanation_of
from ecmpaudit.auditing.explanation import wanted_prefix
from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import network_of_material
from ecmpaudit.commands.options import TextFormat
from ecmpaudit.commands.output import configure_logging, terminal_of, write_outputs
from ecmpaudit.commands.reading import read
from ecmpaudit.reporting.explanation import explanation_code, render_explanation, render_explanation_json

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.auditing.scope import ScopeOptions
    from ecmpaudit.commands.options import InputOptions, OutputOptions


def explain(prefix: str, inputs: InputOptions, scope: ScopeOptions, outputs: OutputOptions, *, verbose: bool) -> int:
    """Write the explanation, and return the exit code."""
    configure_logging(verbose=verbose)
    wanted = wanted_prefix(prefix)
    request = Request.of(scope)
    only = request.audited
    if not request.expectations.has_any:  # siblings are read too: what is expected is inferred from them
        request = Request.of(replace(scope, pools=(wanted,)))
    material = read(inputs, only=only, nodes=request.nodes, routers=request.routers, memory=request.memory)
    network = network_of_material(material, request)
    explanation = explanation_of(network, wanted, material.captures)

    def rendered(form: TextFormat, path: Path | None) -> str:
        if form is TextFormat.JSON:
            return render_explanation_json(explanation)
        _, width = terminal_of(path)
        return render_explanation(explanation, width=width, verbose=verbose)

    write_outputs(outputs, rendered)
    return explanation_code(explanation)
