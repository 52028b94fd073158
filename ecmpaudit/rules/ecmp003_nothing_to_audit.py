"""Something that was to be audited is on no router that was looked at.

Why
    A pool with a typing error, a table without any load-balanced prefix, a node list for a cluster that is not
    there: nothing was judged, so nothing passed. Routes can be gone from all routers at once when every node
    stops announcing, as after the upgrade in metallb#2285.

How to fix
    Compare the pools and prefixes that were asked for with `ecmpaudit routes FILE --ecmp`. If they are right,
    no router has the routes: ask the nodes whether they announce anything.

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


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each thing that was asked for and could not be audited at all."""
    for sentence in network.unanswered:
        yield Finding(
            code=CODE,
            severity=SEVERITY,
            message=sentence,
            hint="list what the routers do have with `ecmpaudit routes FILE --ecmp`, and compare",
        )
