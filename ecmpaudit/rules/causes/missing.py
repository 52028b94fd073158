"""Who is missing and why, in one sentence: nodes with one cause are named together, and a likely cause is called so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model import Cause, Confidence, Node
from ecmpaudit.rules.causes.chain import Diagnosis, diagnose
from ecmpaudit.rules.causes.link import Link
from ecmpaudit.rules.causes.table import table_reasons
from ecmpaudit.rules.messages import distinct_lines, named_nodes
from ecmpaudit.wording import and_more, listed, word_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model import AuditedPrefix, Evidence, Facts
    from ecmpaudit.rules.causes.link import Step

_DETAILS_SHOWN = 4
"""Nodes whose details are in one sentence; the others are counted."""
_GLUE = {Confidence.CERTAIN: ": ", Confidence.LIKELY: ", likely because "}

REMEDIES = {
    Link.ADDRESS: "find out why the load-balancer controller of the node did not put the address on kube-lb0",
    Link.NODE_ROUTE: "check what the node's routing daemon redistributes, and whether kube-lb0 is up",
    Link.EXPORT: "compare the node's export filter with that of a node that announces the prefix",
    Link.SESSION: "check both ends of the session: address, AS number, password, port 179, and the daemon",
    Link.ACCEPTED: "compare the router's inbound prefix-list, route-map and limit for this node and for its siblings",
    Link.EQUAL: "make the paths equal: the same policy for every node on the router, and one announcement on all nodes",
    Link.CEILING: "raise the router's ceiling to the number of nodes (ECMP202)",
    Link.RIB: "check how the next hop resolves: `show ip nht`, `show ipv6 nht`",
    Link.NEIGHBOUR: "look at the node and the switch in between: its link is up, and it is silent (ECMP304)",
    Link.KERNEL: "read zebra's and the kernel's log, and compare with `ip route` and `ip nexthop` (ECMP301, ECMP302)",
}
"""What to do about each broken link."""


@dataclass(frozen=True, slots=True)
class MissingNodes:
    """Why nodes are missing on one prefix."""

    sentence: str
    """Who is missing and why: `node3 missing: its BGP session to tor1 is down`; empty if no node can be named."""
    cause: str | None
    """Only the causes, with what the table shows; None when nothing is known."""
    causes: tuple[Cause, ...]
    evidence: tuple[Evidence, ...]
    """The lines that the causes rest on."""

    @property
    def broken_links(self) -> tuple[Link, ...]:
        """The links that are known or likely to be broken, each once."""
        return tuple(dict.fromkeys(Link(c.link) for c in self.causes if c.confidence is not Confidence.UNKNOWN))


def missing_nodes(prefix: AuditedPrefix, facts: Facts) -> MissingNodes:
    """Return who is missing, with the first broken link of each."""
    nodes = prefix.missing or _suspects(prefix, facts)
    found = [(node, diagnose(prefix, node, facts)) for node in nodes]
    if not prefix.missing:
        found = [(node, diagnosis) for node, diagnosis in found if diagnosis.broken]
    explained = [_sentence(group, prefix) for group in _groups(found)]
    unexplained = [node for node, diagnosis in found if diagnosis.broken is None]
    sentences = [*explained, f"missing {named_nodes(unexplained, prefix)}"] if unexplained else explained
    causes = tuple(
        _cause(node, diagnosis) for node, diagnosis in found if diagnosis.broken or _is_asked(prefix, node, facts)
    )
    return MissingNodes(
        sentence="; ".join(sentences),
        cause="; ".join([*explained, *_unknown(causes), *table_reasons(prefix)]) or None,
        causes=causes,
        evidence=_evidence(diagnosis.broken for _, diagnosis in found if diagnosis.broken),
    )


def _suspects(prefix: AuditedPrefix, facts: Facts) -> tuple[Node, ...]:
    """Return who may be missing where only a number is expected: unused paths, else sessions that are down."""
    if not prefix.shortfall or (prefix.expectation and prefix.expectation.nodes):
        return ()
    installed = {hop.address for hop in prefix.installed}
    paths = [p for p in facts.paths_to(prefix.router, prefix.vrf, prefix.prefix) if not p.next_hops & installed]
    if paths:
        return tuple(dict.fromkeys(Node(path.next_hop, path.next_hops) for path in paths))
    of_router = facts.sessions_of(prefix.router, prefix.vrf)
    down = [s for s in of_router if s.family == prefix.family and not s.is_up]
    return tuple(Node(s.peer, frozenset({s.peer})) for s in down) if len(down) <= prefix.shortfall else ()


@dataclass(frozen=True, slots=True)
class _BrokenLink:
    """The cause of one missing node."""

    node: Node
    step: Step
    confidence: Confidence


def _groups(found: Sequence[tuple[Node, Diagnosis]]) -> Iterator[list[_BrokenLink]]:
    """Yield the nodes that share a cause, whatever differs in its details."""
    groups: dict[tuple[Link, str, Confidence], list[_BrokenLink]] = {}
    for node, diagnosis in found:
        if step := diagnosis.broken:
            key = (step.link, step.clause.about_several, diagnosis.confidence)
            groups.setdefault(key, []).append(_BrokenLink(node, step, diagnosis.confidence))
    yield from groups.values()


def _sentence(group: list[_BrokenLink], prefix: AuditedPrefix) -> str:
    """Return `node3 (192.0.2.3) missing: its BGP session to tor1 is down since 00:12:31 (Active)`."""
    first = group[0]
    nodes = named_nodes((each.node for each in group), prefix)
    reason = first.step.sentence if len(group) == 1 else f"{first.step.clause.about_several}{_details(group)}"
    return f"{nodes} missing{_GLUE[first.confidence]}{reason}"


def _details(group: list[_BrokenLink]) -> str:
    details = {each.step.detail for each in group}
    if len(details) == 1:
        return f" {details.pop()}".rstrip()
    shown = [f"{each.node.name} {each.step.detail}" for each in group if each.step.detail]
    return f": {listed(shown[:_DETAILS_SHOWN])}{and_more(len(shown) - _DETAILS_SHOWN)}"


def _cause(node: Node, diagnosis: Diagnosis) -> Cause:
    step = diagnosis.broken
    if step:
        return Cause(node.name, step.link.value, diagnosis.confidence, step.sentence, step.evidence, step.text)
    first = diagnosis.unknown[0].link.value if diagnosis.unknown else ""
    texts = dict.fromkeys(step.text for step in diagnosis.unknown)
    return Cause(node.name, first, Confidence.UNKNOWN, listed(texts))


def _is_asked(prefix: AuditedPrefix, node: Node, facts: Facts) -> bool:
    """Return whether the router or the node was asked for anything beside the route table.

    Where it was not, that the cause is unknown needs no words for each node.
    """
    asked = facts.answering_hosts | facts.unreachable
    return prefix.router in asked or node.name in asked


def _unknown(causes: Sequence[Cause]) -> Iterator[str]:
    """Yield what is not known about nodes without a cause, once for all nodes that share it."""
    alike: dict[str, list[str]] = {}
    for cause in causes:
        if cause.confidence is Confidence.UNKNOWN and cause.text:
            alike.setdefault(cause.text, []).append(cause.node)
    for text, names in alike.items():
        yield f"why {listed(names)} {word_for(len(names), 'is', 'are')} missing is not known: {text}"


def _evidence(steps: Iterator[Step]) -> tuple[Evidence, ...]:
    return distinct_lines(*(line for step in steps for line in step.evidence))
