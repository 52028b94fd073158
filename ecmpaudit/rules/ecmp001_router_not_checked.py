"""A router could not be asked, or its answer is not complete.

Why
    No data is never a pass. A router that was not reached may have lost every node, and an answer that was
    cut off in mid-output seems to have missing routes. Tools that print the routers that they reached and omit
    the others report no fault on the worst day (seen with agents in cilium#36816).

How to fix
    Fix what the reason names (the route to the router, the host key, the login, the command) and run again.
    Where the user of the scan may not run `vtysh` or `birdc`, the hint names the group, and `sudo: true` helps.
    The other routers are still judged.

Bad
    tor1 not checked: connection refused
    tor2 198.51.100.7/32 via 192.0.2.1-5

    tor1 cut off: the connection was lost while `show ipv6 route` was answering
    tor1 2001:db8:100::7/128 via 2001:db8::1-5

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
    tor2 198.51.100.7/32 via 192.0.2.1-5
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Severity
from ecmpaudit.rules.remedies import remedy_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Network

CODE = "ECMP001"
SEVERITY = Severity.INCOMPLETE
NEEDS = ()


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each router that was not, or not completely, checked."""
    for router in network.routers:
        if router.failure is None:
            continue
        name = router.name or "unnamed router"
        yield Finding(
            code=CODE,
            severity=SEVERITY,
            message=f"{router.why_not_checked}",
            router=router.name,
            cause=router.failure,
            hint=f"{remedy_for(router.failure, name)}; what {name} did not answer is unknown, not missing",
        )
    for name in network.uncounted:
        yield Finding(
            code=CODE,
            severity=SEVERITY,
            message=f"{name}: not checked: it was asked, and no output of it was judged",
            router=name,
            cause="no output of it was judged",
            hint=f"ask {name} alone, and compare with what `ecmpaudit routes` reads",
        )
