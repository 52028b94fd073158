"""`ecmpaudit scan`: ask routers and nodes over SSH, then audit what they answered."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING

import rich_click as click

from ecmpaudit.cli import alerting, keeping, options
from ecmpaudit.cli.failures import told_at_the_end
from ecmpaudit.cli.options import ASKING, FILE
from ecmpaudit.cli.printing import exit_with, report, tell_more

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ecmpaudit.cli.options import FailOn
    from ecmpaudit.cli.outputs import Output
    from ecmpaudit.configuration.announcers import AnnouncerName
    from ecmpaudit.reporting.formats import Format


@click.command
@click.argument("routers", nargs=-1, metavar="[ROUTER]…", help="Only these routers of the configuration.", panel=ASKING)
@options.config
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=10,
    help="Routers and nodes asked at once.",
    panel=ASKING,
)
@click.option(
    "--save", metavar="DIR", type=FILE, help="Keep the raw answers; `analyze DIR` replays them.", panel=ASKING
)
@click.option(
    "--accept-new",
    metavar="NAME",
    multiple=True,
    help="Accept the unknown host key of this router or node; may be repeated.",
    panel=ASKING,
)
@options.expectations
@options.reports
@keeping.record
@keeping.history_place
@alerting.confirm
@alerting.deadline
@alerting.quiet_unless_changed
@options.quiet
@options.verbose
def scan(
    routers: Sequence[str],
    config: Path | None,
    jobs: int,
    save: Path | None,
    accept_new: Sequence[str],
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
    confirm: int | None,
    deadline: float | None,
    quiet_unless_changed: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Ask the routers and nodes of the configuration over SSH, and audit the answers.

    Example: ecmpaudit scan --config ecmpaudit.yaml --save today
    """
    from ecmpaudit.auditing.request import Request, chosen_rules  # noqa: PLC0415 - heavy imports are lazy
    from ecmpaudit.auditing.run import audit_material, read_material  # noqa: PLC0415
    from ecmpaudit.auditing.scope import ScopeOptions  # noqa: PLC0415
    from ecmpaudit.collectors.inventory import targets_of  # noqa: PLC0415
    from ecmpaudit.collectors.snapshot import save as save_snapshot  # noqa: PLC0415
    from ecmpaudit.collectors.ssh import collect, now  # noqa: PLC0415
    from ecmpaudit.model import Past, Severity  # noqa: PLC0415

    until = time.monotonic() + deadline if deadline else None
    tell_more(verbose)
    alerting.refuse_without_record(record, confirm=confirm, quiet_unless_changed=quiet_unless_changed)
    request = Request.of(
        ScopeOptions(config, tuple(pool), expect, tuple(nodes), tuple(kube_dump), announcer, max_paths, growth)
    )
    rules = chosen_rules(select, ignore)
    targets = targets_of(request.inventory, routers, pools=request.audited)
    with alerting.recorded_alone(request, place, record=record) as run, told_at_the_end() as failures:
        told = alerting.alert_destinations(request, record=record)
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
        past, kept = Past(), None
        with failures.collected():
            past = run.past()
        audit = audit_material(material, request, rules, past)
        try:
            asked = routers or tuple(request.inventory.routers)
            with failures.collected():
                kept = run.keep(audit, rules, asked, fail_on=Severity(fail_on.value), confirm=confirm)
        finally:
            is_old_news = quiet_unless_changed and kept is not None and not kept.has_news
            with alerting.alerting(run, kept, told, failures):
                report(
                    audit,
                    form,
                    outputs,
                    fail_on=fail_on,
                    quiet=quiet or is_old_news,
                    verbose=verbose,
                    metrics_limit=metrics_limit,
                    last_good=kept.last_good if kept else None,
                    heading=alerting.heading(kept) if quiet_unless_changed and kept else "",
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
