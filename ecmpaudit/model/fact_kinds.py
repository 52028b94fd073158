"""The kinds of facts about routers and nodes beside their route tables.

Every fact names the host that reported it and carries the line it was read from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model.addressing import DEFAULT_VRF

if TYPE_CHECKING:
    from ecmpaudit.model.captures import Evidence


@dataclass(frozen=True, slots=True)
class BgpPath:
    """One path to one prefix in a router's BGP table: a candidate for its equal-cost set."""

    router: str
    prefix: str
    next_hop: str
    """The address that the path announces; `0.0.0.0` or `::` for the router's own."""
    evidence: Evidence
    vrf: str = DEFAULT_VRF
    other_next_hop: str | None = None
    """The second, link-local address of an IPv6 path."""
    peer: str | None = None
    """The address or interface of the session that it came over; None where the output does not say."""
    is_valid: bool = True
    is_best: bool = False
    is_multipath: bool = False
    """Part of the set that BGP installs in the RIB; the best path always is."""
    is_stale: bool = False
    """Kept from a restarting peer (graceful restart)."""
    is_damped: bool = False
    """Suppressed by route dampening, or withdrawn and remembered for it."""
    is_internal: bool | None = None
    """Learned over iBGP; None where the output does not say."""
    is_accessible: bool = True
    """The next hop is resolved."""
    preference: int | None = None
    """BIRD's preference of the route, with which it compares sources of any kind; None of other daemons."""
    weight: int | None = None
    local_preference: int | None = None
    as_path: str | None = None
    """As printed, without the origin: `64512 64513`; empty for a path of the own AS."""
    origin: str | None = None
    """`IGP`, `EGP` or `incomplete`."""
    med: int | None = None
    igp_metric: int | None = None
    router_id: str | None = None

    @property
    def next_hops(self) -> frozenset[str]:
        """Every address that the path may be a next hop with."""
        return frozenset(filter(None, (self.next_hop, self.other_next_hop)))


@dataclass(frozen=True, slots=True)
class RejectedPath:
    """A path that a router's import filter rejected, and that the router kept to show it (BIRD)."""

    router: str
    prefix: str
    next_hops: frozenset[str]
    peer: str
    """The session that it came over: BIRD's protocol."""
    evidence: Evidence
    vrf: str = DEFAULT_VRF


@dataclass(frozen=True, slots=True)
class BgpSession:
    """One BGP session for one address family, as the host at one end reports it."""

    host: str
    """The router or node that reported it."""
    peer: str
    """Address or interface of the other end."""
    family: int
    """The address family that it carries, 4 or 6."""
    state: str
    """The field's word: `Established`, `Active`, `Idle`, `Connect`, `OpenSent` …"""
    evidence: Evidence
    vrf: str = DEFAULT_VRF
    peer_name: str | None = None
    """Host name or description of the other end; of BIRD, the protocol's name."""
    remote_as: int | None = None
    local_as: int | None = None
    since: str | None = None
    """How long it has been in this state, or since when, as printed: `00:12:31`, `2026-11-21 10:42`; None if never."""
    shows_since: bool = True
    """False where the report has no such time at all: then None does not mean never."""
    last_error: str | None = None
    """As printed: `Connection refused`, `Hold Timer Expired`."""
    accepted: int | None = None
    """Prefixes that came in and were accepted; None where the session is down or the output does not say."""
    sent: int | None = None
    limit: int | None = None
    """Prefixes after which it is shut, or takes no more (maximum-prefix, import limit); None if it only warns."""
    blocks_at_limit: bool = False
    """At its limit it stays up and takes no more (BIRD's action `block`)."""
    detail: str | None = None
    """What is printed beside the state: `Admin`, `PfxCt`, `Policy` …"""
    is_negotiated: bool | None = None
    """Both ends offered the address family; None where the output does not say."""
    hold_time: int | None = None
    """Seconds without a message after which it ends, as negotiated; 0: never. None where it is down or not known."""
    keepalive: int | None = None
    """Seconds between two keepalives that the host sends."""
    uses_bfd: bool | None = None
    """It ends when BFD reports the peer as down; None where the output does not say."""

    @property
    def is_internal(self) -> bool | None:
        """Both ends are of one AS (iBGP); None where the output does not say."""
        return None if None in (self.remote_as, self.local_as) else self.remote_as == self.local_as

    @property
    def is_up(self) -> bool:
        """Routes of the address family are exchanged."""
        return self.state == "Established" and self.is_negotiated is not False

    @property
    def lacks_family(self) -> bool:
        """The session is up, and one end did not offer the address family; FRR's text has `NoNeg` as its state."""
        return self.state == "NoNeg" or (self.state == "Established" and self.is_negotiated is False)


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A BGP neighbour in a router's configuration, for one address family."""

    router: str
    peer: str
    """Address or interface, or the range of dynamic neighbours (`bgp listen range`)."""
    family: int
    evidence: Evidence
    vrf: str = DEFAULT_VRF
    is_shutdown: bool = False
    route_map_in: str | None = None
    prefix_list_in: str | None = None
    filter_list_in: str | None = None
    """An AS-path list."""
    distribute_list_in: str | None = None
    """An access-list, which is not evaluated."""
    limit: int | None = None
    demands: tuple[str, ...] = ()
    """What the session does not come up without: `a password (MD5)`, `ttl-security hops 1`."""
    route_map_out: str | None = None
    prefix_list_out: str | None = None
    is_sent_all_paths: bool = False
    """It is sent every path and not only the best one (`addpath-tx-all-paths`)."""
    is_client: bool = False
    """The router reflects routes between it and other iBGP neighbours (`route-reflector-client`)."""


