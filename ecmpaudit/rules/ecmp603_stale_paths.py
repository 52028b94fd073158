"""A next hop rests on a path that is kept from before its session went down.

Why
    With graceful restart the router keeps a restarting neighbour's routes and goes on forwarding to it. That is
    meant to bridge seconds; a node that does not come back gets its share of the traffic until the stale timer ends,
    and helpers have been seen to keep such paths far longer and to revive them with the link (frr#21742, frr#17372).
    The set looks complete meanwhile.

How to fix
    See whether the node's routing daemon is coming back. If it is gone for good, end it on the router: `clear bgp
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
from ecmpaudit.rules.messages import EVIDENCE_LIMIT, finding_about, named_hop, own_next_hops
from ecmpaudit.wording import listed, word_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Finding, Network

CODE = "ECMP603"
SEVERITY = Severity.WARNING


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix with installed next hops that only stale paths speak for."""
    for prefix in network.prefixes:
        paths = network.facts.paths_to(prefix.router, prefix.vrf, prefix.prefix)
        alive = {address for path in paths if not path.is_stale for address in path.next_hops}
        stale = {address for path in paths if path.is_stale for address in path.next_hops} - alive
        hops = [hop for hop in prefix.installed if hop.address in stale]
        if hops:
            lines = tuple(p.evidence for p in paths if p.is_stale and any(h.address in p.next_hops for h in hops))
            is_are = word_for(len(hops), "is", "are")
            yield finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"{own_next_hops(prefix)}, of which {len(hops)} {is_are} stale, expected none; kept from before the "
                f"session went down: {listed(named_hop(hop, prefix) for hop in hops)}",
                hint="see whether the node's routing daemon comes back; if not, clear its session on the router",
                evidence=lines[:EVIDENCE_LIMIT],
            )
