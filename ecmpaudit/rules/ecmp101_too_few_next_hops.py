"""A prefix has fewer next hops than expected, or an expected node is not among them.

Why
    A node that is no next hop carries nothing, and the others carry its share. It remains unnoticed until the
    next node fails. Nodes are lost one by one for many reasons: a session that is down, a prefix list for one family
    only (metallb#1888), a node that is no neighbour of this router, a path that lost the comparison
    (metallb#1739, cilium#40944), a ceiling (osism/ansible-collection-services#2122).

    The finding names the first broken link between the node's address and the router's kernel, as far as the nodes
    and the router were asked: `address` on kube-lb0, `node route`, `export`, `session`, `accepted`, `equal`,
    `ceiling`, `RIB`, `kernel`. It says `likely` where a link before it is unknown.

How to fix
    Fix the link that the finding names; `ecmpaudit explain PREFIX` shows the whole chain. Where it names none, check
    whether the missing node announces the prefix, and whether the router has the node's path and why it does not use
    it: `show bgp PREFIX`, `birdc show route all for PREFIX`. If the prefix moved on purpose, correct the expectation.

Bad
    tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2, 192.0.2.5
    expect 198.51.100.7/32 nodes node1=192.0.2.1, node2=192.0.2.2, node3=192.0.2.3, node4=192.0.2.4, node5=192.0.2.5

    tor1 2001:db8:100::7/128 via 2001:db8::1, 2001:db8::2
    expect 2001:db8:100::7/128 count 3

    tor1 198.51.100.7/32 via 192.0.2.1, 192.0.2.2
    expect 198.51.100.7/32 nodes 192.0.2.1-3
    tor1 session 192.0.2.3 ipv4 Active since 00:12:31 error "Connection refused"

Good
    tor1 198.51.100.7/32 via 192.0.2.1-5
    expect 198.51.100.7/32 nodes 192.0.2.1-5

    tor1 2001:db8:100::7/128 via 2001:db8::1-3
    expect 2001:db8:100::7/128 count 3
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecmpaudit.model import Severity
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.causes import REMEDIES, missing_nodes, why_unidentified
from ecmpaudit.rules.ceilings import reached_ceiling
from ecmpaudit.rules.fabric import FabricView
from ecmpaudit.rules.messages import distinct_lines, evidence_of, finding_about, own_next_hops, own_routes
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network
    from ecmpaudit.rules.causes import MissingNodes

CODE = "ECMP101"
SEVERITY = Severity.ERROR
NEEDS = (Question.ROUTES,)


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix that lacks next hops; 102 and 103 report those without any route."""
    fabric = FabricView(network)
    for prefix in network.prefixes:
        if prefix.routes and (prefix.shortfall or prefix.missing) and not fabric.is_reported_elsewhere(prefix):
            missing = missing_nodes(prefix, network.facts)
            yield replace(
                finding_about(
                    prefix,
                    CODE,
                    SEVERITY,
                    f"{own_next_hops(prefix)}, expected {prefix.expected}{_missing_clause(prefix, missing)}",
                    rests_on_expectation=True,
                    cause=missing.cause,
                    evidence=distinct_lines(*evidence_of(own_routes(prefix)), *missing.evidence),
                    hint=_hint(prefix, missing),
                ),
                missing=prefix.missing,
                unexpected=prefix.unexpected,
                causes=missing.causes,
            )


def _missing_clause(prefix: AuditedPrefix, missing: MissingNodes) -> str:
    """Return who is missing and why, or as much as is known about it."""
    if prefix.missing:
        return f"; {missing.sentence}"
    if prefix.unidentified:
        return f"; {why_unidentified(prefix)}"
    present = f"; found only {listed(prefix.installed)}" if prefix.installed else ""
    return f"{present}; {missing.sentence}" if missing.sentence else present


def _hint(prefix: AuditedPrefix, missing: MissingNodes) -> str:
    if reached_ceiling(prefix):
        return "check the ceiling first (ECMP202): the missing nodes may be announcing the prefix"
    router = prefix.router or "the router"
    if missing.broken_links:
        return "; ".join(REMEDIES[link] for link in missing.broken_links)
    if prefix.missing:
        names = listed(node.name for node in prefix.missing)
        return f"ask {names}: is {prefix.prefix} announced, and is the session with {router} up?"
    if prefix.unidentified:
        return "add the nodes' addresses of this kind, also link-local ones, to their lists in ecmpaudit.yaml"
    return "list the nodes in ecmpaudit.yaml or with --nodes, so that the missing one can be named"
