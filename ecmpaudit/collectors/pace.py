"""How fast connections are begun, so that a bastion or an AAA server does not meet all of them at once."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecmpaudit.collectors.stop import Stop

_JITTER = 0.5
"""Share by which the time between two connections differs: runs of several machines do not fall into step."""


class Pace:
    """What the threads of one run wait for before each connection."""

    def __init__(self, per_second: float | None = None) -> None:
        """Allow so many connections in a second; None: as many as there are threads."""
        self._interval = 1 / per_second if per_second else None
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self, stop: Stop) -> None:
        """Wait for the turn of one more connection; raise CollectionError as soon as the run is ended."""
        if self._interval is None:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + jittered(self._interval)
        if turn > now:
            stop.sleep(turn - now)


def jittered(seconds: float) -> float:
    """Return a time that differs from another by up to a half."""
    return seconds * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret depends on it
