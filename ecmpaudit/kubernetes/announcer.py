"""What a load balancer is to this program: how its addresses are recognised, and what it does with each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecmpaudit.kubernetes.objects import Objects
    from ecmpaudit.kubernetes.schema import Object, Service


@dataclass(frozen=True, slots=True)
class Announced:
    """One prefix that carries the address."""

    prefix: str
    how: str = ""
    """For messages, where it is not the host prefix of the address: `as /24 by BGPAdvertisement …`."""
    unselected: Mapping[str, str] | None = None
    """Nodes that do not announce it whatever their endpoints are, each with the reason."""
    follows_endpoints: bool = True
    """False for a prefix that all nodes announce, whatever the Services in it do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is announced, or why nothing is, or why that cannot be determined."""

    announced: tuple[Announced, ...] = ()
    not_routed: str | None = None
    """Why no router learns the address: `is announced by ARP and NDP, not to routers`."""
    undetermined: str | None = None
    """Why it cannot be determined."""
    assumed: str | None = None
    """What was assumed because objects are missing from the dump."""


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
    """With externalTrafficPolicy Cluster and no ready endpoint anywhere, nobody announces."""
    counts_terminating: bool = False
    """An endpoint that is terminating and still serves counts as ready."""
    honours_network_unavailable: bool = False
    """A node whose condition NetworkUnavailable is true announces nothing."""


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
    """What it does with an address of a Service."""
    is_its_class: Callable[[str], bool] = lambda _: False
    """Whether a Service with this loadBalancerClass is its own."""
    annotations: tuple[str, ...] = ()
    """Annotations that only its controller writes on a Service."""
    conditions: tuple[str, ...] = ()
    """Types of conditions that only its controller sets on a Service."""
    announces_for_others: Callable[[Objects, str], bool] = lambda _, __: False
    """Whether it announces an address whichever controller has allocated it."""
    announces_external_ips: bool = False
    """It announces a Service's externalIPs too."""
