"""Print what runs a recorded scan at an interval: a crontab line, systemd units, a Kubernetes CronJob."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecmpaudit.commands.output import write, write_file
from ecmpaudit.reporting.schedule import cron_line, kubernetes_cron_job, systemd_units

if TYPE_CHECKING:
    from ecmpaudit.commands.options import ScheduleOptions


def cron(options: ScheduleOptions) -> None:
    """Print a crontab line."""
    here = replace(options, config=Path(os.path.realpath(options.config)))  # cron starts in the home folder
    write(cron_line(_scan(_program(), here), options.every), None)


def systemd(options: ScheduleOptions, folder: Path | None) -> None:
    """Print a service and its timer, or write them into the folder."""
    units = systemd_units(_scan(_program(), options), options.every, options.deadline)
    if folder is None:
        write("\n".join(units.values()), None)
        return
    for name, content in units.items():
        write_file(folder / name, content.encode())


def kubernetes(options: ScheduleOptions, image: str) -> None:
    """Print the manifest of a CronJob."""
    words = _scan("ecmpaudit", options)
    write(kubernetes_cron_job(words, options.every, options.deadline, image), None)


def _scan(program: str, options: ScheduleOptions) -> list[str]:
    """Return the words of the command that is run."""
    flags = ["--config", options.config, "--record", "--confirm", options.confirm, "--deadline", options.deadline]
    return [program, "scan", *map(str, flags), "--quiet-unless-changed"]


def _program() -> str:
    """Return this command by its absolute path: cron and systemd know no virtual environment."""
    typed, beside = (Path(path).absolute() for path in (sys.argv[0], Path(sys.executable).with_name("ecmpaudit")))
    for path in (typed, beside):
        if path.name == "ecmpaudit" and path.is_file():
            return str(path)
    return shutil.which("ecmpaudit") or "ecmpaudit"
