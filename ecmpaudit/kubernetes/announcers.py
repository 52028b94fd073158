"""Which load balancer announces an address: as configured, or as detected from the objects.

Detected from, in this order: the Service's loadBalancerClass; what the controller wrote on the Service; the pool that
holds the address. MetalLB may hand out addresses that Calico announces, so a prefix of Calico's BGPConfiguration around
the address comes first where there is no BGPAdvertisement at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes import calico, cilium, metallb, purelb
from ecmpaudit.kubernetes.custom_resources import BGPAdvertisement
from ecmpaudit.kubernetes.nodes import CALICO, CILIUM, METALLB, PURELB, Habits

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecmpaudit.kubernetes.answer import Answer
    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service


@dataclass(frozen=True, slots=True)
class Announcer:
    """One load balancer."""

    habits: Habits
    holds: Callable[[Objects, str], bool]
    """Says whether one of its pools holds an address."""
    ranges: Callable[[Objects], tuple[str, ...]]
    """Gives the prefixes of its pools."""
    answer: Callable[[Objects, Service, str], Answer]
    """Says what it does with an address of a Service."""
    external_ips: bool = False
    """It announces a Service's externalIPs too."""


ANNOUNCERS: dict[str, Announcer] = {
    "purelb": Announcer(PURELB, purelb.holds, purelb.ranges, purelb.answer),
    "metallb": Announcer(METALLB, metallb.holds, metallb.ranges, metallb.answer),
    "calico": Announcer(CALICO, calico.holds, calico.ranges, calico.answer, external_ips=True),
    "cilium": Announcer(CILIUM, cilium.holds, cilium.ranges, cilium.answer, external_ips=True),
}

_BY_CLASS = {
    "purelb.io/purelb": "purelb",
    "calico": "calico",
    cilium.BGP_CLASS: "cilium",
    cilium.L2_CLASS: "cilium",
}
_BY_ANNOTATION = {"purelb.io/allocated-by": "purelb"} | dict.fromkeys(metallb.POOL_ANNOTATIONS, "metallb")
_BY_CONDITION = {"cilium.io/IPAMRequestSatisfied": "cilium"}


def announcer_of(objects: Objects, service: Service, address: str, choice: str) -> Announcer | None:
    """Return who announces an address of a Service; None where it cannot be detected.

    `choice` is a key of ANNOUNCERS, or `auto`.
    """
    name = choice if choice != "auto" else _detected(objects, service, address)
    return ANNOUNCERS[name] if name else None


def _detected(objects: Objects, service: Service, address: str) -> str | None:
    if calico.holds(objects, address) and not objects.of(BGPAdvertisement):
        return "calico"
    by_class = service.spec.load_balancer_class
    if by_class:
        return _BY_CLASS.get(by_class) or ("metallb" if "metallb" in by_class else None)
    for key, name in _BY_ANNOTATION.items():
        if key in service.metadata.annotations:
            return name
    for condition in service.status.conditions:
        if condition.type in _BY_CONDITION:
            return _BY_CONDITION[condition.type]
    return next((name for name, announcer in ANNOUNCERS.items() if announcer.holds(objects, address)), None)
