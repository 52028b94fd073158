"""What runs a recorded scan regularly: a crontab line, a systemd service with its timer, a Kubernetes CronJob.

Each of the three reads its own kind of quoting: cron ends a command at an unescaped `%`, systemd expands `%` and `$`.
"""

from __future__ import annotations

import datetime as dt
import shlex
from typing import TYPE_CHECKING

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.reporting.templates import rendered

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOUR, _DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
_MINUTE = dt.timedelta(minutes=1)
_SLACK = 120
"""Seconds between the deadline of a scan and the moment at which it is ended from outside."""


def cron_line(words: Sequence[str], every: dt.timedelta, again: str = "ecmpaudit schedule cron") -> str:
    """Return a crontab line with a comment above; `again` is the command that prints it.

    Raises:
        ValueError: cron has no such interval.
        ConfigurationError: cron cannot take a word.
    """
    _refuse_control_characters([*words, again])
    for word in words:
        if "\\" in word:
            raise ConfigurationError(f"{word!r}: some versions of cron remove a backslash; use a name without one")
    command = shlex.join(words).replace("%", r"\%")
    return rendered(
        "schedule/cron.j2",
        {"every": interval_text(every), "moment": cron_moment(every), "command": command, "again": again},
        filters={},
    )


def systemd_units(
    words: Sequence[str], every: dt.timedelta, deadline: int, again: str = "ecmpaudit schedule systemd"
) -> dict[str, str]:
    """Return the units by file name; errors as of `cron_line`, but a backslash is taken."""
    _refuse_control_characters([*words, again])
    facts = {
        "every": interval_text(every),
        "moment": _calendar(every),
        "command": " ".join(map(_systemd_word, words)),
        "timeout": deadline + _SLACK,
        "again": again.rstrip("\\"),  # one at the end of a comment would continue it
    }
    names = ("ecmpaudit.service", "ecmpaudit.timer")
    return {name: rendered(f"schedule/{name}.j2", facts, filters={}) for name in names}


def kubernetes_cron_job(
    words: Sequence[str], every: dt.timedelta, deadline: int, image: str, again: str = "ecmpaudit schedule kubernetes"
) -> str:
    """Return the manifest of a CronJob; errors as of `systemd_units`."""
    _refuse_control_characters([*words, image, again])
    facts = {"words": list(words), "moment": cron_moment(every), "image": image, "timeout": deadline + _SLACK}
    facts["again"] = again
    return rendered("schedule/kubernetes.yaml.j2", facts, filters={})


def _refuse_control_characters(words: Sequence[str]) -> None:
    """Raise ConfigurationError for a word that would end a line of the file: a command of its own could begin there."""
    for word in words:
        if not word.isprintable():
            raise ConfigurationError(f"{word!r}: has a line end or another character that cannot be printed; rename it")


def cron_moment(every: dt.timedelta) -> str:
    """Return cron's five fields.

    Raises:
        ValueError: the interval divides neither an hour nor a day, so that cron cannot keep it.
    """
    if every == _MINUTE:
        return "* * * * *"
    if every < _HOUR and _HOUR % every == dt.timedelta():
        return f"*/{every // _MINUTE} * * * *"
    if every == _HOUR:
        return "0 * * * *"
    if every < _DAY and _DAY % every == dt.timedelta() and every % _HOUR == dt.timedelta():
        return f"0 */{every // _HOUR} * * *"
    if every == _DAY:
        return "0 0 * * *"
    raise ValueError(
        f"expected an interval that divides an hour or a day, such as 15m, 1h or 6h; found {interval_text(every)}"
    )


def interval_text(every: dt.timedelta) -> str:
    """Return an interval as people type it: `15m`, `6h`."""
    minutes = every // _MINUTE
    return f"{minutes}m" if minutes % 60 else f"{minutes // 60}h"


def _calendar(every: dt.timedelta) -> str:
    """Return the moments as systemd.time(7) writes them."""
    minute, hour, *_ = cron_moment(every).split()
    hours = hour.replace("*/", "00/")
    minutes = minute.replace("*/", "00/") if minute != "0" else "00"
    return f"*-*-* {hours}:{minutes}:00"


def _systemd_word(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return escaped if escaped and not any(c in escaped for c in " \t'\";\\") else f'"{escaped}"'
