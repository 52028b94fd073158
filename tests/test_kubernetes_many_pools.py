"""Clusters with many pools: an address is looked for in an index, and not in each pool."""

from __future__ import annotations

import cProfile
import pstats
from random import Random
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.kubernetes.ranges import RangeIndex, address_range
from tests.kubernetes_objects import Values, announcements_with, endpoints, node, service
from tests.upstream_cases import custom, metallb, others, purelb

if TYPE_CHECKING:
    from collections.abc import Callable


def around(number: int) -> str:
    return f"10.{number // 256}.{number % 256}.0/24"


def advertised(number: int) -> list[Values]:
    return [
        metallb.pool(f"p{number}", around(number), f"2001:db8:{number:x}::/64"),
        metallb.by_bgp(f"p{number}", ipAddressPools=[f"p{number}"]),
    ]


def one_by_one(pool: Callable[[int], list[Values]]) -> Callable[[int], list[Values]]:
    return lambda count: [values for number in range(count) for values in pool(number)]


def custom_pool(version: str, kind: str, spec: Callable[[int], Values]) -> Callable[[int], list[Values]]:
    return one_by_one(lambda number: [custom(version, kind, f"p{number}", **spec(number))])


POOLS: dict[str, Callable[[int], list[Values]]] = {
    "metallb": one_by_one(advertised),
    "purelb": one_by_one(
        lambda number: [purelb.group("remote", name=f"g{number}", v4pools=[purelb.pool(around(number))])]
    ),
    "cilium": custom_pool(
        "cilium.io/v2", "CiliumLoadBalancerIPPool", lambda number: {"blocks": [{"cidr": around(number)}]}
    ),
    "openelb": custom_pool(
        "network.kubesphere.io/v1alpha2", "Eip", lambda number: {"address": around(number), "protocol": "bgp"}
    ),
    "calico": custom_pool(
        "crd.projectcalico.org/v1", "IPPool", lambda number: {"cidr": around(number), "allowedUses": ["LoadBalancer"]}
    ),
    "antrea": custom_pool(
        "crd.antrea.io/v1beta1", "ExternalIPPool", lambda number: {"ipRanges": [{"cidr": around(number)}]}
    ),
    "kube-router": lambda count: [
        others.kube_router("--run-loadbalancer", *(f"--loadbalancer-ip-range={around(n)}" for n in range(count)))
    ],
}


def calls_with(name: str, count: int) -> int:
    """Return how many functions are called for a cluster with so many pools and as many Services."""
    objects = [node(1), *POOLS[name](count)]
    for number in range(count):
        web = service(f"shop/web{number}", around(number).replace("0/24", "7"))
        web["metadata"]["annotations"] = purelb.BRAND if name == "purelb" else {}
        objects += [web, endpoints(f"shop/web{number}", "node1")]
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
