"""How a command line without a channel for single commands is used: `[scan.shell]` of platform.toml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Shell:
    """A vendor's command line, as it is used over a terminal."""

    netmiko: str
    """netmiko's name of its driver."""
    prepare: tuple[str, ...] = ()
    """Commands that are sent first: they set the terminal of this session, and nothing else."""
    user_suffix: str = ""
    """What is put behind the user name, where the login sets the terminal (RouterOS)."""
    skip: re.Pattern[str] | None = None
    """Matches lines that belong to the prompt, and not to the answer."""


def shell_of(entry: dict[str, Any] | None) -> Shell | None:
    """Return the shell that `[scan.shell]` describes."""
    if entry is None:
        return None
    skip = entry.get("skip")
    return Shell(
        entry["netmiko"],
        tuple(entry.get("prepare", ())),
        entry.get("user_suffix", ""),
        re.compile(skip) if skip else None,
    )
