"""`ecmpaudit scan`: ask routers and nodes over SSH, then audit what they answered."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from ecmpaudit.cli.keeping import HistoryPlace, Record, keeper
from ecmpaudit.cli.options import (
    AnnouncerName,
    Config,
    Expect,
    Fail,
    FailOn,
    GrowthOption,
    Ignore,
    KubeDumps,
    MaxPaths,
    MetricsLimit,
    Nodes,
    OutputFiles,
    Pool,
    Quiet,
    ReportFormat,
    Select,
    Verbose,
    exit_with,
    report,
    tell_more,
)
from ecmpaudit.reporting.formats import METRICS_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ASKING = "What to ask"


def scan(
    routers: Annotated[
        list[str] | None, typer.Argument(metavar="[ROUTER]…", help="Only these routers of the configuration.")
    ] = None,
    config: Config = None,
    jobs: Annotated[int, typer.Option(min=1, help="Routers and nodes asked at once.", rich_help_panel=ASKING)] = 10,
    save: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep the raw answers; `analyze DIR` replays them.", rich_help_panel=ASKING),
    ] = None,
    accept_new: Annotated[
        list[str],
        typer.Option(
            metavar="NAME",
            help="Accept the unknown host key of this router or node; may be repeated.",
            rich_help_panel=ASKING,
        ),
    ] = [],  # noqa: B006 - Typer copies it
    pool: Pool = [],  # noqa: B006
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
    """Ask the routers and nodes of the configuration over SSH, and audit the answers.

    Example: ecmpaudit scan --config ecmpaudit.yaml --save today
    """
    from ecmpaudit.auditing.request import Request, chosen_rules  # noqa: PLC0415 - heavy imports are lazy
    from ecmpaudit.auditing.run import audit_material, read_material  # noqa: PLC0415
    from ecmpaudit.collectors.inventory import targets_of  # noqa: PLC0415
    from ecmpaudit.collectors.snapshot import save as save_snapshot  # noqa: PLC0415
    from ecmpaudit.collectors.ssh import collect, now  # noqa: PLC0415

    tell_more(verbose)
    request = Request.of(config, pool, expect, nodes, max_paths, growth, kube_dump, announcer)
    rules = chosen_rules(select, ignore)
    targets = targets_of(request.inventory, routers or (), pools=request.audited)
    run = keeper(request, "scan", history, record=record)
    started = now()
    with _progress(len(targets)) as answered:
        captures = collect(
            targets, jobs=jobs, on_answer=answered, accept_new=frozenset(accept_new), ask_password=_asker()
        )
    if save is not None:
        save_snapshot(captures, save, started=started)
    material = read_material(captures, only=request.audited, nodes=request.nodes)
    audit = audit_material(material, request.expectations, request.ceilings, rules, request.growth, run.past())
    try:
        run.keep(audit, rules, routers or tuple(request.inventory.routers))
    finally:
        report(audit, form, outputs, fail_on=fail_on, quiet=quiet, verbose=verbose, metrics_limit=metrics_limit)
    exit_with(audit, fail_on, form)


def _asker() -> Callable[[str], str] | None:
    """Return how to ask for a password: not at all where nobody sits."""
    if not sys.stdin.isatty():
        return None
    from getpass import getpass  # noqa: PLC0415 - only at a terminal

    return getpass


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar on standard error while routers answer, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - only at a terminal
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("asking", total=total)
        yield lambda name: progress.update(task, advance=1, description=f"asked {name}")
