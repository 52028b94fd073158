"""Route tables on their way to another process have the same rows afterwards."""

from __future__ import annotations

import pickle

from ecmpaudit.model import Capture
from ecmpaudit.parsing.packed_rows import PackedRows
from ecmpaudit.parsing.parcels import opened, parcels_of
from ecmpaudit.parsing.reading import read_capture
from ecmpaudit.parsing.route_table import packed_tables

HEAD = "Codes: K - kernel route, C - connected, S - static, R - RIP,\n"
TEXTS = [
    "B>* 198.51.100.1/32 [20/0] via 192.0.2.1, eth0, 00:01:21\n  *  via 192.0.2.2, eth0, 00:01:21\n",
    "B>* 2001:db8:100::1/128 [20/0] via fe80::1, eth0, weight 1, 00:01:21\n",
    HEAD,
    "C>* 192.0.2.0/24 is directly connected, e0, 01:00:00\nB>* 198.51.100.2/32 [20/0] via 192.0.2.1, eth0, 00:01:21\n",
    "B>* 198.51.100.3/32 [20/0] via 192.0.2.9, eth1, 00:01:21\n",
]
PREFIXES = [
    ["198.51.100.1/32", "198.51.100.1/32"],
    ["2001:db8:100::1/128"],
    [],
    ["192.0.2.0/24", "198.51.100.2/32"],
    ["198.51.100.3/32"],
]


def test_tables_that_travelled_have_their_rows_and_all_else() -> None:
    captures = [Capture(f"r{n}", "frr", "show ip route", text, f"r{n}") for n, text in enumerate(TEXTS)]
    tables = [read_capture(capture) for capture in captures]
    even, odd = packed_tables(tables[::2]), packed_tables(tables[1:2])
    sent = [even[0], odd[0], even[1], tables[3], even[2]]
    parcels = pickle.loads(pickle.dumps(parcels_of(sent)))  # noqa: S301 - made here
    arrived = opened(parcels)
    assert [parcel.places for parcel in parcels] == [(0, 2, 4), (1,), (3,)]
    assert [table.router for table in arrived] == ["r0", "r1", "r2", "r3", "r4"]
    assert [table.frame["prefix"].to_list() for table in arrived] == PREFIXES
    for before, after in zip(tables, arrived, strict=True):
        assert after.frame.equals(before.frame)
        assert after.frame.schema == before.frame.schema
        assert after.views() == before.views()
        assert (after.capture, after.is_whole, after.lines_understood) == (
            before.capture, before.is_whole, before.lines_understood,
        )  # fmt: skip
    rows = [table.rows for table in arrived]
    assert all(isinstance(each, PackedRows) for each in rows)


def test_no_table_gives_no_parcel() -> None:
    assert opened(parcels_of([])) == []
