"""What is wrong in a cluster before any router is asked: Services without an address, or that no node announces.

Each is a fault of the objects alone. What follows from it on routers is found by the rules about next hops.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING

from ecmpaudit.configuration.addresses import canonical_address
from ecmpaudit.model.cluster_faults import ClusterFault, FaultKind
from ecmpaudit.wording import and_listed, listed, word_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ecmpaudit.kubernetes.announcer import Announced
    from ecmpaudit.kubernetes.endpoints import Endpoints
    from ecmpaudit.kubernetes.schema import Service
    from ecmpaudit.kubernetes.shares import Share

_NAMED = 8
_ASKED = (
    "metallb.io/loadBalancerIPs",
    "metallb.universe.tf/loadBalancerIPs",
    "purelb.io/addresses",
    "lbipam.cilium.io/ips",
    "io.cilium/lb-ipam-ips",
    "kube-vip.io/loadbalancerIPs",
    "projectcalico.org/loadBalancerIPs",
)
"""Annotations with the addresses that a Service asks for, with commas; other values are no addresses."""
_LONGEST = 200
_MOST_ASKED = 20


@dataclass(slots=True)
class Observed:
    """What was seen of Services while it was worked out who announces them."""

    with_endpoints: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """Nodes with ready endpoints that have to announce, by Service and prefix."""
    ready: set[tuple[str, str]] = field(default_factory=set)
    """Services and prefixes for which any endpoint is ready."""
    preferences: dict[str, dict[str, int]] = field(default_factory=dict)
    """Local preferences by prefix and by what sets them."""

    def add(self, service: Service, announced: Announced, endpoints: Endpoints) -> None:
        """Remember one prefix of one Service."""
        key = (service.key, announced.prefix)
        if announced.follows_endpoints and endpoints.is_any_ready:
            self.ready.add(key)
            if announced.is_local(service):
                self.with_endpoints.setdefault(key, set()).update(endpoints.nodes)
        for by, value in announced.preferences:
            self.preferences.setdefault(announced.prefix, {})[by] = value


def without_address(
    service: Service, is_in_a_pool: Callable[[str], bool], absent_pools: Sequence[str] = ()
) -> ClusterFault:
    """Return that a Service was given no address, and what is known of the reason."""
    asked = list(_asked_for(service))
    outside = [address for address in asked if not is_in_a_pool(address)]
    reasons = []
    if outside:
        reasons.append(f"it asks for {and_listed(outside)}, which no pool holds")
    elif asked:
        reasons.append(f"it asks for {and_listed(asked)}")
    reasons += [f"it asks for {pool}, which there is none of" for pool in absent_pools]
    failed = [c for c in service.status.conditions if c.status == "False" and (c.message or c.reason)]
    reasons += [f'condition {c.type}: "{" ".join((c.message or c.reason).split())[:_LONGEST]}"' for c in failed]
    if service.spec.load_balancer_class:
        reasons.append(f"its loadBalancerClass is {service.spec.load_balancer_class}")
    fact = "; ".join(["type LoadBalancer, and it was given no address", *reasons])
    return ClusterFault(FaultKind.NO_ADDRESS, f"Service {service.key}", fact, (service.key,))


def _asked_for(service: Service) -> Iterator[str]:
    texts = [service.spec.load_balancer_ip or ""]
    texts += [text for key in _ASKED for text in service.metadata.annotations.get(key, "").split(",", _MOST_ASKED)]
    known: dict[str, None] = {}
    for text in texts[:_MOST_ASKED]:
        try:
            known[canonical_address(text.strip())] = None
        except ValueError:
            continue
    yield from known


def not_announced(service: Service, address: str, why: str) -> ClusterFault:
    """Return that an address of a Service is announced by no node."""
    fact = f"{address} is announced by no node: {why}"
    return ClusterFault(
        FaultKind.NOT_ANNOUNCED, f"Service {service.key}", fact, (service.key,), str(ip_network(address))
    )


def faults_of(observed: Observed, shares: Mapping[str, Share]) -> Iterator[ClusterFault]:
    """Yield what is wrong with prefixes that are announced."""
    for key in sorted(observed.ready):
        service, prefix = key
        share = shares[prefix]
        left_out = {
            name: share.excluded[name]
            for name in sorted(observed.with_endpoints.get(key, ()))
            if name in share.excluded and name not in share.possible
        }
        if left_out:
            names, verb = listed(left_out, _NAMED), word_for(len(left_out), "has", "have")
            does = word_for(len(left_out), "does", "do")
            fact = f"{names} {verb} ready endpoints and {does} not announce {prefix}: {_reasons(left_out)}"
        elif not share.nodes and not share.possible and share.excluded:
            fact = f"endpoints are ready and no node announces {prefix}: {_reasons(share.excluded)}"
        else:
            continue
        yield ClusterFault(FaultKind.ENDPOINTS_LEFT_OUT, f"Service {service}", fact, (service,), prefix)
    for prefix, values in observed.preferences.items():
        if len(set(values.values())) > 1:
            yield skew(shares[prefix].services, prefix, values)


def skew(services: Sequence[str], prefix: str, values: Mapping[str, int]) -> ClusterFault:
    """Return that a prefix is announced with different local preferences."""
    known = and_listed(f"{value} by {by}" for by, value in sorted(values.items(), key=lambda pair: -pair[1]))
    fact = f"{prefix} is announced with localPref {known}: routers of the same AS use the highest only"
    place = f"{word_for(len(services), 'Service')} {listed(services, _NAMED)}"
    return ClusterFault(FaultKind.SKEW, place, fact, tuple(services), prefix)


def _reasons(excluded: Mapping[str, str]) -> str:
    return listed(dict.fromkeys(excluded.values()), _NAMED, separator="; ")
