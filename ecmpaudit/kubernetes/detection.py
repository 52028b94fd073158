"""Which load balancers announce an address: as configured, or as detected from the objects.

Several may live side by side: one gives an address to a Service, and others announce it too, or in its place. Who gave
it is detected in this order: the Service's loadBalancerClass; what the controller wrote on the Service; the pool that
holds the address.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ecmpaudit.configuration.announcers import AnnouncerName
from ecmpaudit.kubernetes.announcer import Answer
from ecmpaudit.wording import listed

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


def answers_for(objects: Objects, service: Service, address: str, choice: str) -> list[tuple[Announcer, Answer]]:
    """Return what each announcer does with an address that a load balancer gave a Service; empty if none is detected.

    The one that gave it has nothing to say where it does not announce and others do. `choice` is an AnnouncerName.
    An announcer whose objects could not be read may announce anything.
    """
    found = _answers_as_read(objects, service, address, choice)
    return [(known, _unread(objects, known) or answer) for known, answer in found]


def _unread(objects: Objects, announcer: Announcer) -> Answer | None:
    """Return the answer of an announcer of which the cluster has kinds that could not be read; None if it has none."""
    kinds = dict.fromkeys(kind for (_, kind), model in announcer.kinds.items() if model in objects.unread)
    return (
        Answer(unread=f"what {announcer.habits.name} announces: {listed(kinds)} could not be read") if kinds else None
    )


def _answers_as_read(objects: Objects, service: Service, address: str, choice: str) -> list[tuple[Announcer, Answer]]:
    if choice != AnnouncerName.AUTO:
        return [(announcers()[choice], announcers()[choice].answer(objects, service, address))]
    owner = _owner(objects, service, address)
    others = (known for known in announcers().values() if known is not owner)
    found = [
        (known, known.answer(objects, service, address))
        for known in others
        if known.announces_for_others(objects, service, address)
    ]
    found = [(known, answer) for known, answer in found if answer.announced]
    if owner:
        own = owner.answer(objects, service, address)
        if not found or (own.announced and own.has_objects):
            found.insert(0, (owner, own))
    return found


def _owner(objects: Objects, service: Service, address: str) -> Announcer | None:
    """Return who gave an address to a Service; None where it cannot be detected."""
    known = announcers().values()
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
    holding = [announcer for announcer in known if announcer.holds(objects, address)]
    likely = (announcer for announcer in holding if announcer.may_own(service))
    return next(likely, holding[0] if holding else None)


def is_in_a_pool(objects: Objects, address: str) -> bool:
    """Return whether a pool of any announcer holds an address."""
    return any(announcer.holds(objects, address) for announcer in announcers().values())


def absent_pools(objects: Objects, service: Service, announcer: Announcer) -> list[str]:
    """Return the pools that a Service asks for by name and that are not among those that were given, as `kind name`."""
    annotations = service.metadata.annotations
    asked = [(kind, annotations[key].strip()) for key, kind in announcer.pools_asked_for.items() if key in annotations]
    words = {kind: word for (_, word), kind in announcer.kinds.items()}
    return [
        f"{words[kind]} {name}"
        for kind, name in asked
        if kind not in objects.unread and objects.of(kind) and name not in {pool.name for pool in objects.of(kind)}
    ]
