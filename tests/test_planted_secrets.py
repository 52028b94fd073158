"""Secrets are planted, and looked for in all that a scan leaves: output, files, history, tracebacks, process list."""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paramiko
import pytest

from tests.cli_server import PASSWORD, CommandLine, command_line
from tests.program import ecmpaudit
from tests.scanned_router import ScannedRouter, scanned_router
from tests.ssh_server import run

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSPHRASE, OTHER, ENABLE = (f"pl4nted-{kind}-{os.getpid()}" for kind in ("passphrase", "password", "enable"))
"""Of this process, as the process list has those of tests that run beside it."""
SECRETS = (PASSPHRASE, OTHER, ENABLE, PASSWORD)
VARIABLES = {
    "PLANTED_PASSPHRASE": PASSPHRASE,
    "PLANTED_PASSWORD": OTHER,
    "PLANTED_ENABLE": ENABLE,
    "LAB_SECRET": PASSWORD,
}
TABLE = "Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP\n\n" + "".join(
    f"B        172.31.1.{number}/32 [20/0] via 172.30.250.101, 00:01:21\n" for number in range(1, 30)
)


@contextmanager
def process_list() -> Iterator[list[str]]:
    """Yield the command lines of all processes that were seen meanwhile."""
    seen: set[str] = set()
    found: list[str] = []
    is_over = threading.Event()

    def look() -> None:
        while not is_over.wait(0.1):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        is_over.set()
        thread.join()
        found.extend(seen)


def scanned(router: ScannedRouter, transport: str | None) -> tuple[str, list[str]]:
    """Return what a recorded and saved scan, run with -v and --debug, leaves behind, and the process list meanwhile."""
    words = ["--debug", "scan", "-v", "--record", "--save", "snapshot", "-o", "report.html", "-o", "report.json"]
    words += ["--transport", transport] if transport else []
    with process_list() as processes:
        ended = router.ecmpaudit(*words, **VARIABLES)
    left = [ended.output, ended.stderr.encode()]
    places = [router.folder / "snapshot", router.folder / "state", *router.folder.glob("report.*")]
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*")) if file.is_file()]
    assert any(file.suffix == ".db" for file in files), files
    assert any(file.suffix == ".json" for file in files), files
    left += [file.read_bytes() for file in files]
    return "\n".join(piece.decode(errors="replace") for piece in left), processes


def secrets_in(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def configured(router: ScannedRouter, ssh: dict[str, Any]) -> None:
    file = router.folder / "ecmpaudit.yaml"
    configuration = json.loads(file.read_text(encoding="utf-8"))
    configuration["ssh"] |= ssh
    file.write_text(json.dumps(configuration), encoding="utf-8")


@pytest.mark.sshd
@pytest.mark.parametrize("is_right", [True, False], ids=["unlocked", "wrong passphrase"])
def test_a_scan_by_paramiko_leaves_no_secret(tmp_path: Path, is_right: bool) -> None:
    with scanned_router(tmp_path) as router:
        run(
            "ssh-keygen", "-q", "-p", "-P", "", "-N", PASSPHRASE if is_right else "another", "-f", str(tmp_path / "key")
        )
        configured(router, {"passphrase_env": "PLANTED_PASSPHRASE", "password_env": "PLANTED_PASSWORD"})
        left, processes = scanned(router, "paramiko")
    assert ("was not understood" in left or "authentication as" in left) is not is_right
    assert secrets_in(left) == []
    assert secrets_in("\n".join(processes)) == []


@pytest.mark.sshd
@pytest.mark.parametrize("transport", ["openssh", "local"])
def test_a_scan_by_another_program_leaves_no_secret(tmp_path: Path, transport: str) -> None:
    with scanned_router(tmp_path) as router:
        left, processes = scanned(router, transport)
    assert "172.31.1.1/32" in left
    assert secrets_in(left) == []
    assert secrets_in("\n".join(processes)) == []
    assert (transport == "openssh") is any("ControlPersist=no" in process for process in processes)


@pytest.mark.parametrize("secret", [ENABLE, "another"], ids=["privileged", "refused"])
def test_a_scan_over_a_terminal_leaves_no_secret(tmp_path: Path, secret: str) -> None:
    pytest.importorskip("netmiko", reason="netmiko is not installed: pip install 'ecmpaudit[netmiko]'")
    answers = {"show ip route": TABLE, "show ipv6 route": "IPv6 Routing Table - default - 0 entries\n"}
    with command_line(tmp_path, CommandLine("tor1>", answers, secret=secret)) as target:
        router = {
            "host": target.host, "port": target.port, "platform": "cisco_ios", "user": target.user,
            "known_hosts": str(target.known_hosts), "config": str(target.ssh_config),
            "password_env": "LAB_SECRET", "enable_env": "PLANTED_ENABLE",
        }  # fmt: skip
        (tmp_path / "ecmpaudit.yaml").write_text(
            json.dumps({"routers": {"tor1": router}, "clusters": {"prod": {"pools": ["172.31.0.0/16"], "expect": 1}}}),
            encoding="utf-8",
        )
        left, processes = scanned(ScannedRouter(tmp_path), None)
    assert ("did not give privileges" in left) is (secret != ENABLE)
    assert ("172.31.1.1/32" in left) is (secret == ENABLE)
    assert secrets_in(left) == []
    assert secrets_in("\n".join(processes)) == []


def test_a_traceback_in_mid_login_has_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("planted fault")

    monkeypatch.setattr(paramiko.Transport, "auth_password", fail)
    with command_line(tmp_path, CommandLine("tor1>", {})) as target:
        router = {
            "host": target.host, "port": target.port, "platform": "frr", "user": target.user,
            "known_hosts": str(target.known_hosts), "config": str(target.ssh_config), "password_env": "LAB_SECRET",
        }  # fmt: skip
        (tmp_path / "ecmpaudit.yaml").write_text(json.dumps({"routers": {"tor1": router}}), encoding="utf-8")
        ended = ecmpaudit(
            "--debug", "scan", folder=tmp_path, environment=ScannedRouter(tmp_path).environment(**VARIABLES)
        )
    assert "Traceback" in ended.stderr
    assert "planted fault" in ended.stderr
    assert secrets_in(ended.stdout + ended.stderr) == []
