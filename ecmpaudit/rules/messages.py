"""The one form of all messages: place, fact, expected.

A node is named wherever one is known. A finding that rests on an inferred expectation says so, one severity lower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Evidence, Finding, Severity
from ecmpaudit.model.addressing import in_vrf
from ecmpaudit.rules.ceilings import shows_candidates
from ecmpaudit.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecmpaudit.model import AuditedPrefix, Network, NextHop, Node, Route
    from ecmpaudit.model.cluster_faults import FaultKind
    from ecmpaudit.model.facts import BgpSession

EVIDENCE_LIMIT = 10
"""The most lines that one finding shows as its evidence."""

_ONE_STEP_LOWER = {Severity.ERROR: Severity.WARNING, Severity.WARNING: Severity.INFO}
_PROTOCOL_NAMES = {word: word.upper() for word in ("bgp", "ospf", "ospf6", "rip", "ripng", "eigrp")} | {"isis": "IS-IS"}


def finding_about(
    prefix: AuditedPrefix,
    code: str,
    severity: Severity,
    fact: str,
    *,
    rests_on_expectation: bool = False,
    cause: str | None = None,
    hint: str | None = None,
    evidence: tuple[Evidence, ...] | None = None,
) -> Finding:
    """Return a finding about one prefix; its evidence is the prefix's own route unless another is given."""
    inferred = rests_on_expectation and prefix.expectation is not None and prefix.expectation.is_inferred
    services = prefix.expectation.services if prefix.expectation else ()
    return Finding(
        code=code,
        severity=_ONE_STEP_LOWER.get(severity, severity) if inferred else severity,
        message=f"{place(prefix)}: {fact}{_why_expected(prefix) if rests_on_expectation else ''}",
        router=prefix.router,
        vrf=prefix.vrf,
        prefix=prefix.prefix,
        expected=prefix.expected,
        actual=prefix.actual,
        is_inferred=inferred,
        cause=cause,
        evidence=evidence_of(own_routes(prefix)) if evidence is None else evidence,
        hint=hint,
        services=services,
    )


def _why_expected(prefix: AuditedPrefix) -> str:
    """Return how an expectation was inferred, or from which Services it is; one that was given needs no reason."""
    source = prefix.expectation.source if prefix.expectation else ""
    if prefix.expectation is None or not prefix.expectation.is_inferred:
        return f"; {source}" if prefix.expectation and prefix.expectation.services else ""
    return f"; expected {prefix.expected} is {source if source.startswith('inferred') else f'inferred: {source}'}"


def findings_of_cluster(
    network: Network, kind: FaultKind, code: str, severity: Severity, hint: str
) -> Iterator[Finding]:
    """Yield a finding for each fault of a kind that the cluster's objects have by themselves; none names a router."""
    for fault in network.cluster_faults:
        if fault.kind is kind:
            yield Finding(
                code=code,
                severity=severity,
                message=at(fault.place, fault.fact),
                prefix=fault.prefix,
                evidence=fault.evidence,
                hint=hint,
                services=fault.services,
            )


def place(prefix: AuditedPrefix) -> str:
    """Return where a finding is: `tor1 172.31.1.0/32 (vrf red)`, without what is unknown or default."""
    return f"{prefix.router} {prefix.prefix}{in_vrf(prefix.vrf)}".lstrip()


def place_of_router(router: str, vrf: str) -> str:
    """Return where a finding about a whole router is: `tor1`, `tor1 (vrf red)`."""
    return f"{router}{in_vrf(vrf)}".lstrip()


def named_peer(session: BgpSession, node: Node | None) -> str:
    """Return the other end of a session for a sentence: `node3 (192.0.2.3)`."""
    name = node.name if node else session.peer_name
    return f"{name} ({session.peer})" if name and name != session.peer else session.peer


def at(place: str, fact: str) -> str:
    """Return a message; a pasted table may have no router's name, and then there is no place."""
    return f"{place}: {fact}" if place else fact


