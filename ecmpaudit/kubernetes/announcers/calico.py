"""Calico: all nodes announce the prefixes of its BGPConfiguration, whatever is in them.

A Service has host prefixes of its own besides where its externalTrafficPolicy is Local, from the nodes with its
endpoints; where one of its addresses is an entry of a single address, from all nodes; and where aggregation is
disabled. They are of all its addresses: those of the load balancer, externalIPs and clusterIPs.

Fields, defaults and decisions are those of calico api/pkg/apis/projectcalico/v3 and confd/pkg/backends/calico
(routes.go, client.go). Where releases differ, 3.32 is assumed unless an image tag says otherwise.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ecmpaudit.kubernetes.announcer import Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.calico_peers import (
    BGPFilter,
    CalicoPeer,
    CalicoPool,
    nodes_by_sessions,
    unknown_filters,
)
from ecmpaudit.kubernetes.ranges import RangeIndex, address_range, host_length, prefix_around
from ecmpaudit.kubernetes.releases import Release, release_of
from ecmpaudit.kubernetes.schema import Object, Part, Prefix, Service

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecmpaudit.kubernetes.objects import Objects

_ENDPOINT_SLICES = (3, 31)
"""The first release that reads EndpointSlices instead of Endpoints, and so all families of a Service."""
_READY_AGAIN = (3, 33)
"""The first release that is known to skip endpoints that are not ready; 3.31 and 3.32 got that with a late patch."""
_SINGLE_EXTERNAL = (3, 30)
"""The first release that does not announce a single externalIP without a Service (calico#9422)."""


class Cidr(Part):
    """A prefix in a list of them."""

    cidr: Prefix


class BGPConfigurationSpec(Part):
    """Which addresses Calico announces at all."""

    service_load_balancer_ips: tuple[Cidr, ...] = Field(default=(), alias="serviceLoadBalancerIPs")
    service_external_ips: tuple[Cidr, ...] = Field(default=(), alias="serviceExternalIPs")
    service_cluster_ips: tuple[Cidr, ...] = Field(default=(), alias="serviceClusterIPs")
    service_load_balancer_aggregation: Literal["Enabled", "Disabled"] = "Enabled"
    node_to_node_mesh_enabled: bool = True


class BGPConfiguration(Object):
    """projectcalico.org BGPConfiguration; the one called `default` counts."""

    spec: BGPConfigurationSpec = BGPConfigurationSpec()


def holds(objects: Objects, address: str) -> bool:
    """Return whether the configuration announces the address, or a pool for load balancers holds it."""
    return _around(objects, address) is not None or bool(_pools(objects).holding(address))


@lru_cache(maxsize=4)
def _pools(objects: Objects) -> RangeIndex[None]:
    """Return the pools for load balancers."""
    cidrs = [pool.spec.cidr for pool in objects.of(CalicoPool) if "LoadBalancer" in pool.spec.allowed_uses]
    return RangeIndex((address_range(cidr), None) for cidr in cidrs)


def ranges(objects: Objects) -> tuple[str, ...]:
    """Return the prefixes that are announced for Services."""
    lists = _lists(objects).values()
    return tuple(prefix for texts in lists for text in texts for prefix in address_range(text).prefixes)


def answer(objects: Objects, service: Service, address: str) -> Answer:
    """Return what Calico does with an address that a load balancer gave a Service."""
    configuration = _configuration(objects)
    if configuration is None:
        return Answer(undetermined="no BGPConfiguration was given, and that says which prefixes Calico announces")
    if lost := unknown_filters(objects):
        return _without_filters(lost)
    is_allowed = _is_in(address, _lists(objects)["serviceLoadBalancerIPs"])
    announced = [*_host(objects, service, address, is_allowed=is_allowed), *_whole(objects, address)]
    if announced:
        return Answer(tuple(announced))
    if is_allowed:
        return Answer(not_routed=f"BGPConfiguration {configuration.name} allows it as a host prefix only, and the "
                      "Service is announced by no node")  # fmt: skip
    return Answer(not_routed=f"BGPConfiguration {configuration.name} announces no prefix around it: no node does",
                  is_fault=True)  # fmt: skip


def other_addresses(objects: Objects, service: Service) -> Iterator[tuple[str, Answer]]:
    """Yield what Calico does with externalIPs and clusterIPs; the prefixes around them have no Service."""
    if _configuration(objects) is None:
        return
    lists = _lists(objects)
    allowed = [address for address in service.spec.external_ips if _is_in(address, lists["serviceExternalIPs"])]
    of_cluster = service.cluster_addresses if lists["serviceClusterIPs"] else ()
    if _release(objects, (9, 0)) < _ENDPOINT_SLICES:
        of_cluster = of_cluster[:1]
    for address in dict.fromkeys((*allowed, *of_cluster)):
        if announced := _host(objects, service, address, is_allowed=True):
            lost = unknown_filters(objects)
            yield address, _without_filters(lost) if lost else Answer(announced)
    for address in service.spec.external_ips:
        if whole := _whole(objects, address):
            yield address, Answer(whole)


def always(objects: Objects) -> Iterator[Announced]:
    """Yield the prefixes that every node announces, whatever Services there are."""
    if unknown_filters(objects):
        return
    for name, texts in _whole_lists(objects).items():
        for text in texts:
            for prefix in address_range(text).prefixes:
                yield _with_sessions(objects, Announced(prefix, _sentence(objects, name), follows_endpoints=False))


def habits_in(objects: Objects) -> Habits:
    """Return what counts in the release that runs."""
    release = _release(objects, _READY_AGAIN)
    may_count = _ENDPOINT_SLICES <= release < _READY_AGAIN
    return replace(ANNOUNCER.habits, may_count_not_ready=may_count)


def _release(objects: Objects, assumed: Release) -> Release:
    return release_of(objects, "calico/node") or assumed


def _without_filters(names: list[str]) -> Answer:
    return Answer(undetermined=f"BGPFilter {', '.join(names)} was not given, and a BGPPeer names it: expected the "
                  "output of kubectl get bgpfilters.projectcalico.org -o json")  # fmt: skip


def _configuration(objects: Objects) -> BGPConfiguration | None:
    return next((found for found in objects.of(BGPConfiguration) if found.name == "default"), None)


@lru_cache(maxsize=4)
def _lists(objects: Objects) -> Mapping[str, tuple[str, ...]]:
    """Return the configured prefixes, by the name of their list."""
    configuration = _configuration(objects)
    spec = configuration.spec if configuration else BGPConfigurationSpec()
    lists = {
        "serviceLoadBalancerIPs": spec.service_load_balancer_ips,
        "serviceExternalIPs": spec.service_external_ips,
        "serviceClusterIPs": spec.service_cluster_ips,
    }
    return {name: tuple(entry.cidr for entry in entries) for name, entries in lists.items()}


@lru_cache(maxsize=4)
def _whole_lists(objects: Objects) -> Mapping[str, tuple[str, ...]]:
    """Return the prefixes that are announced as they are: an entry of a single address waits for a Service."""
    lists = dict(_lists(objects))
    configuration = _configuration(objects)
    if configuration and configuration.spec.service_load_balancer_aggregation == "Disabled":
        lists["serviceLoadBalancerIPs"] = ()
    lists["serviceLoadBalancerIPs"] = tuple(text for text in lists["serviceLoadBalancerIPs"] if not _is_single(text))
    if _release(objects, _SINGLE_EXTERNAL) >= _SINGLE_EXTERNAL:
        lists["serviceExternalIPs"] = tuple(text for text in lists["serviceExternalIPs"] if not _is_single(text))
    return lists


def _is_single(text: str) -> bool:
    found = address_range(text)
    return found.first == found.last


def _is_in(address: str, texts: tuple[str, ...]) -> bool:
    return any(address in address_range(text) for text in texts)


def _host(objects: Objects, service: Service, address: str, *, is_allowed: bool) -> tuple[Announced, ...]:
    """Return the host prefix of an address, where the Service has such prefixes (advertiseThisService)."""
    is_of_a_type = service.spec.type in ("ClusterIP", "NodePort", "LoadBalancer")
    if not is_allowed or not is_of_a_type or service.is_headless:
        return ()
    host = Announced(prefix_around(address, host_length(address)))
    is_local = service.spec.external_traffic_policy == "Local"
    if not is_local and _has_a_single_address(objects, service.key):
        return (_with_sessions(objects, replace(host, needs_an_endpoint=False)),)
    configuration = _configuration(objects)
    is_disabled = configuration and configuration.spec.service_load_balancer_aggregation == "Disabled"
    if is_local or is_disabled:
        return (_with_sessions(objects, replace(host, needs_an_endpoint=True)),)
    return ()


@lru_cache(maxsize=64)
def _has_a_single_address(objects: Objects, key: str) -> bool:
    """Return whether any address of a Service is an entry of a single address, which is asked for each of them."""
    service = objects.one(Service, key)
    single = {
        name: {str(address_range(text).first) for text in texts if _is_single(text)}
        for name, texts in _lists(objects).items()
    }
    given = (*service.given_addresses, *filter(None, (service.spec.load_balancer_ip,)))
    is_given = service.spec.type == "LoadBalancer" and not single["serviceLoadBalancerIPs"].isdisjoint(given)
    return is_given or not single["serviceExternalIPs"].isdisjoint(service.spec.external_ips)


def _whole(objects: Objects, address: str) -> tuple[Announced, ...]:
    """Return the longest prefix around an address that every node announces."""
    found = _around(objects, address)
    if found is None:
        return ()
    name = _configuration(objects)
    how = f"announced as {found} by BGPConfiguration {name.name if name else ''}"
    return (_with_sessions(objects, Announced(found, how, follows_endpoints=False)),)


def _around(objects: Objects, address: str) -> str | None:
    texts = (text for texts in _whole_lists(objects).values() for text in texts)
    around = [prefix for text in texts if address in address_range(text) for prefix in address_range(text).prefixes]
    return max(around, key=_length, default=None)


def _length(prefix: str) -> int:
    return int(prefix.rpartition("/")[2])


def _sentence(objects: Objects, name: str) -> str:
    configuration = _configuration(objects)
    return f"{name} of BGPConfiguration {configuration.name if configuration else ''}, whatever Services there are"


def _with_sessions(objects: Objects, announced: Announced) -> Announced:
    configuration = _configuration(objects)
    has_mesh = configuration is None or configuration.spec.node_to_node_mesh_enabled
    never, unsure = nodes_by_sessions(objects, announced.prefix, has_mesh=has_mesh)
    return replace(announced, unselected=never, unsure=unsure)


_GROUPS = ("projectcalico.org", "crd.projectcalico.org")
_KINDS: dict[str, type[Object]] = {
    "BGPConfiguration": BGPConfiguration,
    "IPPool": CalicoPool,
    "BGPPeer": CalicoPeer,
    "BGPFilter": BGPFilter,
}
ANNOUNCER = Announcer(
    Habits(
        "Calico",
        honours_the_label=True,
        label_has_to_be_true=True,
        ready_in="any slice",
        slices="service",
    ),
    {(group, kind): model for group in _GROUPS for kind, model in _KINDS.items()},
    holds,
    ranges,
    answer,
    is_its_class=lambda name: name == "calico",
    announces_for_others=lambda objects, service, address: bool(answer(objects, service, address).announced),
    other_addresses=other_addresses,
    always=always,
    habits_in=habits_in,
)
