"""The objects of Cilium's BGP control plane and its pools (cilium pkg/k8s/apis/cilium.io v2 and v2alpha1)."""

from __future__ import annotations

from pydantic import Field, model_validator

from ecmpaudit.kubernetes.cilium_states import CiliumNodeStatus
from ecmpaudit.kubernetes.ranges import address_range
from ecmpaudit.kubernetes.schema import Object, Part, Prefix, Selector


class CiliumServiceOptions(Part):
    """Which addresses of a Service, and how long their prefixes are with the traffic policy Cluster."""

    addresses: tuple[str, ...] = ()
    aggregation_length_ipv4: int | None = Field(default=None, ge=0, le=32, alias="aggregationLengthIPv4")
    aggregation_length_ipv6: int | None = Field(default=None, ge=0, le=128, alias="aggregationLengthIPv6")


class CiliumAttributes(Part):
    """What is set on the routes of an entry; the local preference reaches routers of the same AS only."""

    local_preference: int | None = None


class CiliumAdvertised(Part):
    """One entry of an advertisement; without a selector it selects no Service."""

    attributes: CiliumAttributes = CiliumAttributes()
    advertisement_type: str = "Service"
    service: CiliumServiceOptions | None = None
    selector: Selector | None = None


class CiliumAdvertisementSpec(Part):
    """Its entries."""

    advertisements: tuple[CiliumAdvertised, ...] = ()


class CiliumAdvertisement(Object):
    """cilium.io CiliumBGPAdvertisement."""

    spec: CiliumAdvertisementSpec = CiliumAdvertisementSpec()


class CiliumFamily(Part):
    """A family of a session; without a selector it carries no advertisement."""

    afi: str = ""
    safi: str = "unicast"
    advertisements: Selector | None = None


class CiliumPeerConfigSpec(Part):
    """Without families a session carries nothing."""

    families: tuple[CiliumFamily, ...] = ()


class CiliumPeerConfig(Object):
    """cilium.io CiliumBGPPeerConfig."""

    spec: CiliumPeerConfigSpec = CiliumPeerConfigSpec()


class CiliumReference(Part):
    """The name of a CiliumBGPPeerConfig."""

    name: str = ""


class CiliumPeer(Part):
    """One session; without a CiliumBGPPeerConfig it carries nothing."""

    name: str = ""
    peer_asn: int | None = Field(default=None, alias="peerASN")
    peer_config_ref: CiliumReference | None = None


class CiliumInstance(Part):
    """One BGP speaker of a node."""

    local_asn: int | None = Field(default=None, alias="localASN")
    peers: tuple[CiliumPeer, ...] = ()


class CiliumClusterSpec(Part):
    """Without a node selector it holds for every node."""

    node_selector: Selector = Selector()
    bgp_instances: tuple[CiliumInstance, ...] = ()


class CiliumCluster(Object):
    """cilium.io CiliumBGPClusterConfig."""

    spec: CiliumClusterSpec = CiliumClusterSpec()


class CiliumNodeConfig(Object):
    """cilium.io CiliumBGPNodeConfig: of two CiliumBGPClusterConfigs for one node, it belongs to the one that holds."""

    status: CiliumNodeStatus = CiliumNodeStatus()


class CiliumNeighbour(Part):
    """One session of a virtual router; without families it carries both."""

    families: tuple[CiliumFamily, ...] = ()


class CiliumVirtualRouter(Part):
    """Without a service selector it announces no Service."""

    service_selector: Selector | None = None
    service_advertisements: tuple[str, ...] = ("LoadBalancerIP",)
    neighbors: tuple[CiliumNeighbour, ...] = (CiliumNeighbour(),)


class CiliumPolicySpec(Part):
    """Without a node selector it holds for every node."""

    node_selector: Selector = Selector()
    virtual_routers: tuple[CiliumVirtualRouter, ...] = ()


class CiliumPolicy(Object):
    """cilium.io CiliumBGPPeeringPolicy, before CiliumBGPClusterConfig."""

    spec: CiliumPolicySpec = CiliumPolicySpec()


class CiliumBlock(Part):
    """A prefix, or the first and last address."""

    cidr: Prefix | None = None
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
