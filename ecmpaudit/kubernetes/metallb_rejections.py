"""What makes MetalLB reject all of its objects and go on with those that it had before (internal/config/config.go)."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.ranges import address_range
from ecmpaudit.kubernetes.schema import ranges_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecmpaudit.kubernetes.metallb_schema import BGPAdvertisementSpec, IPAddressPool
    from ecmpaudit.kubernetes.schema import Selector

_HOSTS = (32, 128)
_IPV6 = 6


def overlap_of(pools: Iterable[IPAddressPool]) -> str | None:
    """Return which pools hold the same addresses (poolsFor)."""
    known = [(found, pool.name) for pool in pools for found in ranges_of(pool.spec.addresses)]
    known.sort(key=lambda each: (each[0].first.version, int(each[0].first)))
    for (one, of_one), (two, of_two) in pairwise(known):
        if one.first.version == two.first.version and one.last >= two.first:  # type: ignore[operator]  # one version
            return f"IPAddressPool {of_one} and {of_two} overlap" if of_one != of_two else f"{of_one} overlaps itself"
    return None


def fault_of(key: str, spec: BGPAdvertisementSpec, pools: Iterable[IPAddressPool]) -> str | None:
    """Return what is wrong with a BGPAdvertisement (bgpAdvertisementFromCR), or its pools (validateBGPAdvPerPool).

    A fault of any pool rejects all objects. The pools are looked at where the length is not the one of hosts.
    """
    if repeated := _repeated(key, spec):
        return repeated
    lengths = (spec.aggregation_length, spec.aggregation_length_v6)
    if lengths == _HOSTS:
        return None
    if spec.service_selectors:
        return f"BGPAdvertisement {key} has serviceSelectors and an aggregation length, which exclude each other"
    for pool in pools:
        for text in pool.spec.addresses:
            known = address_range(text)
            length = lengths[known.first.version == _IPV6]
            if length < min(int(prefix.rpartition("/")[2]) for prefix in known.prefixes):
                return f"the aggregation length of BGPAdvertisement {key} is shorter than {text} of pool {pool.name}"
    return None


def _repeated(key: str, spec: BGPAdvertisementSpec) -> str | None:
    """Return what is in a list of a BGPAdvertisement more than once (validateDuplicate)."""
    lists = {"ipAddressPools": spec.ip_address_pools, "communities": spec.communities, "peers": spec.peers}
    for name, values in lists.items():
        for value, count in Counter(values).items():
            if count > 1:
                return f"{name} of BGPAdvertisement {key} has {value} {count} times"
    selectors = {
        "ipAddressPoolSelectors": spec.ip_address_pool_selectors,
        "nodeSelectors": spec.node_selectors,
        "serviceSelectors": spec.service_selectors,
    }
    for name, of_name in selectors.items():
        if len(set(map(_canonical, of_name))) < len(of_name):
            return f"{name} of BGPAdvertisement {key} has one selector twice"
    return None


def _canonical(selector: Selector) -> str:
    """Return the text that equal selectors have; in any order of values (validateLabelSelectorDuplicate)."""
    parts = [(part.key, part.operator, sorted(part.values)) for part in selector.match_expressions]
    return repr((sorted(selector.match_labels.items()), parts))
