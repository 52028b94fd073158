"""`ecmpaudit explain PREFIX FILE…`: the whole chain of one prefix, from the nodes' addresses to the kernels."""

from __future__ import annotations

import enum
from dataclasses import replace
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.cli import options
from ecmpaudit.cli.analyze import refuse_if_nothing_was_read
from ecmpaudit.cli.printing import tell_more, terminal_of, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class ExplainFormat(enum.StrEnum):
    """The forms of an explanation."""

    TEXT = "text"
    JSON = "json"


@click.command
@click.argument("prefix", help="The prefix, or an address for its /32 or /128.", panel=options.INPUT)
@options.inputs
@options.router
@options.platform
@options.config
@options.pool
@options.expect
@options.nodes
@options.max_paths
@options.form_of(ExplainFormat, "Form of the tree.", ExplainFormat.TEXT)
@options.output_file
@options.verbose
def explain(
    prefix: str,
    files: Sequence[str],
    router: str | None,
    platform: str | None,
    config: Path | None,
    pool: Sequence[str],
    expect: int | None,
    nodes: Sequence[str],
    max_paths: int | None,
    form: ExplainFormat,
    output: Path | None,
    verbose: bool,
) -> None:
    """Show for one prefix, router by router and node by node, which link of the chain holds and which is broken.

    Exit codes: 0 all that is expected is there, 1 something is missing, 3 something could not be looked at.

    Example: ecmpaudit explain 172.31.1.1 today --config ecmpaudit.yaml
    """
    from ecmpaudit.auditing.explanation import explain as explanation_of  # noqa: PLC0415 - heavy imports are lazy
    from ecmpaudit.auditing.explanation import wanted_prefix  # noqa: PLC0415
    from ecmpaudit.auditing.request import Request  # noqa: PLC0415
    from ecmpaudit.auditing.run import network_of_material, read_material  # noqa: PLC0415
    from ecmpaudit.auditing.scope import ScopeOptions  # noqa: PLC0415
    from ecmpaudit.collectors.files import read_inputs  # noqa: PLC0415
    from ecmpaudit.reporting.explanation import (  # noqa: PLC0415
        explanation_code,
        render_explanation,
        render_explanation_json,
    )

    tell_more(verbose)
    wanted = wanted_prefix(prefix)
    scope = ScopeOptions(config, tuple(pool), expect, tuple(nodes), max_paths=max_paths)
    request = Request.of(scope)
    only = request.audited
    if not request.expectations.has_any:  # siblings are read too: what is expected is inferred from them
        request = Request.of(replace(scope, pools=(wanted,)))
    material = read_material(read_inputs(files), router=router, platform=platform, only=only, nodes=request.nodes)
    refuse_if_nothing_was_read(material)
    network = network_of_material(material, request)
    explanation = explanation_of(network, wanted, (table.capture for table in material.tables))
    _, width = terminal_of(output)
    as_json = form is ExplainFormat.JSON
    text = render_explanation_json(explanation) if as_json else render_explanation(explanation, width=width)
    write(text, output)
    raise Exit(explanation_code(explanation))
