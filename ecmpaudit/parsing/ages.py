"""The age of a route, as routing daemons write it."""

from __future__ import annotations

_CLOCK = (1, 60, 3600)
_SECONDS = {"y": 365 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}
_LONGEST_AGE = 40
"""Characters; a longer text is no age, and its number may not fit in 64 bits."""


def seconds(age: str) -> int | None:
    """Return a routing daemon's age in seconds: `00:00:05`, `1d00h00m`, `1d 02:03:04`; None for none and `never`."""
    if len(age) > _LONGEST_AGE:
        return None
    days, _, clock = age.rpartition(" ")
    if ":" in clock:
        parts = clock.split(":")
        before = seconds(days) if days else 0
        if before is None or len(parts) > len(_CLOCK) or not all(part.isdecimal() for part in parts):
            return None
        return before + sum(int(part) * _CLOCK[power] for power, part in enumerate(reversed(parts)))
    total, number = 0, ""
    for character in age:
        if character.isdecimal():
            number += character
        elif number and character in _SECONDS:
            total, number = total + int(number) * _SECONDS[character], ""
        else:
            return None
    return total if age else None
