"""Scan at an interval, and serve the last run: the loop is `scan --record`, the server only reads what it published."""

from __future__ import annotations

import contextlib
import gc
import logging
import queue
import random
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.scope import FilterOptions
from ecmpaudit.commands.answers import Answers
from ecmpaudit.commands.output import configure_logging
from ecmpaudit.commands.scan import scanned
from ecmpaudit.commands.serve_files import tls_files, token_of
from ecmpaudit.commands.serve_state import State
from ecmpaudit.errors import ConfigurationError, EcmpauditError, ScanRunningError
from ecmpaudit.model import Severity
from ecmpaudit.model.addressing import is_ipv6
from ecmpaudit.reporting.formats import Settings
from ecmpaudit.reporting.terminal import safe
from ecmpaudit.signals import end_if_asked, end_soon, end_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecmpaudit.auditing.scope import ScopeOptions
    from ecmpaudit.commands.audit_run import Finished
    from ecmpaudit.commands.options import (
        AlertOptions,
        CollectionOptions,
        HistoryOptions,
        ReportOptions,
        ServeOptions,
    )
    from ecmpaudit.model import Audit

_INSTALL = "serve needs Starlette and uvicorn, which are not installed: pip install 'ecmpaudit[serve]'"
_LOOK_AGAIN = 1.0
"""Seconds after which a waiting server looks whether its configuration file changed."""
_CONNECTIONS, _LARGEST_HEAD, _PATIENCE = 256, 16 * 1024, 5
"""Connections at once, bytes before a request's body, seconds for those open at the end."""


def serve(
    serving: ServeOptions,
    collection: CollectionOptions,
    scope: ScopeOptions,
    reports: ReportOptions,
    history: HistoryOptions,
    alerts: AlertOptions,
) -> int:
    """Scan and serve until SIGTERM; return the exit code.

    Raises:
        EcmpauditError: the server cannot begin.
    """
    configure_logging(verbose=False)
    state = State(serving.interval, serving.stale_after)
    kept = _KeptRequest(state)

    def publish(finished: Finished) -> None:
        settings = Settings(
            Severity(reports.fail_on.value),
            metrics_limit=reports.metrics_limit,
            last_good=finished.last_good,
            is_live=True,
        )
        state.publish(Answers(finished, scope, history.place), settings)

    def run() -> Audit:
        return scanned(
            collection, scope, FilterOptions(), reports, history, alerts, request_of=kept.of, publish=publish
        )

    with _signals() as wake:
        kept.of(scope)  # a configuration that cannot be used is an error at the start
        with _served(serving, state) as server:
            _Loop(serving, state, run, kept, server, wake).forever()


@contextlib.contextmanager
def _signals() -> Iterator[queue.SimpleQueue[None]]:
    """Yield what SIGHUP fills; SIGTERM ends the program with 0. A server that cannot begin leaves signals as before."""
    wake: queue.SimpleQueue[None] = queue.SimpleQueue()  # whose `put` a signal may interrupt
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    end_with(0, signal.SIGTERM)
    signal.signal(signal.SIGHUP, lambda *_: wake.put(None))
    try:
        yield wake
    except EcmpauditError:
        for number, handler in before.items():
            signal.signal(number, handler)
        raise


