"""A switch's table of next-hop groups, or of their members, is nearly full.

Why
    A switch forwards an ECMP route with a group in its hardware, and the number of groups and members is limited. Once
    the table is full, a new set of next hops is not installed: the route keeps its old group, or one next hop, or the
    CPU forwards it, while RIB and kernel look right. Each service with a set of nodes of its own needs a group, and
    while nodes come and go there are more. Reported from 80 % (`crm show resources` of SONiC).

How to fix
    Announce services from the same nodes, so that their routes share a group; withdraw prefixes that are not needed; or
    give the table more room, where the switch can. `crm config thresholds nexthop group object high` sets the share
    from which SONiC itself logs it.

Bad
    leaf1 198.51.100.7/32 via 192.0.2.1-2
    leaf1 table nexthop_group used 410 free 102

    leaf1 2001:db8:100::7/128 via fe80::1%eth0
    leaf1 table nexthop_group_member used 8192 free 0

Good
    leaf1 198.51.100.7/32 via 192.0.2.1-2
    leaf1 table nexthop_group used 400 free 112

    leaf1 2001:db8:100::7/128 via fe80::1%eth0
    leaf1 table nexthop_group used 0 free 0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Finding, Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.messages import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Network

CODE = "ECMP205"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES, Question.TABLE_USE)

_NEAR_PERCENT = 80
"""The share of a table from which it is reported."""


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each table of an audited router at 80 % of its size; a full one is an error."""
    routers = {prefix.router for prefix in network.prefixes}
    for use in network.facts.table_uses:
        size = use.used + use.available
        if use.host in routers and size and use.used * 100 >= _NEAR_PERCENT * size:
            is_full = use.available == 0
            fact = "is full" if is_full else f"is full to {use.used * 100 // size} %"
            yield Finding(
                code=CODE,
                severity=Severity.ERROR if is_full else SEVERITY,
                message=at(
                    use.host,
                    f"the table {use.table} {fact} ({use.used:,} of {size:,} entries), expected less than "
                    f"{_NEAR_PERCENT} %; a new set of next hops then has no group",
                ),
                router=use.host,
                evidence=(use.evidence,),
                hint="let services share their sets of nodes, or give the table more room",
            )
