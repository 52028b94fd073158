"""Routers that lead to the same nodes have different next hops for one prefix.

Why
    Of two redundant routers, either can do the work of both. Each decides by its own sessions, filters and ceilings,
    and a change on one of them only is found on the day the other one fails: one leaf lost next hops during churn and
    did not install them again until its sessions were cleared (sonic#17183), another had three of four after a reload
    (sonic#17718).
    Routers are compared where their sets share a next hop: they reach the same nodes over the same network. Where the
    expected next hops of a prefix are known, ECMP101 reports each router's own fault, and this rule is silent.

How to fix
    Compare the two routers: `show bgp summary`, inbound filters, `maximum-paths`. If they differ on purpose, list
    what each should have, with `routers` of a cluster in ecmpaudit.yaml.

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
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.ceilings import shows_candidates
from ecmpaudit.rules.messages import evidence_of, finding_about, named_hop, own_next_hops, own_routes
from ecmpaudit.rules.suppression import has_given_expectation, is_reported_as_missing
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network, NextHop

CODE = "ECMP105"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES,)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each router that lacks next hops of another one that reaches the same nodes."""
    alike: dict[tuple[str, str], list[AuditedPrefix]] = {}
    for prefix in network.prefixes:
        if not prefix.may_have_more:
            alike.setdefault((prefix.vrf, prefix.prefix), []).append(prefix)
    for prefixes in alike.values():
        if not any(map(_is_not_comparable, prefixes)):
            yield from _compared_with_the_fullest(prefixes)


def _is_not_comparable(prefix: AuditedPrefix) -> bool:
    """Return whether another rule judges the prefix, or what is installed is not known."""
    return is_reported_as_missing(prefix) or has_given_expectation(prefix) or shows_candidates(prefix)


def _compared_with_the_fullest(prefixes: Iterable[AuditedPrefix]) -> Iterator[Finding]:
    fullest, *others = sorted(prefixes, key=lambda prefix: (-len(prefix.installed), prefix.router))
    for prefix in others:
        lacking = _only_in(fullest, prefix)
        if lacking and (_addresses(prefix) & _addresses(fullest)) - {None}:
            yield _finding(prefix, fullest, lacking)


def _finding(prefix: AuditedPrefix, fullest: AuditedPrefix, lacking: list[NextHop]) -> Finding:
    one, other = (p.router or "the unnamed router" for p in (prefix, fullest))
    only = [f"only {other} has {listed(named_hop(hop, fullest) for hop in lacking)}"]
    if beyond := _only_in(prefix, fullest):
        only.append(f"only {one} has {listed(named_hop(hop, prefix) for hop in beyond)}")
    numbers = ""
    if len(prefix.installed) != len(fullest.installed):
        numbers = f"{own_next_hops(prefix)}, expected {len(fullest.installed)}; "
    return finding_about(
        prefix,
        CODE,
        SEVERITY,
        f"{numbers}{one} and {other} differ: {', '.join(only)}",
        hint=f"compare sessions, filters and ceiling of {one} with those of {other}",
        evidence=evidence_of([*own_routes(prefix), *own_routes(fullest)]),
    )


def _only_in(prefix: AuditedPrefix, other: AuditedPrefix) -> list[NextHop]:
    return [hop for hop in prefix.installed if hop.address not in _addresses(other)]


def _addresses(prefix: AuditedPrefix) -> set[str | None]:
    """Return what can be compared: an interface has another name on each router, so None for a connected next hop."""
    return {hop.address for hop in prefix.installed}
