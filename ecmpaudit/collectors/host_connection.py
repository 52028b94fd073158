"""The one connection of a host, for each target that is reached the same way: it may be router and node.

A command that asks in several turns keeps it open from one to the next.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.collectors.target import prefix_words
from ecmpaudit.collectors.transports import kubectl_exec
from ecmpaudit.collectors.transports.registry import TRANSPORTS
from ecmpaudit.configuration.transports import TransportName

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Sequence
    from types import TracebackType
    from typing import Self

    from ecmpaudit.collectors.connection import Access
    from ecmpaudit.collectors.target import Target
    from ecmpaudit.collectors.transports.interface import Session

_SHARED = frozenset({TransportName.PARAMIKO, TransportName.OPENSSH})
"""Transports whose connection runs any command: a terminal is that of one platform."""


@dataclass(slots=True)
class HostConnection:
    """A session that is opened when it is needed first, and anew where it was lost."""

    access: Access
    failure: str | None = None
    """Why the host could not be reached: it is not tried again for a further target."""
    _session: Session | None = None
    _way: Hashable = None
    _opened: ExitStack = field(default_factory=ExitStack)

    def session_for(self, target: Target) -> Session:
        """Return the open session, or that of a new connection; CollectionError says why there is none."""
        way = _way_to(target)
        if self._session is not None and self._session.is_open and self._way == way:
            return self._session
        self.close()
        self.access.pace.wait(self.access.stop)
        opened = kubectl_exec.opened if target.pod else TRANSPORTS[target.transport]
        self._session, self._way = self._opened.enter_context(opened(target, self.access)), way
        return self._session

    @property
    def is_open(self) -> bool:
        """Whether a further command can be sent without a further login."""
        return self._session is not None and self._session.is_open

    def close(self) -> None:
        """End the connection."""
        self._session = None
        self._opened.close()


def by_host(targets: Sequence[Target], access: Access) -> list[list[int]]:
    """Return the places of the targets, those of one host together: reached the same way, with the same prefix."""
    hosts: dict[Hashable, list[int]] = {}
    for place, target in enumerate(targets):
        hosts.setdefault(_host_of(target, access), []).append(place)
    return list(hosts.values())


def _host_of(target: Target, access: Access) -> Hashable:
    is_shared = target.pod is None and target.transport in _SHARED
    accepted = target.name in access.accept_new
    return (_way_to(target), tuple(prefix_words(target)), accepted) if is_shared else target.name


@dataclass(slots=True)
class KeptConnections:
    """Connections that stay open from one turn of questions to the next, so that each host is logged in to once."""

    names: Collection[str]
    """The targets that are asked in several turns: the connections of others are closed."""
    connect_rate: float | None = None
    """How many connections are begun in a second at most."""
    access: Access | None = None
    """That of the first turn, which all later ones share."""
    _open: dict[Hashable, HostConnection] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        """Return these."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all."""
        for connection in self._open.values():
            connection.close()

    def take(self, target: Target, access: Access) -> HostConnection:
        """Return the connection of an earlier turn, or a new one; nobody else gets it before it is given back."""
        with self._lock:
            return self._open.pop(_host_of(target, access), None) or HostConnection(access)

    def give_back(self, target: Target, connection: HostConnection) -> None:
        """Keep a connection that is open, for a target that is asked again; close any other."""
        with self._lock:
            host = _host_of(target, connection.access)
            is_usable = connection.is_open and connection.failure is None
            if target.name in self.names and is_usable and host not in self._open:
                self._open[host] = connection
                return
        connection.close()


def _way_to(target: Target) -> Hashable:
    """Return what a connection depends on."""
    return (
        *(target.transport, target.pod, target.ssh_host, target.port, target.user, target.key, target.jump),
        *(target.known_hosts, target.ssh_config, target.password_env, target.passphrase_env, target.enable_env),
        target.connect_timeout,
    )
