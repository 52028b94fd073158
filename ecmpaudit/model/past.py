"""What rules and expectations use of earlier runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecmpaudit.model.addressing import Place
    from ecmpaudit.model.expected import Node
    from ecmpaudit.model.findings import Finding
    from ecmpaudit.model.routes import NextHop


MISSING_NEXT_HOPS = frozenset({"ECMP101", "ECMP102", "ECMP103"})
"""The rules that report missing next hops: at most one of them reports a prefix on a router."""
_SORTED_CODES = tuple(sorted(MISSING_NEXT_HOPS))


class Fault(NamedTuple):
    """The identity of a fault over runs. The message is not part of it, since counts and dates in it change."""

    code: str
    router: str
    vrf: str
    prefix: str
    about: str
    """The missing node or the unexpected next hop, one fault for each; the message where there is no place at all."""

    @property
    def followed(self) -> Fault:
        """What the history follows: the node missing for the prefix on the router, whatever rule reports it."""
        return Fault("ECMP101", *self[1:]) if self.code in MISSING_NEXT_HOPS else self

    @property
    def as_reported_by_each_rule(self) -> tuple[Fault, ...]:
        """The fault as each rule reports it that may: a missing node is the same one for all three."""
        if self.code not in MISSING_NEXT_HOPS:
            return (self,)
        return tuple(Fault(code, *self[1:]) for code in _SORTED_CODES)

    @property
    def is_of_a_change(self) -> bool:
        """A 6xx rule reports a change, which is no lasting state."""
        return self.code.startswith("ECMP6")

    @property
    def is_a_gap(self) -> bool:
        """A 0xx rule reports what could not be checked, which is no fault of the network."""
        return self.code.startswith("ECMP0")


def faults_of(finding: Finding) -> tuple[Fault, ...]:
    """Return the faults that a finding reports, without repetition."""
    place = (finding.code, finding.router or "", finding.vrf or "", finding.prefix or "")
    about = [*(node.name for node in finding.missing), *map(str, finding.unexpected)]
    if not about:
        about = ["" if finding.router or finding.prefix else finding.message]
    return tuple(Fault(*place, each) for each in dict.fromkeys(about))


@dataclass(frozen=True, slots=True)
class PastSet:
    """The equal-cost set that a prefix had in an earlier run."""

    run: str
    """For messages: `run 41 of 2026-11-20 10:15 UTC`."""
    next_hops: tuple[NextHop, ...]
    nodes: tuple[Node, ...] = ()
    """The nodes that were expected then, to name the missing ones."""

    def name_of(self, hop: NextHop) -> str:
        """Return a next hop by the name that its node had: `node3 (192.0.2.3)`."""
        node = next((node for node in self.nodes if node.has(hop)), None)
        return str(hop) if node is None or node.name == hop.address else f"{node.name} ({hop})"


@dataclass(frozen=True, slots=True)
class ResolvedFault:
    """A fault that an earlier run found and a later one did not."""

    run: str
    """The run that no longer found it: `run 41 of 2026-11-20 10:15 UTC`."""
    times_seen: int
    """Runs that found it."""


@dataclass(frozen=True, slots=True)
class Past:
    """What earlier runs found; empty without a history."""

    last: Mapping[Place, PastSet] = field(default_factory=dict)
    """The set in the last run that read the router completely."""
    good: Mapping[Place, PastSet] = field(default_factory=dict)
    """The set in the last run that found nothing wrong with it."""
    changes: Mapping[Place, int] = field(default_factory=dict)
    """How often the set changed within the window; prefixes whose set did not are left out."""
    window: str = ""
    """How far back changes are counted, for messages: `24 hours`."""
    resolved: Mapping[Fault, ResolvedFault] = field(default_factory=dict)
    """By the fault as each rule may report it, as is `began`."""
    began: Mapping[Fault, str] = field(default_factory=dict)
    """When the first run found each fault that is still open; ISO 8601, UTC."""
