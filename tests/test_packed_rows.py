"""Packed tables give the canonical tables that they were made of, and take little memory."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import pytest

from ecmpaudit.errors import UnknownFormatError
from ecmpaudit.model import Capture
from ecmpaudit.parsing.batches import read_captures
from ecmpaudit.parsing.columns import SCHEMA, SPREAD, empty_table
from ecmpaudit.parsing.packed_rows import PackedRows, packed
from ecmpaudit.parsing.plan import FOR_CHECKS, Wanted
from ecmpaudit.parsing.reading import SMALL, read_capture
from ecmpaudit.parsing.route_table import RouteTable
from ecmpaudit.parsing.typed_routes import KnownNextHops
from tests import dumps
from tests.samples import sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NODES = {4: "192.0.2.{}", 6: "2001:db8::{}"}
PREFIXES = {4: "198.51.100.{}/32", 6: "2001:db8:100::{}/128"}
COMMANDS = {4: "show ip route", 6: "show ipv6 route"}
FOLDERS = sorted({entry["file"].partition("/")[0] for entry in dumps.route_files()})


def table_of(family: int, routes: int, next_hops: int, router: str = "tor1", last: str = "") -> Capture:
    lines = []
    for number in range(1, routes + 1):
        head = f"B>* {PREFIXES[family].format(number)} [20/0]"
        hops = [f"via {NODES[family].format(node)}, eth0, weight 1, 00:0{number % 9}:31" for node in range(next_hops)]
        lines += [f"{head} {hops[0]}", *(f"  *{' ' * (len(head) - 3)} {hop}" for hop in hops[1:])]
    text = "".join(f"{line}\n" for line in lines)
    return Capture(router, "frr", COMMANDS[family], text + last, f"{router}: {family}")


def are_equal(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    return one.equals(other) and one.schema == other.schema


def readable(captures: Iterable[Capture]) -> Iterator[RouteTable]:
    for capture in captures:
        with suppress(UnknownFormatError):
            yield read_capture(capture)


@pytest.mark.sampled(4)
@pytest.mark.parametrize("folder", FOLDERS)
def test_tables_that_are_packed_together_come_out_as_they_were(folder: str) -> None:
    entries = [entry for entry in dumps.route_files() if entry["file"].startswith(f"{folder}/")]
    texts = {entry["file"]: (entry["command"], dumps.text(entry["file"])) for entry in sample(entries, 40)}
    tables = list(readable(Capture("tor1", None, command, text, file) for file, (command, text) in texts.items()))
    together = packed([table.frame for table in tables])
    assert all(are_equal(own.unpacked(), table.frame) for own, table in zip(together, tables, strict=True))
    for own, table in zip(together, tables, strict=True):
        firsts = table.frame.unique("route", keep="first", maintain_order=True)
        for columns in (("family",), ("protocol", "prefix"), ("line", "prefix", "vrf"), own.columns):
            assert are_equal(own.firsts(columns), firsts.select(columns)), columns
        small = replace(table, rows=own)
        assert small.views() == table.views()
        for name in ("families", "route_count", "next_hops", "local_prefixes", "last_prefix", "cut_prefixes"):
            assert getattr(small, name) == getattr(table, name), name


@pytest.mark.parametrize("family", [4, 6])
def test_routes_of_two_tables_with_the_same_number_stay_two(family: int) -> None:
    one, other = (read_capture(table_of(family, 1, hops)).frame for hops in (1, 2))
    assert one["route"][0] == other["route"][0]
    first, second = packed([one, other])
    assert (first.rows_of_routes.to_list(), second.rows_of_routes.to_list()) == ([1], [2])
    assert are_equal(second.unpacked(), other)


def test_a_table_without_rows_is_packed_beside_others() -> None:
    full = read_capture(table_of(6, 2, 3)).frame
    frames = [empty_table(), full, empty_table(), empty_table()]
    assert all(are_equal(one.unpacked(), frame) for one, frame in zip(packed(frames), frames, strict=True))
    assert are_equal(packed([empty_table()])[0].unpacked(), empty_table())


def test_a_table_of_few_columns_keeps_these() -> None:
    captures = [table_of(4, 3, 2, router) for router in ("tor1", "tor2")]
    for table in read_captures(captures, Wanted(columns=SPREAD)):
        assert isinstance(table, RouteTable)
        assert isinstance(table.rows, PackedRows)
        assert table.frame.columns == [column for column in SCHEMA if column in SPREAD | FOR_CHECKS]
        assert table.spread() == [(4, "bgp", 2, 3)]


@pytest.mark.parametrize("family", [4, 6])
def test_what_differs_within_a_route_is_kept(family: int) -> None:
    frame = read_capture(table_of(family, 2, 3)).frame
    ages = frame.with_columns(age=pl.Series([1, 2, None, 1, 1, 1]))
    (own,) = packed([ages])
    assert are_equal(own.unpacked(), ages)
    assert own.firsts(("age",))["age"].to_list() == [1, 1]


@pytest.mark.parametrize("family", [4, 6])
def test_a_packed_row_takes_eight_bytes(family: int) -> None:
    captures = [table_of(family, 100, 64, f"tor{number}") for number in range(3)]
    for table in read_captures(captures):
        assert isinstance(table, RouteTable)
        assert isinstance(table.rows, PackedRows)
        assert table.rows.rows.estimated_size() == 8 * 6400
        assert table.rows.routes.estimated_size() < 100 * 120
        assert table.rows.hops.frame.height == 64


@pytest.mark.parametrize("last", ["", "nonsense\n"])
def test_small_tables_among_many_are_packed_and_a_single_one_is_not(last: str) -> None:
    one, other = table_of(4, 2, 2, last=last), table_of(6, 2, 2, "tor2", last=last)
    tables = read_captures([one, other])
    assert [isinstance(table, RouteTable) and isinstance(table.rows, PackedRows) for table in tables] == [True, True]
    (alone,) = read_captures([one])
    assert isinstance(alone, RouteTable)
    assert isinstance(alone.rows, pl.DataFrame)


def test_a_large_table_is_not_packed() -> None:
    large = table_of(4, 200, 200)
    assert len(large.text) > SMALL
    tables = read_captures([large, table_of(6, 2, 2, "tor2")])
    assert [isinstance(table, RouteTable) and isinstance(table.rows, PackedRows) for table in tables] == [False, True]


@pytest.mark.parametrize("family", [4, 6])
def test_routers_with_equal_next_hops_share_their_objects(family: int) -> None:
    known = KnownNextHops()
    tables = read_captures([table_of(family, 3, 4, router) for router in ("tor1", "tor2")])
    views = [table.views(known) for table in tables if isinstance(table, RouteTable)]
    sets = {id(route.next_hops) for view in views for routes in view.values() for route in routes}
    assert len(views) == 2
    assert len(sets) == 1


@pytest.mark.parametrize("family", [4, 6])
def test_next_hops_of_two_vrfs_are_two(family: int) -> None:
    known = KnownNextHops()
    capture = table_of(family, 1, 2)
    words = COMMANDS[family].replace(" route", " route vrf red")
    default, red = (read_capture(each).views(known) for each in (capture, replace(capture, command=words)))
    prefix = PREFIXES[family].format(1)
    (one,), (other,) = default["default", prefix], red["red", prefix]
    assert {hop.vrf for hop in one.next_hops} == {"default"}
    assert {hop.vrf for hop in other.next_hops} == {"red"}
