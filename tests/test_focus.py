"""A large table is cut down to the lines about a few networks; every line that is no plain route is kept."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from ecmpaudit.model import Capture
from ecmpaudit.parsing import contradictions as checks
from ecmpaudit.parsing import focus
from ecmpaudit.parsing.columnar import ColumnarTemplate, numbered_lines
from ecmpaudit.parsing.contradictions import contradictions
from ecmpaudit.parsing.focus import SkippedChunk, families_in, host, lines_about, pattern_of, skipped
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.template import engine_of
from ecmpaudit.platforms.registry import platforms

AGE = "eth0, weight 1, 00:00:05"
OTHER = f"B>* 203.0.113.7/32 [20/0] via 192.0.2.1, {AGE}"
OTHER_6 = f"B>* fd00::7/128 [20/0] via fe80::1, {AGE}"
HOP = f"  *                        via 192.0.2.2, {AGE}"
POOLS = (ip_network("198.51.100.0/24"), ip_network("2001:db8::/64"))


@pytest.fixture(autouse=True)
def _every_text_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(focus, "_WORTH_IT", 1)
    monkeypatch.setattr(focus, "_LINE", 1)


@pytest.fixture(scope="module")
def frr() -> ColumnarTemplate:
    template = engine_of(platforms()["frr"].tables[0].template).columnar
    assert template is not None
    return template


def route(prefix: str) -> str:
    return f"B>* {prefix} [20/0] via 192.0.2.1, {AGE}"


@pytest.mark.parametrize(
    "pool,prefix,is_about",
    [
        ("198.51.100.0/24", "198.51.100.7/32", True),
        ("198.51.100.0/24", "198.51.100.0/24", True),
        ("198.51.100.0/24", "198.51.0.0/16", True),
        ("198.51.100.0/24", "0.0.0.0/0", True),
        ("198.51.100.0/24", "198.51.101.0/24", False),
        ("198.51.100.0/24", "198.51.10.0/24", False),
        ("198.51.100.0/24", "98.51.100.0/24", False),
        ("198.51.100.0/23", "198.51.101.7/32", True),
        ("198.51.100.0/23", "198.51.102.7/32", False),
        ("198.51.100.7/32", "198.51.100.7/32", True),
        ("198.51.100.0/25", "198.51.100.127/32", True),
        ("198.51.100.0/25", "198.51.100.128/32", False),
        ("128.0.0.0/1", "200.0.0.0/8", True),
        ("2001:db8::/64", "2001:db8::7/128", True),
        ("2001:db8::/64", "2001:db8::/32", True),
        ("2001:db8::/64", "::/0", True),
        ("2001:db8::/64", "2001:db9::/64", False),
        ("2001:db8:1::/48", "2001:DB8:1:2::/64", True),
        ("2001:db8:1::/48", "2001:db8:2::/64", False),
    ],
)
def test_a_line_is_about_a_network_inside_or_around_it(pool: str, prefix: str, *, is_about: bool) -> None:
    found = numbered_lines(route(prefix))["_text"].str.contains(pattern_of((ip_network(pool),)))
    assert found.to_list() == [is_about]


def test_a_default_is_around_every_network() -> None:
    for pool in POOLS:
        assert numbered_lines("default via 192.0.2.1 dev eth0")["_text"].str.contains(pattern_of((pool,))).all()


@pytest.mark.parametrize(
    "lines,chunk",
    [
        ([OTHER, HOP], SkippedChunk(2, 2, frozenset({4}))),
        ([OTHER_6], SkippedChunk(1, 1, frozenset({6}))),
        ([OTHER, OTHER_6, ""], SkippedChunk(3, 2, frozenset({4, 6}))),
        ([OTHER, route("198.51.100.7/32")], None),
        ([OTHER, route("2001:db8::7/128")], None),
        ([route("0.0.0.0/0")], None),
        ([OTHER, "VRF blue:"], None),
        ([OTHER, "nonsense"], None),
        ([OTHER, "", OTHER], None),
    ],
)
def test_a_chunk_of_plain_routes_of_other_networks_is_skipped(
    frr: ColumnarTemplate, lines: list[str], chunk: SkippedChunk | None
) -> None:
    assert skipped(frr, "\n".join(lines), POOLS, None) == chunk


def test_a_chunk_has_the_family_of_its_command(frr: ColumnarTemplate) -> None:
    assert skipped(frr, OTHER, POOLS, 6) == SkippedChunk(1, 1, frozenset({6}))
    assert families_in(f"{OTHER}\n{OTHER_6}", 4) == {4}


@pytest.mark.parametrize(
    "text,families", [(OTHER, {4}), (OTHER_6, {6}), (f"{OTHER}\n{OTHER_6}\n", {4, 6}), ("nonsense\n", set())]
)
def test_a_text_has_the_families_of_its_prefixes(text: str, families: set[int]) -> None:
    assert families_in(text, None) == families


def test_lines_about_networks_are_kept_with_their_next_hops_and_all_that_is_no_plain_route(
    frr: ColumnarTemplate,
) -> None:
    kept = [route("198.51.100.7/32"), HOP, "VRF blue:", "nonsense", "", route("2001:db8::/32"), HOP]
    lines = [OTHER, HOP, *kept[:3], OTHER_6, *kept[3:5], OTHER, *kept[5:], OTHER, HOP]
    assert lines_about(frr, numbered_lines("\n".join(lines)), POOLS)["_text"].to_list() == kept


def test_of_a_small_table_all_lines_are_kept(frr: ColumnarTemplate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(focus, "_WORTH_IT", 100)
    assert lines_about(frr, numbered_lines(OTHER), POOLS)["_text"].to_list() == [OTHER]
    assert skipped(frr, OTHER, POOLS, None) is None


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_a_host_is_a_network_of_its_own(address: str) -> None:
    assert host(address) == ip_network(f"{address}/{128 if ':' in address else 32}")


@pytest.mark.parametrize("most,is_checked", [(5, True), (4, False)])
def test_the_order_of_prefixes_is_checked_up_to_a_number_of_routes(
    monkeypatch: pytest.MonkeyPatch, most: int, *, is_checked: bool
) -> None:
    """For more, that would take as long as all other parsing; it says nothing about the routes themselves."""
    prefixes = ["198.51.100.2/32", "198.51.100.1/32", *(f"198.51.100.{n}/32" for n in (3, 4, 5))]
    table = read_capture(Capture("tor1", "frr", None, "".join(f"{route(p)}\n" for p in prefixes[2:]), "t"))
    assert table.unparsed == ()
    monkeypatch.setattr(checks, "MOST_IN_ORDER", most)
    whole = read_capture(Capture("tor1", "frr", None, "".join(f"{route(p)}\n" for p in prefixes), "t"))
    found = contradictions(whole.frame, ["order of addresses"])
    assert found["line"].to_list() == ([1, 2] if is_checked else [])
