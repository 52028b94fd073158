"""The way to a target by the ssh client's configuration: its endpoint, the jump hosts before it, and Include."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecmpaudit.collectors.ssh_config import Endpoint, route_to
from ecmpaudit.collectors.stop import Stop
from ecmpaudit.collectors.target import Target
from ecmpaudit.errors import CollectionError


@pytest.fixture(autouse=True)
def ssh_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the empty `.ssh` of a home folder, whose user is `me`."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOGNAME", "me")
    (tmp_path / ".ssh").mkdir()
    return tmp_path / ".ssh"


def route(ssh_folder: Path, lines: str, target: Target = Target("tor1")) -> tuple[Endpoint, ...]:  # noqa: B008 - frozen
    """Return the route to a target by a `~/.ssh/config` with these lines."""
    (ssh_folder / "config").write_text(lines, encoding="utf-8")
    return route_to(target, Stop())


@pytest.mark.parametrize(
    "lines,expected",
    [
        pytest.param("", Endpoint("tor1", "tor1", 22, "me", "tor1", ()), id="nothing"),
        pytest.param(
            "HostName 192.0.2.1\nPort 2200\nUser audit\n",
            Endpoint("tor1", "192.0.2.1", 2200, "audit", "[192.0.2.1]:2200", ()),
            id="IPv4",
        ),
        pytest.param("HostName 2001:db8::1\n", Endpoint("tor1", "2001:db8::1", 22, "me", "2001:db8::1", ()), id="IPv6"),
        pytest.param(
            "Port 2200\nHostKeyAlias rack1\n", Endpoint("tor1", "tor1", 2200, "me", "rack1", ()), id="HostKeyAlias"
        ),
        pytest.param(
            "IdentityFile /keys/a\nIdentityFile /keys/b\nIdentitiesOnly YES\n",
            Endpoint("tor1", "tor1", 22, "me", "tor1", (Path("/keys/a"), Path("/keys/b")), identities_only=True),
            id="keys",
        ),
        pytest.param(
            "IdentityFile NONE\nIdentitiesOnly no\n", Endpoint("tor1", "tor1", 22, "me", "tor1", ()), id="no keys"
        ),
        pytest.param("ProxyJump none\n", Endpoint("tor1", "tor1", 22, "me", "tor1", ()), id="no jump host"),
        pytest.param("ProxyCommand none\n", Endpoint("tor1", "tor1", 22, "me", "tor1", ()), id="no command"),
    ],
)
def test_the_configuration_says_how_a_router_is_reached(ssh_folder: Path, lines: str, expected: Endpoint) -> None:
    assert route(ssh_folder, lines) == (expected,)


def test_what_a_target_says_wins_over_the_configuration(ssh_folder: Path) -> None:
    target = Target("tor1", host="192.0.2.1", port=2222, user="root", key=Path("~/key"))
    lines = "Host 192.0.2.1\nPort 2200\nUser audit\nIdentityFile /keys/a\n"
    key = ssh_folder.parent / "key"
    assert route(ssh_folder, lines, target) == (
        Endpoint("192.0.2.1", "192.0.2.1", 2222, "root", "[192.0.2.1]:2222", (key,)),
    )


def test_default_keys_are_those_that_exist_and_only_where_none_is_configured(ssh_folder: Path) -> None:
    for name in ("id_rsa", "id_ed25519", "id_other"):
        (ssh_folder / name).touch()
    (of_none,) = route(ssh_folder, "IdentityFile none\n")
    assert of_none.key_files == (ssh_folder / "id_ed25519", ssh_folder / "id_rsa")
    (of_one,) = route(ssh_folder, "IdentityFile /keys/a\n")
    assert of_one.key_files == (Path("/keys/a"),)


@pytest.mark.parametrize(
    "word,host,port,user",
    [
        ("jump", "jump", 22, "me"),
        ("jump:2200", "jump", 2200, "me"),
        ("audit@jump", "jump", 22, "audit"),
        ("ssh://audit@192.0.2.9:2200/", "192.0.2.9", 2200, "audit"),
        ("[2001:db8::9]:2200", "2001:db8::9", 2200, "me"),
        ("[2001:db8::9]", "2001:db8::9", 22, "me"),
    ],
)
def test_a_jump_host_takes_nothing_from_the_target(
    ssh_folder: Path, word: str, host: str, port: int, user: str
) -> None:
    target = Target("tor1", port=2222, user="root", key=Path("/keys/tor1"))
    jump, last = route(ssh_folder, f"Host tor1\nProxyJump {word}\n", target)
    assert (jump.host, jump.port, jump.user, jump.key_files, jump.is_jump) == (host, port, user, (), True)
    assert (last.host, last.port, last.user, last.key_files, last.is_jump) == (
        "tor1",
        2222,
        "root",
        (Path("/keys/tor1"),),
        False,
    )


def test_a_jump_host_has_its_own_part_of_the_configuration(ssh_folder: Path) -> None:
    lines = "Host tor1\nProxyJump jump\nHost jump\nHostName 2001:db8::9\nUser audit\nIdentityFile /keys/jump\n"
    jump, last = route(ssh_folder, lines)
    assert (jump.name, jump.host, jump.user, jump.key_files) == (
        "jump",
        "2001:db8::9",
        "audit",
        (Path("/keys/jump"),),
    )
    assert (last.user, last.key_files) == ("me", ())


def test_of_several_jump_hosts_the_first_alone_has_its_own_jump_host(ssh_folder: Path) -> None:
    lines = "Host tor1\nProxyJump a, b\nHost a\nProxyJump before-a\nHost b\nProxyJump before-b\n"
    assert [endpoint.name for endpoint in route(ssh_folder, lines)] == ["before-a", "a", "b", "tor1"]


@pytest.mark.parametrize("jumps,is_accepted", [(8, True), (9, False)])
def test_eight_jump_hosts_one_behind_the_other_are_the_most(ssh_folder: Path, *, jumps: int, is_accepted: bool) -> None:
    lines = "Host tor1\nProxyJump jump1\n"
    lines += "".join(f"Host jump{number}\nProxyJump jump{number + 1}\n" for number in range(1, jumps))
    if is_accepted:
        assert len(route(ssh_folder, lines)) == jumps + 1
    else:
        with pytest.raises(CollectionError, match="ProxyJump of the ssh configuration is a loop: tor1, jump1, jump2"):
            route(ssh_folder, lines)


@pytest.mark.parametrize(
    "lines,reason",
    [
        ("ProxyJump 2001:db8::9\n", "ProxyJump '2001:db8::9' in the ssh configuration: expected [user@]host[:port]"),
        ("ProxyJump tor1\n", "ProxyJump of the ssh configuration is a loop: tor1"),
        (
            "ProxyCommand nc %h %p\n",
            "ProxyCommand in the ssh configuration of tor1 is not supported; use ProxyJump",
        ),
        ("Port many\n", "Port 'many' in the ssh configuration of tor1 is no number"),
    ],
)
def test_a_configuration_that_cannot_be_followed_is_refused(ssh_folder: Path, lines: str, reason: str) -> None:
    with pytest.raises(CollectionError, match=f"^{re.escape(reason)}$"):
        route(ssh_folder, lines)


def test_a_name_that_is_no_host_name_is_refused(ssh_folder: Path) -> None:
    with pytest.raises(CollectionError, match='expected a host name or an address, found "-oProxyCommand=x": set'):
        route(ssh_folder, "", Target("tor1", host="-oProxyCommand=x"))


@pytest.mark.parametrize(
    "include",
    [
        "Include extra",
        "Include ~/.ssh/extra",
        "include = extra",
        'Include "ext?a"',
        "Include none extra",
        "Include extra # other",
    ],
)
def test_an_included_file_is_read_in_its_place(ssh_folder: Path, include: str) -> None:
    (ssh_folder / "extra").write_text("Port 2200\n", encoding="utf-8")
    (ssh_folder / "other").write_text("User other\n", encoding="utf-8")
    (endpoint,) = route(ssh_folder, f"{include}\nPort 2222\n")
    assert (endpoint.port, endpoint.user) == (2200, "me")


def test_included_files_are_read_in_the_order_of_their_names(ssh_folder: Path) -> None:
    for name, port in (("2.conf", 2202), ("1.conf", 2201), ("3.conf", 2203)):
        (ssh_folder / name).write_text(f"Port {port}\n", encoding="utf-8")
    assert route(ssh_folder, "Include *.conf\n")[0].port == 2201


@pytest.mark.parametrize("host,port", [("tor1", 2200), ("tor2", 22)])
def test_a_block_of_an_included_file_ends_with_it_and_that_around_it_goes_on(
    ssh_folder: Path, host: str, port: int
) -> None:
    (ssh_folder / "extra").write_text("Host other\nUser other\n", encoding="utf-8")
    (endpoint,) = route(ssh_folder, "Host tor1\nInclude extra\nPort 2200\n", Target(host))
    assert (endpoint.port, endpoint.user) == (port, "me")


@pytest.mark.parametrize("depth,is_accepted", [(16, True), (17, False)])
def test_files_included_in_one_another_are_16_at_most(ssh_folder: Path, *, depth: int, is_accepted: bool) -> None:
    for number in range(1, depth):
        (ssh_folder / f"file{number}").write_text(f"Include file{number + 1}\n", encoding="utf-8")
    (ssh_folder / f"file{depth}").write_text("Port 2200\n", encoding="utf-8")
    if is_accepted:
        assert route(ssh_folder, "Include file1\n")[0].port == 2200
    else:
        with pytest.raises(CollectionError, match=r"file17: Include is nested too deeply, or is a loop$"):
            route(ssh_folder, "Include file1\n")


def test_an_included_file_that_cannot_be_read_is_named(ssh_folder: Path) -> None:
    (ssh_folder / "extra").mkdir()
    with pytest.raises(
        CollectionError, match=rf"^ssh configuration {ssh_folder}/extra: expected a plain file, found a"
    ):
        route(ssh_folder, "Include extra\n")


def test_a_disk_that_fails_while_a_configuration_is_read_is_reported_with_its_file(
    ssh_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("ecmpaudit.collectors.ssh_config.read_plain", fail)
    with pytest.raises(CollectionError, match=f"^ssh configuration {ssh_folder}/config: Input/output error$"):
        route(ssh_folder, "")


def test_without_a_configuration_a_router_is_reached_by_its_name(ssh_folder: Path) -> None:
    assert not (ssh_folder / "config").exists()
    assert route_to(Target("tor1"), Stop()) == (Endpoint("tor1", "tor1", 22, "me", "tor1", ()),)


def test_a_configuration_that_was_named_is_read_in_place_of_the_users_own(ssh_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "lab").write_text("Port 2200\n", encoding="utf-8")
    (endpoint,) = route(ssh_folder, "Port 2222\nUser other\n", Target("tor1", ssh_config=Path("~/lab")))
    assert (endpoint.port, endpoint.user) == (2200, "me")
    with pytest.raises(CollectionError, match=f"^ssh configuration {tmp_path}/gone: No such file or directory$"):
        route(ssh_folder, "", Target("tor1", ssh_config=Path("~/gone")))


@pytest.mark.parametrize("configured", ["", "Host tor1\nProxyJump other\n"], ids=["alone", "over the configuration"])
def test_the_jump_hosts_of_a_target_are_passed_in_their_order(ssh_folder: Path, configured: str) -> None:
    lines = f"{configured}Host b\nPort 2022\n"
    first, second, last = route(ssh_folder, lines, Target("tor1", jump="audit@[2001:db8::9]:2222, b"))
    assert first == Endpoint("2001:db8::9", "2001:db8::9", 2222, "audit", "[2001:db8::9]:2222", (), is_jump=True)
    assert (second.name, second.port, second.is_jump, last.name, last.is_jump) == ("b", 2022, True, "tor1", False)


def test_a_target_without_jump_hosts_by_its_own_word_is_reached_directly(ssh_folder: Path) -> None:
    assert len(route(ssh_folder, "Host tor1\nProxyJump other\n", Target("tor1", jump="none"))) == 1
