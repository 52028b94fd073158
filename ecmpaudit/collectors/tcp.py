"""The TCP connection to a host: the first of its addresses that takes one, IPv6 and IPv4 alike.

Looking up a name cannot be bounded here; the system's resolver has its own limit.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import time
from typing import TYPE_CHECKING, Any

from ecmpaudit.collectors.protocol_errors import text_of
from ecmpaudit.collectors.stop import TICK
from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    from ecmpaudit.collectors.stop import Stop


class ConnectionFailedError(CollectionError):
    """A connection that may succeed when tried once more: refused, reset, timed out while connecting."""


def tcp_connection(host: str, port: int, timeout: float, stop: Stop) -> socket.socket:
    """Return a connection; the host's addresses share the time.

    Raises CollectionError if the name is not found, ConnectionFailedError with one reason for each address.
    """
    addresses = _addresses(host, port)
    deadline = time.monotonic() + timeout
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
        reasons.append(_reason(number, f"{address[0]} port {port}", seconds))
    raise ConnectionFailedError("; ".join(reasons))


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
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
