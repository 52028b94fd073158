"""Which nodes may announce a Service at all, and which of them have its endpoints.

What an announcer takes into account is data: `Habits`. Each was read in the announcer's source, see
docs/kubernetes.md. A cordoned node still announces: cordoning keeps new pods away and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.schema import EndpointSlice, Node
from ecmpaudit.model import name_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ecmpaudit.kubernetes.announcer import Habits
    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import EndpointConditions

EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers"
_PLACES = frozenset({"rack", "zone", "region", "subnet"})
"""Last words of the labels that say where a node is."""
NO_ENDPOINT = "no ready endpoint"


@lru_cache(maxsize=4)
def nodes_by_name(objects: Objects) -> Mapping[str, Node]:
    """Return the nodes, node2 before node10."""
    return {node.name: node for node in sorted(objects.of(Node), key=lambda node: name_key(node.name))}


@lru_cache(maxsize=16)
def excluded_nodes(objects: Objects, habits: Habits) -> Mapping[str, str]:
    """Return the nodes that announce no Service, each with the reason."""
    return {name: why for name, node in nodes_by_name(objects).items() if (why := why_excluded(node, habits))}


def why_excluded(node: Node, habits: Habits) -> str | None:
    """Return why a node announces no Service, whichever it is; None when it may."""
    if node.condition("Ready") not in (None, "True"):
        return "not Ready"
    label = node.metadata.labels.get(EXCLUDE_LABEL)
    if habits.honours_the_label and label is not None and (label == "true" or not habits.label_has_to_be_true):
        return f"labelled {EXCLUDE_LABEL}"
    if habits.honours_network_unavailable and node.condition("NetworkUnavailable") == "True":
        return "NetworkUnavailable"
    return None


def shared_labels(node: Node) -> tuple[tuple[str, str], ...]:
    """Return where a node is, as its labels say: `("zone", "a")` of topology.kubernetes.io/zone."""
    labels = node.metadata.labels
    places = ((key.rpartition("/")[2], value) for key, value in labels.items())
    return tuple(dict.fromkeys((key, value) for key, value in places if key in _PLACES and value))


def slices_by_service(objects: Objects) -> dict[str, tuple[EndpointSlice, ...]]:
    """Return the slices of each Service, by `namespace/name`."""
    by_service: dict[str, tuple[EndpointSlice, ...]] = {}
    for found in objects.of(EndpointSlice):
        if found.service:
            by_service[found.service] = (*by_service.get(found.service, ()), found)
    return by_service


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the ready endpoints of one Service are."""

    nodes: frozenset[str]
    is_any_ready: bool
    """Also true for endpoints that are on no node, as those of Services without selector may be."""


def ready_endpoints(slices: Iterable[EndpointSlice], habits: Habits) -> Endpoints:
    """Return where a Service has ready endpoints.

    A pod may be in several slices, one for each set of ports: it is ready if it is in all of them.
    """
    states: dict[tuple[str | None, str], bool] = {}
    for node, address, is_ready in _states(slices, habits):
        states[node, address] = is_ready and states.get((node, address), True)
    ready = [node for (node, _), is_ready in states.items() if is_ready]
    return Endpoints(frozenset(node for node in ready if node is not None), bool(ready))


def _states(slices: Iterable[EndpointSlice], habits: Habits) -> Iterator[tuple[str | None, str, bool]]:
    for found in slices:
        for endpoint in found.endpoints:
            is_ready = _is_ready(endpoint.conditions, habits)
            for address in endpoint.addresses:
                yield endpoint.node_name, address, is_ready


def _is_ready(conditions: EndpointConditions, habits: Habits) -> bool:
    """The API says that an unknown `ready` is to be taken as true; a terminating endpoint is never ready."""
    return conditions.ready is not False or (habits.counts_terminating and conditions.serving is True)
