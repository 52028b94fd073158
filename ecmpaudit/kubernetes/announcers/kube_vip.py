"""kube-vip in BGP mode: every node announces the host prefix as long as the Service has endpoints that serve.

With an election (`svc_election`, `vip_leaderelection`) the one leader does, and the objects do not show who that is. As
kube-vip pkg/endpoints/endpoints_bgp.go, endpoints_generic.go (getAllEndpoints) and providers/endpointslices.go decide
it; the variables are those of pkg/kubevip/config_envvar.go. `vip_cidr` and `vip_subnet` have the length of the prefix.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.announcer import NO_REASONS, Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.nodes import nodes_by_name
from ecmpaudit.kubernetes.ranges import host_length, prefix_around
from ecmpaudit.kubernetes.workloads import running, static_pods

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service

IMAGE = "kube-vip/kube-vip"
CLASS = "kube-vip.io/kube-vip-class"
ANNOTATIONS = ("kube-vip.io/vipHost", "kube-vip.io/loadbalancerIPs")
_ELECTIONS = ("svc_election", "vip_leaderelection")
_LENGTHS = frozenset({"", "auto", "32", "128", "/32", "/128"})
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})


@lru_cache(maxsize=4)
def _variables(objects: Objects) -> dict[str, str] | None:
    """Return the environment of kube-vip's containers that serve Services; None where none was given."""
    found = [{v.name: v.value for v in each.container.env} for each in running(objects, IMAGE)]
    of_services = [_read(variables) for variables in found if variables.get("svc_enable") in _TRUE]
    return of_services[0] if of_services and of_services.count(of_services[0]) == len(of_services) else None


def _read(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that decide here: static pods differ in others, as the name of their node."""
    return {name: variables.get(name, "") for name in ("bgp_enable", "vip_cidr", "vip_subnet", *_ELECTIONS)}


@lru_cache(maxsize=4)
def _without_pod(objects: Objects) -> Mapping[str, str]:
    """Return the nodes without kube-vip where it runs in static pods only; a DaemonSet is taken to be on all."""
    static = static_pods(objects, IMAGE)
    if not static or len(running(objects, IMAGE)) > len(static):
        return NO_REASONS
    on = {pod.spec.node_name for pod in static}
    return {name: "no static pod of kube-vip runs on it" for name in nodes_by_name(objects) if name not in on}


def answer(objects: Objects, _: Service, address: str) -> Answer:
    """Return what kube-vip does with an address of a Service."""
    host = prefix_around(address, host_length(address))
    variables = _variables(objects)
    if variables is None:
        return Answer((Announced(host),), assumed="kube-vip announces host prefixes by BGP from all nodes, as its "
                      "DaemonSet or static pods were not given", has_objects=False)  # fmt: skip
    if variables.get("bgp_enable") not in _TRUE:
        return Answer(not_routed="kube-vip has no bgp_enable: one node answers ARP and NDP, no router learns a route")
    lengths = {part.strip() for key in ("vip_cidr", "vip_subnet") for part in variables.get(key, "").split(",")}
    if not lengths <= _LENGTHS:
        return Answer(
            undetermined="kube-vip's vip_cidr or vip_subnet is no host's: which prefix it announces is unknown"
        )
    has_election = any(variables.get(name) in _TRUE for name in _ELECTIONS)
    return Answer(
        (Announced(host, unselected=_without_pod(objects), unsure=_elected(objects) if has_election else NO_REASONS),)
    )


@lru_cache(maxsize=4)
def _elected(objects: Objects) -> dict[str, str]:
    return dict.fromkeys(nodes_by_name(objects), "one elected node announces it")


ANNOUNCER = Announcer(
    Habits("kube-vip", needs_an_endpoint=True, counts_terminating=True, ready_in="any slice"),
    {},
    lambda _, __: False,
    lambda _: (),
    answer,
    is_its_class=lambda name: name == CLASS,
    annotations=ANNOTATIONS,
)
