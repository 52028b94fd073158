"""The objects of the load balancers themselves: MetalLB, PureLB, Calico and Cilium; only what decides an announcement.

Field names and defaults are those of the published types: metallb api/v1beta1 and v1beta2, purelb pkg/apis v1 and v2,
calico api/pkg/apis/projectcalico/v3, cilium pkg/k8s/apis/cilium.io v2 and v2alpha1.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ecmpaudit.kubernetes.ranges import address_range
from ecmpaudit.kubernetes.schema import Object, Part, Range, Selector

# MetalLB


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


# PureLB


class PurelbPool(Part):
    """A range, the subnet around it, and the length with which its addresses are announced."""

    pool: Range
    subnet: Range
    aggregation: str = Field(default="default", pattern=r"^(default|/?\d{1,3}|)$")


class PurelbPools(Part):
    """One range for each family, or several; version 1 had a single range without a family."""

    v4pool: PurelbPool | None = Field(default=None, alias="v4pool")
    v6pool: PurelbPool | None = Field(default=None, alias="v6pool")
    v4pools: tuple[PurelbPool, ...] = Field(default=(), alias="v4pools")
    v6pools: tuple[PurelbPool, ...] = Field(default=(), alias="v6pools")
    pool: Range | None = None
    subnet: Range | None = None
    aggregation: str = "default"

    @property
    def all(self) -> tuple[PurelbPool, ...]:
        """Every range, in PureLB's own order."""
        oldest = (
            (PurelbPool(pool=self.pool, subnet=self.subnet, aggregation=self.aggregation),)
            if (self.pool and self.subnet)
            else ()
        )
        single = tuple(pool for pool in (self.v6pool, self.v4pool) if pool)
        return (*self.v6pools, *self.v4pools, *single, *oldest)


class ServiceGroupSpec(Part):
    """Either kind of pools; `local` ones too are announced to routers unless the nodes are on their subnet."""

    local: PurelbPools | None = None
    remote: PurelbPools | None = None


class ServiceGroup(Object):
    """purelb.io ServiceGroup."""

    spec: ServiceGroupSpec


# Calico


class Cidr(Part):
    """A prefix in a list of them."""

    cidr: Range


class BGPConfigurationSpec(Part):
    """Which addresses Calico announces at all."""

    service_load_balancer_ips: tuple[Cidr, ...] = Field(default=(), alias="serviceLoadBalancerIPs")
    service_external_ips: tuple[Cidr, ...] = Field(default=(), alias="serviceExternalIPs")
    service_load_balancer_aggregation: Literal["Enabled", "Disabled"] = "Enabled"


class BGPConfiguration(Object):
    """projectcalico.org BGPConfiguration; the one called `default` counts."""

    spec: BGPConfigurationSpec = BGPConfigurationSpec()


class CalicoPoolSpec(Part):
    """Pools for LoadBalancer addresses say so in `allowedUses`."""

    cidr: Range
    allowed_uses: tuple[str, ...] = ()


class CalicoPool(Object):
    """projectcalico.org IPPool."""

    spec: CalicoPoolSpec


class CalicoPeerSpec(Part):
    """Which nodes have this session, in Calico's own selector language."""

    node: str = ""
    node_selector: str = ""
    peer_ip: str = Field(default="", alias="peerIP")


class CalicoPeer(Object):
    """projectcalico.org BGPPeer."""

    spec: CalicoPeerSpec = CalicoPeerSpec()


# Cilium


class CiliumBlock(Part):
    """A prefix, or the first and last address."""

    cidr: Range | None = None
    start: str | None = None
    stop: str | None = None

    @property
    def text(self) -> str:
        """The block as one text."""
        return self.cidr or f"{self.start}-{self.stop or self.start}"

    @model_validator(mode="after")
    def _is_a_range(self) -> CiliumBlock:
        address_range(self.text)
        return self


class CiliumPoolSpec(Part):
    """Blocks of addresses; `cidrs` is what versions before 1.15 called them."""

    blocks: tuple[CiliumBlock, ...] = ()
    cidrs: tuple[CiliumBlock, ...] = ()


class CiliumPool(Object):
    """cilium.io CiliumLoadBalancerIPPool."""

    spec: CiliumPoolSpec = CiliumPoolSpec()


class CiliumServiceOptions(Part):
    """Which addresses of a Service, and how long their prefixes are with externalTrafficPolicy Cluster."""

    addresses: tuple[str, ...] = ()
    aggregation_length_ipv4: int | None = Field(default=None, ge=1, le=32, alias="aggregationLengthIPv4")
    aggregation_length_ipv6: int | None = Field(default=None, ge=1, le=128, alias="aggregationLengthIPv6")


class CiliumAdvertised(Part):
    """One entry of an advertisement; without a selector it selects no Service."""

    advertisement_type: str
    service: CiliumServiceOptions | None = None
    selector: Selector | None = None


class CiliumAdvertisementSpec(Part):
    """Its entries."""

    advertisements: tuple[CiliumAdvertised, ...] = ()


class CiliumAdvertisement(Object):
    """cilium.io CiliumBGPAdvertisement."""

    spec: CiliumAdvertisementSpec = CiliumAdvertisementSpec()


class CiliumClusterSpec(Part):
    """Without a node selector it holds for every node."""

    node_selector: Selector = Selector()


class CiliumCluster(Object):
    """cilium.io CiliumBGPClusterConfig."""

    spec: CiliumClusterSpec = CiliumClusterSpec()


class CiliumVirtualRouter(Part):
    """Without a service selector it announces no Service."""

    service_selector: Selector | None = None
    service_advertisements: tuple[str, ...] = ("LoadBalancerIP",)


class CiliumPolicySpec(Part):
    """Without a node selector it holds for every node."""

    node_selector: Selector = Selector()
    virtual_routers: tuple[CiliumVirtualRouter, ...] = ()


class CiliumPolicy(Object):
    """cilium.io CiliumBGPPeeringPolicy, before CiliumBGPClusterConfig."""

    spec: CiliumPolicySpec = CiliumPolicySpec()
