"""The words of the chain: its links, what is said of one, and the pair of prefix and node that it is about."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ecmpaudit.model.addressing import is_ipv6, kind_of

if TYPE_CHECKING:
    from ecmpaudit.model import AuditedPrefix, Evidence, Facts, NextHop, Node
    from ecmpaudit.model.facts import BgpPath, BgpSession, Neighbor

LINKS = (
    "asked",
    "address",
    "node route",
    "export",
    "session",
    "accepted",
    "equal",
    "ceiling",
    "RIB",
    "kernel",
)
"""The links in the order in which a route travels them; `asked` is only whether the node could be asked."""

_INTERIOR = frozenset({"ospf", "ospf6", "isis", "rip", "ripng", "eigrp", "babel"})


class State(enum.StrEnum):
    """What is known of one link."""

    OK = "ok"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Step:
    """One link of one chain, judged."""

    link: str
    state: State
    text: str
    """A clause about one node: `its BGP session to tor1 is down`."""
    evidence: tuple[Evidence, ...] = ()
    about_many: str = ""
    """The clause about several nodes, where it is broken: `their BGP sessions to tor1 are down`."""
    detail: str = ""
    """What may differ from node to node: `since 00:12:31 (Active)`."""
    is_excused: bool = False
    """Unknown for a reason that a later broken link gives: nothing is exported over a session that is down."""
    is_guess: bool = False
    """Broken as far as it looks; what decides it was not told."""
    is_proven: bool = False
    """Nobody told, and a later link that holds shows it."""
    is_proof: bool = False
    """Broken in a way that shows that all before it holds: a path with an unresolved next hop did arrive."""

    @property
    def sentence(self) -> str:
        """The clause with its detail."""
        return f"{self.text} {self.detail}".rstrip()


@dataclass(frozen=True)
class Pair:
    """A prefix on a router and a node that should be one of its next hops, with all that is known of the two."""

    prefix: AuditedPrefix
    node: Node
    facts: Facts

    @property
    def family(self) -> int:
        """4 or 6, the prefix's."""
        return self.prefix.family

    @property
    def router(self) -> str:
        """The router for a sentence; a pasted table does not always tell its name."""
        return self.prefix.router or "the router"

    @cached_property
    def sessions(self) -> tuple[BgpSession, ...]:
        """The router's sessions with the node, in both families."""
        of_router = self.facts.sessions_of(self.prefix.router, self.prefix.vrf)
        return tuple(session for session in of_router if self.is_with_node(session.peer, session.peer_name))

    @cached_property
    def neighbors(self) -> tuple[Neighbor, ...]:
        """The node as the router's configuration names it, for this family."""
        return tuple(
            neighbor
            for neighbor in self.facts.neighbors_of.get(self.prefix.router, ())
            if (neighbor.vrf, neighbor.family) == (self.prefix.vrf, self.family) and self.is_with_node(neighbor.peer)
        )

    @cached_property
    def all_paths(self) -> tuple[BgpPath, ...]:
        """Every candidate that the router has for the prefix."""
        return self.facts.paths_to(self.prefix.router, self.prefix.vrf, self.prefix.prefix)

    @cached_property
    def paths(self) -> tuple[BgpPath, ...]:
        """The candidates that lead to the node.

        One that came over the node's session counts too, whatever next hop it announces, unless that is another
        next hop of the set's own.
        """
        to_node = tuple(path for path in self.all_paths if path.next_hops & self.node.addresses)
        return to_node or tuple(path for path in self.all_paths if path.peer and self.is_with_node(path.peer))

    def is_with_node(self, peer: str, peer_name: str | None = None) -> bool:
        """A session belongs to a node by its address or interface, or by the name of the other end."""
        if self.node.name in {peer_name, peer} or peer.partition("%")[0] in self.node.addresses:
            return True
        if peer_name is not None or kind_of_peer(peer) is not None:
            return False
        sessions = self.facts.sessions_of(self.prefix.router, self.prefix.vrf)
        return any(session.peer_name == self.node.name for session in sessions if session.peer == peer)

    def could_be_node(self, peer: str) -> bool:
        """An interface, or an address of a kind that the node's list does not have, may be this node's."""
        kind = kind_of_peer(peer)
        return kind is None or kind not in map(kind_of, self.node.addresses)

    def is_node(self, hop: NextHop) -> bool:
        """The next hop is the node's, by its own address or by that of one of its paths."""
        return self.node.has(hop) or any(hop.address in path.next_hops for path in self.paths)

    @property
    def is_interior(self) -> bool:
        """The prefix is carried by a protocol without BGP's sessions and candidates."""
        return self.prefix.selected is not None and self.prefix.selected.protocol in _INTERIOR


def kind_of_peer(peer: str) -> str | None:
    """Return the kind of a session's address: `IPv4`, `IPv6` or `link-local`; None for an interface's name."""
    return kind_of(peer) if is_ipv6(peer) or peer.replace(".", "").isdecimal() else None


def ok(link: str, text: str, *evidence: Evidence) -> Step:
    """Return a link that holds."""
    return Step(link, State.OK, text, evidence)


def unknown(link: str, text: str) -> Step:
    """Return a link of which nobody told."""
    return Step(link, State.UNKNOWN, text)


def broken(
    link: str, text: str, about_many: str, *evidence: Evidence, detail: str = "", is_proof: bool = False
) -> Step:
    """Return a link that does not hold."""
    return Step(link, State.BROKEN, text, evidence, about_many, detail, is_proof=is_proof)
