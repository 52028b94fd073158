"""From a cluster's objects to the prefixes that its nodes should announce, each with the nodes and the Services.

Two Services may have one address, and one aggregate carries many: a node announces a prefix if any of its Services
makes it do so. What cannot be determined is never dropped silently, it is in `undetermined`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.detection import announcer_of, announcers, chosen_announcers
from ecmpaudit.kubernetes.nodes import (
    EXCLUDE_LABEL,
    NO_ENDPOINT,
    excluded_nodes,
    nodes_by_name,
    ready_endpoints,
    shared_labels,
    slices_by_service,
)
from ecmpaudit.kubernetes.schema import EndpointSlice, Node, Service
from ecmpaudit.model import name_key, prefix_key
from ecmpaudit.wording import listed, word_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecmpaudit.kubernetes.announcer import Announced, Announcer
    from ecmpaudit.kubernetes.nodes import Endpoints
    from ecmpaudit.kubernetes.objects import Objects

_NAMED = 8
"""Nodes or Services that a text names before it only counts them."""
_FACTS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Share:
    """One prefix, and who announces it for one Service or, put together, for several."""

    prefix: str
    services: tuple[str, ...]
    """As `namespace/name`."""
    nodes: tuple[str, ...]
    """By name, node2 before node10; empty when nobody should announce it."""
    excluded: Mapping[str, str]
    """The other nodes, each with the reason."""
    facts: tuple[str, ...]
    """For messages: the Services, their policies, and how the nodes follow from them."""

    @property
    def source(self) -> str:
        """The facts as one text; many Services in one aggregate have many."""
        return listed(self.facts, _FACTS_NAMED, separator=" and ")


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
    notes: list[str] = field(default_factory=list)
    """Sentences that are no fault: what was assumed, and which addresses are no routes."""


def announcements_of(objects: Objects, choice: str = "auto") -> Announcements:
    """Return what the nodes of a cluster should announce; `choice` overrules which load balancer does it."""
    found = Announcements(undetermined=list(objects.problems))
    nodes = nodes_by_name(objects)
    found.nodes = {name: node.internal_addresses for name, node in nodes.items()}
    found.labels = {name: shared_labels(node) for name, node in nodes.items()}
    absent = [kind.__name__ for kind in (Node, Service, EndpointSlice) if not objects.of(kind)]
    if absent:
        found.undetermined.append(
            f"no {' and no '.join(absent)} was given: expected the output of kubectl get "
            "nodes,services,endpointslices -A -o json"
        )
        return found
    slices = slices_by_service(objects)
    shares: dict[str, list[Share]] = {}
    for service in objects.of(Service):
        for share in _shares(objects, service, slices.get(service.key, ()), nodes, choice, found):
            shares.setdefault(share.prefix, []).append(share)
    found.shares = {prefix: _together(shares[prefix], nodes) for prefix in sorted(shares, key=prefix_key)}
    ranges = {prefix for announcer in chosen_announcers(choice) for prefix in announcer.ranges(objects)}
    found.ranges = tuple(sorted(ranges, key=prefix_key))
    found.is_complete = not found.undetermined and _has_every_namespace(objects)
    if objects.skipped:
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(objects.skipped.items()))
        found.notes.append(f"ignored, as these kinds decide no announcement: {kinds}")
    found.notes = list(dict.fromkeys(found.notes))
    return found


def _has_every_namespace(objects: Objects) -> bool:
    """Every cluster has the Service default/kubernetes; with a Service of another namespace beside it, -A was given."""
    services = objects.of(Service)
    return any(s.key == "default/kubernetes" for s in services) and len({s.metadata.namespace for s in services}) > 1


def _shares(
    objects: Objects,
    service: Service,
    slices: tuple[EndpointSlice, ...],
    nodes: Mapping[str, Node],
    choice: str,
    found: Announcements,
) -> Iterator[Share]:
    """Yield who announces what for a Service; what cannot be determined goes into `found`."""
    for address in _addresses(objects, service, choice, found):
        announcer = announcer_of(objects, service, address, choice)
        place = f"Service {service.key}, {address}"
        if announcer is None:
            known = ", ".join(announcers())
            found.undetermined.append(f"{place}: its announcer cannot be detected: give --announcer, one of {known}")
            continue
        answer = announcer.answer(objects, service, address)
        if answer.undetermined:
            found.undetermined.append(f"{place}: {answer.undetermined}")
        if answer.not_routed:
            found.notes.append(f"{place}: {answer.not_routed}")
        if answer.assumed:
            found.notes.append(f"assumed: {answer.assumed}")
        if service.spec.selector and not slices and answer.announced:
            found.undetermined.append(
                f"{place}: no EndpointSlice of it was given, and every Service with a selector has one"
            )
            continue
        endpoints = ready_endpoints(slices, announcer.habits)
        for announced in answer.announced:
            never = excluded_nodes(objects, announcer.habits)
            yield _share(service, announced, announcer, endpoints, nodes, never)


def _addresses(objects: Objects, service: Service, choice: str, found: Announcements) -> Iterator[str]:
    """Yield the addresses of a Service that some load balancer may announce, each once."""
    given: dict[str, None] = {}
    if service.spec.type == "LoadBalancer":
        for ingress in service.status.load_balancer.ingress:
            if ingress.ip and ingress.ip_mode == "Proxy":
                found.notes.append(f"Service {service.key}, {ingress.ip}: ipMode Proxy, the load balancer's own")
            elif ingress.ip:
                given[ingress.ip] = None
        if not service.status.load_balancer.ingress:
            asked = f", though it asks for {service.spec.load_balancer_ip}" if service.spec.load_balancer_ip else ""
            found.notes.append(f"Service {service.key}: it was given no address yet{asked}")
    yield from given
    for address in service.spec.external_ips:
        if address not in given and _announces_external(objects, address, choice):
            yield address


def _announces_external(objects: Objects, address: str, choice: str) -> bool:
    """An externalIP that no announcer's configuration holds is routed by somebody else."""
    chosen = chosen_announcers(choice)
    return any(announcer.announces_external_ips and announcer.holds(objects, address) for announcer in chosen)


