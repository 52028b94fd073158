"""kube-vip in BGP mode: every node announces the host prefix as long as the Service has endpoints that serve.

With an election (`svc_election`, `vip_leaderelection`) the one leader does, and the objects do not show who that is. As
kube-vip pkg/endpoints/endpoints_bgp.go, endpoints_generic.go (getAllEndpoints) and providers/endpointslices.go decide
it. Variables are those of pkg/kubevip/config_envvar.go, which replace the flags of cmd/kube-vip.go. The prefix is the
host's whatever `vip_subnet` is, and a session has the family of its peer unless `mpbgp_nexthop` is set (pkg/bgp).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ecmpaudit.kubernetes.announcer import Announced, Announcer, Answer, Habits
from ecmpaudit.kubernetes.flags import TRUE, boolean, flags_of
from ecmpaudit.kubernetes.ranges import host_length, prefix_around
from ecmpaudit.kubernetes.workloads import Outcome, Running, limits_of, may_announce, running
from ecmpaudit.model.addressing import is_address, is_ipv6

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Service

IMAGE = "kube-vip/kube-vip"
CLASS = "kube-vip.io/kube-vip-class"
ANNOTATIONS = ("kube-vip.io/vipHost", "kube-vip.io/loadbalancerIPs")
_BOOLEANS = {"svc_enable": "services", "bgp_enable": "bgp", "svc_election": "servicesElection",
             "vip_leaderelection": "leaderElection", "vip_routingtable": "table"}  # fmt: skip
"""Variables with the flag of the same meaning."""
_TEXTS = {"lb_class_name": "lbClassName", "config_file": "config-file"}
_PEERS = {"bgp_peers": "bgppeers", "bgp_peeraddress": "peerAddress"}
_BOTH_FAMILIES = "mpbgp_nexthop"
_ELECTIONS = ("svc_election", "vip_leaderelection")
_UNNUMBERED = "unnumbered:"


@dataclass(frozen=True, slots=True, eq=False)
class _Settings:
    """What one container of kube-vip is started with."""

    of: Running
    values: Mapping[str, str]
    problem: str = ""
    """Why nothing is known of it."""

    def is_on(self, name: str) -> bool:
        return self.values.get(name) in TRUE

    def outcome(self, address: str) -> Outcome:
        """Return whether its nodes announce an address, and why not."""
        if not self.is_on("bgp_enable"):
            return False, "kube-vip has no bgp_enable: one node answers ARP and NDP, no router learns a route"
        if any(map(self.is_on, _ELECTIONS)):
            return None, "one elected node announces it"
        if self._families and is_ipv6(address) not in self._families:
            return None, "kube-vip's BGP peers are of the other family only, without mpbgp_nexthop"
        return True, ""

    @property
    def _families(self) -> frozenset[bool]:
        """Whether its peers have IPv6 addresses; empty where that is not known, or a session has both families."""
        peers = [peer for name in _PEERS for peer in self.values.get(name, "").split(",") if peer]
        if _BOTH_FAMILIES in self.values or any(_BOTH_FAMILIES in p or p.startswith(_UNNUMBERED) for p in peers):
            return frozenset()
        return frozenset(peer.startswith("[") or (is_address(peer) and is_ipv6(peer)) for peer in peers)

    @property
    def undetermined(self) -> str:
        """Why it is not known how its nodes announce an address; empty where it is."""
        if self.is_on("vip_routingtable"):
            return "kube-vip writes routes to a table (vip_routingtable): who announces them, no object shows"
        return self.problem


@lru_cache(maxsize=4)
def _all_settings(objects: Objects) -> tuple[_Settings, ...]:
    """Return the settings of each container of kube-vip."""
    return tuple(_settings(each) for each in running(objects, IMAGE))


def _settings(each: Running) -> _Settings:
    try:
        return _Settings(each, _values(each))
    except ValueError as error:
        return _Settings(each, {}, f"kube-vip of {each.by}: {error}")


def _values(each: Running) -> dict[str, str]:
    """Return its variables and flags by the names of the variables; ValueError where they are not understood."""
    if each.container.env_from:
        raise ValueError("its variables are in another object (envFrom), which is not read")
    flags = flags_of(each.container, _BOOLEANS.values(), texts=[*_TEXTS.values(), *_PEERS.values()])
    values = {name: flags[flag][-1] for name, flag in (_BOOLEANS | _TEXTS | _PEERS).items() if flag in flags}
    for variable in each.container.env:
        is_decisive = variable.name in _BOOLEANS or variable.name in _TEXTS
        if variable.value_from is not None and is_decisive:
            raise ValueError(f"{variable.name} is in another object (valueFrom), which is not read")
        if variable.value_from is not None and variable.name in _PEERS:
            values[_BOTH_FAMILIES] = "unknown"  # peers that are not shown may have addresses of both
        if variable.value and (is_decisive or variable.name in _PEERS or variable.name == _BOTH_FAMILIES):
            values[variable.name] = variable.value
    for name in _BOOLEANS:
        boolean(name, values.get(name, "false"))
    if "config_file" in values:
        raise ValueError(f"its configuration is in the file {values['config_file']}, which is not read")
    return values


@lru_cache(maxsize=4)
def _of_services(objects: Objects) -> tuple[_Settings, ...]:
    """Return the settings of the containers that serve Services, or of which that is not known."""
    return tuple(each for each in _all_settings(objects) if each.problem or each.is_on("svc_enable"))


def not_understood(objects: Objects) -> Iterator[str]:
    """Yield what of its settings cannot be understood."""
    for settings in _all_settings(objects):
        if settings.problem:
            yield f"{settings.problem}; what it announces is not known"


def answer(objects: Objects, _: Service, address: str) -> Answer:
    """Return what kube-vip does with an address of a Service."""
    host = prefix_around(address, host_length(address))
    if not _all_settings(objects):
        return Answer((Announced(host),), assumed="kube-vip announces host prefixes by BGP from all nodes, as its "
                      "DaemonSet or static pods were not given", has_objects=False)  # fmt: skip
    settings = _of_services(objects)
    if not settings:
        return Answer(not_routed="kube-vip has no svc_enable: no node announces it", is_fault=True)
    if why := next((each.undetermined for each in settings if each.undetermined), None):
        return Answer(undetermined=why)
    outcomes = tuple(each.outcome(address) for each in settings)
    if not may_announce(outcomes):
        return Answer(not_routed=outcomes[0][1])
    never, unsure = limits_of(objects, tuple(each.of for each in settings), outcomes, "kube-vip")
    return Answer((Announced(host, unselected=never, unsure=unsure),))


def _has_its_class(objects: Objects, service: Service) -> bool:
    """Return whether a Service has the class that kube-vip's settings name."""
    name = service.spec.load_balancer_class
    return bool(name) and any(each.values.get("lb_class_name") == name for each in _of_services(objects))


ANNOUNCER = Announcer(
    Habits("kube-vip", needs_an_endpoint=True, counts_terminating=True, ready_in="any slice"),
    {},
    lambda _, __: False,
    lambda _: (),
    answer,
    is_its_class=lambda name: name == CLASS,
    annotations=ANNOTATIONS,
    announces_for_others=lambda objects, service, _: _has_its_class(objects, service),
    not_understood=not_understood,
)
