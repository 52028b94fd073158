"""Routers that lead to the same nodes have different next hops for one prefix.

Why
    Two routers stand beside each other so that either can do the work of both. Each decides by its own sessions,
    filters and ceilings, and a change made on one of them only is found on the day the other one fails: one leaf
    lost hops in a churn and kept them lost until its sessions were cleared (sonic#17183), one came back from a
    reload with three of four (sonic#17718).
    Routers are compared where their sets share a next hop: they reach the same nodes over the same network. Where it
    is known what a prefix should have, ECMP101 tells each router's own fault, and this rule is silent.

How to fix
    Compare the two routers: `show bgp summary`, filters in, `maximum-paths`. If they are meant to differ, say what
    each should have, with `routers` of a cluster in ecmpaudit.yaml.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-5
    tor2 198.51.100.7/32 via 192.0.2.1-3

    tor1 2001:db8:100::7/128 via fe80::1%eth0, fe80::2%eth0
    tor2 2001:db8:100::7/128 via fe80::1%eth3

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
    tor2 198.51.100.7/32 via 192.0.2.1-5

    spine1 198.51.100.7/32 via 203.0.113.1-2
    tor1 198.51.100.7/32 via 192.0.2.1-5
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.rules.ceilings import shows_candidates
from ecmpaudit.rules.messages import evidence_of, finding_about, named_hop, own_next_hops, own_routes
from ecmpaudit.rules.suppression import has_given_expectation, is_reported_as_missing
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network

CODE = "ECMP105"
SEVERITY = Severity.WARNING


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each router that has less than another one that reaches the same nodes."""
    alike: dict[tuple[str, str], list[AuditedPrefix]] = {}
    for prefix in network.prefixes:
        if not prefix.may_have_more:
            alike.setdefault((prefix.vrf, prefix.prefix), []).append(prefix)
    for prefixes in alike.values():
        if len(prefixes) > 1 and not any(map(_is_judged_otherwise, prefixes)):
            yield from _that_lack(prefixes)


def _is_judged_otherwise(prefix: AuditedPrefix) -> bool:
    return is_reported_as_missing(prefix) or has_given_expectation(prefix) or shows_candidates(prefix)


def _that_lack(prefixes: Iterable[AuditedPrefix]) -> Iterator[Finding]:
    fullest, *others = sorted(prefixes, key=lambda prefix: (-len(prefix.installed), prefix.router))
    for prefix in others:
        lacking = [hop for hop in fullest.installed if hop.address not in _addresses(prefix)]
        if lacking and _addresses(prefix) & _addresses(fullest):
            yield finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"{own_next_hops(prefix)}, expected {len(fullest.installed)} as {fullest.router} has; "
                f"only there: {listed(named_hop(hop, fullest) for hop in lacking)}",
                hint=f"compare sessions, filters and ceiling of {prefix.router} with those of {fullest.router}",
                evidence=evidence_of([*own_routes(prefix), *own_routes(fullest)]),
            )


def _addresses(prefix: AuditedPrefix) -> set[str | None]:
    """Interfaces have each router's own names; a directly connected next hop is nobody's address."""
    return {hop.address for hop in prefix.installed if hop.address is not None}
