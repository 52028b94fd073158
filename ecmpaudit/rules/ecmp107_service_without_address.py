"""A Service of type LoadBalancer was given no address.

Why
    It cannot be reached from outside, and no router can show that: there is no prefix to miss. Pools are used up, a
    Service asks for an address outside every pool or for a pool that there is none of, or no controller feels
    responsible for its class (metallb#2157).

How to fix
    Read the events of the Service (`kubectl describe service`). Add addresses to the pool, correct the address or the
    class that it asks for, or start the controller. A Service that is not meant for the outside needs another type.

Bad
    cluster no address, Service shop/web: type LoadBalancer, and it was given no address; it asks for 198.51.100.7

    cluster no address, Service shop/web6: type LoadBalancer, and it was given no address; it asks for 2001:db8::7

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

CODE = "ECMP107"
SEVERITY = Severity.WARNING
NEEDS = ()


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each Service."""
    hint = (
        "read its events: `kubectl describe service`; check the pools, and the class and the address that it asks for"
    )
    yield from findings_of_cluster(network, FaultKind.NO_ADDRESS, CODE, SEVERITY, hint)
