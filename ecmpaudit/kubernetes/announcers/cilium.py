"""Cilium: an advertisement that selects the Service, from the nodes with a session that carries it.

Fields, defaults and decisions are those of cilium pkg/k8s/apis/cilium.io v2 and v2alpha1, pkg/bgp/manager/reconciler
(service.go, peer_advertisements.go) and pkg/loadbalancer/reflectors/conversions.go. Where releases differ, 1.18 is
assumed unless an image tag says otherwise: before it, the annotations did not reach BGP.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.announcer import Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.cilium_preferences import preferences_of
from ecmpaudit.kubernetes.cilium_schema import (
    CiliumAdvertisement,
    CiliumCluster,
    CiliumNodeConfig,
    CiliumPeerConfig,
    CiliumPolicy,
    CiliumPool,
)
from ecmpaudit.kubernetes.cilium_sessions import nodes_without, policies_of, session_groups, states_of
from ecmpaudit.kubernetes.label_selectors import label_selector
from ecmpaudit.kubernetes.nodes import nodes_by_name
from ecmpaudit.kubernetes.ranges import RangeIndex, address_range, host_length, prefix_around
from ecmpaudit.kubernetes.releases import release_of
from ecmpaudit.model.addressing import is_ipv6

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecmpaudit.kubernetes.cilium_schema import CiliumAdvertised
    from ecmpaudit.kubernetes.cilium_sessions import Offer
    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service

BGP_CLASS = "io.cilium/bgp-control-plane"
L2_CLASS = "io.cilium/l2-announcer"
PROXY_LABEL = "service.kubernetes.io/service-proxy-name"
NODE = "service.cilium.io/node"
NODE_SELECTOR = "service.cilium.io/node-selector"
TYPE = "service.cilium.io/type"
PROXIED = ("io.cilium.gateway/owning-gateway", "cilium.io/ingress")
"""Labels of Services that Cilium makes for a Gateway or an Ingress: its proxy serves them, and they have no pods."""
_FROM_FRONTENDS = (1, 18)
"""The first release whose BGP reads the frontends that its load balancer makes, not the Services themselves."""


_SERVED = {"ClusterIP": "ClusterIP", "LoadBalancer": "LoadBalancerIP", "NodePort": "NodePort"}
"""The kind of address that each value of the annotation TYPE leaves; another value leaves all of them."""


def holds(objects: Objects, address: str) -> bool:
    """Return whether a pool holds the address."""
    return bool(_index(objects).holding(address))


@lru_cache(maxsize=4)
def _index(objects: Objects) -> RangeIndex[None]:
    return RangeIndex((address_range(text), None) for text in _blocks(objects))


def ranges(objects: Objects) -> tuple[str, ...]:
    """Return the prefixes of all pools."""
    return tuple(prefix for text in _blocks(objects) for prefix in address_range(text).prefixes)


def answer(objects: Objects, service: Service, address: str) -> Answer:
    """Return what Cilium does with an address that a load balancer gave a Service."""
    if service.spec.load_balancer_class == L2_CLASS:
        return Answer(not_routed=f"loadBalancerClass {L2_CLASS}: one node answers ARP and NDP, no router has it")
    if service.spec.load_balancer_class not in (None, BGP_CLASS):
        return Answer(
            not_routed=f"loadBalancerClass {service.spec.load_balancer_class} is not Cilium's: it announces nothing"
        )
    return _answer(objects, service, address, "LoadBalancerIP")


def other_addresses(objects: Objects, service: Service) -> Iterator[tuple[str, Answer]]:
    """Yield what Cilium does with externalIPs and clusterIPs: no pool has them, only an advertisement decides."""
    if not _has_advertisements(objects):
        return
    kinds = [("ExternalIP", service.spec.external_ips), ("ClusterIP", service.cluster_addresses)]
    for kind, addresses in kinds:
        for address in dict.fromkeys(addresses):
            found = _answer(objects, service, address, kind)
            if found.announced:
                yield address, found


def habits_in(objects: Objects) -> Habits:
    """Return what counts in the release that runs."""
    release = release_of(objects, "cilium/cilium")
    if release is None:
        return ANNOUNCER.habits
    return replace(ANNOUNCER.habits, slices="address" if release >= _FROM_FRONTENDS else "all")


def _has_advertisements(objects: Objects) -> bool:
    return bool(objects.of(CiliumAdvertisement) or policies_of(objects))


def _blocks(objects: Objects) -> tuple[str, ...]:
    pools = objects.of(CiliumPool)
    return tuple(block.text for pool in pools for block in (*pool.spec.blocks, *pool.spec.cidrs))


def labels_of(service: Service) -> dict[str, str]:
    """Return the labels that Cilium's selectors see: the Service's own, its name and its namespace."""
    own = {"io.kubernetes.service.name": service.name, "io.kubernetes.service.namespace": service.metadata.namespace}
    return service.metadata.labels | own


def _answer(objects: Objects, service: Service, address: str, kind: str) -> Answer:
    if why := _ignored(objects, service, kind):
        return Answer(not_routed=why)
    elsewhere = _elsewhere(objects, service)
    if not _has_advertisements(objects):
        host = Announced(prefix_around(address, host_length(address)), unselected=elsewhere)
        return Answer((host,), assumed="Cilium announces host prefixes from all nodes, as no CiliumBGPAdvertisement "
                      "and no CiliumBGPPeeringPolicy was given", has_objects=False)  # fmt: skip
    selecting = _selecting(objects, service, address, kind)
    announced = _announced(objects, service, address, kind, selecting)
    if announced:
        if elsewhere:
            announced = [replace(each, unselected={**each.unselected, **elsewhere}) for each in announced]
        if kind == "LoadBalancerIP" and announced[0].is_local(service) and _is_proxied(objects, service):
            announced = [replace(each, follows_endpoints=False, unsure=_perhaps_proxied(objects)) for each in announced]
        return Answer(tuple(announced), assumed=_assumed(objects, selecting))
    if _is_selected(objects, service, kind):
        family = "IPv6" if is_ipv6(address) else "IPv4"
        return Answer(not_routed=f"no CiliumBGPPeerConfig has a CiliumBGPAdvertisement that selects the Service with "
                      f"its {kind} sent to a peer in {family}: no node announces it",
                      is_fault=True)  # fmt: skip
    return Answer(not_routed=f"no CiliumBGPAdvertisement selects the Service with its {kind}: no node announces it",
                      is_fault=True)  # fmt: skip


def _is_proxied(objects: Objects, service: Service) -> bool:
    """Return whether a node announces a Service where Cilium's proxy runs, with an endpoint or without (service.go)."""
    labels = service.metadata.labels
    return _reads_annotations(objects) and any(key in labels for key in PROXIED)


