"""Every value of a BGP path that FRR prints as JSON, in a table and in the detail of one prefix."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from ecmpaudit.errors import DamagedOutputError
from ecmpaudit.model import Capture
from ecmpaudit.model.facts import BgpPath
from ecmpaudit.parsing.bgp_table import BgpTable, is_bgp_table, read_bgp_table

DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(BgpPath)} | {"router": "tor1"}


def read(document: object, command: str = "show bgp ipv4 unicast json") -> BgpTable:
    return read_bgp_table(Capture("tor1", "frr", command, json.dumps(document), "t"))


def values(table: BgpTable) -> list[dict[str, Any]]:
    """Return the values of each path that are not the default ones, without its evidence."""
    return [
        {
            field.name: getattr(path, field.name)
            for field in fields(BgpPath)
            if field.name != "evidence" and getattr(path, field.name) != DEFAULTS[field.name]
        }
        for path in table.paths
    ]


def table_of(*paths: dict[str, Any], vrf: str = "default", prefix: str = "198.51.100.0/24") -> dict[str, Any]:
    return {"vrfId": 0, "vrfName": vrf, "routes": {prefix: list(paths)}}


def test_paths_of_a_table() -> None:
    found = read(
        table_of(
            {
                "valid": True,
                "bestpath": True,
                "pathFrom": "external",
                "weight": 100,
                "locPrf": 150,
                "metric": 20,
                "path": "64512 64513",
                "origin": "IGP",
                "peerId": "192.0.2.1",
                "nexthops": [{"ip": "192.0.2.1"}],
            },
            {
                "valid": True,
                "multipath": True,
                "stale": True,
                "pathFrom": "internal",
                "path": "",
                "peerId": "(unspec)",
                "nexthops": [{"ip": "2001:db8::1", "accessible": False}, {"ip": "fe80::1"}],
            },
        )
    )
    one = {"prefix": "198.51.100.0/24"}
    assert values(found) == [
        {
            **one,
            "next_hop": "192.0.2.1",
            "peer": "192.0.2.1",
            "is_best": True,
            "is_multipath": True,
            "is_internal": False,
            "weight": 100,
            "local_preference": 150,
            "as_path": "64512 64513",
            "origin": "IGP",
            "med": 20,
        },
        {
            **one,
            "next_hop": "2001:db8::1",
            "other_next_hop": "fe80::1",
            "is_multipath": True,
            "is_stale": True,
            "is_internal": True,
            "is_accessible": False,
            "as_path": "",
        },
    ]
    assert (found.family, found.is_whole, found.unparsed) == (4, True, ())


def test_paths_of_one_prefix_in_detail() -> None:
    path = {
        "valid": True,
        "bestpath": {"overall": True, "bestpathFromAs": 64512},
        "aspath": {"string": "Local", "segments": []},
        "localpref": 0,
        "med": -5,
        "origin": "incomplete",
        "peer": {"peerId": "2001:db8::9", "routerId": "192.0.2.9", "type": "internal"},
        "nexthops": [{"metric": 10, "ip": "2001:db8::1"}, {"metric": 20}],
    }
    of_as = {**path, "bestpath": {"bestpathFromAs": 64512}, "aspath": {"string": "64512"}}
    found = read({"prefix": "2001:db8::/64", "paths": [path, of_as]}, "show bgp ipv6 unicast 2001:db8::/64 json")
    one = {
        "prefix": "2001:db8::/64",
        "next_hop": "2001:db8::1",
        "peer": "2001:db8::9",
        "is_internal": True,
        "local_preference": 0,
        "med": -5,
        "origin": "incomplete",
        "igp_metric": 10,
        "router_id": "192.0.2.9",
    }
    assert values(found) == [{**one, "is_best": True, "is_multipath": True, "as_path": ""}, {**one, "as_path": "64512"}]
    assert (found.family, found.is_whole) == (6, False)


@pytest.mark.parametrize("word", ["history", "damped", "removed"])
def test_a_path_that_is_no_longer_used_is_not_valid(word: str) -> None:
    (path,) = read(table_of({"valid": True, word: True, "nexthops": [{"ip": "192.0.2.1"}]})).paths
    assert not path.is_valid


@pytest.mark.parametrize(
    "document,command,vrfs",
    [
        (table_of({"nexthops": [{"ip": "192.0.2.1"}]}, vrf="Default"), "show bgp ipv4 unicast json", ["default"]),
        (table_of({"nexthops": [{"ip": "192.0.2.1"}]}, vrf="blue"), "show bgp vrf blue ipv4 unicast json", ["blue"]),
        (table_of({"nexthops": [{"ip": "192.0.2.1"}]}), "show bgp vrf blue ipv4 unicast json", ["blue"]),
        (
            {
                "default": table_of({"nexthops": [{"ip": "192.0.2.1"}]}),
                "blue": table_of({"nexthops": [{"ip": "192.0.2.1"}]}, vrf="blue"),
            },
            "show bgp vrf all ipv4 unicast json",
            ["default", "blue"],
        ),
    ],
)
def test_a_path_is_of_the_vrf_of_the_command_or_of_its_table(
    document: dict[str, Any], command: str, vrfs: list[str]
) -> None:
    assert [path.vrf for path in read(document, command).paths] == vrfs


def test_the_paths_of_a_prefix_may_be_below_a_key() -> None:
    document = {"vrfName": "default", "routes": {"198.51.100.0/24": {"paths": [{"nexthops": [{"ip": "192.0.2.1"}]}]}}}
    assert [path.next_hop for path in read(document).paths] == ["192.0.2.1"]


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"routes": []},
        table_of({"nexthops": []}),
        table_of({"nexthops": [{"ip": "tor1"}]}),
        table_of({"nexthops": [{"ip": "192.0.2.1"}], "weight": -1}),
        table_of({"nexthops": [{"ip": "192.0.2.1"}], "metric": -2_147_483_649}),
        table_of({"nexthops": [{"ip": "192.0.2.1"}]}, prefix="198.51.100.1/24"),
    ],
)
def test_what_is_no_bgp_table_is_refused(document: object) -> None:
    with pytest.raises(DamagedOutputError, match=r"^t: this JSON is no BGP table"):
        read(document)


@pytest.mark.parametrize(
    "text,is_one",
    [
        ('{"vrfId": 0, "vrfName": "default", "routes": {}}', True),
        ('{"prefix": "198.51.100.0/24", "version": 5, "paths": []}', True),
        ('{"prefix": "198.51.100.0/24", "protocol": "bgp"}', False),
        ('{"198.51.100.0/24": []}', False),
    ],
)
def test_a_pasted_bgp_table_is_known_by_its_first_keys(text: str, *, is_one: bool) -> None:
    assert is_bgp_table(Capture("tor1", None, None, text, "t")) is is_one
