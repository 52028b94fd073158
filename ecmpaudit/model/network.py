"""The network as one run knows it, and the audit of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.model.facts import Facts
from ecmpaudit.model.findings import Severity
from ecmpaudit.model.past import Past

if TYPE_CHECKING:
    from ecmpaudit.model.audited import AuditedPrefix
    from ecmpaudit.model.captures import UnparsedLine
    from ecmpaudit.model.expected import Growth
    from ecmpaudit.model.findings import Finding


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
