"""Causes as a person would say them: nodes with one cause are named together, and a guess is called one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model import Cause, Confidence, Node
from ecmpaudit.rules.causes.chain import Diagnosis, diagnose
from ecmpaudit.rules.causes.table import table_reasons
from ecmpaudit.rules.messages import EVIDENCE_LIMIT, named_nodes
from ecmpaudit.wording import and_more, listed, word_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model import AuditedPrefix, Evidence, Facts
    from ecmpaudit.rules.causes.link import Step

_MOST_DETAILS = 4
"""Nodes whose details are told apart in one sentence; the rest is counted."""
_GLUE = {Confidence.CERTAIN: ": ", Confidence.LIKELY: ", likely because "}

REMEDIES = {
    "address": "ask the load-balancer controller of the node why it did not put the address on kube-lb0",
    "node route": "see what the node's routing daemon redistributes: is kube-lb0 among it, and up?",
    "export": "compare the node's export filter with that of a node that announces the prefix",
    "session": "look at both ends of the session: address, AS number, password, port 179, and whether the daemon runs",
    "accepted": "compare what the router lets in from this node and from its siblings: prefix-list, route-map, limit",
    "equal": "make the paths equal: the same policy for every node on the router, the same announcement on every node",
    "ceiling": "raise the router's ceiling to the number of nodes (ECMP202)",
    "RIB": "ask the router how the next hop resolves: `show ip nht`, `show ipv6 nht`",
    "kernel": "read zebra's and the kernel's log, and compare with `ip route` and `ip nexthop` (ECMP301, ECMP302)",
}
"""What to do about each broken link."""


@dataclass(frozen=True, slots=True)
class Why:
    """Why nodes are missing on one prefix."""

    who: str
    """Who is missing and why: `node3 missing: its BGP session to tor1 is down`; empty if nobody is named."""
    cause: str | None
    """Only the causes, with what the table tells beside them; None when nothing is known."""
    causes: tuple[Cause, ...]
    evidence: tuple[Evidence, ...]
    """The lines that the causes rest on."""


def why_missing(prefix: AuditedPrefix, facts: Facts) -> Why:
    """Return who is missing, with the first broken link of each."""
    nodes = prefix.missing or _suspects(prefix, facts)
    found = [(node, diagnose(prefix, node, facts)) for node in nodes]
    if not prefix.missing:
        found = [(node, diagnosis) for node, diagnosis in found if diagnosis.broken]
    because = [_sentence(group, prefix) for group in _groups(found)]
    unexplained = [node for node, diagnosis in found if diagnosis.broken is None]
    causes = tuple(
        _cause(node, diagnosis) for node, diagnosis in found if diagnosis.broken or _is_asked(prefix, node, facts)
    )
    reasons = [*because, *_unknown(causes), *table_reasons(prefix)]
    return Why(
        who="; ".join([*because, *([f"missing {named_nodes(unexplained, prefix)}"] if unexplained else [])]),
        cause="; ".join(reasons) or None,
        causes=causes,
        evidence=_evidence(diagnosis.broken for _, diagnosis in found if diagnosis.broken),
    )


def _suspects(prefix: AuditedPrefix, facts: Facts) -> tuple[Node, ...]:
    """Return who may be wanting where only a number is expected: unused paths, else sessions that are down."""
    if not prefix.shortfall or (prefix.expectation and prefix.expectation.nodes):
        return ()
    installed = {hop.address for hop in prefix.installed}
    paths = [p for p in facts.paths_to(prefix.router, prefix.vrf, prefix.prefix) if not p.next_hops & installed]
    if paths:
        return tuple(dict.fromkeys(Node(path.next_hop, path.next_hops) for path in paths))
    family = prefix.family
    of_router = facts.sessions_of(prefix.router, prefix.vrf)
    down = [s for s in of_router if s.family == family and not s.is_up]
    return tuple(Node(s.peer, frozenset({s.peer})) for s in down) if len(down) <= prefix.shortfall else ()


_Found = tuple[Node, Diagnosis]


def _groups(found: Sequence[_Found]) -> Iterator[list[tuple[Node, Step, Confidence]]]:
    """Yield the nodes that share a cause, whatever differs in its details."""
    groups: dict[tuple[str, str, Confidence], list[tuple[Node, Step, Confidence]]] = {}
    for node, diagnosis in found:
        if step := diagnosis.broken:
            key = (step.link, step.about_many, diagnosis.confidence)
            groups.setdefault(key, []).append((node, step, diagnosis.confidence))
    yield from groups.values()


def _sentence(group: list[tuple[Node, Step, Confidence]], prefix: AuditedPrefix) -> str:
    """Return `node3 (192.0.2.3) missing: its BGP session to tor1 is down since 00:12:31 (Active)`."""
    _, first, confidence = group[0]
    who = named_nodes((node for node, _, _ in group), prefix)
    if len(group) == 1:
        return f"{who} missing{_GLUE[confidence]}{first.sentence}"
    return f"{who} missing{_GLUE[confidence]}{first.about_many}{_details(group)}"


def _details(group: list[tuple[Node, Step, Confidence]]) -> str:
    details = {step.detail for _, step, _ in group}
    if len(details) == 1:
        return f" {group[0][1].detail}".rstrip()
    told = [f"{node.name} {step.detail}" for node, step, _ in group[:_MOST_DETAILS] if step.detail]
    return f": {listed(told)}{and_more(len(group) - _MOST_DETAILS)}"


def _cause(node: Node, diagnosis: Diagnosis) -> Cause:
    step = diagnosis.broken
    if step:
        return Cause(node.name, step.link, diagnosis.confidence, step.sentence, step.evidence)
    silent = [step for step in diagnosis.unknown if not step.is_excused]
    first = silent[0].link if silent else ""
    return Cause(node.name, first, Confidence.UNKNOWN, listed(_distinct(step.text for step in silent)))


def _is_asked(prefix: AuditedPrefix, node: Node, facts: Facts) -> bool:
    """Where a route table is all there is, that nothing else was asked needs no words for each node."""
    told = facts.answering_hosts | facts.unreachable
    return prefix.router in told or node.name in told


def _unknown(causes: Sequence[Cause]) -> Iterator[str]:
    """Yield what is not known about nodes without a cause, once for all that share it."""
    alike: dict[str, list[str]] = {}
    for cause in causes:
        if cause.confidence is Confidence.UNKNOWN and cause.text:
            alike.setdefault(cause.text, []).append(cause.node)
    for text, names in alike.items():
        yield f"why {listed(names)} {word_for(len(names), 'is', 'are')} missing is not known: {text}"


def _distinct(texts: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _evidence(steps: Iterator[Step]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(line for step in steps for line in step.evidence))[:EVIDENCE_LIMIT]
