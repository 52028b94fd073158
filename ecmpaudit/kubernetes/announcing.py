"""From a cluster's objects to the prefixes that its nodes should announce, each with the nodes and the Services.

Two Services may have one address, and one aggregate carries many: a node announces a prefix if any of its Services
makes it do so. What cannot be determined is never dropped silently, it is in `undetermined`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.cluster_faults import Observed, faults_of, not_announced, without_address
from ecmpaudit.kubernetes.detection import absent_pools, announcers, answers_for, chosen_announcers, is_in_a_pool
from ecmpaudit.kubernetes.endpoints import ready_endpoints, slices_by_service
from ecmpaudit.kubernetes.nodes import nodes_by_name, not_ready_nodes, shared_labels
from ecmpaudit.kubernetes.schema import EndpointSlice, Node, Service
from ecmpaudit.kubernetes.shares import Share, share_of, share_without_service, together
from ecmpaudit.kubernetes.statuses.collected import Reported, reported_in
from ecmpaudit.model import prefix_key
from ecmpaudit.model.addressing import is_ipv6
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.kubernetes.announcer import Announcer, Answer
    from ecmpaudit.kubernetes.endpoints import Endpoints
    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.model.cluster_faults import ClusterFault

_NAMED = 8
"""Nodes that a note names before it only counts them."""


@dataclass(slots=True)
class Announcements:
    """What a cluster should announce, as far as its objects show."""

    shares: dict[str, Share] = field(default_factory=dict)
    """By prefix, in their order."""
    nodes: dict[str, frozenset[str]] = field(default_factory=dict)
    """Every node with its internal addresses."""
    labels: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """The labels that nodes share, such as their zone, by node."""
    ranges: tuple[str, ...] = ()
    """Prefixes of the pools that Services get their addresses from."""
    is_complete: bool = False
    """The objects are all there are, so that a prefix in `ranges` without a share belongs to no Service."""
    undetermined: list[str] = field(default_factory=list)
    """Sentences about what could not be understood or determined."""
    unread: dict[str, list[str]] = field(default_factory=dict)
    """The addresses of Services of which that is not known since kinds could not be read, by what is not known."""
    notes: list[str] = field(default_factory=list)
    """Sentences that are no fault: what was assumed, and which addresses are no routes."""
    faults: list[ClusterFault] = field(default_factory=list)
    """What is wrong in the objects by themselves."""
    reported: Reported = Reported()  # noqa: RUF009 - frozen, and empty
    """What nodes report of themselves."""
    observed: Observed = field(default_factory=Observed)


def announcements_of(objects: Objects, choice: str = "auto") -> Announcements:
    """Return what the nodes of a cluster should announce; `choice` overrules which load balancer does it."""
    found = Announcements(undetermined=list(objects.problems))
    nodes = nodes_by_name(objects)
    found.nodes = {name: node.internal_addresses for name, node in nodes.items()}
    found.labels = {name: shared_labels(node) for name, node in nodes.items()}
    absent = [kind for kind in (Node, Service, EndpointSlice) if not objects.of(kind)]
    not_given = [kind.__name__ for kind in absent if kind not in objects.unread]
    if not_given:
        found.undetermined.append(
            f"no {' and no '.join(not_given)} was given: expected the output of kubectl get "
            "nodes,services,endpointslices -A -o json"
        )
    found.undetermined += [why for known in chosen_announcers(choice) for why in known.not_understood(objects)]
    slices = slices_by_service(objects)
    shares: dict[str, list[Share]] = {}
    for service in () if absent else objects.of(Service):
        for share in _shares(objects, service, slices.get(service.key, ()), choice, found):
            shares.setdefault(share.prefix, []).append(share)
    for share in _shares_without_service(objects, choice) if nodes else ():
        shares.setdefault(share.prefix, []).append(share)
    found.undetermined += [f"{why}; of {listed(places, _NAMED)}" for why, places in found.unread.items()]
    found.shares = {prefix: together(shares[prefix], nodes) for prefix in sorted(shares, key=prefix_key)}
    _add_reports(objects, found)
    ranges = {prefix for announcer in chosen_announcers(choice) for prefix in announcer.ranges(objects)}
    found.ranges = () if absent else tuple(sorted(ranges, key=prefix_key))
    found.is_complete = not found.undetermined and _has_every_namespace(objects)
    if any(share.possible for share in found.shares.values()):
        found.notes += _notes_about_nodes(objects)
    if objects.skipped:
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(objects.skipped.items()))
        found.notes.append(f"ignored, as these kinds decide no announcement: {kinds}")
    found.notes = list(dict.fromkeys(found.notes))
    return found


def _add_reports(objects: Objects, found: Announcements) -> None:
    """Add the faults, and what nodes report of themselves."""
    prefixes: dict[str, list[str]] = {}
    for share in found.shares.values():
        for service in share.services:
            prefixes.setdefault(service, []).append(share.prefix)
    found.reported = reported_in(objects, prefixes)
    found.faults += [*faults_of(found.observed, found.shares), *found.reported.faults]
    found.notes += found.reported.notes


def _notes_about_nodes(objects: Objects) -> list[str]:
    names = list(not_ready_nodes(objects))
    if not names:
        return []
    are, they, them = ("is", "it is", "it announces") if len(names) == 1 else ("are", "they are", "they announce")
    sentence = f"{listed(names, _NAMED)} {are} not Ready, which no load balancer reads before {them}"
    return [f"{sentence}: {they} neither missing nor unexpected"]


def _has_every_namespace(objects: Objects) -> bool:
    """Every cluster has the Service default/kubernetes; with a Service of another namespace beside it, -A was given."""
    services = objects.of(Service)
    return any(s.key == "default/kubernetes" for s in services) and len({s.metadata.namespace for s in services}) > 1


def _shares_without_service(objects: Objects, choice: str) -> Iterator[Share]:
    for announcer in chosen_announcers(choice):
        for announced in announcer.always(objects):
            yield share_without_service(objects, announced, announcer.habits_of(objects))


def _shares(
    objects: Objects, service: Service, slices: Sequence[EndpointSlice], choice: str, found: Announcements
) -> Iterator[Share]:
    """Yield who announces what for a Service; what cannot be determined goes into `found`."""
    known: dict[tuple[str, bool], Endpoints] = {}  # those of a Service with thousands of addresses are worked out once
    for address, announcer, answer in _answers(objects, service, choice, found):
        place = f"Service {service.key}, {address}"
        if answer.unread:
            found.unread.setdefault(answer.unread, []).append(place)
        if answer.undetermined:
            found.undetermined.append(f"{place}: {answer.undetermined}")
        if answer.not_routed:
            found.notes.append(f"{place}: {answer.not_routed}")
        if answer.is_fault:
            found.faults.append(not_announced(service, address, answer.not_routed or answer.undetermined or ""))
        if answer.assumed:
            found.notes.append(f"assumed: {answer.assumed}")
        if service.spec.selector and not slices and answer.announced:
            found.undetermined.append(
                f"{place}: no EndpointSlice of it was given, and every Service with a selector has one"
            )
            continue
        habits = announcer.habits_of(objects)
        key = (habits.name, is_ipv6(address))
        if key not in known:
            known[key] = ready_endpoints(slices, habits, service, address)
        endpoints = known[key]
        for announced in answer.announced:
            found.observed.add(service, announced, endpoints)
            yield share_of(objects, service, announced, habits, endpoints)


def _answers(
    objects: Objects, service: Service, choice: str, found: Announcements
) -> Iterator[tuple[str, Announcer, Answer]]:
    """Yield what each announcer does with each address of a Service."""
    for address in _given_addresses(objects, service, found):
        answers = answers_for(objects, service, address, choice)
        yield from ((address, announcer, answer) for announcer, answer in answers)
        if not answers:
            known = ", ".join(announcers())
            unread = listed(sorted({kind.__name__ for kind in objects.unread}))
            no_pool = f", and no pool holds it: give --announcer, one of {known}"
            why = f", as {unread} could not be read" if unread else no_pool
            found.undetermined.append(f"Service {service.key}, {address}: its announcer cannot be detected{why}")
    for announcer in chosen_announcers(choice):
        for address, answer in announcer.other_addresses(objects, service):
            yield address, announcer, answer


def _given_addresses(objects: Objects, service: Service, found: Announcements) -> Iterator[str]:
    """Yield the addresses that a load balancer gave a Service, each once."""
    if service.spec.type != "LoadBalancer":
        return
    given: dict[str, None] = {}
    for ingress in service.status.load_balancer.ingress:
        if ingress.ip and ingress.ip_mode == "Proxy":
            found.notes.append(f"Service {service.key}, {ingress.ip}: ipMode Proxy, the load balancer's own")
        elif ingress.ip:
            given[ingress.ip] = None
    if not service.status.load_balancer.ingress:
        asked = f", though it asks for {service.spec.load_balancer_ip}" if service.spec.load_balancer_ip else ""
        found.notes.append(f"Service {service.key}: it was given no address yet{asked}")
        if service.metadata.deletion_timestamp is None:
            absent = [pool for known in announcers().values() for pool in absent_pools(objects, service, known)]
            found.faults.append(without_address(service, lambda ip: is_in_a_pool(objects, ip), absent))
    yield from given