@lru_cache(maxsize=4)
def _perhaps_proxied(objects: Objects) -> Mapping[str, str]:
    return dict.fromkeys(nodes_by_name(objects), "policy Local: nodes announce it where Cilium's proxy serves it")


def _ignored(objects: Objects, service: Service, kind: str) -> str | None:
    """Return why Cilium makes no frontend for this kind of address (conversions.go); None where it does."""
    if service.metadata.labels.get(PROXY_LABEL):
        return f"label {PROXY_LABEL}: another proxy serves the Service, Cilium ignores it"
    if service.is_headless or service.spec.type == "ExternalName":
        return "the Service has no clusterIP: Cilium announces none of its addresses"
    only = service.metadata.annotations.get(TYPE) if _reads_annotations(objects) else None
    if kind != "ExternalIP" and kind != _SERVED.get(only or "", kind):
        return f"annotation {TYPE} is {only}: Cilium does not serve its {kind}"
    return None


def _reads_annotations(objects: Objects) -> bool:
    return (release_of(objects, "cilium/cilium") or _FROM_FRONTENDS) >= _FROM_FRONTENDS


def _elsewhere(objects: Objects, service: Service) -> Mapping[str, str]:
    """Return the nodes on which the Service's annotations keep Cilium from serving it."""
    annotations = service.metadata.annotations
    key = next((key for key in (NODE_SELECTOR, NODE) if key in annotations), None)
    return _not_exposed(objects, key, annotations[key]) if key and _reads_annotations(objects) else {}


@lru_cache(maxsize=128)
def _not_exposed(objects: Objects, key: str, value: str) -> Mapping[str, str]:
    """A selector that cannot be read excludes no node: Cilium warns and serves the Service everywhere."""
    try:
        selector = label_selector(value if key == NODE_SELECTOR else f"{NODE} = {value}")
    except ValueError:
        return {}
    why = f"not selected by the annotation {key}"
    return {name: why for name, node in nodes_by_name(objects).items() if not selector.selects(node.metadata.labels)}


