"""Incidents: the findings of a run in groups that have one cause or one shape."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecmpaudit.model.captures import Evidence
    from ecmpaudit.model.findings import Confidence, Severity
    from ecmpaudit.model.past import Fault


class Kind(enum.StrEnum):
    """What an incident is about."""

    MISSING = "missing"
    """Nodes that are no next hops."""
    NO_ROUTE = "no route"
    """Prefixes of which no expected next hop is left."""
    CEILING = "ceiling"
    """A ceiling that keeps next hops out."""
    NOT_CHECKED = "not checked"
    """What did not answer, or was not understood."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class IncidentCause:
    """Why an incident is there, as far as one of its findings shows."""

    link: str | None
    """The broken link of the chain, as in `Cause`; None where the cause is none of them."""
    confidence: Confidence
    text: str
    """A sentence; empty where nothing is known."""
    evidence: tuple[Evidence, ...] = ()
    """Of one finding."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an incident does to traffic."""

    prefixes_short: int = 0
    """Prefixes that have fewer next hops than expected on some router."""
    traffic_moved: float | None = None
    """The share of the traffic of these prefixes on these routers that goes elsewhere than expected, from 0 to 1;
    every expected node counts the same. None where nothing is missing."""
    prefixes_without_next_hop: int = 0
    """Prefixes that have no next hop left on some router."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Findings that are one fault: a block of nodes, routers and prefixes in which every cell is faulty."""

    id: str
    """64 hexadecimal digits; the same in every run, also if the incident grows or shrinks by some prefixes."""
    kind: Kind
    severity: Severity
    """The worst of its findings."""
    title: str
    """One sentence with its extent: `node worker-60 is missing on rtr25, all 300 prefixes`."""
    nodes: tuple[str, ...]
    """By name; node2 before node10."""
    routers: tuple[str, ...]
    prefixes: tuple[str, ...]
    findings: tuple[str, ...]
    """The fingerprints of its findings. A finding is in one incident only: where two causes share a single finding,
    the second incident has none of its own."""
    cause: IncidentCause
    effect: Effect
    next: str
    """The command to run next."""
    faults: tuple[Fault, ...] = ()
    """Those that it explains, for the history; also faults whose finding is in another incident."""
    since: str | None = None
    """ISO 8601, UTC: when the history first had one of its faults that are still open; None where that is not known."""