@dataclass(frozen=True, slots=True)
class Adjacency:
    """An OSPF neighbour as a router reports it."""

    host: str
    family: int
    """4 for OSPFv2, 6 for OSPFv3."""
    router_id: str
    state: str
    """The first part is the neighbour's state, the second its role: `Full/DR`, `ExStart/DROther`, `Init`."""
    evidence: Evidence
    vrf: str = DEFAULT_VRF
    address: str | None = None
    """The neighbour's address on the link; OSPFv3 of FRR shows none."""

    @property
    def exchanges_routes(self) -> bool:
        """The two have the same LSAs: directly, or as two that both have them from the designated router."""
        return self.state.startswith("Full") or self.state == "2-Way/DROther"


@dataclass(frozen=True, slots=True)
class ExternalRoute:
    """An external route in a router's OSPF database, as one router announces it."""

    host: str
    """Whose database has it."""
    family: int
    """4 for OSPFv2, 6 for OSPFv3."""
    prefix: str
    router_id: str
    """Of the router that announces it."""
    metric: int
    is_type_1: bool
    """Metric type 1 (E1), which is preferred to type 2 (E2)."""
    evidence: Evidence
    vrf: str = DEFAULT_VRF

    @property
    def rank(self) -> tuple[bool, int]:
        """What OSPF compares first, the best lowest: the type, then the metric."""
        return (not self.is_type_1, self.metric)

    @property
    def words(self) -> str:
        """Metric and type for a sentence: `metric 20 of type 2`."""
        return f"metric {self.metric} of type {1 if self.is_type_1 else 2}"


@dataclass(frozen=True, slots=True)
class RipSource:
    """A neighbour from which a router hears RIP updates."""

    host: str
    family: int
    """4 for RIP, 6 for RIPng."""
    address: str
    last_update: str
    """How long ago, as printed: `00:00:04`."""
    bad_packets: int
    """Packets of it that were refused, as with another password or version."""
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class HostAddress:
    """An address on an interface of a node or a router."""

    node: str
    interface: str
    """`kube-lb0` for load-balancer addresses."""
    address: str
    """With its length: `172.31.1.1/32`."""
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class HostInterface:
    """An interface of a node or a router, with or without addresses."""

    host: str
    name: str
    evidence: Evidence
    state: str | None = None
    """The kernel's word: `UP`, `DOWN`, `LOWERLAYERDOWN`, `UNKNOWN`; None where the output does not say."""


@dataclass(frozen=True, slots=True)
class NodeRoute:
    """A route that a node's own routing daemon has, so that it could announce it."""

    node: str
    prefix: str
    protocol: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Export:
    """A prefix that a node's daemon sends over one of its sessions."""

    node: str
    prefix: str
    session: str
    """BIRD's protocol or the peer's address."""
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Setting:
    """One word of a router's or a node's configuration that decides about multipath."""

    host: str
    name: str
    """`multipath-relax`, `merge paths`, `ecmp limit`, `fib_multipath_hash_policy` (IPv4 and IPv6 apart) …"""
    value: str
    evidence: Evidence
    vrf: str = DEFAULT_VRF
    family: int | None = None
    """4 or 6; None where it holds for both."""


@dataclass(frozen=True, slots=True)
class SilentDaemon:
    """A routing daemon that its own client program did not reach on the daemon's host."""

    host: str
    words: str
    """What the client said."""
    evidence: Evidence
    daemon: str | None = None
    """`bgpd` or `zebra` where the others of the host's daemons may run; None where none does."""

    @property
    def is_of_bgp_alone(self) -> bool:
        """The host has a RIB, and no BGP: a fault only where somebody has a BGP session with it."""
        return self.daemon == "bgpd"
