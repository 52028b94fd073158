"""Calico: all nodes announce the prefixes of its BGPConfiguration, whatever is in them.

A Service with externalTrafficPolicy Local has a host prefix of its own besides, from the nodes with its endpoints; one
with Cluster has one only where the configured prefix is that host prefix, or aggregation is disabled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.answer import Announced, Answer
from ecmpaudit.kubernetes.custom_resources import BGPConfiguration, CalicoPeer, CalicoPool
from ecmpaudit.kubernetes.ranges import address_range, host_length, prefix_around

if TYPE_CHECKING:
    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service

_ALL = ("", "all()")


def holds(objects: Objects, address: str) -> bool:
    """Say whether the configuration announces the address, or a pool for load balancers holds it."""
    pools = [pool for pool in objects.of(CalicoPool) if "LoadBalancer" in pool.spec.allowed_uses]
    return _announcing(objects, address) is not None or any(address in address_range(p.spec.cidr) for p in pools)


def ranges(objects: Objects) -> tuple[str, ...]:
    """Return the prefixes that are announced for load balancers and external addresses."""
    return tuple(prefix for text in _cidrs(objects) for prefix in address_range(text).prefixes)


def answer(objects: Objects, service: Service, address: str) -> Answer:
    """Return what Calico does with an address of a Service."""
    configuration = _configuration(objects)
    if configuration is None:
        return Answer(undetermined="no BGPConfiguration was given, and that says which prefixes Calico announces")
    around = _announcing(objects, address)
    if around is None:
        return Answer(not_routed=f"BGPConfiguration {configuration.name} announces no prefix around it: nobody does")
    selecting = [peer.key for peer in objects.of(CalicoPeer) if peer.spec.node or peer.spec.node_selector not in _ALL]
    if selecting and len(selecting) == len(objects.of(CalicoPeer)):
        return Answer(undetermined=f"every BGPPeer holds for some nodes only ({', '.join(selecting)}), and its "
                      "selector is not read: list the nodes in ecmpaudit.yaml")  # fmt: skip
    host = prefix_around(address, host_length(address))
    is_aggregated = configuration.spec.service_load_balancer_aggregation == "Enabled"
    if around == host or not is_aggregated:
        return Answer((Announced(host),))
    how = f"announced as {around} by BGPConfiguration {configuration.name}"
    whole = Announced(around, how, follows_endpoints=False)
    is_local = service.spec.external_traffic_policy == "Local"
    return Answer((Announced(host), whole) if is_local else (whole,))


def _configuration(objects: Objects) -> BGPConfiguration | None:
    return next((found for found in objects.of(BGPConfiguration) if found.name == "default"), None)


def _cidrs(objects: Objects) -> tuple[str, ...]:
    configuration = _configuration(objects)
    if configuration is None:
        return ()
    spec = configuration.spec
    return tuple(entry.cidr for entry in (*spec.service_load_balancer_ips, *spec.service_external_ips))


def _announcing(objects: Objects, address: str) -> str | None:
    """Return the longest announced prefix around an address."""
    around = [text for text in _cidrs(objects) if address in address_range(text)]
    return max((prefix for text in around for prefix in address_range(text).prefixes), key=_length, default=None)


def _length(prefix: str) -> int:
    return int(prefix.rpartition("/")[2])
