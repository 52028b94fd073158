"""Clients of `ecmpaudit serve` that say nothing, or read nothing, keep nobody else out."""

from __future__ import annotations

import contextlib
import socket
import time
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from tests.scanned_router import scanned_router
from tests.test_serve import served, waited_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.test_serve import Server

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ecmpaudit[serve]'")
pytestmark = pytest.mark.sshd
_MOST = 256
_HEAD = b"GET /api/v1/report HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with scanned_router(tmp_path_factory.mktemp("router")) as router, served(router, "--interval", "1000") as server:
        waited_for(lambda: server.ask("/readyz").status == 200)
        yield server


def clients(server: Server, sent: bytes, kept: ExitStack) -> list[socket.socket]:
    """Return more clients than there may be, each of which has sent so much."""
    made = []
    for _ in range(_MOST + 1):
        client = kept.enter_context(socket.create_connection(("127.0.0.1", server.port), 60))
        client.sendall(sent)
        made.append(client)
    return made


@pytest.mark.parametrize("sent", [b"", _HEAD], ids=["nothing", "half a head"])
def test_a_client_without_a_request_is_dropped_and_others_are_answered(server: Server, sent: bytes) -> None:
    with ExitStack() as kept:
        made = clients(server, sent, kept)
        assert server.ask("/healthz").status == 503
        waited_for(lambda: server.ask("/healthz").status == 200)
        assert {client.recv(1) for client in made} == {b""}


def test_a_head_that_comes_in_drops_is_not_waited_for(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 60) as client:
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < began + 60:
                client.sendall(b"G")
                time.sleep(0.3)
        assert 3 < time.monotonic() - began < 30


def test_a_client_that_reads_slowly_has_the_whole_answer_and_a_second_one_on_its_connection(server: Server) -> None:
    whole = server.ask("/").text
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        for _ in range(2):
            connection.request("GET", "/")
            answer = connection.getresponse()
            got = []
            while part := answer.read(20_000):
                got.append(part)
                time.sleep(0.2)
            assert b"".join(got).decode() == whole
