"""`ecmpaudit expect`: what a Kubernetes cluster's objects let expect of the routers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.cli import options
from ecmpaudit.commands.options import ExpectFormat

if TYPE_CHECKING:
    from pathlib import Path


@click.command
@options.collected("scope", ScopeOptions, options.config, options.kube_dump, options.announcer)
@options.form_of(ExpectFormat, "yaml is a part of ecmpaudit.yaml.", ExpectFormat.TEXT)
@options.output_file
def expect(scope: ScopeOptions, form: ExpectFormat, output: Path | None) -> None:
    """Print which prefixes a cluster's Services let expect, from which nodes, and why.

    Exits with 0 when everything could be determined, else with 3.

    Example: ecmpaudit expect --kube-dump cluster.json
    """
    from ecmpaudit.commands.expect import expect as run

    raise Exit(run(scope, form, output))
