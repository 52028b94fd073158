"""A pool, prefix or node list that should be audited is on no router.

Why
    A pool with a typing error, a table without any load-balanced prefix, a node list for a cluster that no router
    has: nothing was judged, so nothing passed. All routers lose the routes at once when every node stops announcing
    them, as after the upgrade in metallb#2285.

How to fix
    Compare the pools and prefixes of the request with `ecmpaudit routes FILE --ecmp`. If they are right, no router
    has the routes: check whether the nodes announce anything.

Bad
    nothing audited: pool 198.51.100.0/24 has no prefix on any router

    nothing audited: pool 2001:db8:100::/64 has no prefix on any router
    tor1 198.51.100.7/32 via 192.0.2.1-5

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Network

CODE = "ECMP003"
SEVERITY = Severity.INCOMPLETE
NEEDS = ()


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each part of the request that could not be audited at all."""
    for sentence in network.unanswered:
        yield Finding(
            code=CODE,
            severity=SEVERITY,
            message=sentence,
            hint="compare with the prefixes that the routers have: `ecmpaudit routes FILE --ecmp`",
        )
