"""An authenticated connection to a target, through its jump hosts, with each host's key checked.

Each step is bounded in time. Whatever was opened is closed again, also when a later step fails.
"""

from __future__ import annotations

import shlex
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.authentication import Login, log_in
from ecmpaudit.collectors.host_keys import (
    SSH_PORT,
    HostKey,
    KnownHosts,
    KnownHostsOfRun,
    is_known,
    known_hosts_files,
    preferred_key_types,
    remember,
    unknown_key_reason,
)
from ecmpaudit.collectors.pace import Pace
from ecmpaudit.collectors.protocol_errors import PROTOCOL_ERRORS, close_quietly, text_of
from ecmpaudit.collectors.ssh_config import Endpoint, route_to
from ecmpaudit.collectors.stop import TICK, Stop
from ecmpaudit.collectors.tcp import ConnectionFailedError, tcp_connection
from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from ecmpaudit.collectors.key_files import Secrets
    from ecmpaudit.collectors.target import Target

SLACK = 5.0
"""Seconds by which paramiko's own limits are later than ours, so that ours say which step it was."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the threads of one run share."""

    secrets: Secrets
    stop: Stop
    accept_new: frozenset[str]
    """Names of the targets whose unknown host key is accepted and written down."""
    budget: AnswerBudget = field(default_factory=AnswerBudget)
    known_hosts: KnownHostsOfRun = field(default_factory=KnownHostsOfRun)
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True, slots=True)
class _Visit:
    """What each step of the connection to one target needs."""

    target: Target
    access: Access
    known_hosts: KnownHosts
    opened: ExitStack


@contextmanager
def connected(target: Target, access: Access) -> Iterator[paramiko.Transport]:
    """Yield an authenticated transport to the target; raises CollectionError with the reason and the remedy."""
    known_hosts = access.known_hosts.of(known_hosts_files(target.known_hosts))
    *jumps, last = route_to(target, access.stop)
    with ExitStack() as opened:
        visit = _Visit(target, access, known_hosts, opened)
        via: paramiko.Transport | None = None
        for jump in jumps:
            via = _logged_in(jump, via, visit)
        yield _logged_in(last, via, visit)


def _logged_in(endpoint: Endpoint, via: paramiko.Transport | None, visit: _Visit) -> paramiko.Transport:
    """Return an authenticated transport to one endpoint, which is closed with the visit."""
    timeout, stop = visit.target.connect_timeout, visit.access.stop
    link = _link(endpoint, via, timeout, stop)
    visit.opened.callback(close_quietly, link)
    transport = paramiko.Transport(link)
    visit.opened.enter_context(stop.closing(transport))
    _exchange_keys(transport, endpoint, visit.known_hosts, timeout, stop)
    _check_host_key(transport, endpoint, visit)
    target = visit.target
    log_in(Login(transport, endpoint, visit.access.secrets, target.password_env, target.passphrase_env, timeout), stop)
    stop.check()
    return transport


def _link(
    endpoint: Endpoint, via: paramiko.Transport | None, timeout: float, stop: Stop
) -> socket.socket | paramiko.Channel:
    """Return the byte stream to the endpoint: TCP, or a channel of the jump host before it."""
    if via is None:
        return tcp_connection(endpoint.host, endpoint.port, timeout, stop)
    try:
        return via.open_channel("direct-tcpip", (endpoint.host, endpoint.port), ("127.0.0.1", 0), timeout=timeout)
    except PROTOCOL_ERRORS as error:
        said = error.text if isinstance(error, paramiko.ChannelException) else text_of(error)
        raise ConnectionFailedError(f"the jump host could not reach {endpoint}: {said}") from error


def _exchange_keys(
    transport: paramiko.Transport, endpoint: Endpoint, known_hosts: KnownHosts, timeout: float, stop: Stop
) -> None:
    transport.banner_timeout = transport.handshake_timeout = timeout + SLACK
    options = transport.get_security_options()
    options.key_types = preferred_key_types(known_hosts.of(endpoint.known_as), options.key_types)
    done = threading.Event()
    deadline = time.monotonic() + timeout
    transport.start_client(event=done)
    while not done.wait(TICK):
        stop.check()
        if time.monotonic() >= deadline:
            raise CollectionError(
                f"timed out: {endpoint} took the connection, but the SSH key exchange did not end within "
                f"{timeout:g} s; is it an SSH server? See connect_timeout"
            )
    if not transport.is_active():
        raise _exchange_failure(transport.get_exception(), endpoint)


def _exchange_failure(error: Exception | None, endpoint: Endpoint) -> CollectionError:
    if isinstance(error, IncompatiblePeer):
        return CollectionError(f"{endpoint} and this program have no algorithm in common: {text_of(error)}")
    is_lost = error is None or isinstance(error, EOFError | OSError) or "protocol banner" in str(error)
    if is_lost:
        return ConnectionFailedError(
            f"connection closed by {endpoint} before the SSH key exchange ended (not an SSH server, or too many "
            f"connections: MaxStartups)"
        )
    return CollectionError(f"SSH key exchange with {endpoint} failed: {text_of(error)}")


def _check_host_key(transport: paramiko.Transport, endpoint: Endpoint, visit: _Visit) -> None:
    """Raise CollectionError unless the key is known, or is accepted for this very target."""
    try:
        key = transport.get_remote_server_key()
    except paramiko.SSHException as error:
        raise ConnectionFailedError(f"connection closed by {endpoint} after the SSH key exchange") from error
    shown = HostKey(key.get_name(), key.asbytes())
    target, known_hosts = visit.target, visit.known_hosts
    if is_known(known_hosts, endpoint.known_as, shown):
        return
    if not endpoint.is_jump and target.name in visit.access.accept_new:
        remember(known_hosts, endpoint.known_as, shown)
        return
    remedies = [f"`{_ssh_command(endpoint, target)}` once"]
    if not endpoint.is_jump:
        remedies.append(f"`ecmpaudit scan --accept-new {shlex.quote(target.name)}`")
    raise CollectionError(unknown_key_reason(known_hosts, endpoint.known_as, shown, remedies))


def _ssh_command(endpoint: Endpoint, target: Target) -> str:
    """Return the command that asks for and writes down the host key where we look for it."""
    words = ["ssh"]
    if target.ssh_config is not None:
        words += ["-F", str(target.ssh_config)]
    if target.known_hosts is not None:
        words += ["-o", f"UserKnownHostsFile={target.known_hosts}"]
    if endpoint.port != SSH_PORT:
        words += ["-p", str(endpoint.port)]
    return shlex.join([*words, f"{endpoint.user}@{endpoint.name}"])
