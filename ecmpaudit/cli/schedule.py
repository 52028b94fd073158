"""`ecmpaudit schedule cron|systemd|kubernetes`: print what runs a recorded scan at an interval."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from ecmpaudit.cli.groups import Group
from ecmpaudit.cli.options import FILE, age, collected
from ecmpaudit.cli.outputs import parse_output
from ecmpaudit.commands.options import Output, ScheduleOptions
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


def _file_or_folder(text: str) -> Output | Path:
    """Return the output that a text means; a folder is that of systemd's units."""
    return Path(text) if Path(text).is_dir() else parse_output(text)


def _without_folders(options: ScheduleOptions) -> tuple[ScheduleOptions, list[Path]]:
    """Return the options with files alone, and the folders apart."""
    given: tuple[Output | Path, ...] = options.outputs
    folders = [output for output in given if isinstance(output, Path)]
    return replace(options, outputs=tuple(each for each in given if isinstance(each, Output))), folders


def _files(options: ScheduleOptions) -> ScheduleOptions:
    """Return the options; click.BadParameter where an output is a folder."""
    options, folders = _without_folders(options)
    if folders:
        raise click.BadParameter(f"{folders[0]}: is a folder; name a file", param_hint="--output")
    return options


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
            metavar="N",
            type=click.IntRange(min=1),
            default=2,
            help="Notify of a fault once this many runs in a row have found it.",
        ),
        click.option(
            "--deadline",
            metavar="SECONDS",
            type=click.IntRange(min=1),
            default=600,
            help="Seconds after which a scan stops asking.",
        ),
        click.option(
            "--output",
            "-o",
            "outputs",
            metavar="[FORMAT:]FILE",
            type=_file_or_folder,
            multiple=True,
            help="A report that each scan writes, in FORMAT or in the form of its suffix; may be repeated.",
        ),
        click.option("--parsers", type=FILE, metavar="DIR", help="Folder of your own platforms and templates."),
        click.option("--program", type=FILE, metavar="FILE", help="The ecmpaudit that is run; this one unless given."),
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

    run(_files(options))


@schedule.command
@_scheduled(_SYSTEM)
@click.option(
    "--units",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the two units into this folder; -o with a folder does the same.",
)
def systemd(options: ScheduleOptions, units: Path | None) -> None:
    """Print a hardened service and its timer, or write them.

    Example: ecmpaudit schedule systemd --every 15m --units /etc/systemd/system
    """
    from ecmpaudit.commands.schedule import systemd as run

    options, folders = _without_folders(options)
    if len(folders) + (units is not None) > 1:
        raise click.BadParameter("give one folder for the units", param_hint="--units")
    run(options, units or next(iter(folders), None))


@schedule.command
@click.option("--image", required=True, help="Image with ecmpaudit[alerts] in it.")
@_scheduled(_SYSTEM)
def kubernetes(image: str, options: ScheduleOptions) -> None:
    """Print the manifest of a CronJob.

    Example: ecmpaudit schedule kubernetes --image registry.example/ecmpaudit:1 | kubectl apply -f -
    """
    from ecmpaudit.commands.schedule import kubernetes as run

    run(_files(options), image)
