"""Logging in to a server that is played: what is tried, in which order, when it ends, and the reason for a failure."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import paramiko
import pytest

from ecmpaudit.collectors import authentication
from ecmpaudit.collectors.authentication import Login, log_in
from ecmpaudit.collectors.key_files import KeyChoice, Secrets
from ecmpaudit.collectors.ssh_config import Endpoint
from ecmpaudit.collectors.stop import Stop
from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

VARIABLE = "ROUTER_PASSWORD"
ROUTER = Endpoint("tor1", "192.0.2.1", 22, "audit", "tor1", ())
PLACE = "audit at 192.0.2.1 port 22"


class _Server:
    """A server that lets in with one method and one key or password, or ends the connection after some attempts."""

    def __init__(self, accepts: str, right: str = "", *, attempts: int = 100) -> None:
        self.accepts = accepts.split(",") if accepts else []
        self.right = right
        self.attempts = attempts
        self.auth_timeout = 0.0
        self.is_open = False
        self.received: list[str] = []

    def is_authenticated(self) -> bool:
        return self.is_open

    def is_active(self) -> bool:
        return len(self.received) < self.attempts

    def auth_none(self, user: str) -> list[str]:
        assert user == "audit"
        if self.accepts:
            raise paramiko.BadAuthenticationType("no", self.accepts)
        self.is_open = True
        return []

    def auth_publickey(self, user: str, key: str) -> list[str]:
        return self._attempt("publickey", user, key)

    def auth_password(self, user: str, password: str) -> list[str]:
        return self._attempt("password", user, password)

    def _attempt(self, method: str, user: str, secret: str) -> list[str]:
        assert (user, method in self.accepts) == ("audit", True)
        self.received.append(secret)
        if secret == f"first {self.right}":  # a key, after which the password is wanted too
            self.accepts = ["password"]
            return self.accepts
        if secret != self.right:
            raise paramiko.AuthenticationException("no")
        self.is_open = True
        return []


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the keys to try, each by its name, or a choice that cannot be tried."""

    def set_keys(*names: str | KeyChoice) -> None:
        choices = [
            name if isinstance(name, KeyChoice) else KeyChoice(f"key {name}", cast("paramiko.PKey", name))
            for name in names
        ]
        monkeypatch.setattr(authentication, "key_choices", lambda *_, **__: choices)

    return set_keys


def login_at(
    server: _Server,
    *,
    endpoint: Endpoint = ROUTER,
    ask: Callable[[str], str] | None = None,
    password_env: str | None = None,
    passphrase_env: str | None = None,
    seconds: float = 10.0,
) -> Login:
    return Login(
        cast("paramiko.Transport", server), endpoint, Secrets(ask), password_env, passphrase_env, seconds_left=seconds
    )


def reason_of(login: Login) -> str:
    with pytest.raises(CollectionError) as failed:
        log_in(login, Stop())
    return str(failed.value)


def test_a_server_that_wants_no_secret_gets_none(keys: Callable[..., None]) -> None:
    keys("one")
    server = _Server("")
    log_in(login_at(server, ask=lambda _: "typed"), Stop())
    assert server.received == []


def test_keys_are_tried_until_one_lets_in(keys: Callable[..., None]) -> None:
    keys("one", "two", "three")
    server = _Server("publickey,password", "two")
    log_in(login_at(server), Stop())
    assert server.received == ["one", "two"]


def test_no_key_is_offered_to_a_server_that_takes_none(keys: Callable[..., None]) -> None:
    keys("one")
    server = _Server("password", "typed")
    log_in(login_at(server, ask=lambda _: "typed"), Stop())
    assert server.received == ["typed"]


def test_a_server_that_wants_a_key_and_then_a_password_gets_both(keys: Callable[..., None]) -> None:
    keys("first typed", "two")
    server = _Server("publickey", "typed")
    log_in(login_at(server, ask=lambda _: "typed"), Stop())
    assert server.received == ["first typed", "typed"]


def test_nothing_is_tried_on_a_connection_that_the_server_ended(keys: Callable[..., None]) -> None:
    keys("one", "two", "three")
    server = _Server("publickey,password", attempts=2)
    assert reason_of(login_at(server, ask=lambda _: "typed")) == (
        f"authentication as {PLACE} failed: tried key one, key two; the server ended the connection, as after too many "
        "wrong keys: name the right one with `key`"
    )
    assert server.received == ["one", "two"]


def test_no_password_is_given_to_a_server_that_takes_none(keys: Callable[..., None]) -> None:
    keys("one")
    server = _Server("publickey")
    assert reason_of(login_at(server, ask=lambda _: "typed")) == (
        f"authentication as {PLACE} failed: tried key one; the server accepts publickey; check user, key, and the "
        "server's authorized keys"
    )


@pytest.mark.parametrize(
    "variable,typed,tried",
    [
        pytest.param("right", "", "tried the password in ROUTER_PASSWORD", id="in the variable"),
        pytest.param("", "typed", "tried a typed password; ROUTER_PASSWORD is not set", id="typed"),
        pytest.param("", "", "no key and no password to try; ROUTER_PASSWORD is not set", id="none"),
    ],
)
def test_a_password_is_the_variables_or_a_typed_one(
    keys: Callable[..., None], monkeypatch: pytest.MonkeyPatch, variable: str, typed: str, tried: str
) -> None:
    keys()
    monkeypatch.setenv(VARIABLE, variable)
    prompts: list[str] = []

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return typed

    reason = reason_of(login_at(_Server("password"), ask=ask, password_env=VARIABLE))
    assert reason.startswith(f"authentication as {PLACE} failed: {tried}; the server accepts password;")
    assert prompts == ([] if variable else ["Password of audit@tor1: "])


