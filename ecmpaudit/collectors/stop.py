"""Ending a run early: on Ctrl-C, or at its deadline, no thread may sit waiting for a router that never answers."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ecmpaudit.collectors.protocol_errors import close_quietly
from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.collectors.protocol_errors import Closable

TICK = 0.2
"""Seconds between checks of `Stop` while waiting for a peer."""


class Stop:
    """Seen by waiting threads; open connections are closed under those that read."""

    def __init__(self) -> None:
        self.reason: str | None = None
        """Why the run was ended; None until it is."""
        self._is_set = threading.Event()
        self._lock = threading.Lock()
        self._open: set[Closable] = set()

    def now(self, reason: str = "interrupted") -> None:
        """Close all connections; whoever waits for one raises CollectionError with the reason."""
        self.reason = reason
        self._is_set.set()
        with self._lock:
            opened = tuple(self._open)
        for connection in opened:
            close_quietly(connection)

    def check(self) -> None:
        """Raise CollectionError if the run was ended."""
        if self._is_set.is_set():
            raise CollectionError(self.reason)

    def sleep(self, seconds: float) -> None:
        """Wait; raise CollectionError as soon as the run is ended."""
        self._is_set.wait(seconds)
        self.check()

    @contextmanager
    def closing(self, connection: Closable) -> Iterator[None]:
        """Close the connection at the end, or when the run is ended."""
        with self._lock:
            self._open.add(connection)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._open.discard(connection)
            close_quietly(connection)
