"""Where alerts go: Apprise URLs from the environment and from a file that only its owner can read.

A URL is a secret as a whole: a webhook's path is its password. So messages name a destination by its place in the list
and by its scheme, and the history keeps a slow digest of it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.configuration.home import in_home
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.plain_files import open_plain

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = "ECMPAUDIT_ALERT_URLS"
_ROUNDS = 100_000
"""About 50 ms for each destination and run; guessing a password from the digest costs as much each time."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One service that takes messages."""

    number: int
    """Its place in the list, from 1."""
    url: str = field(repr=False)

    @property
    def name(self) -> str:
        """For messages: `alert destination 2 (slack)`."""
        scheme, separator, _ = self.url.partition("://")
        return f"alert destination {self.number} ({scheme if separator and scheme.isalnum() else 'no scheme'})"

    @property
    def digest(self) -> str:
        """The key of the destination in the history, whatever its place in the list."""
        return hashlib.pbkdf2_hmac("sha256", self.url.encode(), b"ecmpaudit alert", _ROUNDS).hex()


def destinations(file: Path | None) -> tuple[Destination, ...]:
    """Return the destinations of the environment, then those of the file, each once.

    Raises:
        ConfigurationError: the file cannot be read, or others can read it.
    """
    urls = os.environ.get(VARIABLE, "").split()
    if file is not None:
        lines = (line.strip() for line in secret_text(in_home(file), "alert URLs").splitlines())
        urls += [line for line in lines if line and not line.startswith("#")]
    return tuple(Destination(number, url) for number, url in enumerate(dict.fromkeys(urls), start=1))


def secret_text(file: Path, what: str, place: str | None = None) -> str:
    """Return a file that has secrets; `what` names them, and `place` the option with its file.

    Raises:
        ConfigurationError: it cannot be read, others can read it, or it belongs to another user.
    """
    named = place or str(file)
    remedy = "give a text file that its owner alone can read"
    try:
        with open_plain(file) as opened:
            status = os.fstat(opened.fileno())
            if stat.S_IMODE(status.st_mode) & 0o077:
                raise ConfigurationError(
                    f"{named}: holds {what}, and other users may read or change it: chmod 600 {file}"
                )
            if status.st_uid not in {0, os.geteuid()}:
                raise ConfigurationError(f"{named}: holds {what}, and belongs to another user; give a file of your own")
            return opened.read().decode("utf-8")
    except OSError as error:
        raise ConfigurationError(f"{named}: {what} cannot be read: {error.strerror}; {remedy}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{named}: {what} cannot be read: not UTF-8; {remedy}") from error
