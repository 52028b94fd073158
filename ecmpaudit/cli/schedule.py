"""`ecmpaudit schedule cron|systemd|kubernetes`: print what runs a recorded scan by itself."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from ecmpaudit.cli.options import FILE
from ecmpaudit.cli.outputs import write_file
from ecmpaudit.cli.printing import write

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

_every = click.option(
    "--every",
    metavar="AGE",
    default="15m",
    help="How often: what divides an hour or a day, such as 15m or 6h.",
)
_confirm = click.option(
    "--confirm",
    type=click.IntRange(min=1),
    default=2,
    help="Runs in a row that see a fault before it is told.",
)
_deadline = click.option(
    "--deadline",
    type=click.IntRange(min=1),
    default=600,
    help="Seconds after which a scan ends asking.",
)
_SYSTEM = Path("/etc/ecmpaudit/ecmpaudit.yaml")


def _config(default: Path) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option that names the configuration file of the scan."""
    return click.option("--config", "-c", type=FILE, default=default, help="Configuration file of the scan.")


@click.group
def schedule() -> None:
    """Print what runs a recorded scan by itself."""


@schedule.command
@_config(Path("ecmpaudit.yaml"))
@_every
@_confirm
@_deadline
def cron(config: Path, every: str, confirm: int, deadline: int) -> None:
    """Print a crontab line.

    Example: (crontab -l; ecmpaudit schedule cron --config ecmpaudit.yaml) | crontab -
    """
    from ecmpaudit.reporting.schedule import cron_line  # noqa: PLC0415 - Jinja2 costs 30 ms

    words = _scan(_program(), config.resolve(), confirm, deadline)
    write(cron_line(words, _interval(every)), None)


@schedule.command
@_config(_SYSTEM)
@_every
@_confirm
@_deadline
@click.option(
    "--output",
    "-o",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the two units into this folder.",
)
def systemd(config: Path, every: str, confirm: int, deadline: int, folder: Path | None) -> None:
    """Print a hardened service and its timer, or write them.

    Example: ecmpaudit schedule systemd --every 15m -o /etc/systemd/system
    """
    from ecmpaudit.reporting.schedule import systemd_units  # noqa: PLC0415 - as above

    units = systemd_units(_scan(_program(), config, confirm, deadline), _interval(every), deadline)
    if folder is None:
        write("\n".join(units.values()), None)
        return
    for name, content in units.items():
        write_file(folder / name, content.encode())


@schedule.command
@click.option("--image", required=True, help="Image with ecmpaudit[alerts] in it.")
@_config(_SYSTEM)
@_every
@_confirm
@_deadline
def kubernetes(image: str, config: Path, every: str, confirm: int, deadline: int) -> None:
    """Print the manifest of a CronJob.

    Example: ecmpaudit schedule kubernetes --image registry.example/ecmpaudit:1 | kubectl apply -f -
    """
    from ecmpaudit.reporting.schedule import kubernetes_cron_job  # noqa: PLC0415 - as above

    words = _scan("ecmpaudit", config, confirm, deadline)
    write(kubernetes_cron_job(words, _interval(every), deadline, image), None)


def _scan(program: str, config: Path, confirm: int, deadline: int) -> list[str]:
    """Return the words of the command that is run."""
    told = ["--config", str(config), "--record", "--confirm", str(confirm), "--deadline", str(deadline)]
    return [program, "scan", *told, "--quiet-unless-changed"]


def _program() -> str:
    """Return this command by its whole path: cron and systemd know no virtual environment."""
    typed, beside = (Path(path).absolute() for path in (sys.argv[0], Path(sys.executable).with_name("ecmpaudit")))
    for path in (typed, beside):
        if path.name == "ecmpaudit" and path.is_file():
            return str(path)
    return shutil.which("ecmpaudit") or "ecmpaudit"


def _interval(text: str) -> dt.timedelta:
    from ecmpaudit.configuration.ages import age_of  # noqa: PLC0415 - beside the others
    from ecmpaudit.reporting.schedule import cron_moment  # noqa: PLC0415

    try:
        every = age_of(text)
        cron_moment(every)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--every") from error
    return every
