"""Logging in: keys, then a password, and where that fails a reason that says what was tried.

A server ends the connection after a few wrong keys (OpenSSH: 6), so the order of key_files matters.
A password from the environment is for the target; it is never sent to a jump host. A passphrase unlocks keys here and
is never sent to anybody.
"""

from __future__ import annotations

import os
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import paramiko

from ecmpaudit.collectors.agent import Agent
from ecmpaudit.collectors.key_files import KeyChoice, NobodyToAskError, Secrets, agent_keys, key_choices
from ecmpaudit.collectors.protocol_errors import PROTOCOL_ERRORS
from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecmpaudit.collectors.ssh_config import Endpoint
    from ecmpaudit.collectors.stop import Stop

PASSWORD_METHODS = {"password", "keyboard-interactive"}


@dataclass(slots=True)
class Login:
    """The state of one login."""

    transport: paramiko.Transport
    endpoint: Endpoint
    secrets: Secrets
    password_env: str | None
    passphrase_env: str | None
    seconds_left: float
    """Time that the server still has; the time that a person needs to type is not counted."""
    wanted: set[str] = field(default_factory=lambda: {"publickey", *PASSWORD_METHODS})
    """The methods that the server accepts, as far as it has announced them."""
    tried: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether the login has ended: logged in, disconnected, or out of time."""
        return self.transport.is_authenticated() or not self.transport.is_active() or self.seconds_left <= 0


def log_in(login: Login, stop: Stop) -> None:
    """Authenticate; raise CollectionError with what was tried and what the server accepts."""
    # The method "none" comes first: the server answers with the methods it accepts, and some routers need no more.
    _send(login, lambda: login.transport.auth_none(login.endpoint.user))
    if not login.is_over:
        _try_keys(login, stop)
    if not login.is_over:
        _try_password(login)
    if not login.transport.is_authenticated():
        raise CollectionError(_reason(login))


def _try_keys(login: Login, stop: Stop) -> None:
    with closing(_asked_agent(login, stop)) as agent:
        endpoint = login.endpoint
        choices = key_choices(endpoint.key_files, agent_keys(agent), only_files=endpoint.identities_only)
        for choice in choices:
            if login.is_over or "publickey" not in login.wanted:
                return
            _try_key(login, choice)


def _asked_agent(login: Login, stop: Stop) -> Agent:
    """Return the agent; one that hangs takes half of the time, so that the other keys can be tried."""
    began = time.monotonic()
    agent = Agent(stop, seconds=login.seconds_left / 2)
    login.seconds_left -= time.monotonic() - began
    if agent.problem:
        login.notes.append(agent.problem)
    return agent


def _try_key(login: Login, choice: KeyChoice) -> None:
    key = choice.key
    if choice.encrypted_file is not None:
        try:
            key = login.secrets.unlock(choice.encrypted_file, _from_environment(login.passphrase_env))
        except NobodyToAskError as error:
            login.notes.append(f"{choice.name}: encrypted, and {error}")
            return
    if key is None:
        login.notes.append(f"{choice.name}: {choice.problem or _still_locked(login.passphrase_env)}")
        return
    login.tried.append(choice.name)
    usable = key
    _send(login, lambda: login.transport.auth_publickey(login.endpoint.user, usable))


def _try_password(login: Login) -> None:
    if not PASSWORD_METHODS & login.wanted:
        return
    endpoint = login.endpoint
    password = None if endpoint.is_jump else _from_environment(login.password_env)
    name = f"the password in {login.password_env}" if password else "a typed password"
    if password is None and login.password_env and not endpoint.is_jump:
        login.notes.append(f"{login.password_env} is not set")
    try:
        given = password or login.secrets.ask(f"Password of {endpoint.user}@{endpoint.name}: ")
    except NobodyToAskError as error:
        login.notes.append(str(error))
        return
    if given is not None:
        login.tried.append(name)
        _send(login, lambda: login.transport.auth_password(endpoint.user, given))


def _from_environment(variable: str | None) -> str | None:
    return (os.environ.get(variable) or None) if variable else None


def _still_locked(passphrase_env: str | None) -> str:
    if passphrase_env is None:
        return "encrypted, and no right passphrase was given; see passphrase_env"
    state = "is not its passphrase" if _from_environment(passphrase_env) else "is not set"
    return f"encrypted, and {passphrase_env} {state}"


def _send(login: Login, attempt: Callable[[], list[str]]) -> None:
    """Make one attempt; the transport knows whether it succeeded."""
    login.transport.auth_timeout = login.seconds_left
    began = time.monotonic()
    try:
        still_wanted = attempt()
    except paramiko.BadAuthenticationType as error:
        login.wanted = set(error.allowed_types)
    except PROTOCOL_ERRORS:
        # A wrong key or password, or a lost connection, which the transport shows.
        pass
    else:
        login.wanted = set(still_wanted) or login.wanted
    login.seconds_left -= time.monotonic() - began


def _reason(login: Login) -> str:
    endpoint = login.endpoint
    tried = f"tried {', '.join(login.tried)}" if login.tried else "no key and no password to try"
    notes = "".join(f"; {note}" for note in login.notes)
    if login.seconds_left <= 0:
        who = f"{endpoint.user} at {endpoint}"
        return f"timed out: authentication as {who} did not end in time ({tried}{notes}); see connect_timeout"
    if not login.transport.is_active():
        end = "the server ended the connection, as after too many wrong keys: name the right one with `key`"
    else:
        end = f"the server accepts {', '.join(sorted(login.wanted))}; check user, key, and the server's authorized keys"
    return f"authentication as {endpoint.user} at {endpoint} failed: {tried}{notes}; {end}"
