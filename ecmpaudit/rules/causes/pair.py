"""A prefix on a router and a node that should be one of its next hops: what each link of the chain is judged on."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_interface
from typing import TYPE_CHECKING

from ecmpaudit.cached import cached_property
from ecmpaudit.model.addressing import is_ipv6, kind_of
from ecmpaudit.model.policies import Decision, Verdict

if TYPE_CHECKING:
    from ecmpaudit.model import AuditedPrefix, Facts, NextHop, Node
    from ecmpaudit.model.facts import BgpPath, BgpSession, Neighbor, RejectedPath

IPV4 = 4
_WRITTEN = frozenset({"static", "kernel"})
"""Routes that somebody or another program put on the router: no protocol brings them."""
_INTERIOR = frozenset({"ospf", "ospf6", "isis", "rip", "ripng", "eigrp", "babel"})


@dataclass(frozen=True)
class Pair:
    """A prefix on a router and a node, with all facts about the two."""

    prefix: AuditedPrefix
    node: Node
    facts: Facts

    @property
    def family(self) -> int:
        """4 or 6, the prefix's."""
        return self.prefix.family

    @property
    def router(self) -> str:
        """The router for a sentence; a pasted table may have no router's name."""
        return self.prefix.router or "the router"

    @cached_property
    def sessions(self) -> tuple[BgpSession, ...]:
        """The router's sessions with the node, in both families."""
        return tuple(session for session in self._sessions_of_router if session.peer in self._peers)

    @property
    def _sessions_of_router(self) -> tuple[BgpSession, ...]:
        return self.facts.sessions_of(self.prefix.router, self.prefix.vrf)

    @cached_property
    def sessions_of_node(self) -> tuple[BgpSession, ...]:
        """The node's own sessions with this router: those with one of its addresses, or with its name."""
        names = {self.prefix.router, *self._addresses_of_router}
        own = self.facts.sessions_of(self.node.name)
        return tuple(s for s in own if s.family == self.family and not names.isdisjoint({s.peer_name, s.peer}))

    @property
    def _addresses_of_router(self) -> set[str]:
        """The router's addresses without those that other hosts may have too (loopback, link-local)."""
        of_router = self.facts.addresses_of.get(self.prefix.router, ())
        addresses = {ip_interface(address.address).ip for address in of_router}
        return {str(ip) for ip in addresses if not (ip.is_loopback or ip.is_link_local)}

    @cached_property
    def _peers(self) -> frozenset[str]:
        """The peers of the router's sessions that are the node."""
        of_router = self._sessions_of_router
        return frozenset(s.peer for s in of_router if s.peer_name == self.node.name or self._is_own_name(s.peer))

    @cached_property
    def _protocols(self) -> frozenset[str]:
        """The router's names for its sessions with the node: BIRD's protocols."""
        return frozenset(session.peer_name for session in self.sessions if session.peer_name)

    def _is_own_name(self, peer: str) -> bool:
        return peer == self.node.name or peer.partition("%")[0] in self.node.addresses

    @cached_property
    def session_that_is_up(self) -> BgpSession | None:
        """The session that exchanges routes of the prefix's family with the node; of several, one that brings routes.

        FRR lists an IPv6 peer under IPv4 too (`bgp default ipv4-unicast`). Where nothing says whether the family was
        negotiated, such a session counts only if it brings routes, or if it is the only one.
        """
        of_family = [session for session in self.sessions if session.family == self.family]
        up = [session for session in of_family if session.is_up]
        carrying = [session for session in up if session.accepted or session.is_negotiated]
        own_kind = [session for session in of_family if _is_of_family(session.peer, self.family)]
        plain = [session for session in up if session in own_kind or not own_kind]
        return next(iter((*(session for session in carrying if session.accepted), *carrying, *plain)), None)

    @cached_property
    def neighbors(self) -> tuple[Neighbor, ...]:
        """The node as the router's configuration names it, for this family."""
        return tuple(
            neighbor
            for neighbor in self.facts.neighbors_of.get(self.prefix.router, ())
            if (neighbor.vrf, neighbor.family) == (self.prefix.vrf, self.family) and self.is_with_node(neighbor.peer)
        )

    @cached_property
    def inbound_verdict(self) -> Verdict | None:
        """What the router's filters for the node do to the prefix; None where its configuration is not known."""
        policies = self.facts.policies_of.get(self.prefix.router)
        if policies is None or not self.neighbors:
            return None
        neighbor, verdict = self.neighbors[0], Verdict(Decision.PERMITTED)
        if neighbor.distribute_list_in:
            return Verdict(Decision.NOT_EVALUATED)
        if neighbor.prefix_list_in:
            verdict = policies.by_prefix_list(neighbor.prefix_list_in, self.prefix.prefix)
        if neighbor.filter_list_in and verdict.decision is Decision.PERMITTED:
            verdict = policies.by_as_path_list(neighbor.filter_list_in, self._as_path)
        if neighbor.route_map_in and verdict.decision is Decision.PERMITTED:
            verdict = policies.by_route_map(neighbor.route_map_in, self.prefix.prefix, self._as_path)
        return verdict

    @cached_property
    def _as_path(self) -> str | None:
        """The AS path of what the node originates: its own AS; None where the session with it is not known."""
        numbers = {session.remote_as for session in self.sessions if not session.is_internal}
        return str(*numbers) if len(numbers) == 1 and None not in numbers else None

    @cached_property
    def all_paths(self) -> tuple[BgpPath, ...]:
        """Every candidate that the router has for the prefix."""
        return self.facts.paths_to(self.prefix.router, self.prefix.vrf, self.prefix.prefix)

    @cached_property
    def paths(self) -> tuple[BgpPath, ...]:
        """The candidates that lead to the node: by their next hops, else by the session that they came over."""
        to_node = tuple(path for path in self.all_paths if path.next_hops & self.node.addresses)
        return to_node or tuple(path for path in self.all_paths if path.peer and self.is_with_node(path.peer))

    @cached_property
    def rejected_path(self) -> RejectedPath | None:
        """A path from the node that the router's import filter rejected."""
        rejected = self.facts.rejected_paths_to(self.prefix.router, self.prefix.vrf, self.prefix.prefix)
        return next((p for p in rejected if p.next_hops & self.node.addresses or self.is_with_node(p.peer)), None)

    def is_with_node(self, peer: str) -> bool:
        """Return whether a peer is the node: by its own address or name, or by the name that its session has."""
        return self._is_own_name(peer) or peer in self._peers or peer in self._protocols

    def could_be_node(self, peer: str) -> bool:
        """Return whether a peer may be the node: an interface, or an address of a kind that the node's list lacks."""
        kind = _kind_of_peer(peer)
        return kind is None or kind not in map(kind_of, self.node.addresses)

    def is_node(self, hop: NextHop) -> bool:
        """Return whether a next hop is the node's, by its own address or by that of one of its paths."""
        return hop.address in self._addresses

    @cached_property
    def _addresses(self) -> frozenset[str]:
        """The node's addresses, and those of the next hops of its paths."""
        return self.node.addresses.union(*(path.next_hops for path in self.paths))

    @property
    def is_interior(self) -> bool:
        """The protocol of the selected route has neither BGP's sessions nor its candidates."""
        selected = self.prefix.selected
        return self.is_of_ospf or (selected is not None and selected.protocol in _INTERIOR)

    @property
    def is_of_ospf(self) -> bool:
        """The prefix is routed by OSPF; where there is no route, the router has OSPF neighbours and no BGP."""
        if self.prefix.selected is not None:
            return self.prefix.selected.protocol == "ospf"
        of_router = self._sessions_of_router or self.all_paths or self.facts.neighbors_of.get(self.prefix.router)
        has_bgp = of_router or self.sessions_of_node
        has_ospf = self.facts.adjacencies_of(self.prefix.router, self.prefix.vrf, self.family)
        return bool(has_ospf) and not has_bgp

    @property
    def is_static(self) -> bool:
        """Every route to the prefix is written on the router, and BGP has nothing to do with the prefix or the node."""
        of_bgp = (*self.all_paths, *self.sessions, *self.neighbors)
        return bool(self.prefix.routes) and not of_bgp and all(r.protocol in _WRITTEN for r in self.prefix.routes)


def _is_of_family(peer: str, family: int) -> bool:
    """Return whether a session's address is of a family; an interface's session carries both."""
    kind = _kind_of_peer(peer)
    return kind is None or (kind == "IPv4") == (family == IPV4)


def _kind_of_peer(peer: str) -> str | None:
    """Return the kind of a session's address: `IPv4`, `IPv6` or `link-local`; None for an interface's name."""
    return kind_of(peer) if is_ipv6(peer) or peer.replace(".", "").isdecimal() else None
