"""`ecmpaudit analyze FILE…|-`: audit route tables that were captured or pasted before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from ecmpaudit.cli import keeping, options
from ecmpaudit.cli.failures import told_at_the_end
from ecmpaudit.cli.printing import exit_with, report, tell_more

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecmpaudit.auditing.run import Material
    from ecmpaudit.cli.options import FailOn
    from ecmpaudit.cli.outputs import Output
    from ecmpaudit.configuration.announcers import AnnouncerName
    from ecmpaudit.reporting.formats import Format


@click.command
@options.inputs
@options.router
@options.platform
@options.config
@options.expectations
@options.reports
@keeping.record
@keeping.history_place
@options.quiet
@options.verbose
def analyze(
    files: Sequence[str],
    router: str | None,
    platform: str | None,
    config: Path | None,
    pool: Sequence[str],
    expect: int | None,
    nodes: Sequence[str],
    kube_dump: Sequence[Path],
    announcer: AnnouncerName | None,
    max_paths: int | None,
    growth: str | None,
    form: Format | None,
    outputs: Sequence[Output],
    metrics_limit: int,
    select: Sequence[str],
    ignore: Sequence[str],
    fail_on: FailOn,
    record: bool,
    place: str | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Audit files, folders, saved snapshots or standard input.

    Without --pool, --expect, --nodes, --kube-dump or a configuration, expectations are inferred from sibling prefixes.

    Example: ecmpaudit analyze tor1.txt --pool 172.31.0.0/16 --nodes 172.30.250.101-105
    """
    from ecmpaudit.auditing.request import Request, chosen_rules  # noqa: PLC0415 - heavy imports are lazy
    from ecmpaudit.auditing.run import audit_material, read_material  # noqa: PLC0415
    from ecmpaudit.auditing.scope import ScopeOptions  # noqa: PLC0415
    from ecmpaudit.collectors.files import read_inputs  # noqa: PLC0415
    from ecmpaudit.model import Past, Severity  # noqa: PLC0415

    tell_more(verbose)
    request = Request.of(
        ScopeOptions(config, tuple(pool), expect, tuple(nodes), tuple(kube_dump), announcer, max_paths, growth)
    )
    rules = chosen_rules(select, ignore)
    material = read_material(
        read_inputs(files), router=router, platform=platform, only=request.audited, nodes=request.nodes
    )
    refuse_if_nothing_was_read(material)
    run = keeping.keeper(request, "analyze", place, record=record)
    past, kept = Past(), None
    with told_at_the_end() as failures:
        with failures.collected():
            past = run.past()
        audit = audit_material(material, request, rules, past)
        try:
            with failures.collected():
                kept = run.keep(audit, rules, fail_on=Severity(fail_on.value))
        finally:
            report(
                audit,
                form,
                outputs,
                fail_on=fail_on,
                quiet=quiet,
                verbose=verbose,
                metrics_limit=metrics_limit,
                last_good=kept.last_good if kept else None,
            )
    exit_with(audit, fail_on, form)


def refuse_if_nothing_was_read(material: Material) -> None:
    """A wrong file name or a file of something else is a mistake in usage, not an incomplete audit."""
    from ecmpaudit.errors import UnknownFormatError  # noqa: PLC0415 - beside the others

    is_capture_of_a_router = any(capture.command for capture in material.failed)
    if not material.tables and material.failed and not is_capture_of_a_router:
        reasons = dict.fromkeys(f"{capture.source}: {capture.failure}" for capture in material.failed)
        raise UnknownFormatError("\n".join(reasons))
