"""The TCP connection to a host: the first of its addresses that takes one, IPv6 and IPv4 alike.

The system's resolver cannot be stopped, so a name is looked up in a thread of its own, which is given up in time.
"""

from __future__ import annotations

import errno
import os
import queue
import select
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ecmpaudit.collectors.protocol_errors import text_of
from ecmpaudit.collectors.stop import TICK
from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    from typing import TypeAlias

    from ecmpaudit.collectors.stop import Stop

    _Addresses: TypeAlias = list[tuple[socket.AddressFamily, tuple[Any, ...]]]


class ConnectionFailedError(CollectionError):
    """A connection that may succeed when tried once more: refused, reset, timed out while connecting."""


def tcp_connection(host: str, port: int, timeout: float, stop: Stop) -> socket.socket:
    """Return a connection; the host's addresses share the time.

    Raises CollectionError if the name is not found, ConnectionFailedError with one reason for each address.
    """
    deadline = time.monotonic() + timeout
    addresses = _looked_up(host, port, timeout, stop)
    reasons: list[str] = []
    for position, (family, address) in enumerate(addresses):
        seconds = max(0.0, deadline - time.monotonic()) / (len(addresses) - position)
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            number = _connect(connection, address, seconds, stop)
        except BaseException:
            connection.close()
            raise
        if number == 0:
            return connection
        connection.close()
        reasons.append(_reason(number, f"{address[0]} port {port}", timeout / len(addresses)))
    raise ConnectionFailedError("; ".join(reasons))


def _looked_up(host: str, port: int, timeout: float, stop: Stop) -> _Addresses:
    """Return the addresses of a host; errors are those of _addresses, and a timeout."""
    answers: queue.SimpleQueue[_Addresses | CollectionError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(_addresses(host, port))
        except CollectionError as error:
            answers.put(error)

    # Not one of the pool's threads: the program would wait for it at its end.
    threading.Thread(target=look_up, name="ecmpaudit-resolver", daemon=True).start()
    deadline = time.monotonic() + timeout
    while True:
        with suppress(queue.Empty):
            answer = answers.get(timeout=TICK)
            break
        stop.check()
        if time.monotonic() >= deadline:
            raise CollectionError(f"timed out: name {host!r} not resolved within {timeout:g} s; see connect_timeout")
    if isinstance(answer, CollectionError):
        raise answer
    return answer


def _addresses(host: str, port: int) -> _Addresses:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        said = error.strerror if isinstance(error, socket.gaierror) else text_of(error)
        raise CollectionError(
            f"name {host!r} not found ({said}): set `host` in ecmpaudit.yaml, or HostName in the ssh configuration"
        ) from error
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _connect(connection: socket.socket, address: tuple[Any, ...], timeout: float, stop: Stop) -> int:
    """Return 0 when connected, else the error number."""
    deadline = time.monotonic() + timeout
    connection.setblocking(False)
    number = connection.connect_ex(address)
    if number != errno.EINPROGRESS:
        return number
    poller = select.poll()
    poller.register(connection, select.POLLOUT)
    while not poller.poll(TICK * 1000):
        stop.check()
        if time.monotonic() >= deadline:
            return errno.ETIMEDOUT
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def _reason(number: int, place: str, timeout: float) -> str:
    if number == errno.ECONNREFUSED:
        return f"connection refused by {place}: does sshd run and listen there?"
    if number in {errno.EHOSTUNREACH, errno.ENETUNREACH}:
        return f"no route to {place} ({os.strerror(number)})"
    if number == errno.ETIMEDOUT:
        return f"timed out: no TCP connection to {place} within {timeout:.3g} s; see connect_timeout"
    return f"no TCP connection to {place}: {os.strerror(number)}"
