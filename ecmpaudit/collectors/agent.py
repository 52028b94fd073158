"""The ssh agent, which may hang and then holds up neither a login nor the end of a run.

Paramiko waits for an agent without a limit, so the connection that it reads from is ours. What the agent signs is
waited for in the transport's own thread, while the login has its limit; when it is given up, the connection is closed.
"""

from __future__ import annotations

import math
import os
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from paramiko.agent import AgentSSH

from ecmpaudit.collectors.protocol_errors import PROTOCOL_ERRORS, text_of
from ecmpaudit.collectors.stop import TICK

if TYPE_CHECKING:
    from ecmpaudit.collectors.stop import Stop

VARIABLE = "SSH_AUTH_SOCK"


class Agent(AgentSSH):
    """The agent that SSH_AUTH_SOCK names, with the keys that it listed in time."""

    def __init__(self, stop: Stop, *, seconds: float) -> None:
        super().__init__()
        self.problem: str | None = None
        """Why it listed no keys; None where it did, or where there is no agent."""
        path = os.environ.get(VARIABLE)
        connection = _connected(path, stop) if path else None
        if connection is None:
            return
        connection.deadline = time.monotonic() + seconds
        try:
            self._connect(connection)  # type: ignore[attr-defined]  # not in the stubs
        except TimeoutError:
            self.problem = f"the ssh agent at {path}: no answer in time"
        except PROTOCOL_ERRORS as error:
            self.problem = f"the ssh agent at {path}: {text_of(error)}"
        except BaseException:
            connection.close()
            raise
        connection.deadline = math.inf

    def close(self) -> None:
        """End the connection."""
        self._close()  # type: ignore[attr-defined]  # not in the stubs


class _Connection:
    """A socket that paramiko may wait for only until a deadline, and only until the run is ended."""

    def __init__(self, connected: socket.socket, stop: Stop) -> None:
        self.deadline = math.inf
        self._socket = connected
        self._stop = stop

    def send(self, request: bytes) -> None:
        """Send the whole request."""
        self._socket.sendall(request)

    def recv(self, size: int) -> bytes:
        """Return a part of the answer.

        Raises:
            TimeoutError: the deadline is over.
            CollectionError: the run was ended.
        """
        while time.monotonic() < self.deadline:
            self._stop.check()
            with suppress(TimeoutError):
                return self._socket.recv(size)
        raise TimeoutError

    def close(self) -> None:
        """End the connection."""
        self._socket.close()


def _connected(path: str, stop: Stop) -> _Connection | None:
    """Return a connection to the agent; None where there is none: the variable may have outlived it."""
    connected = socket.socket(socket.AF_UNIX)
    connected.settimeout(TICK)
    try:
        connected.connect(path)
    except OSError:
        connected.close()
        return None
    return _Connection(connected, stop)
