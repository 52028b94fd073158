"""The network as one run knows it, and the audit of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.model.facts import Facts
from ecmpaudit.model.findings import Severity
from ecmpaudit.model.past import Past
from ecmpaudit.model.questions import undetermined_by_host
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecmpaudit.model.audited import AuditedPrefix
    from ecmpaudit.model.captures import NotRead, UnparsedLine
    from ecmpaudit.model.cluster_faults import ClusterFault
    from ecmpaudit.model.expected import Growth
    from ecmpaudit.model.fabric_links import FabricLink
    from ecmpaudit.model.findings import Finding
    from ecmpaudit.model.incidents import Incident
    from ecmpaudit.model.questions import NotAnswered


DETECTION_LIMIT = 90.0
"""The hold time that RFC 4271 suggests, in seconds."""


@dataclass(frozen=True, slots=True)
class RouterState:
    """How completely one router, or one node, could be checked."""

    name: str
    failure: str | None = None
    """Why it was not checked, or not completely; None when it was."""
    has_data: bool = True
    """False when it answered nothing."""
    lines_understood: int = 0
    unparsed: tuple[UnparsedLine, ...] = ()
    next_hops: int = 0
    """Next hops in all its route tables."""
    routes: int = 0
    candidate_families: frozenset[int] = frozenset()
    """The families (4, 6) of which only candidates are known: the tables do not show what is installed (BIRD)."""
    is_kernel_unavailable: bool = False
    """The configuration says that the kernel's table, which shows what is installed, cannot be had."""
    ask_for: str = "the forwarding table of the same router"
    """Where only candidates are known: the output that shows which of them are installed."""
    whole_families: frozenset[int] = frozenset()
    """The families (4, 6) of which the whole table was read: only then is an absent prefix a missing one."""
    is_node: bool = False
    """It is a node that was asked for facts: none of its routes are audited."""

    @property
    def why_not_checked(self) -> str | None:
        """A sentence: the host, how much of it was not checked, and why; None where everything was."""
        reason = self.failure or (f"{counted(len(self.unparsed), 'line')} not understood" if self.unparsed else None)
        if reason is None and self.has_data:
            return None
        extent = "not completely checked" if self.has_data else "not checked"
        return f"{self.name or 'unnamed router'}: {extent}: {reason or 'no answer'}"


@dataclass(frozen=True, slots=True)
class Network:
    """Everything that one run knows: the routers, and the prefixes to judge."""

    routers: tuple[RouterState, ...] = ()
    """Every router, and the nodes that could not be checked or only in part."""
    prefixes: tuple[AuditedPrefix, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences that are no findings, for example that OSPF is the fallback for BGP."""
    unanswered: tuple[str, ...] = field(default=())
    """Parts of the request that could not be audited at all, for example a pool without a prefix on any router."""
    growth: Growth | None = None
    """How many nodes will be added; None where that is not given."""
    detection_limit: float = DETECTION_LIMIT
    """Seconds within which a router has to notice that a node is silent."""
    facts: Facts = Facts()  # noqa: RUF009 - frozen, and empty
    past: Past = field(default_factory=Past)
    """The sets and faults of earlier runs."""
    not_answered: tuple[NotAnswered, ...] = ()
    """What routers and nodes were asked and did not answer, by router and command."""
    not_read: tuple[NotRead, ...] = ()
    """Files and parts of files that were not read, with why: also those without which the audit is complete."""
    expects_everything_in: tuple[str, ...] = ()
    """Prefixes inside which every Service is known: a prefix there that is not expected belongs to none."""
    links: tuple[FabricLink, ...] = ()
    """The links of the fabric; empty where none is given."""
    expectation_sources: tuple[str, ...] = ()
    """Where the expectations that were given come from: `ecmpaudit.yaml`, `--pool`."""
    cluster_faults: tuple[ClusterFault, ...] = ()
    """What is wrong in the objects of the cluster by themselves."""
    asked: tuple[str, ...] = ()
    """The routers that were asked, or whose outputs were given, as far as the request names them."""
    found: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    """What other rules found in this run, by code, so that ECMP604 does not run them again."""

    @property
    def uncounted(self) -> tuple[str, ...]:
        """The routers that were asked and are not among `routers`: of these nothing is known."""
        counted = {state.name for state in self.routers if not state.is_node}
        return tuple(name for name in self.asked if name not in counted)


@dataclass(frozen=True, slots=True)
class Audit:
    """The outcome of one run: the same for the terminal, the library and cron."""

    network: Network
    findings: tuple[Finding, ...] = ()
    """Sorted by code, router, prefix; completeness (0xx) first."""
    started: str | None = None
    """ISO 8601, UTC; when the oldest capture was taken, None where unknown."""
    codes: tuple[str, ...] | None = None
    """The rules that were run to their end (`--select`, `--ignore`); None for all."""
    incidents: tuple[Incident, ...] = ()
    """The findings in groups, incomplete ones first, then the worst."""
    cut_off: tuple[str, ...] = ()
    """The rules that the deadline ended; they are not among `codes`."""

    @property
    def is_incomplete(self) -> bool:
        """Return whether something could not be asked, read or parsed: no data is never a pass."""
        states = self.network.routers
        return (
            any(finding.severity is Severity.INCOMPLETE for finding in self.findings)
            or any(state.failure or state.unparsed or not state.has_data for state in states)
            or bool(self.network.uncounted)
            or any(each.is_gap for each in self.network.not_answered)
            or bool(self.network.unanswered)
        )

    @property
    def expectation_sources(self) -> tuple[str, ...]:
        """Where the expectations come from; `inferred` where some follow from siblings or from the history."""
        is_inferred = any(prefix.expectation and prefix.expectation.is_inferred for prefix in self.network.prefixes)
        return (*self.network.expectation_sources, *(("inferred",) if is_inferred else ()))

    @property
    def clean_prefixes(self) -> tuple[AuditedPrefix, ...]:
        """The audited prefixes that were judged, without any finding of their own.

        One that is short is none, whatever rules were run.
        """
        return tuple(prefix for prefix, codes in self._without_finding() if prefix.expectation and not codes)

    @property
    def prefixes_not_judged(self) -> tuple[tuple[AuditedPrefix, tuple[str, ...]], ...]:
        """The audited prefixes that are neither clean nor blamed, each with the rules that could not be judged.

        Of one without such a rule it is not known what to expect.
        """
        return tuple(each for each in self._without_finding() if each[1] or not each[0].expectation)

    def _without_finding(self) -> Iterator[tuple[AuditedPrefix, tuple[str, ...]]]:
        """Yield the prefixes that no finding is about, with the codes of the rules that could not be judged on them."""
        blamed = {(f.router, f.vrf, f.prefix) for f in self.findings if f.prefix is not None}
        routers = [state.name for state in self.network.routers if not state.is_node]
        gaps = undetermined_by_host((each for each in self.network.not_answered if each.is_gap), routers)
        for prefix in self.network.prefixes:
            if (prefix.router, prefix.vrf, prefix.prefix) not in blamed and not (prefix.shortfall or prefix.missing):
                yield prefix, tuple(sorted(code for code, family in gaps[prefix.router] if family == prefix.family))
