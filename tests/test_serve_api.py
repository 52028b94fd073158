"""The API of `ecmpaudit serve`: its answers are the bytes of the commands, and its OpenAPI document describes them."""

from __future__ import annotations

import contextlib
import json
import re
import signal
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import quote

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from ecmpaudit.history.instance import lock_file, only_instance
from tests.scanned_router import FIVE, THREE, scanned_router
from tests.test_serve import served, waited_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from tests.scanned_router import ScannedRouter
    from tests.test_serve import Server

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'ecmpaudit[serve]'")
pytestmark = pytest.mark.sshd
_TIME = re.compile(r'"\d{4}-\d\d-\d\dT[^"]*"')


@pytest.fixture(name="router", scope="module")
def _router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScannedRouter]:
    with scanned_router(tmp_path_factory.mktemp("router")) as router:
        yield router


@pytest.fixture(name="server", scope="module")
def _server(router: ScannedRouter) -> Iterator[Server]:
    """Yield a server after three runs, of which the last two lack node5; `saved` has the same answers."""
    with served(router, "--interval", "1000", "--history", str(router.folder / "history.db")) as server:
        waited_for(lambda: server.metric("ecmpaudit_serve_runs_total", outcome="complete") == 1)
        router.set_table("172.30.250.105")
        for number in (2, 3):
            server.process.send_signal(signal.SIGHUP)
            waited_for(lambda number=number: server.metric("ecmpaudit_serve_runs_total", outcome="complete") == number)  # type: ignore[misc]
        assert router.scan("--save", "saved").returncode == 1
        yield server


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    "path,command",
    [
        ("explain/172.31.1.1", "explain 172.31.1.1 saved"),
        (f"explain/{FIVE}", f"explain {FIVE} saved"),
        (f"explain/{quote(THREE, safe='')}?router=tor1", f"explain {THREE} saved --router tor1"),
        ("explain/2001:db8:9::1", "explain 2001:db8:9::1 saved"),
        ("explain/172.31.1.1?node=node5", "explain 172.31.1.1 saved --node node5"),
        ("routes", "routes saved"),
        ("routes?lookup=172.31.1.1", "routes saved --lookup 172.31.1.1"),
        ("routes?lookup=2001:db8:1::1", "routes saved --lookup 2001:db8:1::1"),
        (f"routes?prefix={THREE}&ecmp=true", f"routes saved --prefix {THREE} --ecmp"),
        ("routes?within=172.31.0.0/16&protocol=bgp", "routes saved --within 172.31.0.0/16 --protocol bgp"),
        ("what-if?lose=node1&lose=node2&min=3", "what-if saved --lose node1 --lose node2 --min 3"),
        ("what-if?add=node6=172.30.250.106&hash=l3", "what-if saved --add node6=172.30.250.106 --hash l3"),
        ("what-if?order=true&model=modulo-n", "what-if saved --order --model modulo-n"),
        ("runs", "history"),
        (f"runs?prefix={THREE}&since=7d", f"history --prefix {THREE} --since 7d"),
        ("diff", "diff last-1 last"),
        ("diff?before=3&after=1&router=tor1", "diff 3 1 --router tor1"),
    ],
)  # fmt: skip
def test_an_answer_is_byte_for_byte_what_the_command_prints(
    server: Server, router: ScannedRouter, path: str, command: str
) -> None:
    answer = server.ask(f"/api/v1/{path}")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    past = (
        ["--history", str(router.folder / "history.db")] if "what-if" not in command and "routes" not in command else []
    )
    ended = router.ecmpaudit(*command.split(), *past, "--format", "json")
    assert answer.text == ended.stdout
    assert len(answer.text) > 100


def test_the_report_is_what_scan_prints_but_for_times(server: Server, router: ScannedRouter) -> None:
    printed = router.scan("--format", "json", "--history", str(router.folder / "history.db")).stdout
    served_report = server.ask("/api/v1/report").text
    assert _TIME.sub("", served_report) == _TIME.sub("", printed)


@pytest.mark.parametrize(
    "path,said",
    [
        ("explain/nonsense", "nonsense"),
        ("explain/172.31.1.1?nodes=node5", 'unknown parameter "nodes"; known: router, node, vrf, label'),
        ("explain/172.31.1.1?router=tor9", "tor9"),
        ("routes?lookup=1&lookup=2", 'parameter "lookup" is given twice'),
        ("routes?lookup=nonsense", "nonsense"),
        ("routes?ecmp=1", 'parameter "ecmp": expected true or false, found "1"'),
        ("what-if", "no change is given"),
        ("what-if?lose=node9", "node9"),
        ("what-if?lose=node1&min=0", 'parameter "min": expected a number from 1 to 65535, found "0"'),
        ("what-if?lose=node1&min=99999", "expected a number from 1 to 65535"),
        ("what-if?lose=node1&model=x", "expected hash-threshold or modulo-n"),
        ("runs?since=soon", "expected an age such as 90d, 12h or 2w"),
        ("diff?before=/etc/passwd", 'expected a run such as 41, last or last-1, found "/etc/passwd"'),
        ("diff?before=saved", "expected a run such as 41"),
        ("diff?before=77", "there is no run 77"),
        ("report?x=%1b[31m", 'unknown parameter "x"'),
    ],
)
def test_what_cannot_be_used_is_said(server: Server, path: str, said: str) -> None:
    answer = server.ask(f"/api/v1/{path}")
    assert (answer.status, said in answer.text, "\x1b" in answer.text) == (400, True, False)


