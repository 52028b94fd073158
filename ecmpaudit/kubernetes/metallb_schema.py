"""The objects of MetalLB that decide what is announced, as metallb api/v1beta1 and v1beta2 define them."""

from __future__ import annotations

from pydantic import Field

from ecmpaudit.kubernetes.schema import Object, Part, Range, Selector


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
    communities: tuple[str, ...] = ()
    local_pref: int = 0


class BGPAdvertisement(Object):
    """metallb.io BGPAdvertisement."""

    spec: BGPAdvertisementSpec = BGPAdvertisementSpec()


class L2AdvertisementSpec(Part):
    """As for BGP."""

    ip_address_pools: tuple[str, ...] = ()
    ip_address_pool_selectors: tuple[Selector, ...] = ()
    service_selectors: tuple[Selector, ...] = ()
    node_selectors: tuple[Selector, ...] = ()


class L2Advertisement(Object):
    """metallb.io L2Advertisement: one node answers ARP and NDP; no router learns a route."""

    spec: L2AdvertisementSpec = L2AdvertisementSpec()


class CommunityAlias(Part):
    """A community under a name."""

    name: str = ""
    value: str = ""


class CommunitySpec(Part):
    """Names that advertisements may use."""

    communities: tuple[CommunityAlias, ...] = ()


class Community(Object):
    """metallb.io Community: names of communities, which hold for all advertisements."""

    spec: CommunitySpec = CommunitySpec()
