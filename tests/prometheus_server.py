"""A real Prometheus and a real Alertmanager on loopback, for the tests of metrics, alert rules and the dashboard."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TEXT = "text/plain; version=0.0.4"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
DEADLINE = 30
"""Seconds until a server must have done what is waited for."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(look: Callable[[], Any], process: subprocess.Popen[bytes]) -> Any:
    """Return what `look` gives as soon as that is true; fail when the process ends or the time is over."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        assert process.poll() is None, f"ended with {process.returncode}"
        with contextlib.suppress(URLError, ConnectionError):
            if found := look():
                return found
        time.sleep(0.1)
    raise AssertionError(f"not seen within {DEADLINE} s: {look}")


@contextlib.contextmanager
def served(bodies: dict[str, tuple[str, bytes]]) -> Iterator[int]:
    """Serve each path's body with its content type, and yield the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content_type, body = bodies[self.path]
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=DEADLINE)


@contextlib.contextmanager
def prometheus(folder: Path, bodies: dict[str, tuple[str, bytes]]) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    """Scrape each path as a job of its name; yield a function that answers a query, once all jobs are up."""
    with served(bodies) as source:
        jobs = [
            {
                "job_name": path.strip("/"),
                "metrics_path": path,
                "static_configs": [{"targets": [f"127.0.0.1:{source}"]}],
            }
            for path in bodies
        ]
        configuration = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs}
        with configured(folder, configuration, len(bodies)) as query:
            yield query


@contextlib.contextmanager
def configured(
    folder: Path, configuration: dict[str, Any], targets: int
) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    """Yield a function that answers a query, once so many targets are up."""
    (folder / "prometheus.json").write_text(json.dumps(configuration))  # JSON is YAML
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={folder}/prometheus.json",
        f"--storage.tsdb.path={folder}/tsdb",
        f"--web.listen-address=127.0.0.1:{port}",
    ]

    def query(expression: str) -> list[dict[str, Any]]:
        with urlopen(f"http://127.0.0.1:{port}/api/v1/query?query={quote(expression)}", timeout=5) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
            return found

    with running(command, folder / "prometheus.log") as process:
        wait_for(lambda: len(query("up == 1")) == targets, process)
        yield query


@contextlib.contextmanager
def alertmanager(folder: Path, configuration: dict[str, Any]) -> Iterator[int]:
    """Yield the port of an Alertmanager on loopback, alone."""
    (folder / "alertmanager.json").write_text(json.dumps(configuration))
    port = free_port()
    command = [
        "prometheus-alertmanager",
        f"--config.file={folder}/alertmanager.json",
        f"--storage.path={folder}/alertmanager",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]

    def is_ready() -> bool:
        with urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)

    with running(command, folder / "alertmanager.log") as process:
        wait_for(is_ready, process)
        yield port
