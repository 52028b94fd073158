"""A more specific route inside the prefix takes precedence for its addresses.

Why
    The longest match decides, whatever its protocol. The prefix keeps its five next hops and shows no fault, while
    packets to one of its addresses go to other next hops. On nodes, kube-proxy in IPVS mode puts every service address
    as a /32 or /128 on `kube-ipvs0`, and a routing daemon that redistributes connected or kernel routes announces those
    as well as the pool; an obsolete static or kernel route on the router does the same.

How to fix
    Find the source of the more specific route. If it is `kube-ipvs0`, redistribute by interface (`kube-lb0` only) or
    filter host routes on import. If the route is intended, list it as a prefix of its own, so that it is audited too.

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
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.ceilings import shows_candidates
from ecmpaudit.rules.messages import described, evidence_of, finding_about, own_next_hops
from ecmpaudit.wording import and_more, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model import AuditedPrefix, Finding, Network, NextHop, Route

CODE = "ECMP502"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES,)

_ROUTES_SHOWN = 3


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix with more specific routes to other next hops."""
    for prefix in network.prefixes:
        if (
            prefix.prefix.endswith("/0") or not prefix.installed
        ):  # any other route is more specific than the default route
            continue
        overriding = [route for route in prefix.more_specific if _goes_elsewhere(route, prefix)]
        if overriding:
            yield finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"{own_next_hops(prefix)}, expected for all its addresses; {_more_specific_clause(overriding, prefix)}",
                hint="find the source of the more specific route (kube-ipvs0, static); filter it, or audit it too",
                evidence=evidence_of(overriding),
            )


def _goes_elsewhere(route: Route, prefix: AuditedPrefix) -> bool:
    """Return whether the route leads to other next hops than the prefix; one that is not in the FIB leads nowhere.

    A table of candidates may mark fewer next hops than are installed, so that a subset is no difference.
    """
    if route.kind != "unicast":
        return True
    own = _identities(prefix.installed)
    if shows_candidates(prefix):
        return not _identities(route.forwarding_candidates) <= own
    installed = _identities(route.installed)
    return bool(installed) and installed != own


def _identities(hops: Sequence[NextHop]) -> set[tuple[str | None, str | None, str]]:
    return {(hop.address, hop.interface, hop.vrf) for hop in hops}


def _more_specific_clause(routes: list[Route], prefix: AuditedPrefix) -> str:
    named = listed(f"{route.prefix} ({described(route, prefix)})" for route in routes[:_ROUTES_SHOWN])
    if len(routes) == 1:
        return f"the more specific route {named} takes precedence"
    return f"the more specific routes {named}{and_more(len(routes) - _ROUTES_SHOWN)} take precedence"
