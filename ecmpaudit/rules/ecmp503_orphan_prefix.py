"""A prefix inside a pool is on a router, and nobody is known to want it.

Why
    A deleted service whose address is still announced keeps taking connections that nobody answers, and its
    address will be given to the next service, which then shares it with a ghost (kube-router#639). Routes that are
    not withdrawn stay in kernels as well (kube-router#574).
    This is told only where every service of the pool is known: from Kubernetes, or where a cluster in ecmpaudit.yaml
    says `complete: true`, and its exceptions name all prefixes there may be.

How to fix
    If the service exists, add it to what is expected. If it is gone, find who still announces it (`show bgp PREFIX`,
    the next hops below), and restart or mend that speaker.

Bad
    tor1 198.51.100.9/32 via 192.0.2.1
    expect 198.51.100.9/32 of nobody

    tor1 2001:db8:100::9/128 via fe80::1%eth0, fe80::2%eth0
    expect 2001:db8:100::9/128 of nobody

Good
    tor1 198.51.100.9/32 via 192.0.2.1

    tor1 2001:db8:100::9/128 via fe80::1%eth0, fe80::2%eth0
    expect 2001:db8:100::9/128 count 2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.rules.messages import finding_about, next_hops
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Finding, Network

CODE = "ECMP503"
SEVERITY = Severity.WARNING


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix of a completely known pool that no service stands behind."""
    for prefix in network.prefixes:
        if prefix.is_orphan and prefix.routes:
            announced = prefix.candidates or prefix.installed
            by = f"; announced by {listed(announced)}" if announced else ""
            yield finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"{next_hops(len(prefix.installed))}, expected no route: no service has this address{by}",
                hint="withdraw it where it is announced, or add its service to what is expected",
            )