def test_a_jump_host_gets_no_password_of_the_target_and_is_not_said_to_lack_one(
    keys: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys()
    jump = Endpoint("jump", "192.0.2.1", 22, "audit", "jump", (), is_jump=True)
    server = _Server("password", "right")
    for value in ("right", ""):
        monkeypatch.setenv(VARIABLE, value)
        reason = reason_of(login_at(server, endpoint=jump, password_env=VARIABLE))
        assert "failed: no key and no password to try; the server accepts password" in reason
    assert server.received == []


@pytest.mark.parametrize(
    "choice,passphrase_env,variable,note",
    [
        pytest.param(KeyChoice("key a", problem="is a folder"), None, "", "key a: is a folder", id="unusable"),
        pytest.param(
            KeyChoice("key a", encrypted_file=Path("a")),
            None,
            "",
            "key a: encrypted, and no right passphrase was given; see passphrase_env",
            id="encrypted",
        ),
        pytest.param(
            KeyChoice("key a", encrypted_file=Path("a")),
            VARIABLE,
            "",
            "key a: encrypted, and ROUTER_PASSWORD is not set",
            id="no passphrase in the variable",
        ),
        pytest.param(
            KeyChoice("key a", encrypted_file=Path("a")),
            VARIABLE,
            "wrong",
            "key a: encrypted, and ROUTER_PASSWORD is not its passphrase",
            id="wrong passphrase",
        ),
    ],
)
def test_a_key_that_cannot_be_used_is_reported(
    keys: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    choice: KeyChoice,
    passphrase_env: str | None,
    variable: str,
    note: str,
) -> None:
    keys(choice)
    monkeypatch.setenv(VARIABLE, variable)
    reason = reason_of(login_at(_Server("publickey"), passphrase_env=passphrase_env))
    assert f"failed: no key and no password to try; {note}; the server accepts publickey;" in reason


def test_an_encrypted_key_is_unlocked_with_the_passphrase_of_the_variable(
    keys: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys(KeyChoice("key a", encrypted_file=Path("a")))
    monkeypatch.setenv(VARIABLE, "passphrase")
    unlocked: list[tuple[Path, str | None]] = []

    def unlock(_: Secrets, file: Path, passphrase: str | None) -> str:
        unlocked.append((file, passphrase))
        return "unlocked"

    monkeypatch.setattr(Secrets, "unlock", unlock)
    server = _Server("publickey", "unlocked")
    log_in(login_at(server, passphrase_env=VARIABLE), Stop())
    assert unlocked == [(Path("a"), "passphrase")]


@pytest.mark.parametrize(
    "server,seconds,is_over",
    [
        pytest.param(_Server("password"), 0.5, False, id="in time"),
        pytest.param(_Server("password"), 0.0, True, id="out of time"),
        pytest.param(_Server("password", attempts=0), 10.0, True, id="disconnected"),
        pytest.param(_Server(""), 10.0, True, id="logged in"),
    ],
)
def test_a_login_is_over_once_it_succeeded_or_can_no_more(server: _Server, seconds: float, is_over: bool) -> None:
    if not server.accepts:
        server.auth_none("audit")
    assert login_at(server, seconds=seconds).is_over is is_over


@pytest.mark.parametrize(
    "seconds,reason",
    [
        (
            2.0,
            f"timed out: authentication as {PLACE} did not end in time (tried key one, key two); see connect_timeout",
        ),
        (2.5, f"authentication as {PLACE} failed: tried key one, key two, key three; the server accepts publickey;"),
    ],
)
def test_what_the_server_takes_to_answer_is_subtracted_from_its_time(
    keys: Callable[..., None], monkeypatch: pytest.MonkeyPatch, seconds: float, reason: str
) -> None:
    """Each attempt takes a second, but for that without any secret and the third."""
    keys("one", "two", "three")
    server = _Server("publickey")
    clock = SimpleNamespace(monotonic=lambda: float(min(2, len(server.received))))
    monkeypatch.setattr(authentication, "time", clock)
    assert reason_of(login_at(server, seconds=seconds)).startswith(reason)


def test_an_agent_gets_half_of_the_time(monkeypatch: pytest.MonkeyPatch, keys: Callable[..., None]) -> None:
    keys()
    given: list[float] = []

    def agent(_: Stop, *, seconds: float) -> SimpleNamespace:
        given.append(seconds)
        return SimpleNamespace(problem="the ssh agent at /agent: no answer in time", close=_close, get_keys=_no_keys)

    monkeypatch.setattr(authentication, "Agent", agent)
    monkeypatch.setattr(authentication, "time", SimpleNamespace(monotonic=lambda: 5.0 * len(given)))
    login = login_at(_Server("publickey"))
    assert "no password to try; the ssh agent at /agent: no answer in time; the server" in reason_of(login)
    assert (given, login.seconds_left) == ([5.0], 5.0)


def _close() -> None:
    pass


def _no_keys() -> Collection[paramiko.AgentKey]:
    return ()
