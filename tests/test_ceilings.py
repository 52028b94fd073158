"""The smallest known ceiling of a route, whoever gave it."""

from __future__ import annotations

import pytest

from ecmpaudit.auditing.ceilings import Ceilings
from ecmpaudit.model import Ceiling, NextHops, Route
from ecmpaudit.parsing.facts.ceilings import CeilingFact

EBGP = Route("198.51.100.7/32", "bgp", NextHops(), distance=20)
IBGP = Route("198.51.100.7/32", "bgp", NextHops(), distance=200)
OSPF = Route("198.51.100.7/32", "ospf", NextHops(), distance=110)
FLAG = Ceiling(64, "--max-paths")
CONFIGURED = Ceiling(32, "ecmpaudit.yaml: routers.tor1.max_paths.ipv4")
EXTERNAL = Ceiling(8, "maximum-paths in its configuration")
OF_RED = Ceiling(4, "maximum-paths of vrf red in its configuration")
BUILD = Ceiling(128, "zebra's ECMP Maximum")

CEILINGS = Ceilings((FLAG,), {("tor1", 4): CONFIGURED}).with_reported(
    [
        ("tor1", CeilingFact(EXTERNAL, "default", 4, "bgp")),
        ("tor1", CeilingFact(OF_RED, "red", 4, "bgp")),
        ("tor1", CeilingFact(BUILD)),
    ]
)


@pytest.mark.parametrize(
    "router,vrf,family,route,expected",
    [
        pytest.param("tor1", "default", 4, EBGP, EXTERNAL, id="the router's own is the smallest"),
        pytest.param("tor1", "default", 4, IBGP, CONFIGURED, id="that of external BGP does not hold for iBGP"),
        pytest.param("tor1", "default", 4, OSPF, CONFIGURED, id="nor for OSPF"),
        pytest.param("tor1", "red", 4, EBGP, OF_RED, id="a VRF has its own"),
        pytest.param("tor1", "default", 6, EBGP, FLAG, id="that of IPv4 does not hold for IPv6"),
        pytest.param("tor1", "default", 4, None, CONFIGURED, id="without a route only given ones count"),
        pytest.param("tor2", "default", 4, EBGP, FLAG, id="another router's does not hold"),
        pytest.param(None, "default", 4, EBGP, FLAG, id="a router without a name has that of every router"),
    ],
)
def test_smallest_ceiling_that_holds_counts(
    router: str | None, vrf: str, family: int, route: Route | None, expected: Ceiling
) -> None:
    assert CEILINGS.of(router, vrf, family, route) == expected


def test_unknown_ceiling_is_none() -> None:
    assert Ceilings().of("tor1", "default", 4, EBGP) is None


def test_reports_of_one_router_are_added_to_those_that_are_known() -> None:
    more = CEILINGS.with_reported([("tor1", CeilingFact(Ceiling(2, "ecmp limit")))])
    assert more.of("tor1", "default", 4, EBGP) == Ceiling(2, "ecmp limit")
    assert CEILINGS.of("tor1", "default", 4, EBGP) == EXTERNAL
