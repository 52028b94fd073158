"""Asking the same routers the same few commands again and again, on connections that stay open.

A router whose connection fails is connected anew with the next poll; what it did not answer is a capture with the
reason, as in a scan.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecmpaudit.collectors.answer import Answer, now
from ecmpaudit.collectors.connection import Access
from ecmpaudit.collectors.conversation import Conversation, capture_of
from ecmpaudit.collectors.host_connection import HostConnection, KeptConnections
from ecmpaudit.collectors.key_files import Secrets
from ecmpaudit.collectors.protocol_errors import silence_paramiko
from ecmpaudit.collectors.stop import Stop
from ecmpaudit.collectors.target import prefix_words
from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ecmpaudit.collectors.target import Target
    from ecmpaudit.model import Capture

_MOST_SECONDS = 30.0
"""That one host may take for one poll: another one waits for it."""
OVER = "the time was over (--timeout)"


@dataclass(slots=True)
class _Host:
    """One router, and its connection where it has one."""

    target: Target
    connection: HostConnection

    def ask(self) -> list[Capture]:
        """Return the answers; never raises for what the host does. Who is asked nothing is not connected."""
        if not self.target.commands:
            return []
        started, stop = now(), self.connection.access.stop
        try:
            conversation = Conversation(self.target, self.connection.session_for(self.target), stop)
            return conversation.ask_all(self.target.commands)
        except CollectionError as error:
            self.connection.close()
            answer = Answer(failure=stop.reason or str(error), is_given_up=stop.reason is not None)
            return [capture_of(self.target, command, answer, started) for command in self.target.commands]


@dataclass(frozen=True, slots=True)
class Polling:
    """Routers that are asked together, each on one connection."""

    hosts: tuple[_Host, ...]
    pool: ThreadPoolExecutor
    stop: Stop
    until: float
    """The moment of the monotonic clock at which what has not answered is ended."""

    def poll(self) -> list[Capture]:
        """Return a capture for each command of each router, complete or with its failure."""
        return [capture for captures in self.pool.map(_Host.ask, self.hosts) for capture in captures]

    def wait(self, seconds: float) -> bool:
        """Wait, at most until the time is over; return whether there is time for a further poll."""
        left = self.until - time.monotonic()
        if left <= seconds:
            return False
        with suppress(CollectionError):  # the time was over meanwhile
            self.stop.sleep(seconds)
        return self.stop.reason is None


@contextmanager
def polling(
    targets: Sequence[Target],
    *,
    until: float,
    jobs: int = 10,
    accept_new: frozenset[str] = frozenset(),
    ask_password: Callable[[str], str] | None = None,
    kept: KeptConnections | None = None,
) -> Iterator[Polling]:
    """Give the routers, ready to be polled; at the end all connections are closed.

    Connections that a scan has `kept` are used, with what it knows of keys and passwords. A host that is router and
    node under one name is asked once.

    Raises ConfigurationError for a command prefix that is no list of words.
    """
    silence_paramiko()
    for target in targets:
        prefix_words(target)
    kept = kept or KeptConnections(())
    access = kept.access or Access(Secrets(ask_password), Stop(), accept_new)
    once: dict[str, Target] = {}
    for target in targets:
        once.setdefault(target.name, target)
    hosts = tuple(_Host(_hurried(target), kept.take(target, access)) for target in once.values())
    pool = ThreadPoolExecutor(max_workers=max(1, min(jobs, len(hosts))), thread_name_prefix="ecmpaudit-poll")
    timer = threading.Timer(max(0.0, until - time.monotonic()), access.stop.now, [f"no answer: {OVER}"])
    timer.daemon = True
    timer.start()
    try:
        yield Polling(hosts, pool, access.stop, until)
    finally:
        timer.cancel()
        access.stop.now()
        pool.shutdown(cancel_futures=True)
        for host in hosts:
            host.connection.close()


def _hurried(target: Target) -> Target:
    return replace(
        target,
        command_timeout=min(target.command_timeout, _MOST_SECONDS),
        host_timeout=min(target.host_timeout, _MOST_SECONDS),
    )
