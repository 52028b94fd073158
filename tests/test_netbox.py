"""Devices of NetBox become routers, read from an API that is served on loopback; every failure has its remedy."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ecmpaudit.errors import ConfigurationError
from ecmpaudit.inventories.reading import read_with_inventories

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("pynetbox", reason="pynetbox is not installed: pip install 'ecmpaudit[netbox]'")
TOKEN = "0123456789abcdef"  # noqa: S105 - of a server of this test


def device(number: int, **values: Any) -> dict[str, Any]:
    """Return one device as NetBox 4 lists it."""
    return {
        "id": number,
        "url": f"http://127.0.0.1/api/dcim/devices/{number}/",
        "name": f"tor{number}",
        "platform": {"id": 1, "slug": "cumulus-linux", "name": "Cumulus"},
        "primary_ip": {"id": number, "address": f"192.0.2.{number}/24"},
        "site": {"id": 1, "slug": "site-a", "name": "Site A"},
        "role": {"id": 1, "slug": "leaf", "name": "Leaf"},
        "rack": None,
        "tags": [{"id": 1, "slug": "ecmp", "name": "ECMP"}],
        "custom_fields": {"ecmpaudit_max_paths": None},
        **values,
    }


DEVICES = [
    device(1),
    device(2, platform=None, primary_ip=None, role=None, device_role={"slug": "old"}, tags=[]),
    device(3, primary_ip={"address": "2001:db8::3/64"}, custom_fields={"ecmpaudit_max_paths": 64, "owner": "x"}),
]


class Answers(BaseHTTPRequestHandler):
    """The part of NetBox's API that lists devices, two of them in each page."""

    devices: list[dict[str, Any]]
    asked: list[tuple[str, str | None]]
    status = 200
    text: str | None = None

    def do_GET(self) -> None:
        """Answer with one page."""
        self.asked.append((self.path, self.headers["Authorization"]))
        query = parse_qs(urlsplit(self.path).query)
        offset = int(query.get("offset", ["0"])[0])
        further = f"{urlsplit(self.path).path}?limit=2&offset={offset + 2}"
        page = {
            "count": len(self.devices),
            "next": f"http://{self.headers['Host']}{further}" if offset + 2 < len(self.devices) else None,
            "previous": None,
            "results": self.devices[offset : offset + 2],
        }
        body = (self.text if self.text is not None else json.dumps(page)).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@contextmanager
def served(**values: Any) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """Yield the URL of an API, and what it is asked: paths with the Authorization header."""
    asked: list[tuple[str, str | None]] = []
    handler = type("Served", (Answers,), {"devices": DEVICES, "asked": asked, **values})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def test_devices_are_routers_with_their_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", TOKEN)
    own = tmp_path / "ecmpaudit.yaml"
    with served() as (url, asked):
        own.write_text(
            f"inventory: {{netbox: {url}, token_env: MY_TOKEN, platforms: {{cumulus-linux: frr}},"
            " filters: {site: [site-a, b]}}\n"
            "routers: {tor2: {platform: bird}}\n",
            encoding="utf-8",
        )
        configuration, _ = read_with_inventories(own)
    assert configuration is not None
    found = {name: router.model_dump(exclude_unset=True) for name, router in configuration.routers.items()}
    assert found == {
        "tor2": {"platform": "bird", "labels": {"site": "site-a", "role": "old"}},
        "tor1": {"host": "192.0.2.1", "platform": "frr", "labels": {"group": "ecmp", "site": "site-a", "role": "leaf"}},
        "tor3": {
            "host": "2001:db8::3",
            "platform": "frr",
            "max_paths": 64,
            "labels": {"group": "ecmp", "site": "site-a", "role": "leaf"},
        },
    }
    assert {header for _, header in asked} == {f"Token {TOKEN}"}
    first = parse_qs(urlsplit(asked[0][0]).query)
    assert (first["site"], first["status"]) == (["site-a", "b"], ["active"])
    assert len(asked) == 2, "a page each, and nothing for each device"


def test_filters_may_be_in_the_url() -> None:
    with served() as (url, asked):
        read_with_inventories(None, [f"{url}/?role=leaf&status=planned"], ("tor2",))
    first = parse_qs(urlsplit(asked[0][0]).query)
    assert (first["role"], first["status"]) == (["leaf"], ["planned"])
    assert {header for _, header in asked} == {None}


@pytest.mark.parametrize(
    "values,message",
    [
        ({"status": 403, "text": '{"detail": "no"}'}, "NetBox refuses (403), the token in NETBOX_TOKEN: set it to"),
        ({"status": 500, "text": "{}"}, "The request failed with code 500"),
        ({"text": "<html>"}, "the answer is none of NetBox's: is the URL right?"),
        ({"text": '{"count": 1, "results": 5}'}, "the answer is none of NetBox's: is the URL right?"),
        ({"devices": []}, "no active device: check the filters"),
        ({"devices": [device(1), device(1)]}, "several devices have the name tor1: choose"),
        ({"devices": [device(1, name="tor 1")]}, "expected a name without blanks, commas, plus or"),
        ({"devices": [device(7, name="a/b", primary_ip=None)]}, "device 7: routers.a/b: expected a host name"),
    ],
)  # fmt: skip
def test_a_failure_has_its_remedy_and_not_the_token(
    values: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETBOX_TOKEN", TOKEN)
    with served(**values) as (url, _), pytest.raises(ConfigurationError) as caught:
        read_with_inventories(None, [url])
    assert message in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_netbox_that_is_not_there_is_an_error() -> None:
    with served() as (url, _):
        pass
    with pytest.raises(ConfigurationError, match="NetBox cannot be reached: "):
        read_with_inventories(None, [url])


def test_a_url_with_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigurationError, match="no password belongs in the configuration") as caught:
        read_with_inventories(None, ["https://me:hunter2@netbox.example.net"])
    assert "hunter2" not in str(caught.value)
