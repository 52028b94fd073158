"""The words of the field as data types: what was captured, what a route is, what is expected, what was found.

Everything is frozen: a run's facts do not change while it is judged.
"""

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
from ecmpaudit.model.periods import Availability, Moment, Period, PrefixPeriod
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
from ecmpaudit.model.runs import Asked, Change, Differences, KnownFault, News, RouterAnswer, Run, Sight, Spread

__all__ = [
    "KNOWN_DEFAULT_CEILINGS",
    "Asked",
    "Audit",
    "AuditedPrefix",
    "Availability",
    "Capture",
    "Cause",
    "Ceiling",
    "Change",
    "Confidence",
    "Differences",
    "Evidence",
    "Expectation",
    "Facts",
    "Fault",
    "Finding",
    "Growth",
    "KnownFault",
    "Moment",
    "Network",
    "News",
    "NextHop",
    "NextHops",
    "Node",
    "Past",
    "PastSet",
    "Period",
    "Place",
    "PrefixPeriod",
    "ResolvedFault",
    "Route",
    "RouterAnswer",
    "RouterState",
    "Run",
    "Severity",
    "Sight",
    "Spread",
    "UnparsedLine",
    "address_key",
    "distinct_next_hops",
    "faults_of",
    "name_key",
    "prefix_key",
]