def _share(
    service: Service,
    announced: Announced,
    announcer: Announcer,
    endpoints: Endpoints,
    nodes: Mapping[str, Node],
    never: Mapping[str, str],
) -> Share:
    excluded = {**(announced.unselected or {}), **never}
    is_local = announced.follows_endpoints and service.spec.external_traffic_policy == "Local"
    if is_local:
        fact, willing = _with_endpoints(endpoints, excluded, nodes)
    elif announced.follows_endpoints and announcer.habits.needs_an_endpoint and not endpoints.is_any_ready:
        fact, willing = "no endpoint is ready, so no node announces it", []
    else:
        willing = [name for name in nodes if name not in excluded]
        every = f"all {len(nodes)} nodes" if len(nodes) > 1 else "the only node"
        fact = every if len(willing) == len(nodes) else f"{len(willing)} of {len(nodes)} nodes"
        fact += _exclusions(excluded)
    announcing = set(willing)
    excluded = {name: excluded.get(name, NO_ENDPOINT) for name in nodes if name not in announcing}
    policy = f", externalTrafficPolicy {service.spec.external_traffic_policy}" if announced.follows_endpoints else ""
    remarks = [announced.how, _cordoned(willing, nodes), _labelled(willing, nodes, announcer)]
    explanation = "; ".join([f"{policy}: {fact}", *(remark for remark in remarks if remark)])
    return Share(announced.prefix, (service.key,), tuple(willing), excluded, (explanation,))


def _with_endpoints(
    endpoints: Endpoints, excluded: Mapping[str, str], nodes: Mapping[str, Node]
) -> tuple[str, list[str]]:
    having = [name for name in nodes if name in endpoints.nodes]
    willing = [name for name in having if name not in excluded]
    verb = word_for(len(willing), "has", "have")
    fact = f"{listed(willing, _NAMED)} {verb} ready endpoints" if willing else "no node has a ready endpoint"
    return fact + _exclusions({name: excluded[name] for name in having if name in excluded}), willing


def _exclusions(excluded: Mapping[str, str]) -> str:
    by_reason: dict[str, list[str]] = {}
    for name, why in excluded.items():
        by_reason.setdefault(why, []).append(name)
    return "".join(f"; not {listed(names, _NAMED)} ({why})" for why, names in by_reason.items())


def _cordoned(willing: list[str], nodes: Mapping[str, Node]) -> str:
    names = [name for name in willing if nodes[name].spec.unschedulable]
    if not names:
        return ""
    return f"{listed(names, _NAMED)} {word_for(len(names), 'is', 'are')} cordoned, which does not stop the announcement"


def _labelled(willing: list[str], nodes: Mapping[str, Node], announcer: Announcer) -> str:
    names = [name for name in willing if EXCLUDE_LABEL in nodes[name].metadata.labels]
    if not names:
        return ""
    return f"{announcer.habits.name} ignores the label {EXCLUDE_LABEL} of {listed(names, _NAMED)}"


def _together(shares: list[Share], nodes: Mapping[str, Node]) -> Share:
    """Return the shares of one prefix as one: whoever announces it for any of the Services announces it."""
    willing = {name for share in shares for name in share.nodes}
    first = shares[0]
    by_fact: dict[str, dict[str, None]] = {}
    for share in shares:
        by_fact.setdefault(share.facts[0], {}).update(dict.fromkeys(share.services))
    return Share(
        prefix=first.prefix,
        services=tuple(sorted({service for share in shares for service in share.services}, key=name_key)),
        nodes=tuple(name for name in nodes if name in willing),
        excluded={name: first.excluded[name] for name in nodes if name not in willing},
        facts=tuple(
            f"{word_for(len(names), 'Service')} {listed(names, _NAMED)}{fact}" for fact, names in by_fact.items()
        ),
    )
