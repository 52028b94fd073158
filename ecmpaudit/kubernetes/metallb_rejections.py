"""What makes MetalLB reject all of its objects and go on with those that it had before (internal/config/config.go)."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.schema import ranges_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecmpaudit.kubernetes.announcers.metallb import BGPAdvertisementSpec, IPAddressPool

_HOSTS = (32, 128)


def overlap_of(pools: Iterable[IPAddressPool]) -> str | None:
    """Return which pools hold the same addresses (poolsFor)."""
    known = [(found, pool.name) for pool in pools for found in ranges_of(pool.spec.addresses)]
    known.sort(key=lambda each: (each[0].first.version, int(each[0].first)))
    for (one, of_one), (two, of_two) in pairwise(known):
        if one.first.version == two.first.version and one.last >= two.first:  # type: ignore[operator]  # one version
            return f"IPAddressPool {of_one} and {of_two} overlap" if of_one != of_two else f"{of_one} overlaps itself"
    return None


def fault_of(key: str, spec: BGPAdvertisementSpec) -> str | None:
    """Return what is wrong with a BGPAdvertisement by itself (bgpAdvertisementFromCR)."""
    lists = {"ipAddressPools": spec.ip_address_pools, "communities": spec.communities, "peers": spec.peers}
    for name, values in lists.items():
        for value, count in Counter(values).items():
            if count > 1:
                return f"{name} of BGPAdvertisement {key} has {value} {count} times"
    if spec.service_selectors and (spec.aggregation_length, spec.aggregation_length_v6) != _HOSTS:
        return f"BGPAdvertisement {key} has serviceSelectors and an aggregation length, which exclude each other"
    return None
