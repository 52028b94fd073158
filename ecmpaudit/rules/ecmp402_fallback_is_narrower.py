"""The fallback protocol has fewer next hops than the one in use, or lacks some of them.

Why
    Many sites announce load-balancer addresses by two protocols, BGP first and OSPF as the fallback. As long as both
    have the same next hops, the failure of one loses no traffic. A fallback that lacks nodes is noticed only when it
    is needed: three nodes get the traffic of five. The two protocols have separate filters, and only one may have been
    changed (the routers' table in PureLB's "Using Routers" has both).
    Connected, local and kernel routes are no fallback protocols. A prefix with a single next hop is not judged.

How to fix
    Compare what the missing node announces in each protocol: its export filter or redistribution for the fallback,
    its adjacency (`show ip ospf neighbor`, `birdc show ospf neighbors`), and the metric it gives.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1-5
    tor1 198.51.100.7/32 ospf via 192.0.2.1-3

    tor1 2001:db8:100::7/128 via 2001:db8::1, 2001:db8::2
    tor1 2001:db8:100::7/128 ospf via fe80::1%eth0

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
    tor1 198.51.100.7/32 ospf via 192.0.2.1-5

    tor1 2001:db8:100::7/128 via 2001:db8::1, 2001:db8::2
    tor1 2001:db8:100::7/128 ospf via fe80::1%eth0, fe80::2%eth0
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.addressing import kind_of
from ecmpaudit.model.policies import Decision
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.messages import evidence_of, expected_nodes, finding_about, named_hop, next_hops, protocol_name
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model import AuditedPrefix, Finding, Network, NextHop, Route
    from ecmpaudit.model.policies import Verdict

CODE = "ECMP402"
SEVERITY = Severity.WARNING
NEEDS = (Question.ROUTES,)

_NO_FALLBACK = {"connected", "local", "kernel", "direct", "device"}
_FEWEST_TO_JUDGE = 2


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix that would lose next hops if its protocol failed."""
    for prefix in network.prefixes:
        fallback = next((r for r in prefix.fallbacks if r.kind == "unicast" and r.protocol not in _NO_FALLBACK), None)
        if fallback and prefix.selected and len(prefix.installed) >= _FEWEST_TO_JUDGE and not prefix.may_have_more:
            offered = tuple(hop for hop in fallback.forwarding_candidates if hop.is_active)
            lacking = _lacking(prefix.installed, offered)
            if lacking or len(offered) < len(prefix.installed):
                yield _finding(prefix, fallback, offered, lacking, *_rejecting(network, prefix, fallback))


def _rejecting(network: Network, prefix: AuditedPrefix, fallback: Route) -> Iterator[Verdict]:
    """Yield that zebra rejects the routes of the fallback (`ip protocol … route-map`)."""
    policies = network.facts.policies_of.get(prefix.router)
    if policies and (verdict := policies.by_zebra(fallback.protocol, prefix.prefix)).decision is Decision.DENIED:
        yield verdict


def _finding(
    prefix: AuditedPrefix, fallback: Route, offered: tuple[NextHop, ...], lacking: tuple[NextHop, ...], *by: Verdict
) -> Finding:
    selected = protocol_name(prefix.selected) if prefix.selected else "the selected route"
    backup = protocol_name(fallback)
    missing = f"; missing {listed(named_hop(hop, prefix) for hop in lacking)}" if lacking else ""
    why = "".join(f"; zebra rejects its route by {each.filter}" for each in by)
    finding = finding_about(
        prefix,
        CODE,
        SEVERITY,
        f"{backup} is the fallback for {selected} with {next_hops(len(offered))}, "
        f"expected the {len(prefix.installed)} of {selected}{missing}{why}",
        hint=f"find out why {backup} lacks them before {selected} fails: export filter, adjacency, metric",
        evidence=(*evidence_of([fallback]), *(line for each in by for line in each.evidence)),
    )
    return replace(
        finding,
        expected=len(prefix.installed),
        actual=len(offered),
        missing=tuple(node for node in expected_nodes(prefix) if any(node.has(hop) for hop in lacking)),
    )


def _lacking(installed: Sequence[NextHop], offered: tuple[NextHop, ...]) -> tuple[NextHop, ...]:
    """Return the next hops that the fallback lacks; none where the two show addresses of different kinds.

    IPv6 routes show link-local next hops in OSPF and often global ones in BGP: then only the numbers are compared.
    """
    if {_kind(hop) for hop in installed} != {_kind(hop) for hop in offered}:
        return ()
    return tuple(hop for hop in installed if not any(_is_same(hop, other) for other in offered))


def _kind(hop: NextHop) -> str:
    if hop.address is None:
        return "connected"
    return kind_of(hop.address)


def _is_same(hop: NextHop, other: NextHop) -> bool:
    """Return whether two next hops are one; interfaces are compared only where both protocols show one."""
    interfaces = {hop.interface, other.interface} - {None}
    return hop.address == other.address and len(interfaces) <= 1
