"""Which load balancer announces an address: as configured, or as detected from the objects.

Detected in this order: one that announces whatever others allocate; the Service's loadBalancerClass; what the
controller wrote on the Service; the pool that holds the address.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ecmpaudit.configuration.announcers import AnnouncerName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecmpaudit.kubernetes.announcer import Announcer
    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service


@cache
def announcers() -> Mapping[str, Announcer]:
    """Return the announcers by name, in the order of AnnouncerName."""
    return {name: _loaded(name) for name in AnnouncerName if name != AnnouncerName.AUTO}


def _loaded(name: str) -> Announcer:
    module = import_module(f"ecmpaudit.kubernetes.announcers.{name.replace('-', '_')}")
    announcer: Announcer = module.ANNOUNCER
    return announcer


def chosen_announcers(choice: str) -> tuple[Announcer, ...]:
    """Return the announcer of a name, or all of them for `auto`."""
    return tuple(announcers().values()) if choice == AnnouncerName.AUTO else (announcers()[choice],)


def announcer_of(objects: Objects, service: Service, address: str, choice: str) -> Announcer | None:
    """Return who announces an address of a Service; None where it cannot be detected.

    `choice` is an AnnouncerName.
    """
    return announcers()[choice] if choice != AnnouncerName.AUTO else _detected(objects, service, address)


def _detected(objects: Objects, service: Service, address: str) -> Announcer | None:
    known = announcers().values()
    for announcer in known:
        if announcer.announces_for_others(objects, address):
            return announcer
    name = service.spec.load_balancer_class
    if name:
        return next((announcer for announcer in known if announcer.is_its_class(name)), None)
    for announcer in known:
        if any(key in service.metadata.annotations for key in announcer.annotations):
            return announcer
    conditions = {condition.type for condition in service.status.conditions}
    for announcer in known:
        if conditions.intersection(announcer.conditions):
            return announcer
    return next((announcer for announcer in known if announcer.holds(objects, address)), None)
