"""A more specific route inside the prefix takes its addresses away.

Why
    The longest match wins, whatever its protocol. The prefix keeps its five next hops and looks healthy, while
    one address of it goes elsewhere. On nodes, kube-proxy in IPVS mode puts every service address as a /32 or /128
    on `kube-ipvs0`, and a routing daemon that redistributes connected or kernel routes announces those beside the
    pool; a leftover static or kernel route on the router does the same.

How to fix
    See who gives the more specific route. If it comes from `kube-ipvs0`, redistribute by interface (`kube-lb0` only)
    or filter host routes on import. If it is meant, list it as a prefix of its own, and it is audited like one.

Bad
    tor1 198.51.100.0/24 via 192.0.2.1-5
    tor1 198.51.100.0/24 more specific 198.51.100.7/32 kernel via 192.0.2.9

    tor1 2001:db8:100::/64 via 2001:db8::1, 2001:db8::2
    tor1 2001:db8:100::/64 more specific 2001:db8:100::7/128 bgp via 2001:db8::1

Good
    tor1 198.51.100.0/24 via 192.0.2.1-5
    tor1 198.51.100.0/24 more specific 198.51.100.7/32 bgp via 192.0.2.1-5

    tor1 2001:db8:100::/64 via 2001:db8::1, 2001:db8::2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.rules.ceilings import shows_candidates
from ecmpaudit.rules.messages import described, evidence_of, finding_about, own_next_hops
from ecmpaudit.wording import and_more, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network, NextHop, Route

CODE = "ECMP502"
SEVERITY = Severity.WARNING

_MOST_TO_NAME = 3


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix that loses addresses to routes with another set of next hops."""
    for prefix in network.prefixes:
        if prefix.prefix.endswith("/0") or not prefix.installed:  # every other route is meant to take from the default
            continue
        taking = [route for route in prefix.more_specific if _goes_elsewhere(route, prefix)]
        if taking:
            yield finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"{own_next_hops(prefix)}, expected for all its addresses; {_who_takes_over(taking, prefix)}",
                hint="see who gives the more specific route (kube-ipvs0? static?); filter it, or audit it by itself",
                evidence=evidence_of(taking),
            )


def _goes_elsewhere(route: Route, prefix: AuditedPrefix) -> bool:
    """Return whether packets leave another way; a route that is not in the FIB takes none.

    Without the FIB a route's set may be larger than the one source that is marked, so a part proves nothing.
    """
    is_part_enough = shows_candidates(prefix)
    there = _identities(route.forwarding_candidates if is_part_enough else route.installed)
    here = _identities(prefix.installed)
    if route.kind != "unicast":
        return True
    return not there <= here if is_part_enough else bool(there) and there != here


def _identities(hops: tuple[NextHop, ...]) -> set[tuple[str | None, str | None, str]]:
    return {(hop.address, hop.interface, hop.vrf) for hop in hops}


def _who_takes_over(routes: list[Route], prefix: AuditedPrefix) -> str:
    named = listed(f"{route.prefix} ({described(route, prefix)})" for route in routes[:_MOST_TO_NAME])
    if len(routes) == 1:
        return f"{named} takes its addresses away"
    more = and_more(len(routes) - _MOST_TO_NAME)
    return f"{named}{more} take their addresses away"
