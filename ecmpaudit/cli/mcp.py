"""`ecmpaudit mcp FILE…`: four read-only tools for a language model, over standard input and output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from ecmpaudit.cli import options
from ecmpaudit.commands.options import RuleOptions

if TYPE_CHECKING:
    from ecmpaudit.auditing.scope import ScopeOptions
    from ecmpaudit.commands.options import InputOptions


@click.command
@options.inputs
@options.scope
@options.collected("rules", RuleOptions, options.select, options.ignore, options.history_place)
def mcp(inputs: InputOptions, scope: ScopeOptions, rules: RuleOptions) -> None:
    """Answer a language model's questions about saved outputs, by the Model Context Protocol on standard input.

    The tools are findings, explain, routes and what_if. They read the inputs again for each answer; nothing is asked
    of a router, and nothing is written.

    Example: ecmpaudit mcp today --config ecmpaudit.yaml
    """
    from ecmpaudit.commands.mcp import serve

    serve(inputs, scope, rules)
