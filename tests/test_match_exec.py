"""`Match exec` of the ssh configuration: what holds, what is put into the command, and how long it may take."""

from __future__ import annotations

import subprocess
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from ecmpaudit.collectors import match_exec
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.ssh_config import route_to
from ecmpaudit.collectors.stop import Stop
from ecmpaudit.collectors.target import Target
from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.collectors.ssh_config import Endpoint

LONG = 20
"""Seconds: far more than a bounded command may take, also on a machine under load."""


def endpoint(folder: Path, lines: str, *, host: str = "tor1", seconds: float = LONG) -> Endpoint:
    """Return the last endpoint of the route to a host, by an ssh configuration with these lines."""
    (folder / "config").write_text(lines, encoding="utf-8")
    target = Target("tor1", host, ssh_config=folder / "config", connect_timeout=seconds)
    return route_to(target, Stop())[-1]


@pytest.mark.parametrize(
    "criteria,port",
    [
        pytest.param('exec "true"', 2200, id="holds"),
        pytest.param('exec "false"', 22, id="fails"),
        pytest.param('!exec "false"', 2200, id="negated"),
        pytest.param('!exec "true"', 22, id="negated and holds"),
        pytest.param('host tor1 exec "true"', 2200, id="with a host"),
        pytest.param('host tor2 exec "true"', 22, id="with another host"),
        pytest.param('exec "test %h = tor1" user audit', 2200, id="host in the command"),
        pytest.param('exec "test %n:%p:%r = tor1:22:audit"', 2200, id="name, port and user in the command"),
        pytest.param("host tor1", 2200, id="no exec"),
        pytest.param("all", 2200, id="all"),
    ],
)
def test_a_block_counts_if_all_its_criteria_hold(tmp_path: Path, criteria: str, port: int) -> None:
    assert endpoint(tmp_path, f"User audit\nMatch {criteria}\n  Port 2200\n").port == port


@pytest.mark.parametrize("shell,port", [("/bin/false", 22), ("/bin/sh", 2200), ("", 2200), (None, 2200)])
def test_a_command_runs_in_the_users_shell_or_in_sh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: str | None, port: int
) -> None:
    if shell is None:
        monkeypatch.delenv("SHELL", raising=False)
    else:
        monkeypatch.setenv("SHELL", shell)
    assert endpoint(tmp_path, 'Match exec "true"\n  Port 2200\n').port == port


@pytest.mark.parametrize("ends_after,is_late", [(0.75, False), (1.0, True)])
def test_a_command_may_take_its_whole_time_and_no_longer(
    monkeypatch: pytest.MonkeyPatch, ends_after: float, *, is_late: bool
) -> None:
    """The command is played: each wait for it takes a quarter of a second."""
    clock = SimpleNamespace(now=100.0)

    def wait(timeout: float) -> int:
        clock.now += 0.25
        if clock.now <= 100.0 + ends_after:
            raise subprocess.TimeoutExpired("played", timeout)
        return 0

    monkeypatch.setattr(match_exec, "time", SimpleNamespace(monotonic=lambda: clock.now))
    process = cast("subprocess.Popen[bytes]", SimpleNamespace(wait=wait))
    if is_late:
        with pytest.raises(CollectionError, match=r"did not end within 1 s; see connect_timeout$"):
            match_exec._waited_for(process, 1.0, Stop())
        assert clock.now == 101.0
    else:
        assert match_exec._waited_for(process, 1.0, Stop()) == 0


def test_a_later_criterion_is_not_run_where_an_earlier_one_fails(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    endpoint(tmp_path, f'Match host tor2 exec "touch {ran}"\n  Port 2200\n')
    assert not ran.exists()


def test_a_command_runs_once_for_one_lookup(tmp_path: Path) -> None:
    count = tmp_path / "count"
    assert endpoint(tmp_path, f'Match exec "echo x >> {count}"\n  Port 2200\n').port == 2200
    assert count.read_text(encoding="utf-8") == "x\n"


@pytest.mark.parametrize("option", ["HostName", "User"])
def test_a_value_that_a_shell_would_read_is_not_put_into_a_command(tmp_path: Path, option: str) -> None:
    ran = tmp_path / "ran"
    lines = f'{option} $(touch${{IFS}}{ran})\nMatch exec "echo %h %r"\n  Port 2200\n'
    with pytest.raises(CollectionError, match=r'Match exec of the ssh configuration: "\$\(touch.* is not put into a'):
        endpoint(tmp_path, lines)
    assert not ran.exists()


def test_an_ipv6_address_is_put_into_a_command_as_it_is(tmp_path: Path) -> None:
    lines = 'Match exec "test %h = 2001:db8::1"\n  Port 2200\n'
    assert endpoint(tmp_path, lines, host="2001:db8::1").port == 2200


def test_a_command_that_does_not_end_is_ended_with_what_it_started(tmp_path: Path) -> None:
    late = tmp_path / "late"
    began = time.monotonic()
    with pytest.raises(CollectionError, match=r"^timed out: Match exec .* did not end within 0\.5 s; see connect_time"):
        endpoint(tmp_path, f'Match exec "(sleep 2; touch {late}) & sleep {3 * LONG}"\n  Port 2200\n', seconds=0.5)
    assert time.monotonic() - began < LONG
    time.sleep(2.5)
    assert not late.exists()


def test_the_deadline_of_the_run_ends_a_command(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(f'Match exec "sleep {3 * LONG}"\n  Port 2200\n', encoding="utf-8")
    target = Target("tor1", "192.0.2.1", commands=("show",), ssh_config=tmp_path / "config", connect_timeout=3 * LONG)
    began = time.monotonic()
    (capture,) = collect([target], until=began + 0.5)
    assert time.monotonic() - began < LONG
    assert capture.failure == "no answer: the run's deadline was over (--deadline)"


def test_an_interrupted_run_ends_a_command(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(f'Match exec "sleep {3 * LONG}"\n  Port 2200\n', encoding="utf-8")
    stop = Stop()
    threading.Timer(0.5, stop.now).start()
    with pytest.raises(CollectionError, match="interrupted"):
        route_to(Target("tor1", "192.0.2.1", ssh_config=tmp_path / "config", connect_timeout=3 * LONG), stop)
