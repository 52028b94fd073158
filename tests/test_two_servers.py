"""Two of `ecmpaudit serve` that share a history, and one beside a scan of cron: people are notified once."""

from __future__ import annotations

import json
import re
import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.scanned_router import scanned_router, webhook
from tests.test_serve import served, waited_for
from tests.test_serve_signals import is_asked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.scanned_router import ScannedRouter, Webhook
    from tests.test_serve import Server

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ecmpaudit[serve]'")
pytestmark = pytest.mark.sshd
on_postgresql = pytest.mark.parametrize(
    "history_place", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
NODE3 = "172.30.250.103"
NEW, RECOVERED = (f"ecmpaudit {kind}: node node3 is missing on tor1, 172.31.1.1/32" for kind in ("new", "recovered"))


@pytest.fixture(name="router")
def _router(tmp_path: Path) -> Iterator[ScannedRouter]:
    with scanned_router(tmp_path) as router:
        yield router


@pytest.fixture(name="hook")
def _hook() -> Iterator[Webhook]:
    with webhook() as running:
        yield running


def complete(server: Server) -> int:
    """Return how many runs were complete."""
    return int(server.metric("ecmpaudit_serve_runs_total", outcome="complete") or 0)


def recorded(router: ScannedRouter, place: str) -> int:
    """Return how many runs the history has."""
    listed = router.ecmpaudit("history", "--history", place, "--format", "json")
    return len(json.loads(listed.stdout)["runs"])


@on_postgresql
def test_two_servers_on_one_database_notify_once_of_each_change(
    router: ScannedRouter, hook: Webhook, history_place: str
) -> None:
    """Each has a state folder of its own, as on two machines, so that no lock keeps them apart."""
    with ExitStack() as running:
        servers = []
        for name in ("one", "two"):
            variables = {"ECMPAUDIT_ALERT_URLS": hook.url, "XDG_STATE_HOME": str(router.folder / name)}
            began = served(router, "--interval", "1000", ECMPAUDIT_HISTORY=history_place, **variables)
            servers.append(running.enter_context(began))
        for number, missing in enumerate(((), (NODE3,), (), (NODE3,)), start=1):
            router.set_table(*missing)
            for server in servers if number > 1 else ():
                server.process.send_signal(signal.SIGHUP)
            for server in servers:
                waited_for(lambda server=server, number=number: complete(server) == number)  # type: ignore[misc]
        assert hook.titles == [NEW, RECOVERED, NEW]
        assert hook.refused == 0
        assert recorded(router, history_place) == 8
        assert [server.end() for server in servers] == [0, 0]


def test_a_server_and_scans_of_cron_beside_it_notify_once_of_each_change(
    router: ScannedRouter, hook: Webhook, history_place: str
) -> None:
    variables = {"ECMPAUDIT_ALERT_URLS": hook.url, "ECMPAUDIT_HISTORY": history_place}
    with served(router, "--interval", "1", "--deadline", "60", **variables) as server:
        waited_for(lambda: complete(server) >= 1)
        of_cron = 0
        for missing in ((NODE3,), (), (NODE3,)):
            router.set_table(*missing)
            seen = complete(server)
            for _ in range(2):
                run = router.scan("--record", **variables)
                of_cron += run.returncode in {0, 1}
                assert run.returncode in {0, 1} or "another scan is running: " in run.stderr
            waited_for(lambda seen=seen: complete(server) >= seen + 2)  # type: ignore[misc]  # the last one began after it
        of_server = complete(server)
        assert server.end() == 0
    assert hook.titles == [NEW, RECOVERED, NEW]
    assert of_server <= recorded(router, history_place) - of_cron <= of_server + 2  # those that ended meanwhile


def test_a_scan_beside_a_server_that_asks_names_it_and_asks_nothing(router: ScannedRouter) -> None:
    with served(router, "--interval", "1000") as server:
        waited_for(lambda: complete(server) == 1)
        router.hang()
        server.process.send_signal(signal.SIGHUP)
        waited_for(lambda: is_asked(router))
        (lock,) = (router.folder / "state" / "ecmpaudit").glob("scan-*.lock")
        run = router.scan("--record")
        assert (run.returncode, run.stdout) == (2, "")
        expected = rf"ecmpaudit: another scan is running: pid {server.process.pid} since 20\S+Z holds {lock}; nothing"
        assert re.match(expected, run.stderr)
        router.set_table()
        waited_for(lambda: complete(server) == 2)
        assert router.scan("--record").returncode == 0
        assert server.end() == 0
