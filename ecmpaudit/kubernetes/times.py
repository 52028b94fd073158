"""Times as the API writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator


def time_of(value: object) -> datetime | None:
    """Return a time with its zone; None for anything else, which is then no proof of anything."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return time if time is not None and time.tzinfo is not None else None


Time = Annotated[datetime | None, BeforeValidator(time_of)]
"""`2026-11-27T10:15:00Z`."""
