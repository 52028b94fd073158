"""The IPv4 and the IPv6 address of one service have different numbers of next hops.

Why
    Each address family has its own sessions, filters and ceilings, and they are changed separately. A prefix list
    that was rewritten for one family only excluded one node (metallb#1888); a group larger than the hardware's limit
    was truncated for IPv4 and not installed at all for IPv6 (sonic-net/SONiC#1274). Clients prefer IPv6, so the
    family with fewer next hops may be the one that is used.
    Two prefixes are compared only if they are known to be one service: from a Service with both addresses, or from
    `pairs` of a cluster in ecmpaudit.yaml. Which addresses belong together is not inferred from their numbers.
    Where the expected next hops of each are known, ECMP101 reports which family lacks a node, and this rule is silent.

How to fix
    Compare the two families on the router that the finding names: sessions, `maximum-paths` under each address-family,
    inbound prefix-lists and route-maps. Then list the nodes, so that the missing one can be named.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-3
    tor1 2001:db8:100::7/128 via 2001:db8::1-2
    twins 198.51.100.7/32 2001:db8:100::7/128

Good
    tor1 198.51.100.7/32 via 192.0.2.1-3
    tor1 2001:db8:100::7/128 via 2001:db8::1-3
    twins 198.51.100.7/32 2001:db8:100::7/128

    tor1 198.51.100.7/32 via 192.0.2.1-3
    tor1 2001:db8:100::7/128 via 2001:db8::1-2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.messages import evidence_of, finding_about, own_next_hops, own_routes
from ecmpaudit.rules.suppression import is_reported_as_missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Finding, Network

CODE = "ECMP104"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES,)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each router and service, about the family with fewer next hops."""
    judged = (p for p in network.prefixes if p.twin and not (p.may_have_more or is_reported_as_missing(p)))
    by_place = {prefix.key: prefix for prefix in judged}
    for (router, vrf, _), prefix in by_place.items():
        twin = by_place.get((router, vrf, prefix.twin or ""))
        if twin is not None and len(prefix.installed) < len(twin.installed):
            yield finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"{own_next_hops(prefix)}, expected {len(twin.installed)}: "
                f"{twin.prefix} of the same service has {len(twin.installed)}",
                hint="compare the two families on this router: sessions, inbound filters, and ceiling",
                evidence=evidence_of([*own_routes(prefix), *own_routes(twin)]),
            )