def _selecting(objects: Objects, service: Service, address: str, kind: str) -> list[tuple[int, list[Offer]]]:
    """Return what selects the Service, for each choice of each group by its number; many carry the same offers."""
    family, labels = "IPv6" if is_ipv6(address) else "IPv4", labels_of(service)
    known: dict[int, list[Offer]] = {}
    found = []
    for number, group in enumerate(session_groups(objects)):
        for offers in group.choices:
            if id(offers) not in known:
                known[id(offers)] = [o for o in offers if o.family == family and _selects(o.entry, labels, kind)]
            found.append((number, known[id(offers)]))
    return found


def _selects(entry: CiliumAdvertised, labels: dict[str, str], kind: str) -> bool:
    if entry.advertisement_type != "Service" or not entry.service or not entry.selector:
        return False
    return kind in entry.service.addresses and entry.selector.selects(labels)


def _is_selected(objects: Objects, service: Service, kind: str) -> bool:
    labels = labels_of(service)
    entries = (entry for found in objects.of(CiliumAdvertisement) for entry in found.spec.advertisements)
    return any(_selects(entry, labels, kind) for entry in entries)


def _announced(
    objects: Objects, service: Service, address: str, kind: str, selecting: list[tuple[int, list[Offer]]]
) -> list[Announced]:
    """Return each prefix once, with the nodes of the groups that do not announce it."""
    sources: dict[int, str] = {}
    lengths: dict[int, set[int]] = {}
    for _, offers in selecting:
        if id(offers) in lengths:
            continue
        lengths[id(offers)] = set()
        for offer in offers:
            length = _length(service, address, kind, offer.entry)
            sources.setdefault(length, offer.source)
            lengths[id(offers)].add(length)
    count = len(session_groups(objects))
    found = []
    for length, source in sources.items():
        groups: dict[int, set[bool]] = {}
        for number, offers in selecting:
            groups.setdefault(number, set()).add(length in lengths[id(offers)])
        never, unsure = nodes_without(objects, states_of(groups, count))
        how = "" if length == host_length(address) else f"announced as /{length} by {source}"
        policy = "internalTrafficPolicy" if kind == "ClusterIP" else "externalTrafficPolicy"
        preferences = preferences_of(selecting, lambda entry: _length(service, address, kind, entry), length)
        found.append(
            Announced(prefix_around(address, length), how, never, unsure, policy=policy, preferences=preferences)  # type: ignore[arg-type]  # one of both
        )
    return found


def _length(service: Service, address: str, kind: str, entry: CiliumAdvertised) -> int:
    """With the traffic policy Local the prefix is always the host's."""
    spec, options = service.spec, entry.service
    policy = spec.internal_traffic_policy if kind == "ClusterIP" else spec.external_traffic_policy
    length = None
    if options and policy != "Local":
        length = options.aggregation_length_ipv6 if is_ipv6(address) else options.aggregation_length_ipv4
    return host_length(address) if length is None else length


def _assumed(objects: Objects, selecting: list[tuple[int, list[Offer]]]) -> str | None:
    """Which router has a peer's address is unknown, so what goes to some peers only is expected on all."""
    if objects.of(CiliumCluster) and not objects.of(CiliumPeerConfig):
        return "every peer is sent every CiliumBGPAdvertisement, as no CiliumBGPPeerConfig was given"
    distinct = {id(offers): offers for _, offers in selecting}.values()
    limited = sorted({offer.source for offers in distinct for offer in offers if not offer.is_for_all})
    return f"every router is a peer that is sent {', '.join(limited)}, which some peers are not" if limited else None


ANNOUNCER = Announcer(
    Habits("Cilium", ready_in="unknown", slices="unknown"),
    {
        ("cilium.io", "CiliumLoadBalancerIPPool"): CiliumPool,
        ("cilium.io", "CiliumBGPAdvertisement"): CiliumAdvertisement,
        ("cilium.io", "CiliumBGPClusterConfig"): CiliumCluster,
        ("cilium.io", "CiliumBGPPeerConfig"): CiliumPeerConfig,
        ("cilium.io", "CiliumBGPNodeConfig"): CiliumNodeConfig,
        ("cilium.io", "CiliumBGPPeeringPolicy"): CiliumPolicy,
    },
    holds,
    ranges,
    answer,
    is_its_class=lambda name: name in {BGP_CLASS, L2_CLASS},
    conditions=("cilium.io/IPAMRequestSatisfied",),
    announces_for_others=lambda objects, service, address: (
        _has_advertisements(objects) and bool(answer(objects, service, address).announced)
    ),
    other_addresses=other_addresses,
    habits_in=habits_in,
)
