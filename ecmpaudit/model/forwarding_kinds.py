"""The kinds of facts beyond a router's routes: what its kernel sends packets with, and how it notices a silent peer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model.addressing import DEFAULT_VRF, family_of

if TYPE_CHECKING:
    from ecmpaudit.model.captures import Evidence

_UNRESOLVED = frozenset({"FAILED", "INCOMPLETE"})
RESILIENT = "resilient"
"""The type of a next-hop group that keeps flows in buckets; the usual type is `mpath`."""


@dataclass(frozen=True, slots=True)
class NeighborEntry:
    """An entry of a kernel's neighbour table (ARP, NDP): the link-layer address of an address on a link."""

    host: str
    interface: str
    address: str
    state: str
    """The kernel's word: `REACHABLE`, `STALE`, `DELAY`, `PROBE`, `FAILED`, `INCOMPLETE`, `PERMANENT`, `NOARP`."""
    evidence: Evidence

    @property
    def family(self) -> int:
        """4 or 6."""
        return family_of(self.address)

    @property
    def is_unresolved(self) -> bool:
        """The neighbour was asked for its link-layer address and has not answered; an old entry (STALE) is normal."""
        return self.state in _UNRESOLVED


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A member of a next-hop group."""

    number: int
    """The id of its next-hop object."""
    weight: int = 1


@dataclass(frozen=True, slots=True)
class NextHopObject:
    """A next-hop object of a Linux kernel: one next hop, or a group of others."""

    host: str
    number: int
    """Its id; routes name it as `nhid`."""
    evidence: Evidence
    address: str | None = None
    """The gateway; None for a directly connected one and for a group."""
    interface: str | None = None
    is_blackhole: bool = False
    members: tuple[GroupMember, ...] = ()
    """Of a group."""
    kind: str = "mpath"
    """Of a group: `mpath` or `resilient`."""
    buckets: int | None = None
    """Of a resilient group."""


@dataclass(frozen=True, slots=True)
class ConfiguredGroup:
    """A group of next hops that a router's configuration calls resilient."""

    host: str
    name: str
    buckets: int
    addresses: frozenset[str]
    """Of its next hops; those that are directly connected have none."""
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class ObjectRoute:
    """A route of a Linux kernel that has a next-hop object, and no next hops of its own."""

    router: str
    prefix: str
    number: int
    """The `nhid`."""
    evidence: Evidence
    vrf: str = DEFAULT_VRF
    """The kernel's table: the number of one that is not the main one."""


@dataclass(frozen=True, slots=True)
class BfdSession:
    """A BFD session as the host at one end reports it."""

    host: str
    peer: str
    is_up: bool
    evidence: Evidence
    vrf: str | None = None
    """None where the output does not say (BIRD)."""
    interface: str | None = None
    timeout: int | None = None
    """Milliseconds without a packet after which the host takes the peer for dead; None where it is not up."""


@dataclass(frozen=True, slots=True)
class TableUse:
    """How full a table of a switch's forwarding hardware is."""

    host: str
    table: str
    """SONiC's word: `nexthop_group`, `nexthop_group_member`."""
    used: int
    available: int
    """Entries that are still free."""
    evidence: Evidence
