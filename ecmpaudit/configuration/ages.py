"""Ages as people type them: `90d`, `12h`, `2w`."""

from __future__ import annotations

import datetime as dt
import re

_AGE = re.compile(r"(?P<number>[1-9]\d{0,4})(?P<unit>[mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def age_of(text: str) -> dt.timedelta:
    """Return the span of an age; ValueError says what was expected."""
    found = _AGE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'expected an age such as 90d, 12h or 2w, found "{text}"')
    return dt.timedelta(**{_UNITS[found["unit"]]: int(found["number"])})
