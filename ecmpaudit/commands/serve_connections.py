"""Connections of `ecmpaudit serve` that are not used: uvicorn would keep each for ever, and refuse others for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

PATIENCE, READING_PATIENCE = 5, 30
"""Seconds within which the head of a request has to be whole, and in which some of an answer is read."""
_LOOK_AGAIN = 1.0


class BoundedConnection(H11Protocol):
    """A connection that ends when no request comes over it, or nobody reads the answer."""

    transport: asyncio.Transport
    _timer: asyncio.TimerHandle | None = None
    _seen: tuple[object, bool, int] = (None, True, 0)
    """At the last look: the request, whether its answer was made, and how many bytes of it the client has not taken."""
    _since = 0.0
    """When that was first seen."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Look at the connection from now on."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no longer."""
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        cycle: Any = self.cycle
        is_answered = cycle is None or cycle.response_complete
        unread, now = self.transport.get_write_buffer_size(), self.loop.time()
        if (cycle, is_answered, unread) != self._seen:
            self._seen, self._since = (cycle, is_answered, unread), now
        silent = now - self._since
        if (unread and silent >= READING_PATIENCE) or (is_answered and not unread and silent >= PATIENCE):
            self.transport.abort()
        else:
            self._timer = self.loop.call_later(_LOOK_AGAIN, self._look)
