"""Findings of a run, with their causes."""

from __future__ import annotations

import enum
import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.model.captures import Evidence
    from ecmpaudit.model.expected import Node
    from ecmpaudit.model.routes import NextHop


class Severity(enum.StrEnum):
    """How severe a finding is; `INCOMPLETE` means that something could not be judged."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    INCOMPLETE = "incomplete"


class Confidence(enum.StrEnum):
    """How certain a cause is."""

    CERTAIN = "certain"
    """Every link before it is known to hold."""
    LIKELY = "likely"
    """This link is broken, but a link before it is unknown and may be broken too."""
    UNKNOWN = "unknown"
    """Nothing is known to be broken; the text says which facts are missing."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why one node is missing: the first link that is broken between its address and the router's kernel."""

    node: str
    link: str
    """The name of the link: `address`, `node route`, `export`, `session`, `accepted`, `equal`, `ceiling`, `RIB` …"""
    confidence: Confidence
    text: str
    """A sentence about this node alone: `its BGP session to tor1 is down since 00:12:31 (Active)`."""
    evidence: tuple[Evidence, ...] = ()
    clause: str = ""
    """The sentence without what differs from node to node, such as since when."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault; its message is one sentence: place, fact, expected."""

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
    """Per missing node, in their order; empty where nothing beside the route table is known."""
    services: tuple[str, ...] = ()
    """The Kubernetes Services that have the prefix, as `namespace/name`."""


def fingerprints(findings: Sequence[Finding]) -> list[str]:
    """Return a name for each finding that is the same in every run that finds it, 64 hexadecimal digits.

    Numbers and next hops are left out: they change while the fault stays.
    """
    seen: Counter[str] = Counter()
    names = []
    for finding in findings:
        parts = (finding.code, finding.router, finding.vrf, finding.prefix)
        identity = "\0".join("" if part is None else part for part in parts)
        names.append(fingerprint(identity, str(seen[identity])))
        seen[identity] += 1
    return names


def fingerprint(*parts: str) -> str:
    """Return 64 hexadecimal digits that are the same for the same parts."""
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()
