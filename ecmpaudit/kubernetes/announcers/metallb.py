"""MetalLB: a BGPAdvertisement of the address's pool says as which prefix, and from which nodes.

Without peers of their own in the dump all nodes are taken to have a session; an L2Advertisement is no route.

Field names and defaults are those of the published types: metallb api/v1beta1 and v1beta2.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pydantic import Field

from ecmpaudit.kubernetes.announcer import Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.nodes import nodes_by_name
from ecmpaudit.kubernetes.ranges import host_length, prefix_around
from ecmpaudit.kubernetes.schema import Object, Part, Range, Selector, ranges_of
from ecmpaudit.model.addressing import is_ipv6

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service

POOL_ANNOTATIONS = ("metallb.io/ip-allocated-from-pool", "metallb.universe.tf/ip-allocated-from-pool")


class IPAddressPoolSpec(Part):
    """Its ranges."""

    addresses: tuple[Range, ...] = ()


class IPAddressPool(Object):
    """metallb.io IPAddressPool."""

    spec: IPAddressPoolSpec


class BGPAdvertisementSpec(Part):
    """Without pools and selectors it holds for every pool; without node selectors, for every node; and so on."""

    aggregation_length: int = Field(default=32, ge=1, le=32)
    aggregation_length_v6: int = Field(default=128, ge=1, le=128, alias="aggregationLengthV6")
    ip_address_pools: tuple[str, ...] = ()
    ip_address_pool_selectors: tuple[Selector, ...] = ()
    service_selectors: tuple[Selector, ...] = ()
    node_selectors: tuple[Selector, ...] = ()
    peers: tuple[str, ...] = ()


class BGPAdvertisement(Object):
    """metallb.io BGPAdvertisement."""

    spec: BGPAdvertisementSpec = BGPAdvertisementSpec()


class L2AdvertisementSpec(Part):
    """As for BGP."""

    ip_address_pools: tuple[str, ...] = ()
    ip_address_pool_selectors: tuple[Selector, ...] = ()
    service_selectors: tuple[Selector, ...] = ()


class L2Advertisement(Object):
    """metallb.io L2Advertisement: one node answers ARP and NDP; no router learns a route."""

    spec: L2AdvertisementSpec = L2AdvertisementSpec()


class MetallbPeerSpec(Part):
    """A session of every node, or of those selected."""

    peer_address: str = ""
    node_selectors: tuple[Selector, ...] = ()


class MetallbPeer(Object):
    """metallb.io BGPPeer."""

    spec: MetallbPeerSpec


def holds(objects: Objects, address: str) -> bool:
    """Say whether a pool holds the address."""
    return _pool(objects, address, None) is not None


def ranges(objects: Objects) -> tuple[str, ...]:
    """Return the prefixes of all pools."""
    pools = objects.of(IPAddressPool)
    return tuple(prefix for pool in pools for found in ranges_of(pool.spec.addresses) for prefix in found.prefixes)


def answer(objects: Objects, service: Service, address: str) -> Answer:
    """Return what MetalLB does with an address of a Service."""
    if not objects.of(IPAddressPool) and not objects.of(BGPAdvertisement):
        host = prefix_around(address, host_length(address))
        return Answer((Announced(host),), assumed="MetalLB announces host prefixes from all nodes, as no IPAddressPool "
                      "and no BGPAdvertisement was given")  # fmt: skip
    pool = _pool(objects, address, _pool_name(service))
    if pool is None:
        return Answer(undetermined="no IPAddressPool holds it")
    by_bgp = [found for found in objects.of(BGPAdvertisement) if _advertises(found, pool, service)]
    if by_bgp:
        return Answer(tuple(_announced(objects, found, address) for found in by_bgp), assumed=_limited(by_bgp))
    if any(_advertises(found, pool, service) for found in objects.of(L2Advertisement)):
        return Answer(not_routed=f"pool {pool.name} has an L2Advertisement and no BGPAdvertisement: one node answers "
                      "ARP and NDP, no router learns a route")  # fmt: skip
    return Answer(not_routed=f"no BGPAdvertisement selects its pool {pool.name} and the Service: nobody announces it")


def _limited(advertisements: list[BGPAdvertisement]) -> str | None:
    """Which router a BGPPeer's address belongs to is unknown, so what goes to some peers only is expected on all."""
    limited = [found.key for found in advertisements if found.spec.peers]
    if not limited:
        return None
    return f"every router is a peer of BGPAdvertisement {', '.join(limited)}, which names some peers only"


def _pool_name(service: Service) -> str | None:
    annotations = service.metadata.annotations
    return next((annotations[key] for key in POOL_ANNOTATIONS if key in annotations), None)


def _pool(objects: Objects, address: str, name: str | None) -> IPAddressPool | None:
    """Return the pool of an address; its name decides where two hold it."""
    holding = [p for p in objects.of(IPAddressPool) if any(address in r for r in ranges_of(p.spec.addresses))]
    return next((pool for pool in holding if pool.name == name), holding[0] if holding else None)


def _advertises(advertisement: BGPAdvertisement | L2Advertisement, pool: IPAddressPool, service: Service) -> bool:
    spec = advertisement.spec
    if spec.service_selectors and not any(s.selects(service.metadata.labels) for s in spec.service_selectors):
        return False
    if not spec.ip_address_pools and not spec.ip_address_pool_selectors:
        return True
    labels = pool.metadata.labels
    return pool.name in spec.ip_address_pools or any(s.selects(labels) for s in spec.ip_address_pool_selectors)


def _announced(objects: Objects, advertisement: BGPAdvertisement, address: str) -> Announced:
    spec = advertisement.spec
    length = spec.aggregation_length_v6 if is_ipv6(address) else spec.aggregation_length
    how = "" if length == host_length(address) else f"announced as /{length} by BGPAdvertisement {advertisement.key}"
    return Announced(prefix_around(address, length), how, _unselected(objects, advertisement.key))


@lru_cache(maxsize=64)
def _unselected(objects: Objects, key: str) -> Mapping[str, str]:
    """Return the nodes that the BGPAdvertisement of this key excludes, each with the reason."""
    spec = next(found.spec for found in objects.of(BGPAdvertisement) if found.key == key)
    peers = [peer for peer in objects.of(MetallbPeer) if not spec.peers or peer.name in spec.peers]
    reasons: dict[str, str] = {}
    for name, node in nodes_by_name(objects).items():
        labels = node.metadata.labels
        if spec.node_selectors and not any(selector.selects(labels) for selector in spec.node_selectors):
            reasons[name] = f"not selected by BGPAdvertisement {key}"
        elif peers and not any(_has_session(peer, labels) for peer in peers):
            reasons[name] = "selected by no BGPPeer"
    return reasons


def _has_session(peer: MetallbPeer, labels: dict[str, str]) -> bool:
    return not peer.spec.node_selectors or any(selector.selects(labels) for selector in peer.spec.node_selectors)


ANNOUNCER = Announcer(
    Habits(
        "MetalLB",
        honours_the_label=True,
        needs_an_endpoint=True,
        counts_terminating=True,
        honours_network_unavailable=True,
    ),
    {
        ("metallb.io", "IPAddressPool"): IPAddressPool,
        ("metallb.io", "BGPAdvertisement"): BGPAdvertisement,
        ("metallb.io", "L2Advertisement"): L2Advertisement,
        ("metallb.io", "BGPPeer"): MetallbPeer,
    },
    holds,
    ranges,
    answer,
    is_its_class=lambda name: "metallb" in name,
    annotations=POOL_ANNOTATIONS,
)
