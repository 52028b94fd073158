"""What makes MetalLB reject all of its objects and go on with those that it had before (internal/config/config.go)."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from pydantic.alias_generators import to_camel

from ecmpaudit.kubernetes.ranges import address_range
from ecmpaudit.kubernetes.schema import ranges_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecmpaudit.kubernetes.metallb_schema import (
        BGPAdvertisementSpec,
        IPAddressPool,
        L2Advertisement,
        L2AdvertisementSpec,
    )
    from ecmpaudit.kubernetes.metallb_sessions import MetallbPeer
    from ecmpaudit.kubernetes.schema import Selector

_HOSTS = (32, 128)
_IPV6 = 6


def fault_of_pools(pools: Iterable[IPAddressPool]) -> str | None:
    """Return what is wrong with pools: without ranges, or of addresses without length (addressPoolFromCR)."""
    pools = tuple(pools)
    for pool in pools:
        if not pool.spec.addresses:
            return f"IPAddressPool {pool.name} has no addresses"
        for text in pool.spec.addresses:
            if "-" not in text and "/" not in text:
                return f"IPAddressPool {pool.name} has {text}, which is no prefix and no range"
    return _overlap_of(pools)


def fault_of_others(advertisements: Iterable[L2Advertisement], peers: Iterable[MetallbPeer]) -> str | None:
    """Return what is wrong with an L2Advertisement (l2AdvertisementFromCR) or a BGPPeer (peerFromCR)."""
    for found in advertisements:
        if repeated := _repeated(f"L2Advertisement {found.key}", found.spec):
            return repeated
    for peer in peers:
        spec = peer.spec
        if not spec.my_asn:
            return f"BGPPeer {peer.key} has no myASN"
        if spec.ebgp_multi_hop and spec.my_asn == spec.peer_asn:
            return f"BGPPeer {peer.key} has ebgpMultiHop and is of the same AS"
        alternatives = ({"peerASN": spec.peer_asn, "dynamicASN": spec.dynamic_asn},
                        {"peerAddress": spec.peer_address, "interface": spec.interface})  # fmt: skip
        for known in alternatives:
            if all(known.values()) or not any(known.values()):
                both = " and ".join(known) if any(known.values()) else f"neither {' nor '.join(known)}"
                return f"BGPPeer {peer.key} has {both}"
        if repeated := _twice({"nodeSelectors": spec.node_selectors}, f"BGPPeer {peer.key}"):
            return repeated
    return None


def _overlap_of(pools: Iterable[IPAddressPool]) -> str | None:
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
    if repeated := _repeated(f"BGPAdvertisement {key}", spec):
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


def _repeated(owner: str, spec: BGPAdvertisementSpec | L2AdvertisementSpec) -> str | None:
    """Return what is in a list of an advertisement more than once (validateDuplicate)."""
    for name in ("ip_address_pools", "communities", "peers"):
        for value, count in Counter(getattr(spec, name, ())).items():
            if count > 1:
                return f"{to_camel(name)} of {owner} has {value} {count} times"
    selectors = {
        "ipAddressPoolSelectors": spec.ip_address_pool_selectors,
        "nodeSelectors": spec.node_selectors,
        "serviceSelectors": spec.service_selectors,
    }
    return _twice(selectors, owner)


def _twice(selectors: Mapping[str, tuple[Selector, ...]], owner: str) -> str | None:
    """Return which list has equal selectors, or a selector with equal parts (validateLabelSelectorDuplicate)."""
    for name, of_name in selectors.items():
        if len(set(map(_canonical, of_name))) < len(of_name):
            return f"{name} of {owner} has one selector twice"
        for selector in of_name:
            known = [(part.key, part.operator, *sorted(part.values)) for part in selector.match_expressions]
            has_a_value_twice = any(len(set(part.values)) < len(part.values) for part in selector.match_expressions)
            if has_a_value_twice or len(set(known)) < len(known):
                return f"{name} of {owner} has a selector with one expression or value twice"
    return None


def _canonical(selector: Selector) -> str:
    """Return the text that equal selectors have; in any order of values (validateLabelSelectorDuplicate)."""
    parts = [(part.key, part.operator, sorted(part.values)) for part in selector.match_expressions]
    return repr((sorted(selector.match_labels.items()), parts))
