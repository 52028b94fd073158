"""What a host can be asked, and what it was asked and did not answer.

A fact is known, not applicable (the host has no such thing, or its version does not know the command), or not answered.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class Question(enum.StrEnum):
    """What a host can be asked; a host that answered one, and named nothing, has nothing."""

    ROUTES = "routes"
    BGP_TABLE = "BGP table"
    REJECTED_PATHS = "rejected BGP paths"
    SESSIONS = "BGP sessions"
    SESSION_DETAILS = "details of BGP sessions"
    ADJACENCIES = "OSPF adjacencies"
    EXTERNAL_ROUTES = "external OSPF routes"
    RIP_SOURCES = "sources of RIP updates"
    CONFIGURATION = "configuration"
    MAXIMUM = "maximum of next hops"
    BUILD = "maximum of the build"
    KERNEL_ROUTES = "kernel's routes"
    HASH_POLICY = "multipath hash policy"
    ADDRESSES = "addresses"
    NODE_ROUTES = "node's routes"
    EXPORTS = "exported routes"
    NEIGHBORS = "neighbour entries"
    USE_NEIGH = "use of neighbour entries"
    NEXT_HOP_OBJECTS = "next-hop objects"
    BFD = "BFD sessions"
    TABLE_USE = "use of hardware tables"

    @property
    def needs_one_answer(self) -> bool:
        """One complete answer is enough, whatever other commands about it did: they could only repeat it."""
        return self is Question.BUILD


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that a host was asked and did not answer, not completely, or in a form that is not understood."""

    host: str
    question: Question
    family: int | None
    """4 or 6; None for both."""
    command: str
    reason: str
    is_answered_otherwise: bool = False
    """Another command answered it, so that nothing is undetermined."""
    is_of_kernel: bool = False
    """The kernel's table was asked for beside a daemon's, also where the daemon shows candidates only."""

    @property
    def fact(self) -> Question:
        """The fact that the configuration names it by under `unavailable`."""
        return Question.KERNEL_ROUTES if self.is_of_kernel else self.question


@dataclass(frozen=True, slots=True)
class NotAnswered:
    """A command that a router or a node did not answer, and what could not be judged without the answer."""

    router: str
    """The router or the node that was asked."""
    command: str
    reason: str
    questions: tuple[Question, ...] = ()
    """What the answer would have been about."""
    undetermined: tuple[str, ...] = ()
    """Codes of the rules that could not be judged, sorted."""
    families: tuple[int, ...] = (4, 6)
    """The families (4, 6) in which they could not be."""
    causes: tuple[str, ...] = ()
    """The links of the chain that could not be judged, in their order: a cause may be missing from a finding."""
    is_unavailable: bool = False
    """The configuration says that the host does not answer this (`unavailable`)."""

    @property
    def is_gap(self) -> bool:
        """A rule could not be judged, and the configuration does not say that this is to be expected."""
        return bool(self.undetermined) and not self.is_unavailable


def undetermined_by_host(
    entries: Iterable[NotAnswered], routers: Collection[str]
) -> defaultdict[str, set[tuple[str, int]]]:
    """Return the rules that could not be judged, as code and family, by the router or node that they concern.

    What is not known of a node, or of a host's own addresses, concerns every router.
    """
    found: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)
    for entry in entries:
        is_of_router = entry.router in routers and Question.ADDRESSES not in entry.questions
        for host in [entry.router] if is_of_router else [entry.router, *routers]:
            found[host] |= {(code, family) for code in entry.undetermined for family in entry.families}
    return found
