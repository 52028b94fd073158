"""A service or a container may have neither HOME nor an entry in the list of users: it is reported, or does no harm."""

from __future__ import annotations

import base64
import pwd
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.cli.main import main
from ecmpaudit.collectors.host_keys import SYSTEM_FILES, HostKey, KnownHosts, known_hosts_files, remember
from ecmpaudit.collectors.ssh_config import route_to
from ecmpaudit.collectors.stop import Stop
from ecmpaudit.collectors.target import Target
from ecmpaudit.errors import CollectionError

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = Path(__file__).parent / "fixtures" / "frr" / "show_ip_route--seed.txt"
ROUTERS = "routers: {tor1: {host: 127.0.0.1, port: 1, platform: frr}}\n"


@pytest.fixture(autouse=True)
def _no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody know where this user's home is, nor who it is."""

    def find_nobody(_: object) -> None:
        raise KeyError("no such user")

    monkeypatch.setattr(pwd, "getpwuid", find_nobody)
    monkeypatch.setattr(pwd, "getpwnam", find_nobody)
    for name in ("HOME", "LOGNAME", "USER", "LNAME", "USERNAME", "SSH_AUTH_SOCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Run a command and return its exit code."""

    def run(*words: str) -> object:
        monkeypatch.setattr(sys, "argv", ["ecmpaudit", *words])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code

    return run


@pytest.mark.parametrize(
    "words,configuration,path",
    [
        (("analyze", str(SEED), "--record", "--history", "~/h.db"), "", "~/h.db"),
        (("analyze", str(SEED), "--record"), "history: {url: ~/h.db}", "~/h.db"),
        (("analyze", str(SEED)), "kubernetes: [~/k.json]", "~/k.json"),
        (("scan",), "ssh: {key: ~/.ssh/id}", "~/.ssh/id"),
        (("scan",), "ssh: {key: ~nobody4711/id}", "~nobody4711/id"),
        (("scan", "--record"), "alerts: {urls_file: ~/urls}", "~/urls"),
    ],
    ids=["flag", "history", "kubernetes", "key", "key_of_another_user", "alerts"],
)
def test_a_path_below_a_home_that_is_not_known_is_reported(
    ended: Callable[..., object],
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    configuration: str,
    path: str,
) -> None:
    Path("ecmpaudit.yaml").write_text(f"{ROUTERS}{configuration}\n", encoding="utf-8")
    assert ended(*words) == 2
    message = f"ecmpaudit: {path}: no home folder is known: set HOME, or write the whole path\n"
    assert capsys.readouterr().err == message


def test_a_user_without_a_name_gets_a_message_with_what_to_set(
    ended: Callable[..., object], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("ecmpaudit.yaml").write_text(ROUTERS, encoding="utf-8")
    assert ended("scan") == 3
    assert "tor1: not checked: no name is known of the user who runs this: set LOGNAME\n" in capsys.readouterr().out


def test_without_a_home_the_places_of_the_user_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "audit")
    (endpoint,) = route_to(Target("tor1", "192.0.2.1", commands=()), Stop())
    assert (endpoint.user, endpoint.key_files) == ("audit", ())
    assert known_hosts_files(None) == SYSTEM_FILES
    assert known_hosts_files(Path("known_hosts")) == (Path("known_hosts"),)


def test_a_new_host_key_is_never_written_for_everybody_for_want_of_a_home() -> None:
    shown = HostKey("ssh-ed25519", base64.b64decode("AAAAC3NzaC1lZDI1NTE5"))
    with pytest.raises(CollectionError, match=r"no home folder to write it to: set HOME, or ssh\.known_hosts"):
        remember(KnownHosts(known_hosts_files(None), ()), "192.0.2.1", shown)


def test_an_include_below_a_home_that_is_not_known_is_reported(
    ended: Callable[..., object], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config").write_text("Include more\n", encoding="utf-8")
    Path("ecmpaudit.yaml").write_text(f"{ROUTERS}ssh: {{config: config}}\n", encoding="utf-8")
    assert ended("scan") == 2
    assert capsys.readouterr().err.startswith("ecmpaudit: ~/.ssh/more: no home folder is known")
