"""The facts about routers and nodes beside their route tables: each link from a node's address to a next hop.

Every fact names the host that reported it and carries the line it was read from. `answered` says which questions a
host answered completely: there an absent fact means that the host has no such thing, elsewhere that it is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_interface, ip_network
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ecmpaudit.cached import cached_property
from ecmpaudit.model.addressing import DEFAULT_VRF, family_of
from ecmpaudit.model.fact_kinds import (
    Adjacency,
    BgpPath,
    BgpSession,
    Export,
    ExternalRoute,
    HostAddress,
    HostInterface,
    Neighbor,
    NodeRoute,
    RejectedPath,
    RipSource,
    Setting,
    SilentDaemon,
)
from ecmpaudit.model.forwarding_kinds import (
    BfdSession,
    ConfiguredGroup,
    NeighborEntry,
    NextHopObject,
    ObjectRoute,
    TableUse,
)
from ecmpaudit.model.questions import Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecmpaudit.model.policies import Policies
    from ecmpaudit.model.questions import OpenQuestion

__all__ = [
    "Adjacency",
    "Answer",
    "BfdSession",
    "BgpPath",
    "BgpSession",
    "ConfiguredGroup",
    "Export",
    "ExternalRoute",
    "Facts",
    "HostAddress",
    "HostInterface",
    "Neighbor",
    "NeighborEntry",
    "NextHopObject",
    "NodeRoute",
    "ObjectRoute",
    "RejectedPath",
    "RipSource",
    "Setting",
    "SilentDaemon",
    "TableUse",
]

Answer: TypeAlias = "tuple[str, Question, int | None]"
"""Host, question and family (4, 6; None for both) of a complete answer."""
_Key = TypeVar("_Key")
_Fact = TypeVar("_Fact")


@dataclass(frozen=True)
class Facts:
    """All facts of one run."""

    paths: tuple[BgpPath, ...] = ()
    rejected: tuple[RejectedPath, ...] = ()
    sessions: tuple[BgpSession, ...] = ()
    neighbors: tuple[Neighbor, ...] = ()
    addresses: tuple[HostAddress, ...] = ()
    interfaces: tuple[HostInterface, ...] = ()
    node_routes: tuple[NodeRoute, ...] = ()
    exports: tuple[Export, ...] = ()
    settings: tuple[Setting, ...] = ()
    silent_daemons: tuple[SilentDaemon, ...] = ()
    policies: tuple[Policies, ...] = ()
    adjacencies: tuple[Adjacency, ...] = ()
    neighbor_entries: tuple[NeighborEntry, ...] = ()
    next_hop_objects: tuple[NextHopObject, ...] = ()
    object_routes: tuple[ObjectRoute, ...] = ()
    resilient_groups: tuple[ConfiguredGroup, ...] = ()
    bfd_sessions: tuple[BfdSession, ...] = ()
    table_uses: tuple[TableUse, ...] = ()
    external_routes: tuple[ExternalRoute, ...] = ()
    rip_sources: tuple[RipSource, ...] = ()
    answered: frozenset[Answer] = frozenset()
    unreachable: frozenset[str] = frozenset()
    """Routers and nodes that could not be asked: their state is unknown, and no cause names them."""
    of_objects: frozenset[str] = frozenset()
    """Nodes of which objects of the cluster report something, and that were not asked themselves."""
    export_lists: frozenset[tuple[str, str, int | None]] = frozenset()
    """Node, session and family (4, 6; None for both) of every complete list of exports."""
    not_answered: tuple[OpenQuestion, ...] = ()
    """What hosts were asked and did not answer; pasted text asked nothing."""

    def knows(self, host: str, question: Question, family: int | None = None) -> bool:
        """Return whether the host answered the question completely, so that it does not have what it did not name."""
        return bool({(host, question, family), (host, question, None)} & self.answered)

    def paths_to(self, router: str, vrf: str, prefix: str) -> tuple[BgpPath, ...]:
        """Return the candidates that a router has for a prefix, in the order of its output."""
        return self._paths.get((router, vrf, prefix), ())

    def knows_paths(self, router: str, vrf: str, family: int) -> bool:
        """Return whether the router's BGP table of this VRF was read: an answer names its family, and not its VRF."""
        vrfs = self._vrfs_with_paths.get((router, family), {DEFAULT_VRF})
        return vrf in vrfs and self.knows(router, Question.BGP_TABLE, family)

    def rejected_paths_to(self, router: str, vrf: str, prefix: str) -> tuple[RejectedPath, ...]:
        """Return the paths to a prefix that a router's import filters rejected, as far as it keeps them."""
        return self._rejected.get((router, vrf, prefix), ())

    def sessions_of(self, host: str, vrf: str = DEFAULT_VRF) -> tuple[BgpSession, ...]:
        """Return the sessions that a router or node reported, in both families."""
        return self._sessions.get((host, vrf), ())

    def all_sessions_of(self, host: str) -> tuple[BgpSession, ...]:
        """Return the sessions that a host reported in every VRF and family."""
        return self._all_sessions.get(host, ())

    @cached_property
    def _all_sessions(self) -> dict[str, tuple[BgpSession, ...]]:
        return _grouped((session.host, session) for session in self.sessions)

    def setting(self, host: str, name: str, family: int, vrf: str = DEFAULT_VRF) -> Setting | None:
        """Return a setting of a host, None where its configuration was not read or does not name it."""
        of_host = self._settings.get((host, name), ())
        return next((s for s in of_host if s.vrf == vrf and s.family in {None, family}), None)

    @cached_property
    def _paths(self) -> dict[tuple[str, str, str], tuple[BgpPath, ...]]:
        return _grouped(((path.router, path.vrf, path.prefix), path) for path in self.paths)

    @cached_property
    def _rejected(self) -> dict[tuple[str, str, str], tuple[RejectedPath, ...]]:
        return _grouped(((path.router, path.vrf, path.prefix), path) for path in self.rejected)

    @cached_property
    def _vrfs_with_paths(self) -> dict[tuple[str, int], set[str]]:
        found: dict[tuple[str, int], set[str]] = {}
        for router, vrf, prefix in self._paths:
            found.setdefault((router, family_of(prefix)), set()).add(vrf)
        return found

    @cached_property
    def _sessions(self) -> dict[tuple[str, str], tuple[BgpSession, ...]]:
        return _grouped(((session.host, session.vrf), session) for session in self.sessions)

    @cached_property
    def _settings(self) -> dict[tuple[str, str], tuple[Setting, ...]]:
        return _grouped(((setting.host, setting.name), setting) for setting in self.settings)

    @cached_property
    def neighbors_of(self) -> Mapping[str, tuple[Neighbor, ...]]:
        """The configured neighbours by router."""
        return _grouped((neighbor.router, neighbor) for neighbor in self.neighbors)

    def sessions_with_exports(self, node: str, family: int) -> frozenset[str]:
        """Return the sessions of which it is known what a node sends over them."""
        return frozenset(session for session, of in self._export_lists.get(node, ()) if of in {None, family})

    @cached_property
    def _export_lists(self) -> dict[str, tuple[tuple[str, int | None], ...]]:
        return _grouped((node, (session, family)) for node, session, family in self.export_lists)

    @cached_property
    def silent_daemon_of(self) -> Mapping[str, SilentDaemon]:
        """The daemon of each host that its client program did not reach; of several, one that holds the RIB.

        A host that reported sessions runs BGP, whatever another command of it printed.
        """
        with_bgp = {session.host for session in self.sessions}
        silent = (daemon for daemon in self.silent_daemons if not (daemon.is_of_bgp_alone and daemon.host in with_bgp))
        by_extent = sorted(silent, key=lambda daemon: daemon.is_of_bgp_alone, reverse=True)
        return {daemon.host: daemon for daemon in by_extent}

    def adjacencies_of(self, host: str, vrf: str, family: int) -> tuple[Adjacency, ...]:
        """Return the OSPF neighbours that a router reported."""
        return self._adjacencies.get((host, vrf, family), ())

    @cached_property
    def _adjacencies(self) -> dict[tuple[str, str, int], tuple[Adjacency, ...]]:
        return _grouped(((one.host, one.vrf, one.family), one) for one in self.adjacencies)

    def neighbor_entry(self, host: str, address: str | None, interface: str | None) -> NeighborEntry | None:
        """Return a host's entry for an address; where no interface is given, the only one that it has."""
        of_address = self._neighbor_entries.get((host, address), ())
        found = [entry for entry in of_address if interface in {None, entry.interface}]
        return found[0] if len(found) == 1 else None

    @cached_property
    def hosts_with_unresolved_neighbors(self) -> frozenset[str]:
        """The hosts that have an entry without a link-layer address."""
        return frozenset(entry.host for entry in self.neighbor_entries if entry.is_unresolved)

    @cached_property
    def _neighbor_entries(self) -> dict[tuple[str, str | None], tuple[NeighborEntry, ...]]:
        return _grouped(((entry.host, entry.address), entry) for entry in self.neighbor_entries)

    @cached_property
    def next_hop_object(self) -> Mapping[tuple[str, int], NextHopObject]:
        """The next-hop objects by host and id."""
        return {(known.host, known.number): known for known in self.next_hop_objects}

    @cached_property
    def object_route(self) -> Mapping[tuple[str, str, str], ObjectRoute]:
        """The routes of kernels that have a next-hop object, by router, VRF and prefix."""
        return {(route.router, route.vrf, route.prefix): route for route in self.object_routes}

    @cached_property
    def bfd_sessions_of(self) -> Mapping[str, tuple[BfdSession, ...]]:
        """The BFD sessions by the host that reported them."""
        return _grouped((session.host, session) for session in self.bfd_sessions)

    def external_routes_to(self, router: str, vrf: str, prefix: str) -> tuple[ExternalRoute, ...]:
        """Return the external routes to a prefix in a router's OSPF database."""
        return self._external_routes.get((router, vrf, prefix), ())

    @cached_property
    def _external_routes(self) -> dict[tuple[str, str, str], tuple[ExternalRoute, ...]]:
        return _grouped(((one.host, one.vrf, one.prefix), one) for one in self.external_routes)

    def rip_sources_of(self, host: str, family: int) -> tuple[RipSource, ...]:
        """Return the neighbours from which a router hears RIP updates."""
        return tuple(one for one in self.rip_sources if (one.host, one.family) == (host, family))

    @cached_property
    def policies_of(self) -> Mapping[str, Policies]:
        """The filters of each host whose configuration was read completely."""
        return {policies.host: policies for policies in self.policies}

    @cached_property
    def answering_hosts(self) -> frozenset[str]:
        """Every host that answered anything."""
        return frozenset(host for host, _, _ in self.answered)

    @cached_property
    def addresses_of(self) -> Mapping[str, tuple[HostAddress, ...]]:
        """Addresses by node."""
        return _grouped((address.node, address) for address in self.addresses)

    def host_of(self, address: str) -> str | None:
        """Return the one host that reported an address; None where none did, or several, and for link-local ones."""
        return self._hosts.get(address)

    @cached_property
    def _hosts(self) -> dict[str, str]:
        holders: dict[str, set[str]] = {}
        for fact in self.addresses:
            ip = ip_interface(fact.address).ip
            if not (ip.is_loopback or ip.is_link_local):
                holders.setdefault(str(ip), set()).add(fact.node)
        return {address: hosts.pop() for address, hosts in holders.items() if len(hosts) == 1}

    def has_interface(self, host: str, name: str) -> bool:
        """Return whether a host listed an interface."""
        return (host, name) in self._interfaces

    @cached_property
    def _interfaces(self) -> frozenset[tuple[str, str]]:
        return frozenset((interface.host, interface.name) for interface in self.interfaces)

    def prefixes_on(self, interface: str) -> frozenset[str]:
        """Return the host prefix of each address that any host has on an interface of this name."""
        return self._prefixes_on.get(interface, frozenset())

    @cached_property
    def _prefixes_on(self) -> dict[str, frozenset[str]]:
        found = ((address.interface, str(ip_network(ip_interface(address.address).ip))) for address in self.addresses)
        return {interface: frozenset(prefixes) for interface, prefixes in _grouped(found).items()}

    @cached_property
    def node_routes_to(self) -> Mapping[tuple[str, str], tuple[NodeRoute, ...]]:
        """A node's own routes by node and prefix."""
        return _grouped(((route.node, route.prefix), route) for route in self.node_routes)

    @cached_property
    def exports_of(self) -> Mapping[tuple[str, str], tuple[Export, ...]]:
        """What nodes send, by node and prefix."""
        return _grouped(((export.node, export.prefix), export) for export in self.exports)


def _grouped(pairs: Iterable[tuple[_Key, _Fact]]) -> dict[_Key, tuple[_Fact, ...]]:
    """Return the facts by key: a thousand routers are asked about one at a time."""
    groups: dict[_Key, list[_Fact]] = {}
    for key, fact in pairs:
        groups.setdefault(key, []).append(fact)
    return {key: tuple(facts) for key, facts in groups.items()}