def next_hops(count: int, adjective: str = "") -> str:
    """Return `1 next hop` or `3 next hops`, or with an adjective `3 candidate next hops`."""
    return counted(count, f"{adjective} next hop".lstrip())


def own_next_hops(prefix: AuditedPrefix) -> str:
    """Return how many next hops the prefix has; a table without the FIB shows candidates only."""
    if prefix.installed:
        fact = next_hops(prefix.actual, "candidate" if shows_candidates(prefix) else "")
        return fact if prefix.actual == len(prefix.installed) else f"{fact} (resolved to {len(prefix.installed)})"
    kind = prefix.selected.kind if prefix.selected else "unicast"
    return "no next hop installed" if kind == "unicast" else f"no next hop installed ({kind})"


def named_nodes(nodes: Iterable[Node], prefix: AuditedPrefix) -> str:
    """Return the nodes by name, each with the addresses that this prefix's next hops may have."""
    return listed(node.in_family_of(prefix.prefix) for node in nodes)


def named_hop(hop: NextHop, prefix: AuditedPrefix) -> str:
    """Return a next hop by its node's name if one is known: `node3 (192.0.2.3)`."""
    node = next((node for node in expected_nodes(prefix) if node.has(hop)), None)
    return str(hop) if node is None or node.name == hop.address else f"{node.name} ({hop})"


def unexpected_hops(prefix: AuditedPrefix) -> str:
    """Return the unexpected next hops, those of known nodes by name and with the reason why they are unexpected."""
    excluded = prefix.expectation.excluded if prefix.expectation else ()
    named = {hop: f"{node.name} ({hop}; {why})" for hop in prefix.unexpected for node, why in excluded if node.has(hop)}
    return listed(named.get(hop, str(hop)) for hop in prefix.unexpected)


def expected_nodes(prefix: AuditedPrefix) -> tuple[Node, ...]:
    """Return the nodes that the prefix should have; empty when none or only their number is known."""
    return prefix.expectation.nodes if prefix.expectation else ()


def own_routes(prefix: AuditedPrefix) -> tuple[Route, ...]:
    """Return the routes that make up the prefix's set: the selected one, or all in a table of candidates."""
    if prefix.selected is None or prefix.shows_candidates_only:
        return prefix.routes
    return (prefix.selected,)


def evidence_of(routes: Iterable[Route]) -> tuple[Evidence, ...]:
    """Return the lines of the routes, as far as they are known."""
    known = ((route.text_source or "the capture", route.line, route.prefix) for route in routes)
    return tuple(Evidence(source, line, "", (prefix,)) for source, line, prefix in known if line)[:EVIDENCE_LIMIT]


def distinct_lines(*lines: Evidence) -> tuple[Evidence, ...]:
    """Return each line once, at most as many as one finding shows."""
    return tuple(dict.fromkeys(lines))[:EVIDENCE_LIMIT]


def evidence_of_hop(route: Route, hop: NextHop) -> tuple[Evidence, ...]:
    """Return the line of one next hop of a route, as far as it is known."""
    line = route.line_of(hop)
    return (Evidence(route.text_source or "the capture", line, "", (route.prefix,)),) if line else ()


def protocol_name(route: Route) -> str:
    """Return a route's protocol as engineers write it: `BGP`, `OSPF`, `static`, or a BIRD instance's name."""
    return _PROTOCOL_NAMES.get(route.protocol, route.protocol)


def described(route: Route, prefix: AuditedPrefix | None = None) -> str:
    """Return a route in a few words: `BGP via 192.0.2.1, 192.0.2.2` or `static blackhole`.

    Next hops that are expected nodes of the audited prefix have the nodes' names.
    """
    if route.kind != "unicast":
        return f"{protocol_name(route)} {route.kind}"
    hops = route.installed or route.forwarding_candidates
    if hops and all(hop.address is None for hop in hops):
        return f"{protocol_name(route)}, {listed(hop.interface or hop for hop in hops)}"
    named = [named_hop(hop, prefix) if prefix else str(hop) for hop in hops]
    return f"{protocol_name(route)} via {listed(named)}" if hops else f"{protocol_name(route)} without next hop"
