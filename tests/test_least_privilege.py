"""docs/least-privilege.md as it is written: forced command and sudoers file let a scan pass, and nothing else."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ecmpaudit.cli.main import app
from ecmpaudit.collectors.failure_kinds import kind_of
from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.collectors.ssh import collect
from ecmpaudit.collectors.target import Target
from ecmpaudit.configuration.schema import Configuration
from tests.ssh_server import make_key, ssh_server

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parent.parent / "docs" / "least-privilege.md").read_text(encoding="utf-8")
POOLS = ("198.51.100.0/24", "2001:db8:100::/64")
NEIGHBORS = '{"peers": {"192.0.2.1": {"state": "Established"}, "2001:db8::1": {"state": "Established"}}}'
FORCED = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)[0]


def printed(form: str, platform: str = "frr") -> str:
    return CliRunner().invoke(app, ["commands", "--platform", platform, "--format", form]).stdout


@pytest.fixture(scope="module")
def forced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Yield the target of an sshd that runs the page's script; vtysh and ip print what they are given."""
    folder = tmp_path_factory.mktemp("forced")
    programs = folder / "bin"
    programs.mkdir()
    for name in ("vtysh", "ip", "sysctl"):
        (programs / name).write_text(
            f'#!/bin/sh\ncase "$*" in *summary*) echo \'{NEIGHBORS}\' ;; *) echo "{name}:$*" ;; esac\n',
            encoding="utf-8",
        )
        (programs / name).chmod(0o755)
    (folder / "allowed").write_text(printed("patterns"), encoding="utf-8")
    script = folder / "only"
    script.write_text(FORCED.replace("/etc/ecmpaudit/allowed", str(folder / "allowed")), encoding="utf-8")
    script.chmod(0o755)
    key = make_key(folder / "key")
    public = (folder / "key.pub").read_text(encoding="utf-8")
    settings = f"SetEnv HOME={folder} PATH={programs}:{os.environ['PATH']}\n"
    with ssh_server(folder / "sshd", f'restrict,command="{script}" {public}', settings=settings) as server:
        (folder / "known_hosts").write_text(server.known_hosts_line(), encoding="utf-8")
        (folder / "ssh_config").write_text("", encoding="utf-8")
        yield Target(
            "tor1", server.address, server.port, getpass.getuser(), key,
            platform="frr", known_hosts=folder / "known_hosts", ssh_config=folder / "ssh_config",
        )  # fmt: skip


@pytest.mark.sshd
@pytest.mark.parametrize("transport", ["paramiko", "openssh"])
@pytest.mark.parametrize("part,in_a_session", [("routers", 16), ("nodes", 1)])
def test_a_scan_passes_the_forced_command(forced: Target, transport: str, part: str, in_a_session: int) -> None:
    host = {"host": forced.host, "platform": "frr", **({"addresses": ["192.0.2.1"]} if part == "nodes" else {})}
    sections = {"routers": {"other": {"platform": "frr"}}, part: {"tor1": host}}
    asked = targets_of(Configuration.model_validate(sections), pools=POOLS)[-1]
    captures = collect(
        [
            Target(
                "tor1", forced.host, forced.port, forced.user, forced.key, "frr", asked.commands, asked.follow_ups,
                known_hosts=forced.known_hosts, ssh_config=forced.ssh_config, transport=transport,
                commands_in_a_session=in_a_session,
            )
        ]
    )  # fmt: skip
    assert [(c.command, c.failure) for c in captures] == [(c.command, None) for c in captures]
    assert len(captures) >= len(asked.commands)
    if part == "nodes":
        assert any("2001:db8::1 advertised-routes" in (capture.command or "") for capture in captures)


HOSTILE = (
    "vtysh -c 'show version'; touch {file}",
    "vtysh -c 'show version' && touch {file}",
    "vtysh -c 'show version'\ntouch {file}",
    "touch {file}\nvtysh -c 'show version'",
    "vtysh -c 'show version' > {file}",
    "vtysh -c 'show version' | tee {file}",
    "vtysh -c 'show version $(touch {file})'",
    "vtysh -c 'show bgp ipv4 unicast 192.0.2.0/24;x longer-prefixes json'; touch {file}",
    "vtysh -c 'show bgp ipv4 unicast $(touch {file})/24 longer-prefixes json'",
    "vtysh -c 'configure terminal'",
    "vtysh -c 'show version' -c 'configure terminal'",
    "sudo -n sh -c 'touch {file}'",
    "sh -c 'touch {file}'",
    "scp -t {file}",
    "/usr/lib/openssh/sftp-server",
    "",
)


