"""Where the history is: what `--history`, the environment or the configuration names, or a file in the state folder.

A place is a file name or a URL; only the environment may give a URL with a password in it.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from ecmpaudit.configuration.home import home
from ecmpaudit.errors import HistoryError

VARIABLE = "ECMPAUDIT_HISTORY"
FILE_NAME = "history.db"


def history_place(given: str | None, configured: str | None) -> str:
    """Return the place in use: the flag's, the environment's, the configuration's, or the user's own.

    Raises:
        HistoryError: the flag has a password in it, which every user of the machine could read in `ps`.
    """
    if given and has_password(given) and given != os.environ.get(VARIABLE):
        raise HistoryError(f"--history: expected a URL without a password: put it into {VARIABLE}, or use ~/.pgpass")
    return given or os.environ.get(VARIABLE) or configured or str(default_file())


def has_password(place: str) -> bool:
    """Return whether a URL has a password in it."""
    if "://" not in place:
        return False
    try:
        parts = urlsplit(place)
    except ValueError:
        return True  # no URL; opening it says why, without repeating it
    # A colon that is encoded is part of the user's name; a password behind it was meant to be one.
    has_one_in_user = parts.password is not None or "%3a" in parts.netloc.rpartition("@")[0].lower()
    keys = (key for key, _ in parse_qsl(parts.query, keep_blank_values=True))  # percent-encoded names are decoded
    return has_one_in_user or any(is_secret(key) for key in keys)


def is_secret(key: str) -> bool:
    """Return whether a parameter of a URL's query has a secret: `password`, `sslpassword`, `oauth_client_secret`."""
    return any(word in key.lower() for word in ("password", "passwd", "secret"))


def is_run(name: str) -> bool:
    """Return whether a word names a run of the history: `41`, `last`, `last-1`. A file of that name is `./41`."""
    word = name.removeprefix("last")
    return name.isdecimal() or word == "" or (word != name and word[0] == "-" and word[1:].isdecimal())


def default_file() -> Path:
    """Return `ecmpaudit/history.db` in the user's state folder; a relative XDG_STATE_HOME is ignored as specified.

    Raises:
        HistoryError: there is neither such a folder nor a home.
    """
    folder = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not folder.is_absolute():
        of_user = home()
        if of_user is None:
            raise HistoryError(f"no home folder to keep the history in; name one with --history or {VARIABLE}")
        folder = of_user / ".local" / "state"
    return folder / "ecmpaudit" / FILE_NAME
