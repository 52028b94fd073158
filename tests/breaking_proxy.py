"""A real TCP proxy that breaks things between a client and a server: late, cut, or silent after so many bytes."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Breaks:
    """What goes wrong on the way from the server to the client; from the client everything passes."""

    late: float = 0.0
    """Seconds before the first byte."""
    cut_after: int | None = None
    """Bytes after which both connections are closed."""
    stall_after: int | None = None
    """Bytes after which nothing passes, and nothing is closed."""
    is_over: threading.Event = field(default_factory=threading.Event, init=False)
    opened: list[socket.socket] = field(default_factory=list, init=False)

    def cut(self) -> None:
        """Close all connections; the next ones pass."""
        while self.opened:
            with suppress(OSError):
                self.opened.pop().shutdown(socket.SHUT_RDWR)


@contextmanager
def breaking_proxy(port: int, breaks: Breaks) -> Iterator[int]:
    """Yield the port of a proxy before a port of loopback."""
    opened = breaks.opened
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client = listener.accept()[0]
                    server = socket.create_connection(("127.0.0.1", port), timeout=10)
                    server.settimeout(None)
                    opened.extend((client, server))
                    threading.Thread(target=_pass_on, args=(client, server, None), daemon=True).start()
                    threading.Thread(target=_pass_on, args=(server, client, breaks), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            breaks.is_over.set()
            listener.shutdown(socket.SHUT_RDWR)
            for each in opened:
                each.close()
            thread.join(timeout=5)


def _pass_on(source: socket.socket, target: socket.socket, breaks: Breaks | None) -> None:
    passed = 0
    with suppress(OSError):
        if breaks is not None and breaks.late:
            breaks.is_over.wait(breaks.late)
        while piece := source.recv(16 * 1024):
            passed += len(piece)
            if breaks is not None and breaks.stall_after is not None and passed > breaks.stall_after:
                breaks.is_over.wait(60)
                return
            if breaks is not None and breaks.cut_after is not None and passed > breaks.cut_after:
                break
            target.sendall(piece)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
