"""kube-router: the arguments of its DaemonSet say which kinds of addresses it announces, annotations of a Service too.

As kube-router pkg/controllers/routing/ecmp_vip.go (getAllVIPsForService, shouldAdvertiseService) and
network_routes_controller.go decide it, and the class that pkg/controllers/lballoc/lballoc.go has. Without its DaemonSet
in the dump only annotations are known. Of several DaemonSets, the node selectors say which one runs on a node.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.announcer import NO_REASONS, Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.flags import TRUE
from ecmpaudit.kubernetes.kube_router_settings import ADVERTISE, CLUSTER, EXTERNAL, LOAD_BALANCER, settings_of
from ecmpaudit.kubernetes.nodes import nodes_by_name
from ecmpaudit.kubernetes.ranges import RangeIndex, host_length, prefix_around
from ecmpaudit.kubernetes.workloads import limits_of, may_announce

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecmpaudit.kubernetes.kube_router_settings import Settings
    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service
    from ecmpaudit.kubernetes.workloads import Outcome

CLASSES = ("kube-router", "default")
LOCAL = "kube-router.io/service.local"
SKIP = "kube-router.io/service.skiplbips"
ANNOTATIONS = {LOAD_BALANCER: "kube-router.io/service.advertise.loadbalancerip",
               EXTERNAL: "kube-router.io/service.advertise.externalip",
               CLUSTER: "kube-router.io/service.advertise.clusterip"}  # fmt: skip
_TYPES = frozenset({"ClusterIP", "NodePort", "LoadBalancer"})
_VERSION_2 = (2, 0)
"""From here on internalTrafficPolicy decides for clusterIPs, and all of them count."""


@lru_cache(maxsize=4)
def _pools(objects: Objects) -> RangeIndex[None]:
    return RangeIndex((known, None) for settings in settings_of(objects) for known in settings.pools)


def holds(objects: Objects, address: str) -> bool:
    """Return whether it gives Services addresses from a range that holds this one."""
    return bool(_pools(objects).holding(address))


def ranges(objects: Objects) -> tuple[str, ...]:
    """Return the prefixes of the ranges that it gives Services addresses from."""
    return tuple(prefix for settings in settings_of(objects) for known in settings.pools for prefix in known.prefixes)


def not_understood(objects: Objects) -> Iterator[str]:
    """Yield what is wrong with its arguments."""
    for settings in settings_of(objects):
        if settings.problem:
            yield f"{settings.problem}; what it announces is not known"


def _outcomes(objects: Objects, service: Service, kind: str, address: str) -> tuple[Outcome, ...]:
    """Return what each of its DaemonSets does with an address; without one, what the Service alone shows."""
    if service.is_headless or service.spec.type not in _TYPES:
        why: str | None = "the Service has no clusterIP"
    elif kind == LOAD_BALANCER and SKIP in service.metadata.annotations:
        why = f"the Service has the annotation {SKIP}"
    else:
        why = _switched_off(service, kind)
    if why:
        return ((False, why),) * (len(settings_of(objects)) or 1)
    is_on = ANNOTATIONS[kind] in service.metadata.annotations
    known = tuple(_outcome(settings, kind, address, is_on=is_on) for settings in settings_of(objects))
    return known or ((None, "the DaemonSet of kube-router was not given, and its arguments say what is announced"),)


def _switched_off(service: Service, kind: str) -> str | None:
    text = service.metadata.annotations.get(ANNOTATIONS[kind])
    return None if text is None or text in TRUE else f'the Service has the annotation {ANNOTATIONS[kind]} "{text}"'


def _outcome(settings: Settings, kind: str, address: str, *, is_on: bool) -> Outcome:
    if settings.problem:
        return None, settings.problem
    if not settings.flags["run-router"]:
        return False, "kube-router runs with --run-router=false"
    if not is_on and not settings.flags[ADVERTISE[kind]]:
        return False, f"kube-router has no --{ADVERTISE[kind]}, and no annotation of the Service"
    is_rejected, why = settings.why_rejected(kind, address)
    return (None if is_rejected is None else not is_rejected), f"kube-router: {why}"


def answer(objects: Objects, service: Service, address: str) -> Answer:
    """Return what kube-router does with an address that a load balancer gave a Service."""
    outcomes = _outcomes(objects, service, LOAD_BALANCER, address)
    if not may_announce(outcomes):
        return Answer(not_routed=f"{outcomes[0][1]}: no node announces it", is_fault=True)
    if not _is_known(objects, service, LOAD_BALANCER):
        return Answer(undetermined=outcomes[0][1])
    return Answer((_host(objects, service, LOAD_BALANCER, address, outcomes),))


def _is_known(objects: Objects, service: Service, kind: str) -> bool:
    """Return whether the Service or any DaemonSet shows what becomes of a kind of address."""
    return ANNOTATIONS[kind] in service.metadata.annotations or any(not s.problem for s in settings_of(objects))


def other_addresses(objects: Objects, service: Service) -> Iterator[tuple[str, Answer]]:
    """Yield what kube-router does with externalIPs and clusterIPs."""
    of_cluster = service.cluster_addresses[:1] if _is_of_version_1(objects) else service.cluster_addresses
    for kind, addresses in ((EXTERNAL, service.spec.external_ips), (CLUSTER, of_cluster)):
        for address in dict.fromkeys(addresses):
            outcomes = _outcomes(objects, service, kind, address)
            if _is_known(objects, service, kind) and may_announce(outcomes):
                yield address, Answer((_host(objects, service, kind, address, outcomes),))


def _host(objects: Objects, service: Service, kind: str, address: str, outcomes: tuple[Outcome, ...]) -> Announced:
    never, unsure = _limits(objects, outcomes)
    host = Announced(prefix_around(address, host_length(address)), unselected=never, unsure=unsure)
    text = service.metadata.annotations.get(LOCAL)
    if text is not None and (_is_of_version_1(objects) or (text == "true" and kind != CLUSTER)):
        return replace(host, local_by=f"annotation {LOCAL}")
    if kind != CLUSTER or _is_of_version_1(objects):
        return host
    if text == "true":
        unsure = _of_all(objects, f"annotation {LOCAL} counts for a clusterIP in some releases")
    return replace(host, policy="internalTrafficPolicy", unsure=unsure)


def _limits(objects: Objects, outcomes: tuple[Outcome, ...]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the nodes that do not announce an address, and those that may, each with the reason."""
    containers = tuple(settings.of for settings in settings_of(objects))
    if containers:
        return limits_of(objects, containers, outcomes, "kube-router")
    return NO_REASONS, _of_all(objects, outcomes[0][1])


@lru_cache(maxsize=16)
def _of_all(objects: Objects, why: str) -> Mapping[str, str]:
    return dict.fromkeys(nodes_by_name(objects), why)


@lru_cache(maxsize=4)
def _is_of_version_1(objects: Objects) -> bool:
    releases = [settings.release for settings in settings_of(objects)]
    return bool(releases) and all(release is not None and release < _VERSION_2 for release in releases)


def _announces(objects: Objects, service: Service, address: str) -> bool:
    is_known = _is_known(objects, service, LOAD_BALANCER)
    return is_known and may_announce(_outcomes(objects, service, LOAD_BALANCER, address))


def habits_in(objects: Objects) -> Habits:
    """Return what counts in the releases that run: from 2 on, some count every endpoint of a slice, ready or not."""
    return replace(ANNOUNCER.habits, may_count_not_ready=not _is_of_version_1(objects))


ANNOUNCER = Announcer(
    Habits("kube-router", ready_in="any slice", may_count_not_ready=True),
    {},
    holds,
    ranges,
    answer,
    is_its_class=lambda name: name in CLASSES,
    announces_for_others=_announces,
    other_addresses=other_addresses,
    not_understood=not_understood,
    habits_in=habits_in,
)
