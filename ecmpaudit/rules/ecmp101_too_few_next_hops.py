"""A prefix has fewer next hops than expected, or an expected node is not among them.

Why
    A node that is no next hop carries nothing, and the others carry its share. Nobody notices until the next
    node goes. Nodes drop out one by one for many reasons: a session that is down, a prefix list for one family
    only (metallb#1888), a node that is no neighbour of this router, a path that lost the comparison
    (metallb#1739, cilium#40944), a ceiling (osism/ansible-collection-services#2122).

    The finding names the first broken link between the node's address and the router's kernel, as far as the nodes
    and the router were asked: `address` on kube-lb0, `node route`, `export`, `session`, `accepted`, `equal`,
    `ceiling`, `RIB`, `kernel`. It says `likely` where a link before it is unknown.

How to fix
    Mend the link that is named; `ecmpaudit explain PREFIX` shows the whole chain. Where none is named, ask the
    missing node whether it announces the prefix, and the router whether it has the node's path and why it does not
    use it: `show bgp PREFIX`, `birdc show route all for PREFIX`. If the prefix moved on purpose, correct what is
    expected.

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

from typing import TYPE_CHECKING

from ecmpaudit.model import Confidence, Severity
from ecmpaudit.rules.causes import REMEDIES, why_missing, why_unidentified
from ecmpaudit.rules.ceilings import reached_ceiling
from ecmpaudit.rules.messages import EVIDENCE_LIMIT, evidence_of, finding_about, own_next_hops, own_routes
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmpaudit.model import AuditedPrefix, Finding, Network
    from ecmpaudit.rules.causes import Why

CODE = "ECMP101"
SEVERITY = Severity.ERROR


def check(network: Network) -> Iterator[Finding]:
    """Yield one finding for each prefix that lacks next hops; 102 and 103 tell of those without any route."""
    for prefix in network.prefixes:
        if prefix.routes and (prefix.shortfall or prefix.missing):
            why = why_missing(prefix, network.facts)
            yield finding_about(
                prefix,
                CODE,
                SEVERITY,
                f"{own_next_hops(prefix)}, expected {prefix.expected}{_which(prefix, why)}",
                rests_on_expectation=True,
                missing=prefix.missing,
                unexpected=prefix.unexpected,
                cause=why.cause,
                causes=why.causes,
                evidence=(*evidence_of(own_routes(prefix)), *why.evidence)[:EVIDENCE_LIMIT],
                hint=_hint(prefix, why),
            )


def _which(prefix: AuditedPrefix, why: Why) -> str:
    """Return who is missing and why, or as much as can be told of it."""
    if prefix.missing:
        return f"; {why.who}"
    if prefix.unidentified:
        return f"; {why_unidentified(prefix)}"
    there = f"; there are only {listed(prefix.installed)}" if prefix.installed else ""
    return f"{there}; {why.who}" if why.who else there


def _hint(prefix: AuditedPrefix, why: Why) -> str:
    if reached_ceiling(prefix):
        return "see to the ceiling first (ECMP202); the missing nodes may well be announcing"
    router = prefix.router or "the router"
    links = dict.fromkeys(cause.link for cause in why.causes if cause.confidence is not Confidence.UNKNOWN)
    if links:
        return "; ".join(dict.fromkeys(REMEDIES[link] for link in links))
    if prefix.missing:
        names = listed(node.name for node in prefix.missing)
        return f"ask {names}: is {prefix.prefix} announced, and is the session with {router} up?"
    if prefix.unidentified:
        return "add the nodes' addresses of this kind, link-local ones too, to their lists in ecmpaudit.yaml"
    return "list the nodes in ecmpaudit.yaml or with --nodes, and the missing one is named"
