"""Clusters with many pools: an address is looked for in an index, and not in each pool."""

from __future__ import annotations

import cProfile
import pstats
from random import Random
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.kubernetes.ranges import RangeIndex, address_range
from tests.kubernetes_objects import Values, announcements_with, endpoints, node, service
from tests.upstream_cases import custom, metallb, purelb

if TYPE_CHECKING:
    from collections.abc import Callable


def around(number: int) -> str:
    return f"10.{number // 256}.{number % 256}.0/24"


def advertised(number: int) -> list[Values]:
    return [
        metallb.pool(f"p{number}", around(number), f"2001:db8:{number:x}::/64"),
        metallb.by_bgp(f"p{number}", ipAddressPools=[f"p{number}"]),
    ]


POOLS: dict[str, Callable[[int], list[Values]]] = {
    "metallb": advertised,
    "purelb": lambda number: [purelb.group("remote", name=f"g{number}", v4pools=[purelb.pool(around(number))])],
    "cilium": lambda number: [
        custom("cilium.io/v2", "CiliumLoadBalancerIPPool", f"p{number}", blocks=[{"cidr": around(number)}])
    ],
    "openelb": lambda number: [
        custom("network.kubesphere.io/v1alpha2", "Eip", f"p{number}", address=around(number), protocol="bgp")
    ],
    "calico": lambda number: [
        custom("crd.projectcalico.org/v1", "IPPool", f"p{number}", cidr=around(number), allowedUses=["LoadBalancer"])
    ],
}


def calls_with(name: str, count: int) -> int:
    """Return how many functions are called for a cluster with so many pools and as many Services."""
    objects = [node(1)]
    for number in range(count):
        web = service(f"shop/web{number}", around(number).replace("0/24", "7"))
        web["metadata"]["annotations"] = purelb.BRAND if name == "purelb" else {}
        objects += [*POOLS[name](number), web, endpoints(f"shop/web{number}", "node1")]
    profile = cProfile.Profile()
    profile.enable()
    announcements_with(*objects, announcer="auto")
    profile.disable()
    calls: int = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]  # typeshed does not have it
    return calls


@pytest.mark.parametrize("name", POOLS)
def test_work_grows_with_pools_and_services_and_not_with_their_product(name: str) -> None:
    _, small, large = (calls_with(name, count) for count in (1, 60, 240))  # the first one imports what is read late
    assert 3 < large / small < 4.6


@pytest.mark.parametrize("version", [4, 6])
def test_the_index_finds_the_same_owners_as_a_look_at_each_range(version: int) -> None:
    random = Random(19)  # noqa: S311 - no secret, the same ranges in each run
    base = {4: "198.51.100.{}", 6: "2001:db8::{:x}"}[version]
    found = 0
    for _ in range(200):
        pairs = (sorted((random.randrange(256), random.randrange(256))) for _ in range(random.randrange(8)))
        ranges = [address_range(f"{base.format(first)}-{base.format(last)}") for first, last in pairs]
        index = RangeIndex((known, number) for number, known in enumerate(ranges))
        for address in (base.format(random.randrange(256)) for _ in range(10)):
            expected = [number for number, known in enumerate(ranges) if address in known]
            assert index.holding(address) == expected
            found += len(expected)
        assert index.holding({4: "2001:db8::1", 6: "198.51.100.1"}[version]) == []
    assert found > 1000
