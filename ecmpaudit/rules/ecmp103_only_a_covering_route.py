"""A prefix has no route of its own; a less specific route takes its traffic.

Why
    The address seems reachable, but its packets follow the route of the pool or the site: to nodes without the
    service, in a loop, or into a blackhole for unused addresses. Calico's /32 and /128 of
    services with local endpoints disappear after some time while the pool's route remains (calico#11639); when the
    kernel deletes a group of next hops, lookups fall to a wider route (frr#23295).

How to fix
    As for a missing prefix (`ecmpaudit rule ECMP102`): find out why no node announces it. Check where the covering
    route leads: its users' packets go there meanwhile.

Bad
    tor1 198.51.100.7/32 missing, covered by 198.51.100.0/24 static blackhole
    expect 198.51.100.7/32 nodes 192.0.2.1-5

    tor1 2001:db8:100::7/128 missing, covered by 2001:db8:100::/64 via 2001:db8::1-2
    expect 2001:db8:100::7/128 nodes 2001:db8::1-2

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
    expect 198.51.100.7/32 nodes 192.0.2.1-5

    tor1 2001:db8:100::7/128 via 2001:db8::1-2
    expect 2001:db8:100::7/128 nodes 2001:db8::1-2
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.causes import missing_nodes
from ecmpaudit.rules.ecmp102_prefix_missing import cause_clause, covering_network, expected_next_hops
from ecmpaudit.rules.fabric import FabricView
from ecmpaudit.rules.messages import described, distinct_lines, evidence_of, finding_about

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import Finding, Network

CODE = "ECMP103"
SEVERITY = Severity.ERROR
NEEDS = (Question.ROUTES,)

_FATE_OF_PACKETS = {
    "blackhole": ", which drops its packets silently",
    "unreachable": ", which answers its packets with unreachable",
    "prohibit": ", which answers its packets with prohibited",
}


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix that only a less specific route covers; 102 reports a default route."""
    fabric = FabricView(network)
    for prefix in network.prefixes:
        around = covering_network(prefix)
        if prefix.routes or prefix.covering is None or around is None or fabric.is_reported_elsewhere(prefix):
            continue
        missing = missing_nodes(prefix, network.facts)
        fate = _FATE_OF_PACKETS.get(prefix.covering.kind, "")
        yield replace(
            finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"no route of its own, {expected_next_hops(prefix)}; "
                f"only {around} covers it: {described(prefix.covering)}{fate}{cause_clause(missing)}",
                rests_on_expectation=True,
                cause="; ".join(filter(None, [f"traffic follows {around}", missing.cause])),
                hint="check whether the nodes announce the prefix; the covering route hides that it is missing",
                evidence=distinct_lines(*evidence_of([prefix.covering]), *missing.evidence),
            ),
            missing=prefix.missing,
            causes=missing.causes,
        )
