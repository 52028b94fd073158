"""An expected prefix has no route, and nothing but a default route covers it.

Why
    No node announces the address to this router, or the router accepts it from no node. Packets to it are dropped,
    or follow the default route out of the site. Seen when all nodes stop at once after an upgrade (metallb#2285),
    when a session is up but its policy lets no route in (frr#6843), and when the kernel lost the route (frr#15505).

How to fix
    Check whether any other router has the prefix. If none has it, check the nodes and the load-balancer controller;
    if others have it, compare this router's sessions and filters with theirs.

Bad
    tor1 198.51.100.7/32 missing
    expect 198.51.100.7/32 nodes 192.0.2.1-5

    tor1 2001:db8:100::7/128 missing, covered by ::/0 static via 2001:db8::fe
    expect 2001:db8:100::7/128 count 5

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
    expect 198.51.100.7/32 nodes 192.0.2.1-5

    tor1 2001:db8:100::7/128 via 2001:db8::1-5
    expect 2001:db8:100::7/128 count 5
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.causes import missing_nodes
from ecmpaudit.rules.fabric import FabricView
from ecmpaudit.rules.messages import described, distinct_lines, evidence_of, finding_about, next_hops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network
    from ecmpaudit.rules.causes import MissingNodes

CODE = "ECMP102"
SEVERITY = Severity.ERROR
NEEDS = (Question.ROUTES,)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix without a route of its own or of a network around it."""
    fabric = FabricView(network)
    for prefix in network.prefixes:
        if not prefix.routes and covering_network(prefix) is None and not fabric.is_reported_elsewhere(prefix):
            covering = prefix.covering
            missing = missing_nodes(prefix, network.facts)
            yield replace(
                finding_about(
                    prefix,
                    CODE,
                    SEVERITY,
                    f"no route, {expected_next_hops(prefix)}; {_covering_clause(prefix)}{cause_clause(missing)}",
                    rests_on_expectation=True,
                    cause=missing.cause,
                    hint="check whether other routers have the prefix; if none has, check that the nodes announce it",
                    evidence=distinct_lines(*evidence_of([covering] if covering else []), *missing.evidence),
                ),
                missing=prefix.missing,
                causes=missing.causes,
            )


def covering_network(prefix: AuditedPrefix) -> str | None:
    """Return the less specific prefix that takes the traffic; None for nothing and for the default route."""
    if prefix.covering is None or prefix.covering.prefix.endswith("/0"):
        return None
    return prefix.covering.prefix


def expected_next_hops(prefix: AuditedPrefix) -> str:
    """Return `expected 5 next hops`, or that a route is expected when no number is known."""
    return "expected one" if prefix.expected is None else f"expected {next_hops(prefix.expected)}"


def cause_clause(missing: MissingNodes) -> str:
    """Return why the nodes are missing, where that is known: `; node1, node2 missing: …`."""
    return f"; {missing.sentence}" if missing.broken_links else ""


def _covering_clause(prefix: AuditedPrefix) -> str:
    if prefix.covering is None:
        return "nothing covers it"
    return f"only the default route {prefix.covering.prefix} covers it: {described(prefix.covering)}"
