"""`ecmpaudit analyze FILE…|-`: audit route tables that were captured or pasted before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.cli.failures import told_at_the_end
from ecmpaudit.cli.keeping import HistoryPlace, Record, keeper
from ecmpaudit.cli.options import (
    AnnouncerName,
    Config,
    Expect,
    Fail,
    FailOn,
    GrowthOption,
    Ignore,
    Inputs,
    KubeDumps,
    MaxPaths,
    MetricsLimit,
    Nodes,
    OutputFiles,
    PlatformName,
    Pool,
    Quiet,
    ReportFormat,
    Router,
    Select,
    Verbose,
    exit_with,
    report,
    tell_more,
)
from ecmpaudit.reporting.formats import METRICS_LIMIT

if TYPE_CHECKING:
    from ecmpaudit.auditing.run import Material


def analyze(
    files: Inputs,
    router: Router = None,
    platform: PlatformName = None,
    config: Config = None,
    pool: Pool = [],  # noqa: B006 - Typer copies it
    expect: Expect = None,
    nodes: Nodes = [],  # noqa: B006
    kube_dump: KubeDumps = [],  # noqa: B006
    announcer: AnnouncerName = None,
    max_paths: MaxPaths = None,
    growth: GrowthOption = None,
    form: ReportFormat = None,
    outputs: OutputFiles = [],  # noqa: B006
    metrics_limit: MetricsLimit = METRICS_LIMIT,
    select: Select = [],  # noqa: B006
    ignore: Ignore = [],  # noqa: B006
    fail_on: Fail = FailOn.WARNING,
    record: Record = False,
    history: HistoryPlace = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Audit files, folders, saved snapshots or standard input.

    Without --pool, --expect, --nodes, --kube-dump or a configuration, expectations are inferred from sibling prefixes.

    Example: ecmpaudit analyze tor1.txt --pool 172.31.0.0/16 --nodes 172.30.250.101-105
    """
    from ecmpaudit.auditing.request import Request, chosen_rules  # noqa: PLC0415 - heavy imports are lazy
    from ecmpaudit.auditing.run import audit_material, read_material  # noqa: PLC0415
    from ecmpaudit.collectors.files import read_inputs  # noqa: PLC0415
    from ecmpaudit.model import Severity  # noqa: PLC0415

    tell_more(verbose)
    request = Request.of(config, pool, expect, nodes, max_paths, growth, kube_dump, announcer)
    rules = chosen_rules(select, ignore)
    material = read_material(
        read_inputs(files), router=router, platform=platform, only=request.audited, nodes=request.nodes
    )
    refuse_if_nothing_was_read(material)
    run = keeper(request, "analyze", history, record=record)
    audit = audit_material(material, request.expectations, request.ceilings, rules, request.growth, run.past())
    kept = None
    with told_at_the_end() as failures:
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
