"""The field as data types: captures, routes, facts, expectations, findings.

Everything is frozen: the facts of a run do not change while it is judged. `model.runs` and `model.periods`, which only
the history needs, are not imported here.
"""

from ecmpaudit.model.addressing import DEFAULT_VRF, Place, address_key, family_of, prefix_key
from ecmpaudit.model.audited import AuditedPrefix
from ecmpaudit.model.captures import Capture, Evidence, NotRead, UnparsedLine
from ecmpaudit.model.expected import KNOWN_DEFAULT_CEILINGS, Ceiling, Expectation, Growth, Node, name_key
from ecmpaudit.model.facts import Facts
from ecmpaudit.model.findings import Cause, Confidence, Finding, Severity, fingerprint, fingerprints
from ecmpaudit.model.incidents import Effect, Incident, IncidentCause, Kind
from ecmpaudit.model.network import Audit, Network, RouterState
from ecmpaudit.model.past import MISSING_NEXT_HOPS, Fault, Past, PastSet, ResolvedFault, faults_of
from ecmpaudit.model.routes import NextHop, NextHops, Route, distinct_next_hops

__all__ = [
    "DEFAULT_VRF",
    "KNOWN_DEFAULT_CEILINGS",
    "MISSING_NEXT_HOPS",
    "Audit",
    "AuditedPrefix",
    "Capture",
    "Cause",
    "Ceiling",
    "Confidence",
    "Effect",
    "Evidence",
    "Expectation",
    "Facts",
    "Fault",
    "Finding",
    "Growth",
    "Incident",
    "IncidentCause",
    "Kind",
    "Network",
    "NextHop",
    "NextHops",
    "Node",
    "NotRead",
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
    "fingerprint",
    "fingerprints",
    "name_key",
    "prefix_key",
]
