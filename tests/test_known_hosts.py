"""Reading known_hosts files and judging host keys: every form of line, every verdict."""

from __future__ import annotations

import base64
import hmac
import re
import socket
import stat
from pathlib import Path

import pytest

from ecmpaudit.collectors import host_keys
from ecmpaudit.collectors.host_keys import (
    HostKey,
    KnownHosts,
    KnownHostsOfRun,
    KnownKey,
    host_label,
    is_known,
    known_hosts_files,
    preferred_key_types,
    read_known_hosts,
    remember,
    unknown_key_reason,
)
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.target import Target
from ecmpaudit.errors import CollectionError
from tests.ssh_server import make_key, run

GOOD = HostKey("ssh-ed25519", b"good key")
OTHER = HostKey("ssh-ed25519", b"other key")
ECDSA = HostKey("ecdsa-sha2-nistp256", b"ecdsa key")
RSA = HostKey("ssh-rsa", b"rsa key")
AVAILABLE = ("ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256")

HASHED = "|1|c2FsdA==|UuAXW8PeyDRw560q/uKEvalPqXY= ssh-ed25519 Z29vZCBrZXk="
"""The good key for tor1: `printf tor1 | openssl dgst -sha1 -hmac salt -binary | base64`."""


def line_of(names: str, key: HostKey = GOOD) -> str:
    return f"{names} {key.type} {base64.b64encode(key.blob).decode()}"


def known(tmp_path: Path, *lines: str) -> KnownHosts:
    file = tmp_path / "known_hosts"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return read_known_hosts([file])


@pytest.mark.parametrize(
    "line,label",
    [
        pytest.param(line_of("tor1"), "tor1", id="plain name"),
        pytest.param(line_of("tor0,TOR1,192.0.2.1"), "tor1", id="one of several, other case"),
        pytest.param(line_of("[192.0.2.1]:2222"), "[192.0.2.1]:2222", id="port"),
        pytest.param(line_of("[2001:db8::1]:2222"), "[2001:db8::1]:2222", id="IPv6 with port"),
        pytest.param(line_of("2001:db8::1"), "2001:db8::1", id="IPv6"),
        pytest.param(line_of("*.example.net"), "tor1.example.net", id="wildcard"),
        pytest.param(line_of("tor?"), "tor1", id="question mark"),
        pytest.param(line_of("[tor1]:*"), "[tor1]:2222", id="wildcard for the port"),
        pytest.param(line_of("tor*,!tor2"), "tor1", id="another name negated"),
        pytest.param("tor1 \t " + line_of("x")[2:] + "  a comment", "tor1", id="tabs, spaces, comment"),
        pytest.param(line_of("tor1"), "[tor1]:2222", id="known without port"),
        pytest.param(HASHED, "tor1", id="hash"),
    ],
)
def test_line_makes_a_host_known(tmp_path: Path, line: str, label: str) -> None:
    assert is_known(known(tmp_path, line), label, GOOD)


@pytest.mark.parametrize(
    "line,label",
    [
        pytest.param("# " + line_of("tor1"), "tor1", id="comment"),
        pytest.param(line_of("tor10"), "tor1", id="longer name"),
        pytest.param(line_of("torX1"), "tor.1", id="a dot is a dot"),
        pytest.param(line_of("*.example.net,!tor1.example.net"), "tor1.example.net", id="negated"),
        pytest.param(line_of("[tor1]:2222"), "tor1", id="other port"),
        pytest.param("tor1 ssh-ed25519 %%%%", "tor1", id="broken base64"),
        pytest.param("tor1 ssh-ed25519", "tor1", id="no key"),
        pytest.param("|1|bad|hash ssh-ed25519 Z29vZCBrZXk=", "tor1", id="broken hash"),
        pytest.param(HASHED.replace("|c2Fs", "|c2F!s"), "tor1", id="hash with another character in its salt"),
        pytest.param(HASHED.replace(" ssh", "! ssh"), "tor1", id="hash with another character at its end"),
        pytest.param(HASHED, "tor2", id="hash of another name"),
        pytest.param(HASHED.replace(" ssh", "|x ssh"), "tor1", id="hash with a further part"),
        pytest.param("@cert-authority " + line_of("tor1"), "tor1", id="certificate authority"),
        pytest.param(line_of("tor1", OTHER), "[tor1]:2222", id="another key without port"),
        pytest.param("@cert-authority " + line_of("tor1"), "[tor1]:2222", id="certificate authority without port"),
    ],
)
def test_line_leaves_a_host_unknown(tmp_path: Path, line: str, label: str) -> None:
    assert not is_known(known(tmp_path, line), label, GOOD)


@pytest.mark.sshd
@pytest.mark.parametrize("name", ["tor1", "[192.0.2.1]:2222", "[2001:db8::1]:2222"])
def test_file_hashed_by_ssh_keygen_is_read(tmp_path: Path, name: str) -> None:
    key = make_key(tmp_path / "key").with_suffix(".pub").read_text(encoding="utf-8").split()
    file = tmp_path / "known_hosts"
    file.write_text(f"{name} {key[0]} {key[1]}\n", encoding="utf-8")
    run("ssh-keygen", "-q", "-H", "-f", str(file))
    assert name not in file.read_text(encoding="utf-8")
    assert is_known(read_known_hosts([file]), name, HostKey(key[0], base64.b64decode(key[1])))


