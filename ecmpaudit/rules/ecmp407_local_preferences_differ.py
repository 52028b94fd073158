"""Advertisements of a cluster announce one prefix with different local preferences.

Why
    Local preference is compared before everything else: routers of the same AS use only the nodes with the highest
    one, however many announce the prefix. Two advertisements that select the same Service, each with its own nodes and
    its own `localPref`, do that without a word. Where both hold for the same node, MetalLB rejects its configuration.

How to fix
    Give all advertisements of the prefix the same `localPref`, unless one set of nodes is meant as a reserve.

Bad
    cluster skew, Service shop/web 198.51.100.7/32: 198.51.100.7/32 is announced with localPref 200 by a and 100 by b

    cluster skew, Service shop/web 2001:db8::7/128: 2001:db8::7/128 is announced with localPref 200 by a and 100 by b

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

CODE = "ECMP407"
SEVERITY = Severity.WARNING
NEEDS = ()


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix."""
    hint = "give all advertisements of the prefix the same localPref, unless one set of nodes is a reserve"
    yield from findings_of_cluster(network, FaultKind.SKEW, CODE, SEVERITY, hint)
