"""A router has a route to a prefix of a pool, and no service has this address.

Why
    The address of a deleted service that is still announced attracts connections that no endpoint answers, and the next
    service that gets the address shares it with the old announcement (kube-router#639). Routes that are not withdrawn
    stay in kernels as well (kube-router#574).
    Reported only where every service of the pool is known: from Kubernetes, or where a cluster in ecmpaudit.yaml has
    `complete: true`, and its exceptions name all prefixes of the pool.

How to fix
    If the service exists, add it to the expectations. If it was deleted, find the speaker that still announces it
    (`show bgp PREFIX`, the next hops below), and fix or restart that speaker.

Bad
    tor1 198.51.100.9/32 via 192.0.2.1
    expect 198.51.100.9/32 of no service

    tor1 2001:db8:100::9/128 via fe80::1%eth0, fe80::2%eth0
    expect 2001:db8:100::9/128 of no service

Good
    tor1 198.51.100.9/32 via 192.0.2.1

    tor1 2001:db8:100::9/128 via fe80::1%eth0, fe80::2%eth0
    expect 2001:db8:100::9/128 count 2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.messages import finding_about, next_hops
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Finding, Network

CODE = "ECMP503"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES,)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix of a completely known pool that is no service's address."""
    for prefix in network.prefixes:
        if prefix.is_orphan and prefix.routes:
            announced = prefix.candidates or prefix.installed
            announced_by = f"; announced by {listed(announced)}" if announced else ""
            yield finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"{next_hops(len(prefix.installed))}, expected no route: no service has this address{announced_by}",
                hint="withdraw the prefix where it is announced, or add its service to the expectations",
            )
