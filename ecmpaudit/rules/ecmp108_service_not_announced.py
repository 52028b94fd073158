"""A Service has an address, and by the cluster's objects no node announces it.

Why
    The address is outside every pool, or no advertisement selects the pool and the Service: a label was changed, a
    pool was renamed, an advertisement was deleted. The Service looks healthy in the cluster, and no router has a route
    (metallb#2650).

How to fix
    Let an advertisement select it, or give it an address of a pool that is announced.

Bad
    cluster not announced, Service shop/web 198.51.100.7/32: 198.51.100.7 is announced by no node: no advertisement

    cluster not announced, Service shop/web 2001:db8::7/128: 2001:db8::7 is announced by no node: no advertisement

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

CODE = "ECMP108"
SEVERITY = Severity.WARNING
NEEDS = ()


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each address of a Service."""
    hint = "compare the selectors of the advertisements with the labels of the pool and of the Service"
    yield from findings_of_cluster(network, FaultKind.NOT_ANNOUNCED, CODE, SEVERITY, hint)