class _KeptRequest:
    """The request of each run: a configuration that cannot be read any more leaves the last one in use."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._last: Request | None = None
        self._seen: tuple[int, int, int] | None = None

    def of(self, options: ScopeOptions) -> Request:
        """Return the request that the configuration makes now, or the last one that could be made."""
        self._seen = self._on_disk()
        try:
            self._last = Request.of(options)
        except ConfigurationError as error:
            if self._last is None:
                raise
            _say(f"configuration: {error}; the one before it stays in use")
            self._state.configured(str(error))
            return self._last
        if self._seen is None:
            self._seen = self._on_disk()
        self._state.configured(None)
        return self._last

    def is_changed(self) -> bool:
        """Return whether the file is another one than the last that was read, or that failed."""
        return self._on_disk() != self._seen

    def _on_disk(self) -> tuple[int, int, int] | None:
        path = self._last.path if self._last else None
        if path is None:
            return None
        with contextlib.suppress(OSError):
            status = path.stat()
            return status.st_mtime_ns, status.st_size, status.st_ino
        return 0, 0, 0


@dataclass(frozen=True, slots=True)
class _Loop:
    serving: ServeOptions
    state: State
    run: Callable[[], Audit]
    kept: _KeptRequest
    server: threading.Thread
    wake: queue.SimpleQueue[None]

    def forever(self) -> NoReturn:
        """Run, wait, and run again; SIGTERM ends it by SystemExit, SIGHUP begins the next run at once.

        However often SIGHUP comes during a run, one run follows: it reads the configuration after all of them.
        """
        while True:
            end_if_asked()
            while not self.wake.empty():
                self.wake.get_nowait()
            began = time.monotonic()
            self._run_once()
            gc.collect()  # each history that was opened leaves cycles, and Python itself looks for old ones too rarely
            jitter = random.uniform(0, self.serving.jitter)  # noqa: S311 - only spreads load
            self._wait(began + self.serving.interval + jitter)

    def _run_once(self) -> None:
        problem, is_complete = None, False
        try:
            is_complete = not self.run().is_incomplete
        except ScanRunningError as error:
            _say(str(error))
            self.state.skipped(str(error))
            return
        except EcmpauditError as error:
            problem = str(error)
        except Exception as error:
            problem = f"internal error: {error!r}"
            logging.getLogger(__name__).exception("a run ended early")
        if problem:
            _say(problem)
        self.state.ended(is_complete=is_complete, problem=problem)

    def _wait(self, until: float) -> None:
        """Wait for the moment, for SIGHUP, or for a change of the configuration file."""
        while (left := until - time.monotonic()) > 0 and not self.kept.is_changed():
            end_if_asked()
            if not self.server.is_alive():
                raise EcmpauditError("the server ended by itself; start it again")
            with contextlib.suppress(queue.Empty):
                self.wake.get(timeout=min(left, _LOOK_AGAIN))
                return


@contextlib.contextmanager
def _served(serving: ServeOptions, state: State) -> Iterator[threading.Thread]:
    """Serve in a thread of its own, so that signals end a scan as they end `ecmpaudit scan`."""
    try:
        import uvicorn  # noqa: PLC0415 - an extra

        from ecmpaudit.commands.serve_connections import PATIENCE, BoundedConnection  # noqa: PLC0415 - imports uvicorn
        from ecmpaudit.commands.serve_pages import application, is_loopback  # noqa: PLC0415 - imports Starlette
    except ImportError:
        raise ConfigurationError(_INSTALL) from None
    host, port = serving.listen
    token = token_of(serving.token_file)
    if not (is_loopback(host) or token or serving.insecure):
        raise ConfigurationError(
            f"--listen {host}: others could read the report; give --token-file FILE, or --insecure to let them"
        )
    certificate, key = tls_files(serving.certificate, serving.key)
    listening = _listening(host, port)
    config = uvicorn.Config(
        application(state, token, any_host=not is_loopback(host)),
        log_config=None, access_log=False, server_header=False, proxy_headers=False, lifespan="off", ws="none",
        http=BoundedConnection, h11_max_incomplete_event_size=_LARGEST_HEAD, limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=PATIENCE, timeout_graceful_shutdown=_PATIENCE,
        ssl_certfile=certificate, ssl_keyfile=key,
    )  # fmt: skip
    config.load()
    server: Any = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="server", daemon=True)
    shown = f"[{host}]" if is_ipv6(host) else host
    sys.stdout.write(f"serving on {'https' if config.is_ssl else 'http'}://{shown}:{listening.getsockname()[1]}/\n")
    sys.stdout.flush()
    thread.start()
    try:
        yield thread
    finally:
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # an answer that is cut now is no fault
        state.is_ending = True
        server.should_exit = True
        thread.join(_PATIENCE + 1)
        if thread.is_alive():  # an answer is still computed, and its thread, which Python waits for, cannot be ended
            end_soon(_PATIENCE)


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()  # a request that comes before the server has begun waits
    except OSError as error:
        raise ConfigurationError(
            f"--listen: cannot listen on {host} port {port}: {error.strerror}; give another HOST:PORT"
        ) from error
    return listening


def _say(text: str) -> None:
    for line in text.split("\n"):
        sys.stderr.write(f"ecmpaudit: {safe(line)}\n")
    sys.stderr.flush()