def test_changed_key_is_refused_with_place_and_remedy(tmp_path: Path) -> None:
    hosts = known(tmp_path, "# mine", line_of("[tor1]:2222", OTHER))
    with pytest.raises(CollectionError) as refused:
        is_known(hosts, "[tor1]:2222", GOOD)
    reason = str(refused.value)
    # printf 'good key' | openssl dgst -sha256 -binary | base64
    assert "it shows ssh-ed25519 SHA256:" in reason
    assert str(GOOD) in reason
    assert f"{tmp_path}/known_hosts line 2 has {OTHER}" in reason
    assert f"ssh-keygen -R '[tor1]:2222' -f {tmp_path}/known_hosts" in reason


@pytest.mark.sshd
def test_fingerprint_is_that_of_ssh_keygen(tmp_path: Path) -> None:
    public = make_key(tmp_path / "key").with_suffix(".pub")
    name, blob = public.read_text(encoding="utf-8").split()[:2]
    digest = run("ssh-keygen", "-l", "-f", str(public)).split()[1]
    assert str(HostKey(name, base64.b64decode(blob))) == f"ssh-ed25519 {digest}"


def test_key_of_another_type_counts_as_changed(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="it shows ecdsa-sha2-nistp256"):
        is_known(known(tmp_path, line_of("tor1")), "tor1", ECDSA)


def test_second_key_of_a_host_is_good_too(tmp_path: Path) -> None:
    assert is_known(known(tmp_path, line_of("tor1", OTHER), line_of("tor1", GOOD)), "tor1", GOOD)


def test_a_changed_key_is_compared_with_the_known_one_of_its_type(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match=f"line 2 has {re.escape(str(OTHER))}; someone may"):
        is_known(known(tmp_path, line_of("tor1", ECDSA), line_of("tor1", OTHER)), "tor1", GOOD)
    with pytest.raises(CollectionError, match=f"line 1 has {re.escape(str(ECDSA))}; someone may"):
        is_known(known(tmp_path, line_of("tor1", ECDSA), line_of("tor1", RSA)), "tor1", GOOD)


@pytest.mark.parametrize("label", ["tor1", "[tor1]:2222"])
def test_revoked_key_is_refused_though_it_is_known(tmp_path: Path, label: str) -> None:
    hosts = known(tmp_path, line_of("tor1"), "@revoked " + line_of("*"))
    with pytest.raises(CollectionError, match=r"marked @revoked in .*known_hosts line 2"):
        is_known(hosts, label, GOOD)


def test_reason_for_an_unknown_host_mentions_a_certificate_authority(tmp_path: Path) -> None:
    hosts = known(tmp_path, "@cert-authority " + line_of("tor1", OTHER))
    reason = unknown_key_reason(hosts, "tor1", GOOD, ["`ssh tor1`"])
    assert "line 1 names a certificate authority" in reason
    assert str(GOOD) in reason
    assert reason.endswith("then run `ssh tor1`")


def test_reason_for_an_unknown_host_names_the_files_that_were_read(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("none", "one", "two")]
    assert unknown_key_reason(KnownHosts(tuple(files[:1]), ()), "tor1", GOOD, ["`ssh tor1`"]).startswith(
        f"host key of tor1 is not known (no {tmp_path}/none): {GOOD}; "
    )
    for file in files[1:]:
        file.touch()
    assert unknown_key_reason(KnownHosts(tuple(files), ()), "tor1", GOOD, ["`ssh tor1`"]).startswith(
        f"host key of tor1 is not known ({tmp_path}/one, {tmp_path}/two): {GOOD}; "
    )


@pytest.mark.parametrize(
    "lines,first",
    [
        pytest.param([line_of("tor1", ECDSA)], ["ecdsa-sha2-nistp256"], id="ecdsa"),
        pytest.param([line_of("tor1", HostKey("ssh-rsa", b"r"))], ["rsa-sha2-512", "rsa-sha2-256"], id="rsa"),
        pytest.param([line_of("tor2", ECDSA)], ["ssh-ed25519", "ecdsa-sha2-nistp256"], id="unknown host: unchanged"),
        pytest.param(["@revoked " + line_of("tor1", ECDSA)], ["ssh-ed25519"], id="a revoked key is no preference"),
    ],
)
def test_known_key_types_are_negotiated_first(tmp_path: Path, lines: list[str], first: list[str]) -> None:
    order = preferred_key_types(known(tmp_path, *lines).of("tor1"), AVAILABLE)
    assert list(order[: len(first)]) == first
    assert sorted(order) == sorted(AVAILABLE)


