"""Several next hops resolve to one, so that all traffic takes one path.

Why
    A recursive next hop is an address that is reached by another route. Where that route has a single next hop, five
    nodes in the BGP table become one neighbour in the FIB: all resolve through a route reflector or a firewall
    (kube-router#729), through the default route (frr#10884), or through an obsolete static route. BGP shows five paths
    and no fault.

How to fix
    Check what the next hops resolve through: `show ip nht`, `show ip route ADDRESS`. If they should be neighbours,
    the subnet's own route is missing or another one is preferred. If the nodes are behind one gateway, that gateway
    has to spread the traffic: audit it.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1 recursive, 192.0.2.2 recursive, 203.0.113.254

    tor1 2001:db8:100::7/128 via 2001:db8::1 recursive, 2001:db8::2 recursive, fe80::fe%eth0

Good
    tor1 198.51.100.7/32 via 192.0.2.1 recursive, 192.0.2.2 recursive, 203.0.113.1, 203.0.113.2

    tor1 2001:db8:100::7/128 via 2001:db8::1 recursive, fe80::fe%eth0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.messages import finding_about, named_hop, next_hops
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Finding, Network

CODE = "ECMP303"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES,)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix whose several recursive next hops leave a single one in the FIB."""
    for prefix in network.prefixes:
        parents = prefix.selected.next_hops.parents if prefix.selected else ()
        if len(parents) > 1 and len(prefix.installed) == 1 and not prefix.may_have_more:
            yield finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"{next_hops(len(parents), 'recursive')} resolve to 1, expected {len(parents)}; "
                f"{listed(named_hop(hop, prefix) for hop in parents)} all resolve through {prefix.installed[0]}",
                cause=f"all resolve through {prefix.installed[0]}",
                hint="check what the next hops resolve through: `show ip nht`, `show ip route ADDRESS`",
            )
