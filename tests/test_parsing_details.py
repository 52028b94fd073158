"""Details of texts that operators depend on: no lost line, no wrong table, VRF or name, no missed contradiction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.run import Material, read_material
from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.parsing import long_texts, parts
from ecmpaudit.parsing.places import with_distinct_places
from ecmpaudit.parsing.plan import Wanted
from ecmpaudit.parsing.reading import read_capture, read_without_loading
from ecmpaudit.parsing.transcript import captures_from_text
from ecmpaudit.parsing.usual_json import read_usual_json

if TYPE_CHECKING:
    from pathlib import Path


FAMILIES = pytest.mark.parametrize("route", [
    "B>* 198.51.100.{}/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05",
    "B>* 2001:db8::{}/128 [20/0] via fe80::1, eth0, weight 1, 00:00:05",
], ids=["IPv4", "IPv6"])  # fmt: skip
SWAPPED = [*range(10, 30), 31, 30, *range(32, 60)]
"""The last octets of a table in which two neighbours are in the wrong order."""


def capture_of(text: str, command: str | None = None, router: str = "tor1") -> Capture:
    return Capture(router, "frr", command, text, f"{router}.txt")


def table_of(route: str, numbers: list[int] | range) -> str:
    return "".join(f"{route.format(number)}\n" for number in numbers)


def material_of(text: str) -> Material:
    return read_material([Capture(None, None, None, text, "pasted")])


# Contradictions between routes


@FAMILIES
@pytest.mark.parametrize("size, lines", [(2_097_152, [21, 22]), (2_097_153, [])])
def test_the_order_of_prefixes_is_checked_in_texts_of_up_to_2_mib(route: str, size: int, lines: list[int]) -> None:
    text = table_of(route, SWAPPED)
    text += (" " * 999 + "\n") * ((size - len(text)) // 1000)
    found = read_capture(capture_of(text.ljust(size))).unparsed
    assert [line.line for line in found] == lines


@FAMILIES
def test_the_order_of_prefixes_does_not_keep_a_large_file_from_being_parsed_as_it_is(
    route: str, tmp_path: Path
) -> None:
    (tmp_path / "tor1").write_text(table_of(route, SWAPPED), encoding="utf-8")
    capture = Capture("tor1", "frr", None, "", "tor1", file=str(tmp_path / "tor1"))
    table = read_without_loading(capture, Wanted(), 1 << 20)
    assert table is not None
    assert (table.route_count, table.unparsed) == (len(SWAPPED), ())


@FAMILIES
def test_of_many_small_texts_the_one_with_prefixes_in_the_wrong_order_is_reported(route: str) -> None:
    command = f"show {'ipv6' if ':db8' in route else 'ip'} route"
    in_order = [capture_of(table_of(route, range(10, 60)), command, f"tor{number}") for number in range(2, 6)]
    tables = read_material([capture_of(table_of(route, SWAPPED), command), *in_order]).tables
    assert [(table.router, [line.line for line in table.unparsed]) for table in tables] == [
        ("tor1", [21, 22]),
        *((f"tor{number}", []) for number in range(2, 6)),
    ]


# Detection


@FAMILIES
@pytest.mark.parametrize("blanks, is_read", [(1_000_000, True), (1_050_000, False)])
def test_a_platform_is_detected_by_the_first_mib_of_a_text(route: str, blanks: int, *, is_read: bool) -> None:
    text = (" " * 999 + "\n") * (blanks // 1000) + table_of(route, range(10, 20))
    capture = Capture("tor1", None, None, text, "tor1.txt")
    if is_read:
        assert read_capture(capture).route_count == 10
    else:
        with pytest.raises(UnknownFormatError):
            read_capture(capture)


# Prefixes


@pytest.mark.parametrize("prefix", ["256.0.0.0/7", "10.256.0.0/16", "10.256.0.0/15", "10.1.256.0/24", "10.1.1.256/32"])
def test_an_octet_of_256_is_no_prefix(prefix: str) -> None:
    text = f"B>* {prefix} [20/0] via 192.0.2.1, eth0, weight 1, 00:00:05\n"
    table = read_capture(capture_of(text))
    assert [line.text for line in table.unparsed] == [text.strip()]
    assert table.route_count == 0


# VRFs and tables


@FAMILIES
@pytest.mark.parametrize("place, vrf", [
    ("", "default"), ("table 100", "default table 100"), ("vrf red", "red"), ("vrf red table 100", "red table 100"),
])  # fmt: skip
def test_a_route_of_frr_is_in_the_table_that_was_asked_for(route: str, place: str, vrf: str) -> None:
    word = "ipv6" if ":db8" in route else "ip"
    table = read_capture(capture_of(table_of(route, [7]), f"show {word} route {place}".strip()))
    assert table.frame["vrf"].to_list() == [vrf]


# Places of one name


def test_a_place_has_the_name_of_its_host_only_where_several_hosts_have_one_of_its_name() -> None:
    def read(router: str, host: str | None) -> Capture:
        return Capture(router, "frr", None, "", "x", host=host)

    reads = [read("red", "tor1"), read("red", "tor2"), read("blue", "tor1"), read("blue", "tor1"), read("tor1", None)]
    names = [capture.router for capture in with_distinct_places(reads)]
    assert names == ["tor1/red", "tor2/red", "blue", "blue", "tor1"]


# Parts of long texts

OBJECTS = [f"id {number} via {address} dev eth1 scope link proto zebra \n" for number, address in (
    (1, "192.0.2.11"), (2, "2001:db8::12"), (3, "192.0.2.13"),
)]  # fmt: skip


@pytest.fixture
def _long_texts_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_WEIGHED", 20)
    monkeypatch.setattr(long_texts, "WINDOW", 15)


@FAMILIES
@pytest.mark.usefixtures("_long_texts_are_short")
def test_three_lines_of_another_output_end_a_long_table(route: str) -> None:
    material = material_of(table_of(route, range(10, 60)) + "".join(OBJECTS) + table_of(route, range(60, 99)))
    assert [table.route_count for table in material.tables] == [50, 39]
    assert [one.number for one in material.facts.next_hop_objects] == [1, 2, 3]
    assert [line for table in material.tables for line in table.unparsed] == []


@FAMILIES
@pytest.mark.usefixtures("_long_texts_are_short")
@pytest.mark.parametrize("damaged", [1, 2, 3, 4])
def test_damaged_lines_in_a_row_do_not_divide_a_long_table(route: str, damaged: int) -> None:
    lines = "".join(f"?! damaged {number}\n" for number in range(damaged))
    text = table_of(route, range(10, 60)) + lines + table_of(route, range(60, 99)) + "".join(OBJECTS)
    (table,) = material_of(text).tables
    assert table.route_count == 89
    assert [line.line for line in table.unparsed] == list(range(51, 51 + damaged))


# Text that is no table


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_the_indentation_of_what_is_no_table_is_kept(address: str) -> None:
    answer = f"  quirks of {address}\n    one\n\n\n   others\n     two\n"
    (capture,) = captures_from_text(f"tor1# show route {address} quirks\n{answer}", "pasted")
    assert capture.text == answer


@FAMILIES
@pytest.mark.parametrize("back", ["\b", "\x1b[D"], ids=["backspace", "cursor left"])
@pytest.mark.parametrize("first", ["", "\b", "\x1b[D"], ids=["none", "backspace", "cursor left"])
def test_what_was_typed_over_is_read_so_where_a_text_begins_with_residue_too(route: str, first: str, back: str) -> None:
    table = table_of(route, range(10, 13))
    (capture,) = captures_from_text(first + table.replace("::1,", f"::9{back}1,").replace("2.1,", f"2.9{back}1,"), "x")
    assert capture.text == table


# JSON in columns


@pytest.mark.parametrize("prefix, address, protocol", [
    ("198.51.100.0/24", "192.0.2.1", "ospf"), ("2001:db8:1::/48", "fe80::1", "ospf6"),
])  # fmt: skip
@pytest.mark.parametrize("instance", [None, 1, 2])
def test_an_instance_and_an_inactive_next_hop_of_frr_are_known_from_json(
    prefix: str, address: str, protocol: str, instance: int | None
) -> None:
    used = {"flags": 3, "fib": True, "ip": address, "interfaceName": "eth0", "active": True}
    numbers = {"internalNextHopNum": 2, "internalNextHopActiveNum": 1, "internalNextHopFibInstalledNum": 1}
    route = {"prefix": prefix, "prefixLen": int(prefix.partition("/")[2]), "protocol": protocol, **numbers}
    route |= {"nexthops": [used, {"flags": 0, "ip": address, "interfaceName": "eth1"}], "uptime": "00:01:00"}
    route |= {"instance": instance} if instance else {}
    table = read_usual_json(json.dumps({prefix: [route]}).encode(), None)
    assert table is not None
    assert table.contradictions == ()
    assert table.routes["active"].to_list() == [True, False]
    assert table.routes["source"].to_list() == [f"ospf {instance}" if instance else None] * 2


@pytest.mark.parametrize("prefix, address", [("198.51.100.0/24", "192.0.2.1"), ("2001:db8:1::/48", "2001:db8::1")])
def test_of_two_kernel_routes_that_without_a_metric_is_before_that_of_metric_1(prefix: str, address: str) -> None:
    routes: list[dict[str, object]] = [
        {"dst": prefix, "gateway": address, "dev": "eth0", "flags": [], "metric": metric} for metric in (0, 1)
    ]
    del routes[0]["metric"]
    table = read_usual_json(json.dumps(routes).encode(), None)
    assert table is not None
    assert table.routes["selected"].to_list() == [True, False]


# Ends of tables


@pytest.mark.parametrize("text, prefix", [
    ("198.51.100.7 proto bgp \n\tnexthop via 192.0.2.1 dev eth0 weight 1 \n\tnexthop via 192", "198.51.100.7/32"),
    ("2001:db8::7 proto bgp \n\tnexthop via fe80::1 dev eth0 weight 1 \n\tnexthop via fe", "2001:db8::7/128"),
])  # fmt: skip
def test_a_kernel_route_that_is_cut_within_its_next_hops_may_have_more(text: str, prefix: str) -> None:
    table = read_capture(Capture("tor1", "linux", None, text, "tor1.txt"))
    assert (table.last_prefix, len(table.unparsed)) == (prefix, 1)
