"""What the real gobgpd prints is read: its table as text and as JSON, and its sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecmpaudit.model import Capture
from ecmpaudit.parsing.reading import read_capture
from tests.lab.conftest import need_the_lab
from tests.lab.gobgp import Gobgpd, pair
from tests.lab.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ecmpaudit.parsing.route_table import RouteTable

pytestmark = pytest.mark.lab

ANNOUNCED = {"ipv4": ("198.51.100.1/32", "192.0.2.2"), "ipv6": ("2001:db8:1::1/128", "2001:db8::2")}
RIVAL = {"ipv4": "192.0.2.9", "ipv6": "2001:db8::9"}


@pytest.fixture(autouse=True)
def clean_state() -> None:
    """Leave the big lab alone: these tests have hosts of their own."""
    need_the_lab()


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gobgpd]:
    """Yield a router that has a prefix of either family from its node, and another path to it of its own."""
    need_the_lab()
    folder: Path = tmp_path_factory.mktemp("gobgp")
    with pair(folder) as (router, node):
        for family, (prefix, _) in ANNOUNCED.items():
            node.gobgp("global", "rib", "add", "-a", family, prefix)
            router.gobgp("global", "rib", "add", "-a", family, prefix, "nexthop", RIVAL[family])
            wait_until(lambda f=family: "64497" in router.gobgp("global", "rib", "-a", f), 20, f"{prefix} arrives")  # type: ignore[misc]  # a bound loop variable
        yield router


def read(router: Gobgpd, *words: str) -> RouteTable:
    command = " ".join(["gobgp", *words])
    table = read_capture(Capture("tor1", None, command, router.gobgp(*words), command))
    assert (table.platform, table.unparsed) == ("gobgp", ())
    return table


def facts(table: RouteTable) -> list[tuple[object, ...]]:
    rows = table.frame.select("family", "prefix", "protocol", "selected", "next_hop", "installed", "kind").rows()
    return sorted(rows)


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_the_table_of_gobgpd_shows_both_paths_as_text_and_as_json(router: Gobgpd, family: str) -> None:
    prefix, next_hop = ANNOUNCED[family]
    text = read(router, "global", "rib", "-a", family)
    paths = {(row["prefix"], row["next_hop"], row["selected"]) for row in text.frame.iter_rows(named=True)}
    assert paths == {(prefix, RIVAL[family], True), (prefix, next_hop, False)}
    assert facts(read(router, "global", "rib", "-a", family, "-j")) == facts(text)


def test_the_sessions_of_gobgpd_are_understood_and_no_routes(router: Gobgpd) -> None:
    table = read(router, "neighbor")
    assert table.route_count == 0
    assert table.lines_understood == 3
