"""Asking targets while a progress bar is shown: what `scan` and `scan --check` share."""

from __future__ import annotations

import contextlib
import functools
import getpass
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.collectors.host_connection import KeptConnections
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.configuration.patterns import names_matching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ecmpaudit.collectors.answer_budget import AnswerBudget
    from ecmpaudit.collectors.target import Target
    from ecmpaudit.commands.options import CollectionOptions
    from ecmpaudit.model import Capture


def asking(
    options: CollectionOptions,
    names: Sequence[str],
    until: float | None,
    budget: AnswerBudget,
    kept: KeptConnections | None = None,
) -> Callable[[Sequence[Target]], list[Capture]]:
    """Return what asks targets, of all these names; a password is asked for once, also where one is asked again.

    Connections that are `kept` are used, and left open for what is asked after it.
    """
    ask_password = functools.cache(getpass.getpass) if sys.stdin.isatty() else None

    accepted = frozenset(names_matching("--accept-new", options.accept_new, names))

    def ask(targets: Sequence[Target]) -> list[Capture]:
        with progress_bar(len(targets)) as answered:
            return collect(
                targets,
                jobs=options.jobs,
                on_answer=answered,
                accept_new=accepted,
                ask_password=ask_password,
                until=until,
                budget=budget,
                kept=kept or KeptConnections((), options.connect_rate),
            )

    return ask


def targets_again(
    targets: Sequence[Target], repeated: Mapping[str, tuple[str, ...]], captures: Sequence[Capture]
) -> list[Target]:
    """Return the targets with the commands to repeat, of those that have some; a platform is the one detected."""
    known = {capture.router: capture.platform for capture in reversed(captures)}
    return [
        replace(_of_platform(target, known.get(target.name)), commands=repeated[target.name], follow_ups=())
        for target in targets
        if target.name in repeated
    ]


def _of_platform(target: Target, platform: str | None) -> Target:
    """Return the target of the platform that was detected, where it had to be."""
    return next((each for each in target.alternatives if each.platform == platform), target)


@contextlib.contextmanager
def progress_bar(total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar on standard error while routers answer, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - only at a terminal
    from rich.progress import Progress  # noqa: PLC0415 - only at a terminal

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("asking", total=total)
        yield lambda name: progress.update(task, advance=1, description=f"asked {name}")
