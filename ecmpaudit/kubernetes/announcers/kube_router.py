"""kube-router: the arguments of its DaemonSet say which kinds of addresses it announces, annotations of a Service too.

As kube-router pkg/controllers/routing/ecmp_vip.go (getAllVIPsForService, nodeHasEndpointsForService) and
network_routes_controller.go decide it, and the class that pkg/controllers/lballoc/lballoc.go has. Without its DaemonSet
in the dump only annotations are known, and what the arguments are is not.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.announcer import NO_REASONS, Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.nodes import nodes_by_name
from ecmpaudit.kubernetes.ranges import address_range, host_length, prefix_around
from ecmpaudit.kubernetes.workloads import containers_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service

IMAGE = "cloudnativelabs/kube-router"
CLASS = "kube-router"
LOCAL = "kube-router.io/service.local"
SKIP = "kube-router.io/service.skiplbips"
KINDS = {"LoadBalancerIP": "loadbalancerip", "ExternalIP": "externalip", "ClusterIP": "clusterip"}
"""The last word of the annotation `kube-router.io/service.advertise.…`, by kind of address."""
FLAGS = {"LoadBalancerIP": "advertise-loadbalancer-ip", "ExternalIP": "advertise-external-ip",
         "ClusterIP": "advertise-cluster-ip"}  # fmt: skip
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
"""Go's strconv.ParseBool; anything else is false."""


@lru_cache(maxsize=4)
def _arguments(objects: Objects) -> dict[str, str] | None:
    """Return the flags of kube-router with their values; None where its DaemonSet was not given."""
    containers = containers_of(objects, IMAGE)
    if not containers:
        return None
    words = [word for container in containers for word in (*container.command, *container.args)]
    flags = (word.lstrip("-").partition("=") for word in words if word.startswith("--"))
    return {name: value if sign else "true" for name, sign, value in flags}


@lru_cache(maxsize=4)
def _pools(objects: Objects) -> tuple[str, ...]:
    texts = (_arguments(objects) or {}).get("loadbalancer-ip-range", "").split(",")
    found = []
    for text in filter(None, texts):
        try:
            address_range(text)
        except ValueError:
            continue
        found.append(text)
    return tuple(found)


def holds(objects: Objects, address: str) -> bool:
    """Say whether its range holds the address."""
    return any(address in address_range(text) for text in _pools(objects))


def ranges(objects: Objects) -> tuple[str, ...]:
    """Return the prefixes of its range."""
    return tuple(prefix for text in _pools(objects) for prefix in address_range(text).prefixes)


def _is_announced(objects: Objects, service: Service, kind: str) -> bool | None:
    """Say whether it announces a kind of address of a Service; None where the arguments decide and are not known."""
    annotations = service.metadata.annotations
    if service.is_headless or (kind == "LoadBalancerIP" and SKIP in annotations):
        return False
    said = annotations.get(f"kube-router.io/service.advertise.{KINDS[kind]}")
    if said is not None:
        return said in _TRUE
    arguments = _arguments(objects)
    return None if arguments is None else arguments.get(FLAGS[kind], "false") in _TRUE


def answer(objects: Objects, service: Service, address: str) -> Answer:
    """Return what kube-router does with an address that a load balancer gave a Service."""
    is_announced = _is_announced(objects, service, "LoadBalancerIP")
    if is_announced is None:
        return Answer(
            undetermined="the DaemonSet of kube-router was not given, and its arguments say what is announced"
        )
    if not is_announced:
        why = f"kube-router has no --{FLAGS['LoadBalancerIP']}, and no annotation of the Service: nobody announces it"
        return Answer(not_routed=why, is_fault=True)
    return Answer((_host(objects, service, address),))


def other_addresses(objects: Objects, service: Service) -> Iterator[tuple[str, Answer]]:
    """Yield what kube-router does with externalIPs and clusterIPs."""
    for kind, addresses in (("ExternalIP", service.spec.external_ips), ("ClusterIP", service.cluster_addresses)):
        if addresses and _is_announced(objects, service, kind):
            for address in dict.fromkeys(addresses):
                yield address, Answer((_host(objects, service, address),))


def _host(objects: Objects, service: Service, address: str) -> Announced:
    unsure: Mapping[str, str] = NO_REASONS
    if LOCAL in service.metadata.annotations and service.spec.external_traffic_policy != "Local":
        unsure = _by_annotation(objects)
    return Announced(prefix_around(address, host_length(address)), unsure=unsure)


@lru_cache(maxsize=4)
def _by_annotation(objects: Objects) -> dict[str, str]:
    return dict.fromkeys(nodes_by_name(objects), f"annotation {LOCAL}: only nodes with endpoints announce it")


ANNOUNCER = Announcer(
    Habits("kube-router", ready_in="any slice"),
    {},
    holds,
    ranges,
    answer,
    is_its_class=lambda name: name == CLASS,
    announces_for_others=lambda objects, service, _: bool(_is_announced(objects, service, "LoadBalancerIP")),
    other_addresses=other_addresses,
)
