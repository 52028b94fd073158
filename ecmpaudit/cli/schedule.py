"""`ecmpaudit schedule cron|systemd|kubernetes`: print what runs a recorded scan at an interval."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from ecmpaudit.cli.groups import Group
from ecmpaudit.cli.options import FILE, age, collected
from ecmpaudit.commands.options import ScheduleOptions
from ecmpaudit.reporting.schedule import cron_moment

if TYPE_CHECKING:
    import datetime as dt

    from ecmpaudit.cli.options import Decorator

_SYSTEM = Path("/etc/ecmpaudit/ecmpaudit.yaml")


def _interval(text: str) -> dt.timedelta:
    every = age(text)
    try:
        cron_moment(every)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return every


def _scheduled(configuration: Path) -> Decorator:
    """Return the options of the scan, with the default of its configuration file."""
    return collected(
        "options",
        ScheduleOptions,
        click.option("--config", "-c", type=FILE, default=configuration, help="Configuration file of the scan."),
        click.option(
            "--every",
            metavar="AGE",
            type=_interval,
            default="15m",
            help="Interval between two scans; it divides an hour or a day, such as 15m or 6h.",
        ),
        click.option(
            "--confirm",
            type=click.IntRange(min=1),
            default=2,
            help="Notify of a fault once this many runs in a row have found it.",
        ),
        click.option(
            "--deadline", type=click.IntRange(min=1), default=600, help="Seconds after which a scan stops asking."
        ),
    )


@click.group(cls=Group)
def schedule() -> None:
    """Print what runs a recorded scan at an interval."""


@schedule.command
@_scheduled(Path("ecmpaudit.yaml"))
def cron(options: ScheduleOptions) -> None:
    """Print a crontab line.

    Example: (crontab -l; ecmpaudit schedule cron --config ecmpaudit.yaml) | crontab -
    """
    from ecmpaudit.commands.schedule import cron as run

    run(options)


@schedule.command
@_scheduled(_SYSTEM)
@click.option(
    "--output",
    "-o",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the two units into this folder.",
)
def systemd(options: ScheduleOptions, folder: Path | None) -> None:
    """Print a hardened service and its timer, or write them.

    Example: ecmpaudit schedule systemd --every 15m -o /etc/systemd/system
    """
    from ecmpaudit.commands.schedule import systemd as run

    run(options, folder)


@schedule.command
@click.option("--image", required=True, help="Image with ecmpaudit[alerts] in it.")
@_scheduled(_SYSTEM)
def kubernetes(image: str, options: ScheduleOptions) -> None:
    """Print the manifest of a CronJob.

    Example: ecmpaudit schedule kubernetes --image registry.example/ecmpaudit:1 | kubectl apply -f -
    """
    from ecmpaudit.commands.schedule import kubernetes as run

    run(options, image)
