"""Cilium: a CiliumBGPAdvertisement (or, before it, a CiliumBGPPeeringPolicy) that selects the Service, from its nodes.

Which advertisement goes to which peer (CiliumBGPPeerConfig) is not followed: an advertisement counts for every node of
every CiliumBGPClusterConfig.

Field names and defaults are those of the published types: cilium pkg/k8s/apis/cilium.io v2 and v2alpha1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from ecmpaudit.kubernetes.announcer import Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.nodes import nodes_by_name
from ecmpaudit.kubernetes.ranges import address_range, host_length, prefix_around
from ecmpaudit.kubernetes.schema import Object, Part, Range, Selector
from ecmpaudit.model.addressing import is_ipv6

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service

BGP_CLASS = "io.cilium/bgp-control-plane"
L2_CLASS = "io.cilium/l2-announcer"


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


def holds(objects: Objects, address: str) -> bool:
    """Say whether a pool holds the address."""
    return any(address in address_range(text) for text in _blocks(objects))


def ranges(objects: Objects) -> tuple[str, ...]:
    """Return the prefixes of all pools."""
    return tuple(prefix for text in _blocks(objects) for prefix in address_range(text).prefixes)


def answer(objects: Objects, service: Service, address: str) -> Answer:
    """Return what Cilium does with an address of a Service."""
    if service.spec.load_balancer_class == L2_CLASS:
        return Answer(not_routed=f"loadBalancerClass {L2_CLASS}: one node answers ARP and NDP, no router has it")
    if service.spec.load_balancer_class not in (None, BGP_CLASS):
        return Answer(
            not_routed=f"loadBalancerClass {service.spec.load_balancer_class} is not Cilium's: it announces nothing"
        )
    host = prefix_around(address, host_length(address))
    if not any(objects.of(kind) for kind in (CiliumAdvertisement, CiliumPolicy)):
        return Answer((Announced(host),), assumed="Cilium announces host prefixes from all nodes, as no "
                      "CiliumBGPAdvertisement and no CiliumBGPPeeringPolicy was given")  # fmt: skip
    kind = "ExternalIP" if address in service.spec.external_ips else "LoadBalancerIP"
    announced = [*_by_advertisement(objects, service, address, kind), *_by_policy(objects, service, host, kind)]
    if not announced:
        return Answer(not_routed=f"no CiliumBGPAdvertisement selects the Service with its {kind}: nobody announces it")
    return Answer(tuple(announced))


def _blocks(objects: Objects) -> tuple[str, ...]:
    pools = objects.of(CiliumPool)
    return tuple(block.text for pool in pools for block in (*pool.spec.blocks, *pool.spec.cidrs))


def labels_of(service: Service) -> dict[str, str]:
    """Return the labels that Cilium's selectors see: the Service's own, its name and its namespace."""
    own = {"io.kubernetes.service.name": service.name, "io.kubernetes.service.namespace": service.metadata.namespace}
    return service.metadata.labels | own


def _by_advertisement(objects: Objects, service: Service, address: str, kind: str) -> Iterator[Announced]:
    selectors = [cluster.spec.node_selector for cluster in objects.of(CiliumCluster)]
    unselected = _unselected(objects, selectors, "CiliumBGPClusterConfig") if selectors else {}
    labels = labels_of(service)
    for advertisement in objects.of(CiliumAdvertisement):
        for entry in advertisement.spec.advertisements:
            options, selector = entry.service, entry.selector
            if entry.advertisement_type != "Service" or not options or not selector:
                continue
            if selector.selects(labels) and kind in options.addresses:
                yield _announced(service, address, options, advertisement.key, unselected)


def _announced(
    service: Service, address: str, options: CiliumServiceOptions, key: str, unselected: dict[str, str]
) -> Announced:
    """With externalTrafficPolicy Local the prefix is always the host's."""
    length = options.aggregation_length_ipv6 if is_ipv6(address) else options.aggregation_length_ipv4
    if length is None or length == host_length(address) or service.spec.external_traffic_policy == "Local":
        return Announced(prefix_around(address, host_length(address)), "", unselected)
    return Announced(
        prefix_around(address, length), f"announced as /{length} by CiliumBGPAdvertisement {key}", unselected
    )


def _by_policy(objects: Objects, service: Service, host: str, kind: str) -> Iterator[Announced]:
    labels = labels_of(service)
    for policy in objects.of(CiliumPolicy):
        for router in policy.spec.virtual_routers:
            selector = router.service_selector
            if selector and selector.selects(labels) and kind in router.service_advertisements:
                yield Announced(host, "", _unselected(objects, [policy.spec.node_selector], "CiliumBGPPeeringPolicy"))


def _unselected(objects: Objects, selectors: list[Selector], kind: str) -> dict[str, str]:
    is_selected: Callable[[dict[str, str]], bool] = lambda labels: any(s.selects(labels) for s in selectors)  # noqa: E731
    nodes = nodes_by_name(objects)
    return {name: f"selected by no {kind}" for name, node in nodes.items() if not is_selected(node.metadata.labels)}


ANNOUNCER = Announcer(
    Habits("Cilium"),
    {
        ("cilium.io", "CiliumLoadBalancerIPPool"): CiliumPool,
        ("cilium.io", "CiliumBGPAdvertisement"): CiliumAdvertisement,
        ("cilium.io", "CiliumBGPClusterConfig"): CiliumCluster,
        ("cilium.io", "CiliumBGPPeeringPolicy"): CiliumPolicy,
    },
    holds,
    ranges,
    answer,
    is_its_class=lambda name: name in {BGP_CLASS, L2_CLASS},
    conditions=("cilium.io/IPAMRequestSatisfied",),
    announces_external_ips=True,
)
