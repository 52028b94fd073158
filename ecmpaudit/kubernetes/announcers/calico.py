"""Calico: all nodes announce the prefixes of its BGPConfiguration, whatever is in them.

A Service with externalTrafficPolicy Local has a host prefix of its own besides, from the nodes with its endpoints; one
with Cluster has one only where the configured prefix is that host prefix, or aggregation is disabled.

Field names and defaults are those of the published types: calico api/pkg/apis/projectcalico/v3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ecmpaudit.kubernetes.announcer import Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.announcers.metallb import BGPAdvertisement
from ecmpaudit.kubernetes.ranges import address_range, host_length, prefix_around
from ecmpaudit.kubernetes.schema import Object, Part, Range

if TYPE_CHECKING:
    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service

_ALL = ("", "all()")


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


def _announces_for_others(objects: Objects, address: str) -> bool:
    """MetalLB may allocate what Calico announces; it announces itself only with a BGPAdvertisement."""
    return holds(objects, address) and not objects.of(BGPAdvertisement)


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


_GROUPS = ("projectcalico.org", "crd.projectcalico.org")
_KINDS: dict[str, type[Object]] = {"BGPConfiguration": BGPConfiguration, "IPPool": CalicoPool, "BGPPeer": CalicoPeer}
ANNOUNCER = Announcer(
    Habits("Calico", honours_the_label=True, label_has_to_be_true=True),
    {(group, kind): model for group in _GROUPS for kind, model in _KINDS.items()},
    holds,
    ranges,
    answer,
    is_its_class=lambda name: name == "calico",
    announces_for_others=_announces_for_others,
    announces_external_ips=True,
)
