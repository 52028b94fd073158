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
def breaking_proxy(port: int, breaks: Breaks, address: str = "127.0.0.1") -> Iterator[int]:
    """Yield the port of a proxy before a port of loopback, at the same address."""
    opened = breaks.opened
    with listening(address) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client = listener.accept()[0]
                    server = socket.create_connection((address, port), timeout=10)
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


def listening(address: str) -> socket.socket:
    """Return a socket that listens on a free port of an address, and whose clients wait to be accepted."""
    return socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET)


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
