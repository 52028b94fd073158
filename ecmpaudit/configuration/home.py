"""The user's home folder, which a service or a container may be without."""

from __future__ import annotations

from pathlib import Path

from ecmpaudit.errors import ConfigurationError


def home() -> Path | None:
    """Return the user's home folder; None where neither HOME nor the list of users names one."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def in_home(path: Path) -> Path:
    """Return a path whose leading `~` is written out.

    Raises:
        ConfigurationError: there is no such home folder.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ConfigurationError(f"{path}: no home folder is known: set HOME, or write the whole path") from error
