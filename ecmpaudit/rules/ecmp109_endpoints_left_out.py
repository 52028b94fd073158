"""Nodes with ready endpoints of a Service are kept from announcing it.

Why
    With the traffic policy Local only nodes with endpoints serve. Where an advertisement's node selector, a label such
    as node.kubernetes.io/exclude-from-external-load-balancers, or a missing peer excludes these nodes, their endpoints
    get no traffic from outside; where it excludes all of them, no node announces the address.

How to fix
    Select the nodes in the advertisement, or keep the endpoints off these nodes (affinity, nodeSelector of the pods).

Bad
    cluster endpoints left out, Service shop/web 198.51.100.7/32: node3 has ready endpoints and does not announce it

    cluster endpoints left out, Service shop/web 2001:db8::7/128: node3 has ready endpoints and does not announce it

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.cluster_faults import FaultKind
from ecmpaudit.rules.messages import findings_of_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Finding, Network

CODE = "ECMP109"
SEVERITY = Severity.WARNING
NEEDS = ()


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix of a Service."""
    hint = (
        "compare the nodes of the endpoints with the node selectors of advertisements and peers, and with node labels"
    )
    yield from findings_of_cluster(network, FaultKind.ENDPOINTS_LEFT_OUT, CODE, SEVERITY, hint)
