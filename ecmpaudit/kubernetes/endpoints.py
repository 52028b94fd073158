"""Where the ready endpoints of a Service are, as an announcer counts them: see `Habits` and docs/kubernetes.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.schema import EndpointSlice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecmpaudit.kubernetes.announcer import Habits
    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import EndpointConditions, Service

_OTHER_FAMILY = "whether its endpoints of the other family count depends on the release"
_IN_SOME_SLICES = "its endpoint is ready in one slice and not in another"
_NOT_READY = "some releases count its endpoint that is not ready"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the ready endpoints of one Service are."""

    nodes: frozenset[str]
    is_any_ready: bool
    """Also true for endpoints that are on no node, as those of Services without selector may be."""
    unsure: Mapping[str, str] = field(default_factory=dict)
    """Nodes whose endpoints count or not, each with the reason."""
    on: frozenset[str] = frozenset()
    """Every node with an endpoint, ready or not."""


def slices_by_service(objects: Objects) -> dict[str, list[EndpointSlice]]:
    """Return the slices of each Service, by `namespace/name`."""
    by_service: dict[str, list[EndpointSlice]] = {}
    for found in objects.of(EndpointSlice):
        if found.service:
            by_service.setdefault(found.service, []).append(found)
    return by_service


def ready_endpoints(slices: Sequence[EndpointSlice], habits: Habits, service: Service, address: str) -> Endpoints:
    """Return where a Service has endpoints that count for one of its addresses.

    A pod may be in several slices, one for each set of ports.
    """
    own, others = _counted(slices, habits, service, address)
    states = _states(own, habits)
    certain = any if habits.ready_in == "any slice" else all
    ready = {where for where, known in states.items() if certain(known)}
    unsure = dict.fromkeys(_nodes(_states(others, habits)), _OTHER_FAMILY)
    if habits.ready_in == "unknown":
        unsure |= dict.fromkeys(_nodes(where for where, known in states.items() if any(known)), _IN_SOME_SLICES)
    if habits.may_count_not_ready:
        unsure |= dict.fromkeys(_nodes(states), _NOT_READY)
    nodes = _nodes(ready)
    return Endpoints(
        nodes,
        bool(ready),
        {name: why for name, why in unsure.items() if name not in nodes},
        frozenset(endpoint.node_name for found in slices for endpoint in found.endpoints if endpoint.node_name),
    )


def _counted(
    slices: Sequence[EndpointSlice], habits: Habits, service: Service, address: str
) -> tuple[Sequence[EndpointSlice], Sequence[EndpointSlice]]:
    """Return the slices that count, and those that count in some releases only."""
    if habits.slices == "all":
        return slices, ()
    families = service.families if habits.slices == "service" else {f"IPv{ip_address(address).version}"}
    own = [found for found in slices if found.address_type in families or not families]
    others = [found for found in slices if found.address_type in _FAMILIES and found.address_type not in families]
    return own, others if habits.slices == "unknown" else ()


_FAMILIES = frozenset({"IPv4", "IPv6"})


def _states(slices: Iterable[EndpointSlice], habits: Habits) -> dict[tuple[str | None, str], list[bool]]:
    """Return whether each endpoint is ready, in each slice that it is in."""
    states: dict[tuple[str | None, str], list[bool]] = {}
    for found in slices:
        for endpoint in found.endpoints:
            is_ready = _is_ready(endpoint.conditions, habits)
            for address in endpoint.addresses:
                states.setdefault((endpoint.node_name, address), []).append(is_ready)
    return states


def _nodes(places: Iterable[tuple[str | None, str]]) -> frozenset[str]:
    return frozenset(node for node, _ in places if node is not None)


def _is_ready(conditions: EndpointConditions, habits: Habits) -> bool:
    """The API says that an unknown `ready` is to be taken as true, which not every announcer does."""
    is_ready = habits.unknown_is_ready if conditions.ready is None else conditions.ready
    return is_ready or (habits.counts_terminating and conditions.serving is True)
