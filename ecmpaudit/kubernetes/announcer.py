"""What a load balancer is to this program: how its addresses are recognised, and what it does with each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Object, Service


NO_REASONS: Mapping[str, str] = {}
"""The same object for every prefix that no node is kept from, as `shares` works out once what holds for an object."""


@dataclass(frozen=True, slots=True)
class Announced:
    """One prefix that carries the address."""

    prefix: str
    how: str = ""
    """For messages, where it is not the host prefix of the address: `as /24 by BGPAdvertisement …`."""
    unselected: Mapping[str, str] = field(default_factory=lambda: NO_REASONS)
    """Nodes that do not announce it whatever their endpoints are, each with the reason."""
    unsure: Mapping[str, str] = field(default_factory=lambda: NO_REASONS)
    """Nodes of which the objects do not show whether they announce it, each with the reason."""
    follows_endpoints: bool = True
    """False for a prefix that all nodes announce, whatever the Services in it do."""
    needs_an_endpoint: bool | None = None
    """With policy Cluster and no ready endpoint anywhere, no node announces it; None: as the announcer's habits say."""
    policy: Literal["externalTrafficPolicy", "internalTrafficPolicy"] = "externalTrafficPolicy"
    """The policy of the Service that decides."""
    local_by: str = ""
    """What keeps it to nodes with endpoints whatever the policy is: `annotation …`."""
    preferences: tuple[tuple[str, int], ...] = ()
    """What sets its local preference, and which; empty where that is not set, or reaches no router."""

    def policy_of(self, service: Service) -> str:
        """Return the value of the policy that decides."""
        spec = service.spec
        return spec.internal_traffic_policy if self.policy == "internalTrafficPolicy" else spec.external_traffic_policy

    def is_local(self, service: Service) -> bool:
        """Return whether only nodes with endpoints announce it for a Service."""
        return self.follows_endpoints and (bool(self.local_by) or self.policy_of(service) == "Local")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is announced, or why nothing is, or why that cannot be determined."""

    announced: tuple[Announced, ...] = ()
    not_routed: str | None = None
    """Why no router learns the address: `is announced by ARP and NDP, not to routers`."""
    is_fault: bool = False
    """No node announces it, and nothing said that it should be so."""
    undetermined: str | None = None
    """Why it cannot be determined."""
    unread: str | None = None
    """Why it cannot be determined, where that holds for each Service: kinds that could not be read."""
    assumed: str | None = None
    """What was assumed because objects are missing from the dump."""
    has_objects: bool = True
    """False where none of the announcer's own objects were given, so that all of it is assumed."""


@dataclass(frozen=True, slots=True)
class Habits:
    """Which facts of a node or an endpoint an announcer takes into account."""

    name: str
    """As its authors write it."""
    honours_the_label: bool = False
    """A node that is labelled EXCLUDE_LABEL announces nothing."""
    label_has_to_be_true: bool = False
    """Only the label's value `true` counts, not its presence."""
    needs_an_endpoint: bool = False
    """With externalTrafficPolicy Cluster and no ready endpoint anywhere, no node announces."""
    counts_terminating: bool = False
    """An endpoint that is terminating and still serves counts as ready."""
    honours_network_unavailable: bool = False
    """A node whose condition NetworkUnavailable is true announces nothing."""
    unknown_is_ready: bool = True
    """An endpoint without the condition `ready` counts as ready."""
    may_count_not_ready: bool = False
    """In some of the releases that may run, an endpoint that is not ready counts too."""
    ready_in: Literal["every slice", "any slice", "unknown"] = "every slice"
    """In which of its slices an endpoint has to be ready."""
    slices: Literal["all", "service", "address", "unknown"] = "all"
    """Whose slices count: all; those of the Service's families; those of the address's own; that and perhaps others."""


@dataclass(frozen=True, slots=True)
class Announcer:
    """One load balancer; each module of `kubernetes.announcers` has one as its ANNOUNCER."""

    habits: Habits
    kinds: Mapping[tuple[str, str], type[Object]]
    """Its own objects that decide an announcement, by API group and kind, in any version of the group."""
    holds: Callable[[Objects, str], bool]
    """Whether one of its pools holds an address."""
    ranges: Callable[[Objects], tuple[str, ...]]
    """The prefixes of its pools."""
    answer: Callable[[Objects, Service, str], Answer]
    """What it does with an address that a load balancer gave a Service."""
    looked_up: Mapping[tuple[str, str], type[Object]] = field(default_factory=dict)
    """More of its objects: where they could not be read, what it announces is known all the same, or it says so."""
    is_its_class: Callable[[str], bool] = lambda _: False
    """Whether a Service with this loadBalancerClass is its own."""
    annotations: tuple[str, ...] = ()
    """Annotations that only its controller writes on a Service."""
    pools_asked_for: Mapping[str, type[Object]] = field(default_factory=dict)
    """Annotations with the name of the pool that a Service asks for, each with the kind of the pool."""
    conditions: tuple[str, ...] = ()
    """Types of conditions that only its controller sets on a Service."""
    may_own: Callable[[Service], bool] = lambda _: True
    """Whether it may have allocated the addresses of a Service that lie in its pools."""
    announces_for_others: Callable[[Objects, Service, str], bool] = lambda _, __, ___: False
    """Whether it announces an address whichever controller has allocated it."""
    other_addresses: Callable[[Objects, Service], Iterable[tuple[str, Answer]]] = lambda _, __: ()
    """What it does with a Service's externalIPs and clusterIPs, as far as it announces them."""
    always: Callable[[Objects], Iterable[Announced]] = lambda _: ()
    """What it announces whatever Services there are; `how` is the whole sentence."""
    not_understood: Callable[[Objects], Iterable[str]] = lambda _: ()
    """What of its configuration cannot be understood, one sentence each; objects that are no such objects are known."""
    habits_in: Callable[[Objects], Habits] | None = None
    """Its habits in the release that a cluster runs; None where releases do not differ."""

    def habits_of(self, objects: Objects) -> Habits:
        """Return its habits in this cluster."""
        return self.habits_in(objects) if self.habits_in else self.habits
