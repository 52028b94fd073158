"""How long Python's regular expressions may work on one text: they cannot be interrupted within a line.

So a line is short, and the time is checked between lines. The columnar engine is linear, and needs neither.
"""

from __future__ import annotations

import time

from ecmpaudit.errors import SlowPatternError

LONGEST_LINE = 1000
"""Characters of a line that Python's engine matches; a longer one is unparsed, as no table has one."""
LONGEST_COMMAND = 500
"""Characters of a command that are matched: real ones are shorter."""
_SECONDS = 10.0
"""For all lines of one text."""


class TimeLimit:
    """The time that is left for one text; it begins with the first line."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._until = time.monotonic() + seconds

    def check(self) -> None:
        """Raise SlowPatternError where the time is over."""
        if time.monotonic() > self._until:
            raise SlowPatternError(f"its lines take longer than {self._seconds:g} s to match")