@pytest.mark.sshd
@pytest.mark.parametrize("command", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_else_passes_the_forced_command(forced: Target, tmp_path: Path, command: str) -> None:
    (capture,) = collect(
        [
            Target(
                "tor1", forced.host, forced.port, forced.user, forced.key,
                commands=(command.format(file=tmp_path / "made"),), known_hosts=forced.known_hosts,
                ssh_config=forced.ssh_config,
            )
        ]
    )  # fmt: skip
    assert capture.failure is not None
    assert "permission denied: this is no command of a scan" in capture.failure
    assert kind_of(capture.failure).kind == "permission"
    assert list(tmp_path.iterdir()) == []


def test_every_platform_has_rules_that_visudo_accepts(tmp_path: Path) -> None:
    visudo = shutil.which("visudo", path=f"{os.environ['PATH']}:/usr/sbin") or pytest.skip("visudo is not installed")
    for platform in ("frr", "bird", "gobgp", "linux", "freebsd"):
        (tmp_path / platform).write_text(printed("sudoers", platform), encoding="utf-8")
        (tmp_path / platform).chmod(0o440)
        subprocess.run([visudo, "-cf", str(tmp_path / platform)], check=True, capture_output=True, timeout=20)


PRIVATE = """set -e
mount -t tmpfs none {folder}/over
cp -r /etc/pam.d {folder}/over/pam.d
printf 'auth sufficient pam_permit.so\\naccount sufficient pam_permit.so\\nsession sufficient pam_permit.so\\n' \
    > {folder}/over/pam.d/sudo
mount --bind {folder}/over/pam.d /etc/pam.d
{{ cat /etc/passwd; echo 'audit:x:54321:54321::/nonexistent:/bin/sh'; }} > {folder}/over/passwd
mount --bind {folder}/over/passwd /etc/passwd
cp {folder}/sudoers {folder}/over/sudoers && chown 0:0 {folder}/over/sudoers && chmod 440 {folder}/over/sudoers
mount --bind {folder}/over/sudoers /etc/sudoers
mount --bind {folder}/vtysh /usr/sbin/nologin
exec setpriv --reuid=54321 --regid=54321 --clear-groups sh -c "$1"
"""
"""A mount namespace of its own, in which the user audit exists and sudo reads the page's rules."""


@pytest.fixture
def as_audit(tmp_path: Path) -> str:
    if (
        os.geteuid() != 0
        or shutil.which("sudo") is None
        or subprocess.run(["unshare", "-m", "true"], check=False).returncode
    ):
        pytest.skip("needs root, sudo, and a mount namespace")
    rules = printed("sudoers").replace("bin/vtysh$", "bin/nologin$")
    (tmp_path / "sudoers").write_text(f"Defaults !syslog\n{rules}", encoding="utf-8")
    (tmp_path / "vtysh").write_text('#!/bin/sh\necho "as $(id -u): $*"\n', encoding="utf-8")
    (tmp_path / "vtysh").chmod(0o755)
    (tmp_path / "over").mkdir()
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    return PRIVATE.format(folder=tmp_path)


@pytest.mark.parametrize(
    "command,output",
    [
        ("sudo -n nologin -c 'show ip route vrf all'", "as 0: -c show ip route vrf all"),
        (
            "sudo -n nologin -c 'show bgp ipv6 unicast 2001:db8::/64 longer-prefixes json'",
            "as 0: -c show bgp ipv6 unicast 2001:db8::/64 longer-prefixes json",
        ),
        ("sudo -n nologin -c 'configure terminal'", ""),
        ("sudo -n nologin -c 'show version' -c 'configure terminal'", ""),
        ("sudo -n nologin -c 'show bgp ipv6 unicast x/64 longer-prefixes json'", ""),
        ("sudo -n sh -c id", ""),
    ],
)
def test_sudo_runs_the_commands_of_a_scan_and_no_others(as_audit: str, command: str, output: str) -> None:
    """`nologin` is the program in the place of vtysh: a path that every machine has."""
    ran = subprocess.run(
        ["unshare", "-m", "sh", "-c", as_audit, "sh", command],
        check=False, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert ran.stdout.strip() == output, ran.stderr
    assert (ran.returncode == 0) is bool(output), ran.stderr
    if not output:
        assert "password is required" in ran.stderr
