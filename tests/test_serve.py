"""`ecmpaudit serve` as a person runs it: a process on loopback that scans a router over SSH and is asked over HTTP."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from ecmpaudit.history.instance import lock_file, only_instance
from tests.program import ecmpaudit
from tests.scanned_router import scanned_router

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.scanned_router import ScannedRouter

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ecmpaudit[serve]'")
pytestmark = pytest.mark.sshd
_PATIENCE = 60.0
TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of this test


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    text: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Server:
    """A running `ecmpaudit serve`."""

    process: subprocess.Popen[str]
    port: int

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Return the answer to one request."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode(), {n.lower(): v for n, v in answer.getheaders()})

    def metric(self, name: str, **labels: str) -> float | None:
        """Return one sample of `/metrics`."""
        for family in prometheus(self.ask("/metrics").text):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    return float(sample.value)
        return None

    def end(self) -> int:
        """Send SIGTERM, and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_PATIENCE)


def waited_for(is_so: Callable[[], bool]) -> None:
    """Return once it is so; fail after a bound."""
    until = time.monotonic() + _PATIENCE
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


@contextlib.contextmanager
def served(router: ScannedRouter, *arguments: str, **variables: str) -> Iterator[Server]:
    """Yield a server that has its port; its first run may not have ended."""
    words = router.command("serve", "--listen", "127.0.0.1:0", "--jitter", "0", *arguments)
    process = subprocess.Popen(
        words,
        cwd=router.folder,
        env=router.environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert re.match("serving on https?://127.0.0.1:", line), process.stderr.read() if process.stderr else line
        yield Server(process, int(line.rstrip("/\n").rpartition(":")[2]))
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(name="router")
def _router(tmp_path: Path) -> Iterator[ScannedRouter]:
    with scanned_router(tmp_path) as router:
        yield router


def test_runs_are_recorded_and_served_and_a_fault_is_seen_after_a_signal(router: ScannedRouter) -> None:
    with served(router, "--interval", "1000") as server:
        waited_for(lambda: server.ask("/readyz").status == 200)
        scanned = json.loads(router.scan("--format", "json").stdout)
        report = json.loads(server.ask("/api/v1/report").text)
        assert report["findings"] == scanned["findings"] == []
        assert report["routers"] == scanned["routers"]
        page = server.ask("/")
        assert (page.status, "<h1>" in page.text) == (200, True)
        assert "unsafe" not in page.headers["content-security-policy"]
        assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert server.ask("/", "HEAD").text == ""
        assert server.metric("ecmpaudit_findings", code="ECMP101") == 0
        accept = server.ask("/metrics", Accept="application/openmetrics-text; version=1.0.0")
        assert accept.headers["content-type"].startswith("application/openmetrics-text")
        assert "ecmpaudit_serve_runs" in {family.name for family in openmetrics(accept.text)}  # type: ignore[no-untyped-call]  # the library's

        router.set_table("172.30.250.105")
        assert server.metric("ecmpaudit_findings", code="ECMP101") == 0  # a scrape starts no scan
        server.process.send_signal(signal.SIGHUP)
        waited_for(lambda: server.metric("ecmpaudit_findings", code="ECMP101") == 2)
        waited_for(lambda: server.metric("ecmpaudit_serve_runs_total", outcome="complete") == 2)
        listed = json.loads(router.ecmpaudit("history", "--format", "json").stdout)
        assert len(listed["runs"]) == 2
        assert server.end() == 0


def test_a_broken_configuration_leaves_the_old_one_in_use_and_is_said_on_the_page(router: ScannedRouter) -> None:
    file = router.folder / "ecmpaudit.yaml"
    good = file.read_text(encoding="utf-8")
    with served(router, "--interval", "1000") as server:
        waited_for(lambda: server.metric("ecmpaudit_serve_runs_total", outcome="complete") == 1)
        file.write_text('{"<svg onload=1>": 5}', encoding="utf-8")
        waited_for(lambda: server.metric("ecmpaudit_serve_runs_total", outcome="complete") == 2)
        assert server.metric("ecmpaudit_serve_configuration_usable") == 0
        page = server.ask("/").text
        assert "The configuration cannot be used, the one before it is: ecmpaudit.yaml" in page
        assert ("<svg onload" in page, "&lt;svg onload" in page) == (False, True)
        file.write_text(good, encoding="utf-8")
        waited_for(lambda: server.metric("ecmpaudit_serve_configuration_usable") == 1)
        assert server.end() == 0


def test_the_lock_of_cron_is_shared_and_a_run_that_did_not_begin_is_neither_failed_nor_fresh(
    router: ScannedRouter,
) -> None:
    (router.folder / "state" / "ecmpaudit").mkdir(parents=True)
    place = router.folder / "history.db"
    lock = lock_file(str(place), router.folder / "ecmpaudit.yaml")
    with only_instance(lock), served(router, "--interval", "1000", "--history", str(place)) as server:
        waited_for(lambda: server.metric("ecmpaudit_serve_runs_total", outcome="skipped") == 1)
        assert server.metric("ecmpaudit_serve_last_run_ok") == 1
        ready, report = server.ask("/readyz"), server.ask("/api/v1/report")
        assert (ready.status, report.status, server.ask("/healthz").status) == (503, 503, 200)
        assert "no run was complete yet; the last run: another scan is running: pid" in ready.text
        assert server.end() == 0


def test_sigterm_ends_a_scan_that_waits_and_requests_are_refused_that_are_no_reads(router: ScannedRouter) -> None:
    router.hang()
    with served(router, "--interval", "1000") as server:
        waited_for(lambda: server.ask("/healthz").status == 200)
        answers = [server.ask("/api/v1/report", method) for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE")]
        assert {(each.status, each.headers["allow"]) for each in answers} == {(405, "GET, HEAD")}
        assert server.ask("/", Host="attacker.example").status == 421
        assert server.ask("/nothing").status == 404
        assert server.end() == 0


def test_a_token_is_needed_where_there_is_one(router: ScannedRouter) -> None:
    file = router.folder / "token"
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    file.chmod(0o600)
    with served(router, "--interval", "1000", "--token-file", str(file)) as server:
        waited_for(lambda: server.ask("/readyz").status == 200)
        basic = base64.b64encode(f"any:{TOKEN}".encode()).decode()
        for path in ("/", "/metrics", "/api/v1/report"):
            assert server.ask(path).status == 401
            assert server.ask(path, Authorization=f"Bearer {TOKEN}x").status == 401
            assert server.ask(path, Authorization="Basic \xff").status == 401
            assert server.ask(path, Authorization=f"Bearer {TOKEN}").status == 200
            assert server.ask(path, Authorization=f"Basic {basic}").status == 200
        assert TOKEN not in server.ask("/", Authorization=f"Bearer {TOKEN}").text


@pytest.mark.parametrize(
    "arguments,said",
    [
        (["--listen", "0.0.0.0:0"], "--listen 0.0.0.0: others could read the report; give --token-file FILE"),
        (["--listen", "[::]:0"], "--listen ::: others could read the report; give --token-file FILE"),
        (["--token-file", "short"], "--token-file short: expected one token of 16 to 4096 ASCII"),
        (["--token-file", "open"], "--token-file open: holds a token, and other users may read or change it: chmod"),
        (["--tls-certificate", "short"], "--tls-certificate short: cannot be used"),
        (["--tls-certificate", "nothing"], "--tls-certificate nothing: cannot be used: No such file or directory"),
        (["--tls-certificate", "pipe"], "--tls-certificate pipe: cannot be used: expected a plain file, found a named"),
        (["--tls-certificate", "short", "--tls-key", "nothing"], "--tls-key nothing: cannot be used: No such file"),
        (["--tls-certificate", "short", "--tls-key", "pkcs8"], "--tls-key pkcs8: its key has a passphrase"),
        (["--tls-certificate", "old"], "--tls-certificate old: its key has a passphrase, and a server cannot ask"),
        (["--listen", "9808"], 'expected HOST:PORT, such as 127.0.0.1:9808 or [::1]:9808, found "9808"'),
        (["--tls-key", "short"], "give --tls-certificate too"),
        (["--config", "nothing.yaml"], "nothing.yaml"),
    ],
)
def test_a_server_that_cannot_begin_says_why(arguments: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "ecmpaudit.yaml").write_text("routers: {tor1: {host: 192.0.2.1}}\n", encoding="utf-8")
    for name, mode in (("short", 0o600), ("open", 0o644)):
        (tmp_path / name).write_text("short\n", encoding="utf-8")
        (tmp_path / name).chmod(mode)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "pkcs8").write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\n", encoding="utf-8")
    old = "-----BEGIN CERTIFICATE-----\n-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
    (tmp_path / "old").write_text(old, encoding="utf-8")
    run = ecmpaudit("serve", "--listen", "127.0.0.1:0", *arguments, folder=tmp_path)
    assert run.returncode == 2
    assert said in " ".join(run.stderr.replace("│", " ").split())


def test_without_the_extra_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ecmpaudit.yaml").write_text("routers: {tor1: {host: 192.0.2.1}}\n", encoding="utf-8")
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    run = ecmpaudit("serve", folder=tmp_path)
    assert (run.returncode, "pip install 'ecmpaudit[serve]'" in run.stderr) == (2, True)
