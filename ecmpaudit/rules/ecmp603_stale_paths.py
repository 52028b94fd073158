"""A next hop is installed from a stale path, which graceful restart keeps after its session went down.

Why
    With graceful restart the router keeps a restarting neighbour's routes and continues to forward to it. This is for
    some seconds; a node that does not restart gets its share of the traffic until the stale timer expires, and helpers
    were seen to keep such paths much longer and to restore them with the link (frr#21742, frr#17372). The set seems
    complete meanwhile.

How to fix
    Check whether the node's routing daemon restarts. If it does not, remove the paths on the router: `clear bgp
    NEIGHBOR`, and consider a shorter `bgp graceful-restart stalepath-time`.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-2
    expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2
    tor1 bgp 198.51.100.7/32 via 192.0.2.1 best
    tor1 bgp 198.51.100.7/32 via 192.0.2.2 multipath stale

    tor1 2001:db8:100::7/128 via fe80::1%eth0
    tor1 bgp 2001:db8:100::7/128 via 2001:db8::1 fe80::1 best stale

Good
    tor1 198.51.100.7/32 via 192.0.2.1
    tor1 bgp 198.51.100.7/32 via 192.0.2.1 best

    tor1 2001:db8:100::7/128 via fe80::1%eth0
    tor1 bgp 2001:db8:100::7/128 via 2001:db8::1 fe80::1 best
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.messages import EVIDENCE_LIMIT, finding_about, named_hop, own_next_hops
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Finding, Network

CODE = "ECMP603"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES, Question.BGP_TABLE)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix with installed next hops that only stale paths have."""
    for prefix in network.prefixes:
        paths = network.facts.paths_to(prefix.router, prefix.vrf, prefix.prefix)
        alive = {address for path in paths if not path.is_stale for address in path.next_hops}
        stale = {address for path in paths if path.is_stale for address in path.next_hops} - alive
        hops = [hop for hop in prefix.installed if hop.address in stale]
        if hops:
            lines = tuple(p.evidence for p in paths if p.is_stale and any(h.address in p.next_hops for h in hops))
            yield finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"{own_next_hops(prefix)}, {len(hops)} of them stale, expected 0 stale; kept by graceful restart after "
                f"the session went down: {listed(named_hop(hop, prefix) for hop in hops)}",
                hint="check whether the node's routing daemon restarts; if not, clear its session on the router",
                evidence=lines[:EVIDENCE_LIMIT],
            )
