"""`ecmpaudit scan`: ask routers and nodes over SSH, then audit what they answered."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from ecmpaudit.cli.alerting import (
    Confirm,
    Deadline,
    QuietUnlessChanged,
    alert_destinations,
    alerting,
    heading,
    recorded_alone,
    refuse_without_record,
)
from ecmpaudit.cli.failures import told_at_the_end
from ecmpaudit.cli.keeping import HistoryPlace, Record  # noqa: TC001 - Typer reads the annotations
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
    confirm: Confirm = None,
    deadline: Deadline = None,
    quiet_unless_changed: QuietUnlessChanged = False,
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
    from ecmpaudit.model import Severity  # noqa: PLC0415

    until = time.monotonic() + deadline if deadline else None
    tell_more(verbose)
    refuse_without_record(record, confirm=confirm, quiet_unless_changed=quiet_unless_changed)
    request = Request.of(config, pool, expect, nodes, max_paths, growth, kube_dump, announcer)
    rules = chosen_rules(select, ignore)
    targets = targets_of(request.inventory, routers or (), pools=request.audited)
    with recorded_alone(request, history, record=record) as run, told_at_the_end() as failures:
        told = alert_destinations(request, record=record)
        started = now()
        with _progress(len(targets)) as answered:
            captures = collect(
                targets,
                jobs=jobs,
                on_answer=answered,
                accept_new=frozenset(accept_new),
                ask_password=_asker(),
                until=until,
            )
        if save is not None:
            with failures.collected():
                save_snapshot(captures, save, started=started)
        material = read_material(captures, only=request.audited, nodes=request.nodes)
        audit = audit_material(material, request.expectations, request.ceilings, rules, request.growth, run.past())
        kept = None
        try:
            asked = routers or tuple(request.inventory.routers)
            with failures.collected():
                kept = run.keep(audit, rules, asked, fail_on=Severity(fail_on.value), confirm=confirm)
        finally:
            is_old_news = quiet_unless_changed and kept is not None and not kept.has_news
            with alerting(run, kept, told, failures):
                report(
                    audit,
                    form,
                    outputs,
                    fail_on=fail_on,
                    quiet=quiet or is_old_news,
                    verbose=verbose,
                    metrics_limit=metrics_limit,
                    last_good=kept.last_good if kept else None,
                    heading=heading(kept) if quiet_unless_changed and kept else "",
                )
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
