"""What a run knows and what it found."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.model.facts import Facts
from ecmpaudit.model.past import Past

if TYPE_CHECKING:
    from ecmpaudit.model.audited import AuditedPrefix
    from ecmpaudit.model.expected import Growth, Node
    from ecmpaudit.model.routes import NextHop, UnparsedLine


class Severity(enum.StrEnum):
    """How bad a finding is. `INCOMPLETE` is apart: it says that something could not be judged."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line of output that a finding rests on."""

    source: str
    line: int
    text: str


class Confidence(enum.StrEnum):
    """How sure a cause is."""

    CERTAIN = "certain"
    """Every link before it is known to hold."""
    LIKELY = "likely"
    """It is broken for certain, but something before it was not asked and may be broken too."""
    UNKNOWN = "unknown"
    """Nothing is known to be broken; the text says what was not told."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why one node is missing: the first link that is broken between its address and the router's kernel."""

    node: str
    link: str
    """The chain's word: `address`, `node route`, `export`, `session`, `accepted`, `equal`, `ceiling`, `RIB` …"""
    confidence: Confidence
    text: str
    """A sentence about this node alone: `its BGP session to tor1 is down since 00:12:31 (Active)`."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, said in one sentence: place, fact, expected."""

    code: str
    severity: Severity
    message: str
    router: str | None = None
    vrf: str | None = None
    prefix: str | None = None
    expected: int | None = None
    actual: int | None = None
    missing: tuple[Node, ...] = ()
    unexpected: tuple[NextHop, ...] = ()
    is_inferred: bool = False
    """The expectation behind it was inferred, not given."""
    cause: str | None = None
    evidence: tuple[Evidence, ...] = ()
    hint: str | None = None
    """What to do next."""
    causes: tuple[Cause, ...] = ()
    """Per missing node, in their order; empty where nothing beside the route table was told."""
    services: tuple[str, ...] = ()
    """The Kubernetes Services that the prefix stands for, as `namespace/name`."""


@dataclass(frozen=True, slots=True)
class RouterState:
    """How far one router could be looked at."""

    name: str
    failure: str | None = None
    """Why it was not, or not completely, checked; None when it was."""
    has_data: bool = True
    """False when nothing at all came back."""
    lines_understood: int = 0
    unparsed: tuple[UnparsedLine, ...] = ()
    next_hops: int = 0
    """Next hops in all its route tables."""
    routes: int = 0
    candidate_families: frozenset[int] = frozenset()
    """The families (4, 6) of which only candidates are known: what is installed, the tables do not show (BIRD)."""
    ask_for: str = "the forwarding table of the same router"
    """Where only candidates are known: what tells which of them are installed."""
    whole_families: frozenset[int] = frozenset()
    """The families (4, 6) of which the whole table was read: only there is an absent prefix a missing one."""


@dataclass(frozen=True, slots=True)
class Network:
    """All that one run knows: the routers that were looked at, and the prefixes to judge."""

    routers: tuple[RouterState, ...] = ()
    prefixes: tuple[AuditedPrefix, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences that are no findings, for example that OSPF stands behind BGP with the same set."""
    unanswered: tuple[str, ...] = field(default=())
    """What was asked for and could not be audited at all, for example a pool with no prefix on any router."""
    growth: Growth | None = None
    """How many nodes are to come; None where nobody said."""
    facts: Facts = Facts()  # noqa: RUF009 - frozen, and empty
    past: Past = field(default_factory=Past)
    """What earlier runs knew."""
    expects_everything_in: tuple[str, ...] = ()
    """Prefixes inside which every expected prefix is known: what else is announced there belongs to no Service."""


@dataclass(frozen=True, slots=True)
class Audit:
    """The outcome of one run: the same for the terminal, the library and cron."""

    network: Network
    findings: tuple[Finding, ...] = ()
    """Sorted by code, router, prefix; completeness (0xx) first."""
    started: str | None = None
    """ISO 8601, UTC; when the oldest capture was taken, None where unknown."""

    @property
    def is_incomplete(self) -> bool:
        """Something could not be asked, read or understood: no data is never a pass."""
        states = self.network.routers
        return (
            any(finding.severity is Severity.INCOMPLETE for finding in self.findings)
            or any(state.failure or state.unparsed or not state.has_data for state in states)
            or bool(self.network.unanswered)
        )

    @property
    def clean_prefixes(self) -> tuple[AuditedPrefix, ...]:
        """The audited prefixes without any finding of their own."""
        blamed = {(f.router, f.vrf, f.prefix) for f in self.findings if f.prefix is not None}
        return tuple(p for p in self.network.prefixes if (p.router, p.vrf, p.prefix) not in blamed)