def described(server: Server) -> dict[str, Any]:
    """Return the OpenAPI document."""
    document: dict[str, Any] = json.loads(server.ask("/api/v1/openapi.json").text)
    return document


def test_the_document_is_valid_and_names_every_path_of_the_api(server: Server) -> None:
    document = described(server)
    OpenAPIV31SpecValidator(document).validate()
    names = {path.removeprefix("/api/v1/") for path in document["paths"]}
    assert names == {"report", "explain/{prefix}", "routes", "runs", "diff", "what-if"}


def test_each_answer_is_valid_by_the_schema_of_the_document(server: Server) -> None:
    document = described(server)
    queries = {"/api/v1/what-if": "?lose=node1"}
    for path, item in document["paths"].items():
        answer = server.ask(path.replace("{prefix}", FIVE) + queries.get(path, ""))
        schema = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator({**document, **schema}).validate(json.loads(answer.text))
    explained = {**document, "$ref": "#/components/schemas/explain"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(explained).validate({"prefix": FIVE})


def test_a_cell_is_a_plain_link_to_the_explanation_and_history_of_its_prefix(
    server: Server, router: ScannedRouter
) -> None:
    page = server.ask("/").text
    links = re.findall(r'<a href="(/explain/[^"]*)">', page)
    assert f"/explain/{THREE}?router=tor1&amp;vrf=default" in links
    explained = server.ask(links[0].replace("&amp;", "&"))
    printed = router.ecmpaudit("explain", THREE, "saved").stdout
    assert explained.status == 200
    assert "script" not in explained.headers["content-security-policy"]
    for line in ("node5 (172.30.250.105)", "BROKEN"):
        assert line in printed
        assert line in explained.text
    assert "History" in explained.text
    assert "ECMP101" in explained.text.partition(">History<")[2]
    assert server.ask("/explain/<script>").status == 400


def marks_until_the_end(server: Server) -> Iterator[str]:
    """Yield the data of each event; ends when the server ends the stream."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", "/events")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
        for line in answer:
            if line.startswith(b"data: "):
                yield line.decode().removeprefix("data: ").strip()


def test_each_run_is_an_event_and_the_page_has_the_mark_of_its_run(tmp_path: Path) -> None:
    with scanned_router(tmp_path) as router, served(router, "--interval", "1000") as server:
        waited_for(lambda: server.metric("ecmpaudit_serve_runs_total", outcome="complete") == 1)
        marks = marks_until_the_end(server)
        first = next(marks)
        assert f'<body data-run="{first}">' in server.ask("/").text
        server.process.send_signal(signal.SIGHUP)
        second = next(marks)
        assert second != first
        assert f'<body data-run="{second}">' in server.ask("/").text
        server.process.send_signal(signal.SIGTERM)
        assert list(marks) == []
        assert server.process.wait(60) == 0


def test_streams_of_events_are_bounded_and_leave_room_for_others(tmp_path: Path) -> None:
    with scanned_router(tmp_path) as router, served(router, "--interval", "1000") as server:
        streams = [marks_until_the_end(server) for _ in range(128)]
        assert len({next(stream) for stream in streams}) >= 1
        assert server.ask("/events").status == 503
        assert server.ask("/healthz").status == 200
        for stream in streams:
            stream.close()  # type: ignore[attr-defined]
        waited_for(lambda: is_open(server))
        assert server.end() == 0


def is_open(server: Server) -> bool:
    """Return whether a stream begins."""
    stream = marks_until_the_end(server)
    try:
        return bool(next(stream))
    except AssertionError:
        return False
    finally:
        stream.close()  # type: ignore[attr-defined]


def test_a_held_lock_is_a_skipped_run_and_no_failed_one(tmp_path: Path) -> None:
    with scanned_router(tmp_path) as router:
        place = router.folder / "history.db"
        lock = lock_file(str(place), router.folder / "ecmpaudit.yaml")
        with served(router, "--interval", "1000", "--history", str(place)) as server:
            waited_for(lambda: server.ask("/readyz").status == 200)
            with only_instance(lock):
                server.process.send_signal(signal.SIGHUP)
                waited_for(lambda: server.metric("ecmpaudit_serve_runs_total", outcome="skipped") == 1)
            assert server.metric("ecmpaudit_serve_runs_total", outcome="failed") == 0
            assert server.metric("ecmpaudit_serve_last_run_ok") == 1
            assert "another scan" not in server.ask("/").text
            assert server.ask("/readyz").status == 200
