"""Antrea: the BGPPolicy that holds for a node says which kinds of addresses of all Services it announces.

Of several policies for a node the oldest one holds. With the traffic policy Local an endpoint counts, ready or not.
Fields and decisions are those of antrea pkg/apis/crd/v1alpha1/types.go and pkg/agent/controller/bgp/controller.go
(getEffectiveBGPPolicy, addServiceRoutes, hasLocalEndpoints); pools are those of ExternalIPPool (v1beta1).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from ecmpaudit.kubernetes.announcer import Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.nodes import nodes_by_name
from ecmpaudit.kubernetes.ranges import AddressRange, RangeIndex, address_range, host_length, prefix_around
from ecmpaudit.kubernetes.schema import Object, Part, Prefix, Selector
from ecmpaudit.model.addressing import is_ipv6

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service

POOL = "service.antrea.io/external-ip-pool"
LOAD_BALANCER, EXTERNAL, CLUSTER = "LoadBalancerIP", "ExternalIP", "ClusterIP"
Reasons = dict[str, str]


class AntreaServices(Part):
    """Which kinds of addresses of Services are announced."""

    ip_types: tuple[str, ...] = ()


class AntreaAdvertisements(Part):
    """What is announced; pods and egress addresses are no Service's."""

    service: AntreaServices | None = None


class AntreaPeer(Part):
    """One session."""

    address: str = ""


class AntreaPolicySpec(Part):
    """For which nodes, what, and to whom."""

    node_selector: Selector = Selector()
    advertisements: AntreaAdvertisements = AntreaAdvertisements()
    bgp_peers: tuple[AntreaPeer, ...] = ()
    drain_on_taints: object = None


class AntreaPolicy(Object):
    """crd.antrea.io BGPPolicy."""

    spec: AntreaPolicySpec = AntreaPolicySpec()


class AntreaRange(Part):
    """A prefix, or a first and a last address."""

    cidr: Prefix | None = None
    start: str = ""
    end: str = ""

    @property
    def text(self) -> str:
        """The range as one text."""
        return self.cidr or f"{self.start}-{self.end}"

    @model_validator(mode="after")
    def _is_a_range(self) -> AntreaRange:
        address_range(self.text)
        return self


class AntreaPoolSpec(Part):
    """Its ranges."""

    ip_ranges: tuple[AntreaRange, ...] = Field(default=())


class AntreaPool(Object):
    """crd.antrea.io ExternalIPPool."""

    spec: AntreaPoolSpec = AntreaPoolSpec()


def holds(objects: Objects, address: str) -> bool:
    """Return whether a pool holds the address."""
    return bool(_index(objects).holding(address))


def ranges(objects: Objects) -> tuple[str, ...]:
    """Return the prefixes of all pools."""
    return tuple(prefix for known in _ranges(objects) for prefix in known.prefixes)


@lru_cache(maxsize=4)
def _index(objects: Objects) -> RangeIndex[None]:
    return RangeIndex((known, None) for known in _ranges(objects))


def _ranges(objects: Objects) -> list[AddressRange]:
    return [address_range(known.text) for pool in objects.of(AntreaPool) for known in pool.spec.ip_ranges]


def answer(objects: Objects, _: Service, address: str) -> Answer:
    """Return what Antrea does with an address that a load balancer gave a Service."""
    return _answer(objects, address, LOAD_BALANCER)


def other_addresses(objects: Objects, service: Service) -> Iterator[tuple[str, Answer]]:
    """Yield what Antrea does with externalIPs and clusterIPs."""
    if objects.of(AntreaPolicy):
        for kind, addresses in ((EXTERNAL, service.spec.external_ips), (CLUSTER, service.cluster_addresses)):
            for address in dict.fromkeys(addresses):
                found = _answer(objects, address, kind)
                if found.announced:
                    yield address, found


def _answer(objects: Objects, address: str, kind: str) -> Answer:
    if not objects.of(AntreaPolicy):
        why = "no BGPPolicy was given: one node answers ARP and NDP for it, no router learns a route"
        return Answer(not_routed=why, has_objects=False)
    never, unsure = _limits(objects, kind, is_ipv6(address))
    if len(never) == len(nodes_by_name(objects)):
        return Answer(not_routed=f"no BGPPolicy announces addresses of the kind {kind}: no node does", is_fault=True)
    policy = "internalTrafficPolicy" if kind == CLUSTER else "externalTrafficPolicy"
    host = prefix_around(address, host_length(address))
    return Answer((Announced(host, unselected=never, unsure=unsure, policy=policy),))  # type: ignore[arg-type]  # literal


@lru_cache(maxsize=16)
def _limits(objects: Objects, kind: str, is_v6: bool) -> tuple[Reasons, Reasons]:
    """Return the nodes that do not announce this kind of address, and those that may, each with the reason."""
    never: Reasons = {}
    unsure: Reasons = {}
    for name, node in nodes_by_name(objects).items():
        selecting = [p for p in objects.of(AntreaPolicy) if p.spec.node_selector.selects(node.metadata.labels)]
        oldest = _oldest(selecting)
        if not selecting:
            never[name] = "selected by no BGPPolicy"
        elif all(_why_not(policy, kind) for policy in selecting):
            never[name] = _why_not(selecting[0], kind) or ""
        elif oldest is None:
            unsure[name] = "the oldest BGPPolicy holds, and their times are not shown"
        elif why := _why_not(oldest, kind):
            never[name] = why
        elif all(is_ipv6(peer.address) is not is_v6 for peer in oldest.spec.bgp_peers):
            unsure[name] = f"BGPPolicy {oldest.name} has peers of the other family only"
        elif oldest.spec.drain_on_taints is not None and (node.spec.unschedulable or node.spec.taints):
            unsure[name] = f"BGPPolicy {oldest.name} drains tainted nodes"
    return never, unsure


def _oldest(policies: list[AntreaPolicy]) -> AntreaPolicy | None:
    """Return the policy that holds; None where that is not shown."""
    if len(policies) == 1:
        return policies[0]
    times = [policy.metadata.creation_timestamp for policy in policies]
    known = [time for time in times if time is not None]
    if not policies or len(known) < len(times) or known.count(min(known)) > 1:
        return None
    return policies[times.index(min(known))]


def _why_not(policy: AntreaPolicy, kind: str) -> str | None:
    services = policy.spec.advertisements.service
    if services is None or kind not in services.ip_types:
        return f"BGPPolicy {policy.name} announces no {kind}"
    return None if policy.spec.bgp_peers else f"BGPPolicy {policy.name} has no peers"


def _announces(objects: Objects, _: Service, address: str) -> bool:
    if not objects.of(AntreaPolicy):
        return False
    never, _unsure = _limits(objects, LOAD_BALANCER, is_ipv6(address))
    return len(never) < len(nodes_by_name(objects))


ANNOUNCER = Announcer(
    Habits("Antrea", counts_terminating=True, may_count_not_ready=True, ready_in="any slice"),
    {("crd.antrea.io", "BGPPolicy"): AntreaPolicy, ("crd.antrea.io", "ExternalIPPool"): AntreaPool},
    holds,
    ranges,
    answer,
    annotations=(POOL,),
    pools_asked_for={POOL: AntreaPool},
    announces_for_others=_announces,
    other_addresses=other_addresses,
)
