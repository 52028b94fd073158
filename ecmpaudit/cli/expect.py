"""`ecmpaudit expect`: what a Kubernetes cluster's objects let expect of the routers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.auditing.scope import FilterOptions
from ecmpaudit.cli import options
from ecmpaudit.cli.parsers import parsers
from ecmpaudit.commands.options import ExpectFormat

if TYPE_CHECKING:
    from ecmpaudit.auditing.scope import ScopeOptions
    from ecmpaudit.commands.options import OutputOptions


@click.command
@options.expectation_scope
@options.collected("filters", FilterOptions, options.node, options.prefix, options.label)
@parsers
@options.written(ExpectFormat)
@options.verbose
def expect(scope: ScopeOptions, filters: FilterOptions, outputs: OutputOptions, verbose: bool) -> None:
    """Print which prefixes a cluster's Services let expect, from which nodes, and why.

    As yaml it is a part of ecmpaudit.yaml.

    Exits with 0 when everything could be determined, else with 3.

    Example: ecmpaudit expect --kube-dump cluster.json
    """
    from ecmpaudit.commands.expect import expect as run

    raise Exit(run(scope, filters, outputs, verbose=verbose))
