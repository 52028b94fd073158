"""OpenELB: an Eip of the protocol bgp is announced with every node as a next hop; others answer ARP.

Fields and decisions are those of openelb api/v1alpha2/eip_types.go, pkg/speaker/manager.go (getServiceNodes),
pkg/speaker/bgp/path.go (setBalancer announces /32 only, so no IPv6) and pkg/constant. It takes NodeReady into account,
which here makes a node that is not Ready neither missing nor unexpected. Racks are not followed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from ecmpaudit.kubernetes.announcer import Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.ranges import RangeIndex, address_range, prefix_around
from ecmpaudit.kubernetes.schema import Object, Part, Range
from ecmpaudit.kubernetes.statuses.openelb import OpenelbPeer
from ecmpaudit.model.addressing import is_ipv6

if TYPE_CHECKING:
    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service

BRAND, VALUES = "lb.kubesphere.io/v1alpha1", ("openelb", "porter")
_BGP = "bgp"


class EipSpec(Part):
    """A range, and how it is announced."""

    address: Range
    protocol: str = _BGP
    disable: bool = False


class Eip(Object):
    """network.kubesphere.io Eip."""

    KIND: ClassVar[str] = "Eip"
    spec: EipSpec


def holds(objects: Objects, address: str) -> bool:
    """Say whether an Eip holds the address."""
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
    if eip.spec.protocol != _BGP:
        return Answer(not_routed=f"Eip {eip.name} has the protocol {eip.spec.protocol}: no router learns a route")
    if is_ipv6(address):
        return Answer(not_routed="OpenELB announces IPv4 only", is_fault=True)
    if not objects.of(OpenelbPeer):
        host = Announced(prefix_around(address, 32))
        return Answer((host,), assumed="OpenELB has a session with every router, as no BgpPeer was given")
    return Answer((Announced(prefix_around(address, 32)),))


ANNOUNCER = Announcer(
    Habits("OpenELB", unknown_is_ready=True),
    {("network.kubesphere.io", "Eip"): Eip},
    holds,
    ranges,
    answer,
    is_its_class=lambda name: "openelb" in name,
    annotations=(BRAND,),
)
