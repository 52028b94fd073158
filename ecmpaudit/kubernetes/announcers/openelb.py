"""OpenELB: an Eip of the protocol bgp is announced with every node as a next hop; others answer ARP.

Fields and decisions are those of openelb api/v1alpha2/eip_types.go, pkg/speaker/manager.go (getServiceNodes),
pkg/speaker/bgp/path.go (setBalancer announces /32 only, so no IPv6) and pkg/constant. It takes NodeReady into account,
which here makes a node that is not Ready neither missing nor unexpected. A speaker announces the nodes of its own rack,
and which router is the peer of which speaker is not known.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from ecmpaudit.kubernetes.announcer import NO_REASONS, Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.nodes import nodes_by_name
from ecmpaudit.kubernetes.ranges import RangeIndex, address_range, prefix_around
from ecmpaudit.kubernetes.schema import Object, Part, Range
from ecmpaudit.kubernetes.statuses.openelb import OpenelbPeer
from ecmpaudit.model.addressing import is_ipv6

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service

BRAND, VALUES = "lb.kubesphere.io/v1alpha1", ("openelb", "porter")
RACK = "openelb.kubesphere.io/rack"
_WITHOUT_ROUTE = frozenset({"layer2", "vip"})
"""Any other protocol is BGP (Eip.GetProtocol)."""


class EipSpec(Part):
    """A range, and how it is announced."""

    address: Range
    protocol: str = "bgp"
    disable: bool = False


class Eip(Object):
    """network.kubesphere.io Eip."""

    KIND: ClassVar[str] = "Eip"
    spec: EipSpec


def holds(objects: Objects, address: str) -> bool:
    """Return whether an Eip holds the address."""
    return _eip(objects, address) is not None


def ranges(objects: Objects) -> tuple[str, ...]:
    """Return the prefixes of all Eips."""
    return tuple(prefix for eip in objects.of(Eip) for prefix in address_range(eip.spec.address).prefixes)


def _eip(objects: Objects, address: str) -> Eip | None:
    return next(iter(_index(objects).holding(address)), None)


@lru_cache(maxsize=4)
def _index(objects: Objects) -> RangeIndex[Eip]:
    return RangeIndex((address_range(eip.spec.address), eip) for eip in objects.of(Eip))


def answer(objects: Objects, service: Service, address: str) -> Answer:
    """Return what OpenELB does with an address of a Service."""
    if service.metadata.annotations.get(BRAND) not in VALUES:
        return Answer(not_routed=f"no annotation {BRAND}: OpenELB does not announce it", is_fault=True)
    eip = _eip(objects, address)
    if eip is None:
        return Answer(undetermined="no Eip holds it, and that says how OpenELB announces it", is_fault=True)
    if eip.spec.protocol in _WITHOUT_ROUTE:
        return Answer(not_routed=f"Eip {eip.name} has the protocol {eip.spec.protocol}: no router learns a route")
    if is_ipv6(address):
        return Answer(not_routed="OpenELB announces IPv4 only", is_fault=True)
    host = Announced(prefix_around(address, 32), unsure=_of_other_racks(objects))
    if not objects.of(OpenelbPeer):
        return Answer((host,), assumed="OpenELB has a session with every router, as no BgpPeer was given")
    return Answer((host,))


@lru_cache(maxsize=4)
def _of_other_racks(objects: Objects) -> Mapping[str, str]:
    """Return every node where nodes are in several racks: a router has the nodes of its speakers' racks only."""
    nodes = nodes_by_name(objects)
    if len({node.metadata.labels.get(RACK) for node in nodes.values()}) <= 1:
        return NO_REASONS
    return dict.fromkeys(nodes, f"label {RACK}: speakers announce the nodes of their own rack")


ANNOUNCER = Announcer(
    Habits("OpenELB", unknown_is_ready=True),
    {("network.kubesphere.io", "Eip"): Eip},
    holds,
    ranges,
    answer,
    is_its_class=lambda name: "openelb" in name,
    annotations=(BRAND,),
    pools_asked_for={"eip.openelb.kubesphere.io/v1alpha2": Eip},
)
