"""The words of the field as data types: what was captured, what a route is, what is expected, what was found.

Everything is frozen: a run's facts do not change while it is judged.
"""

from ecmpaudit.model.audited import AuditedPrefix
from ecmpaudit.model.expected import KNOWN_DEFAULT_CEILINGS, Ceiling, Expectation, Growth, Node
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
from ecmpaudit.model.routes import (
    Capture,
    NextHop,
    NextHops,
    Route,
    UnparsedLine,
    address_key,
    distinct_next_hops,
    prefix_key,
)

__all__ = [
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
    "Finding",
    "Growth",
    "Network",
    "NextHop",
    "NextHops",
    "Node",
    "Route",
    "RouterState",
    "Severity",
    "UnparsedLine",
    "address_key",
    "distinct_next_hops",
    "prefix_key",
]