def test_accepted_key_is_appended_to_a_new_private_file(tmp_path: Path) -> None:
    file = tmp_path / "of" / "ssh" / "known_hosts"
    remember(read_known_hosts([file]), "[tor1]:2222", GOOD)
    assert file.read_text(encoding="utf-8") == line_of("[tor1]:2222") + "\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "content,kept",
    [
        ("", ""),
        ("#", "#\n"),
        ("\n", "\n"),
        (line_of("tor2"), line_of("tor2") + "\n"),
        (line_of("tor2") + "\n", line_of("tor2") + "\n"),
    ],
    ids=["empty", "one character", "one line feed", "no line feed at the end", "line feed at the end"],
)
def test_accepted_key_goes_on_a_line_of_its_own_and_only_once(tmp_path: Path, content: str, kept: str) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(content, encoding="utf-8")
    before = read_known_hosts([file])
    remember(before, "tor1", GOOD)
    remember(before, "tor1", GOOD)
    assert file.read_text(encoding="utf-8") == f"{kept}{line_of('tor1')}\n"


def counted(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> list[object]:
    """Return a list that gets an entry for each call of a function."""
    calls: list[object] = []
    function = getattr(owner, name)

    def counting(*arguments: object) -> object:
        calls.append(arguments)
        return function(*arguments)

    monkeypatch.setattr(owner, name, counting)
    return calls


@pytest.mark.parametrize("hosts", [1, 50])
def test_each_line_is_read_once_however_many_hosts_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hosts: int
) -> None:
    file = tmp_path / "known_hosts"
    lines = [*(line_of(f"tor{number}") for number in range(100)), line_of("*.example.net"), HASHED]
    file.write_text("\n".join(lines), encoding="utf-8")
    read, matched = counted(monkeypatch, host_keys, "_read_line"), counted(monkeypatch, KnownKey, "is_for")
    of_run = KnownHostsOfRun()
    found = [of_run.of((file,)).of(f"tor{number + 2}") for number in range(hosts)]
    assert [[key.line for key in keys] for keys in found] == [[number + 3] for number in range(hosts)]
    assert (len(read), len(matched)) == (102, 2 * hosts), "only wildcards and hashes are matched for each host"


def test_a_scan_reads_known_hosts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecmpaudit.collectors.ssh.RETRY_AFTER", 0.0)
    file = tmp_path / "known_hosts"
    file.write_text("\n".join(line_of(f"tor{number}") for number in range(100)), encoding="utf-8")
    read = counted(monkeypatch, host_keys, "_read_line")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    targets = [Target(f"tor{n}", "127.0.0.1", port, commands=("true",), known_hosts=file) for n in range(20)]
    captures = collect(targets)
    assert len(captures) == 20
    assert all("refused" in (capture.failure or "") for capture in captures)
    assert len(read) == 100


def test_patterns_are_compiled_and_hashes_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    key = KnownKey(None, ("a*.once.example", HASHED.split(maxsplit=1)[0]), GOOD, Path("/known_hosts"), 1)
    host_keys._pattern.cache_clear()
    host_keys._salt_and_digest.cache_clear()
    compiled, decoded = counted(monkeypatch, re, "compile"), counted(monkeypatch, hmac, "digest")
    assert [key.is_for(f"{letter}1.once.example") for letter in "abcab"] == [True, False, False, True, False]
    assert len(compiled) == 1
    assert len(decoded) == 3, "of each host that no name before it is for"
    assert host_keys._salt_and_digest.cache_info().misses == 1


def test_a_key_that_this_run_accepted_is_known_to_the_next_host(tmp_path: Path) -> None:
    before = read_known_hosts([tmp_path / "known_hosts"])
    remember(before, "tor1", GOOD)
    assert is_known(before, "tor1", GOOD)
    with pytest.raises(CollectionError, match=f"but {tmp_path}/known_hosts has {GOOD.type}"):
        is_known(before, "tor1", OTHER)


def test_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CollectionError, match=r"cannot be written to .*/file/known_hosts"):
        remember(KnownHosts((tmp_path / "file" / "known_hosts",), ()), "tor1", GOOD)


def test_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match=f"{tmp_path} cannot be read"):
        read_known_hosts([tmp_path])


def test_files_that_do_not_exist_hold_no_keys(tmp_path: Path) -> None:
    assert read_known_hosts([tmp_path / "none", tmp_path / "neither"]).keys == ()


def test_system_files_are_used_beside_the_default_file_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    system = Path("/etc/ssh/ssh_known_hosts")
    assert system in known_hosts_files(None)
    assert system in known_hosts_files(Path("~/.ssh/known_hosts"))
    assert known_hosts_files(Path("~/lab")) == (tmp_path / "lab",)
    assert known_hosts_files(Path("~/.ssh/known_hosts2")) == (tmp_path / ".ssh" / "known_hosts2",)


@pytest.mark.parametrize(
    "host,port,label",
    [("TOR1", 22, "tor1"), ("192.0.2.1", 2222, "[192.0.2.1]:2222"), ("2001:db8::1", 22, "2001:db8::1")],
)
def test_host_label_has_the_port_unless_it_is_22(host: str, port: int, label: str) -> None:
    assert host_label(host, port) == label
