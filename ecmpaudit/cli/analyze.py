"""`ecmpaudit analyze FILE…|-`: audit route tables that were captured or pasted before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.cli.options import (
    Config,
    Expect,
    Fail,
    FailOn,
    Format,
    GrowthOption,
    Ignore,
    Inputs,
    MaxPaths,
    Nodes,
    OutputFile,
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
    max_paths: MaxPaths = None,
    growth: GrowthOption = None,
    form: ReportFormat = Format.TEXT,
    output: OutputFile = None,
    select: Select = [],  # noqa: B006
    ignore: Ignore = [],  # noqa: B006
    fail_on: Fail = FailOn.WARNING,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Audit files, folders, saved snapshots or standard input.

    Without --pool, --expect, --nodes or a configuration, expectations are inferred from sibling prefixes.

    Example: ecmpaudit analyze tor1.txt --pool 172.31.0.0/16 --nodes 172.30.250.101-105
    """
    from ecmpaudit.auditing.request import Request, chosen_rules  # noqa: PLC0415 - heavy imports are lazy
    from ecmpaudit.auditing.run import audit_material, read_material  # noqa: PLC0415
    from ecmpaudit.collectors.files import read_inputs  # noqa: PLC0415

    tell_more(verbose)
    request = Request.of(config, pool, expect, nodes, max_paths, growth)
    rules = chosen_rules(select, ignore)
    material = read_material(
        read_inputs(files), router=router, platform=platform, only=request.audited, nodes=request.nodes
    )
    refuse_if_nothing_was_read(material)
    audit = audit_material(material, request.expectations, request.ceilings, rules, request.growth)
    report(audit, form, output, quiet=quiet, verbose=verbose)
    exit_with(audit, fail_on)


def refuse_if_nothing_was_read(material: Material) -> None:
    """A wrong file name or a file of something else is a mistake in usage, not an incomplete audit."""
    from ecmpaudit.errors import UnknownFormatError  # noqa: PLC0415 - beside the others

    is_capture_of_a_router = any(capture.command for capture in material.failed)
    if not material.tables and material.failed and not is_capture_of_a_router:
        reasons = dict.fromkeys(f"{capture.source}: {capture.failure}" for capture in material.failed)
        raise UnknownFormatError("\n".join(reasons))
