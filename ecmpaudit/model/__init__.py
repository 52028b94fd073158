"""The words of the field as data types: what was captured, what a route is, what is expected, what was found.

Everything is frozen: a run's facts do not change while it is judged. What only a history needs is not loaded with the
rest: `model.runs` and `model.periods`.
"""

from ecmpaudit.model.addressing import DEFAULT_VRF, address_key, family_of, prefix_key
from ecmpaudit.model.audited import AuditedPrefix
from ecmpaudit.model.expected import KNOWN_DEFAULT_CEILINGS, Ceiling, Expectation, Growth, Node, name_key
from ecmpaudit.model.facts import Facts
from ecmpaudit.model.findings import (
    Audit,
    Cause,
    Confidence,
    Evidence,
    Finding,
    Network,
    RouterState,
    Severity,
)
from ecmpaudit.model.past import Fault, Past, PastSet, Place, ResolvedFault, faults_of
from ecmpaudit.model.routes import (
    Capture,
    NextHop,
    NextHops,
    Route,
    UnparsedLine,
    distinct_next_hops,
)

__all__ = [
    "DEFAULT_VRF",
    "KNOWN_DEFAULT_CEILINGS",
    "Audit",
    "AuditedPrefix",
    "Capture",
    "Cause",
    "Ceiling",
    "Confidence",
    "Evidence",
    "Expectation",
    "Facts",
    "Fault",
    "Finding",
    "Growth",
    "Network",
    "NextHop",
    "NextHops",
    "Node",
    "Past",
    "PastSet",
    "Place",
    "ResolvedFault",
    "Route",
    "RouterState",
    "Severity",
    "UnparsedLine",
    "address_key",
    "distinct_next_hops",
    "family_of",
    "faults_of",
    "name_key",
    "prefix_key",
]
