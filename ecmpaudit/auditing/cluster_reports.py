"""What objects of a cluster report of its nodes, put among the facts that hosts answered themselves.

A node's own answer to a question replaces what objects report about it: it is newer. Which router a session is with
follows from the router's addresses: its own answers, the local routes of its table, or the configuration.
"""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import ip_interface, ip_network
from typing import TYPE_CHECKING

from ecmpaudit.auditing.gathering import Gathered
from ecmpaudit.model import Facts
from ecmpaudit.model.addressing import DEFAULT_VRF, family_of, is_address
from ecmpaudit.model.facts import Export, NodeRoute
from ecmpaudit.model.policies import Decision
from ecmpaudit.model.questions import Question
from ecmpaudit.parsing.facts.capture_facts import all_facts, evidence, numbered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.model import Capture
    from ecmpaudit.model.cluster_faults import ClusterFault
    from ecmpaudit.model.facts import Answer, BgpSession, Neighbor
    from ecmpaudit.model.policies import Policies
    from ecmpaudit.parsing.route_table import RouteTable

_NETWORK = re.compile(r"^\s+network (?P<prefix>[0-9a-fA-F.:]+/\d+)(?:\s|$)")
_BGP = re.compile(r"^router bgp \d+(?P<vrf> (?:vrf|view) \S+)?\s*$")
_UNINDENTED = re.compile(r"^(?!exit)\S")
_REDISTRIBUTES = re.compile(r"^\s+redistribute ", re.MULTILINE)


def faults_of_cluster(request: Request) -> tuple[ClusterFault, ...]:
    """Return what is wrong in the objects of the cluster by themselves."""
    cluster = request.expectations.cluster
    return cluster.faults if cluster else ()


def with_reports(facts: Facts, tables: Sequence[RouteTable], request: Request) -> Facts:
    """Return the facts with those that objects of the cluster report of nodes."""
    cluster = request.expectations.cluster
    if cluster is None or not (cluster.configurations or cluster.reported != Facts()):
        return facts
    sessions = cluster.reported.sessions
    configured = {r.prefix for c in cluster.configurations for r in _networks(c, "")}
    expected = {prefix for prefix, known in cluster.expected.items() if known.count}
    whole = frozenset(family for family in (4, 6) if {p for p in expected if family_of(p) == family} <= configured)
    of_configurations = [_of_configuration(capture, sessions, whole) for capture in cluster.configurations]
    reported = _not_answered_by(facts, all_facts([cluster.reported, *of_configurations]))
    routers = _routers_by_address(facts, tables, request)
    named = tuple(replace(s, peer_name=routers.get(s.peer, s.peer_name)) for s in reported.sessions)
    reporting = {host for host, _, _ in reported.answered} | {s.host for s in reported.silent_daemons}
    of_objects = frozenset(reporting - facts.answering_hosts)
    together = all_facts([facts, replace(reported, sessions=named)])
    return replace(together, of_objects=of_objects, unreachable=together.unreachable)


def _not_answered_by(facts: Facts, reported: Facts) -> Facts:
    """Return what is reported of hosts that did not answer the same question themselves."""

    def is_open(host: str, question: Question) -> bool:
        return (host, question) not in own

    own = {(host, question) for host, question, _ in facts.answered}
    return replace(
        reported,
        sessions=tuple(s for s in reported.sessions if is_open(s.host, Question.SESSIONS)),
        addresses=tuple(a for a in reported.addresses if is_open(a.node, Question.ADDRESSES)),
        interfaces=tuple(i for i in reported.interfaces if is_open(i.host, Question.ADDRESSES)),
        node_routes=tuple(r for r in reported.node_routes if is_open(r.node, Question.NODE_ROUTES)),
        exports=tuple(e for e in reported.exports if is_open(e.node, Question.EXPORTS)),
        export_lists=frozenset(known for known in reported.export_lists if is_open(known[0], Question.EXPORTS)),
        silent_daemons=tuple(d for d in reported.silent_daemons if d.host not in facts.answering_hosts),
        answered=frozenset(answer for answer in reported.answered if is_open(answer[0], answer[1])),
    )


def _routers_by_address(facts: Facts, tables: Iterable[RouteTable], request: Request) -> Mapping[str, str]:
    """Return the router of each address that only one router is known to have."""
    holders: dict[str, set[str]] = {}
    routers = {table.router for table in tables if table.router}
    for table in tables:
        if table.router:
            for address in _local_addresses(table):
                holders.setdefault(address, set()).add(table.router)
    for name, device in (request.configuration.routers if request.configuration else {}).items():
        routers.add(name)
        for known in (device.host or "", name):
            if is_address(known):
                holders.setdefault(known, set()).add(name)
    for router in routers:
        for fact in facts.addresses_of.get(router, ()):
            ip = ip_interface(fact.address).ip
            if not (ip.is_loopback or ip.is_link_local):
                holders.setdefault(str(ip), set()).add(router)
    return {address: names.copy().pop() for address, names in holders.items() if len(names) == 1}


def _local_addresses(table: RouteTable) -> Iterator[str]:
    """Yield the addresses of which the table has a local route (FRR and vendors: `L>*`)."""
    for prefix in table.local_prefixes:
        network = ip_network(prefix)
        if network.prefixlen == network.max_prefixlen and not network.is_link_local:
            yield str(network.network_address)


def _of_configuration(capture: Capture, sessions: Iterable[BgpSession], whole: frozenset[int]) -> Facts:
    """Return what a node's FRR is configured to announce, and to whom its filters let it.

    MetalLB's configuration has `no bgp network import-check`, so that each `network` is announced. A prefix that no
    node's FRR has may be another speaker's: `whole` are the families without such a prefix.
    """
    gathered = Gathered(frozenset({capture.router or ""}), frozenset())
    gathered.read(capture)
    read = gathered.facts
    node = capture.router or ""
    if not read.knows(node, Question.CONFIGURATION):
        return Facts()
    routes = tuple(_networks(capture, node))
    has_others = _REDISTRIBUTES.search(capture.text) is not None
    known = () if has_others else whole
    answered: frozenset[Answer] = frozenset((node, Question.NODE_ROUTES, family) for family in known)
    policies = read.policies_of.get(node)
    up = {(s.peer, s.family) for s in sessions if s.host == node and s.is_up and s.vrf == DEFAULT_VRF}
    exports: list[Export] = []
    lists: set[tuple[str, str, int | None]] = set()
    for neighbor in read.neighbors_of.get(node, ()):
        if policies and neighbor.vrf == DEFAULT_VRF and (neighbor.peer, neighbor.family) in up:
            verdicts = {
                r: _sends(policies, neighbor, r.prefix) for r in routes if family_of(r.prefix) == neighbor.family
            }
            exports += [Export(node, r.prefix, neighbor.peer, r.evidence) for r, sends in verdicts.items() if sends]
            if not has_others and None not in verdicts.values():
                lists.add((node, neighbor.peer, neighbor.family))
    return Facts(node_routes=routes, exports=tuple(exports), export_lists=frozenset(lists), answered=answered)


def _networks(capture: Capture, node: str) -> Iterator[NodeRoute]:
    is_default = False
    for number, line in numbered(capture):
        if _UNINDENTED.match(line):
            heading = _BGP.match(line)
            is_default = heading is not None and not heading["vrf"]
        elif is_default and (found := _NETWORK.match(line)):
            try:
                prefix = str(ip_network(found["prefix"], strict=False))
            except ValueError:
                continue
            yield NodeRoute(node, prefix, "network", evidence(capture, number, line))


def _sends(policies: Policies, neighbor: Neighbor, prefix: str) -> bool | None:
    """Return whether the filters of a neighbour let a prefix out; None where they are not evaluated."""
    verdicts = []
    if neighbor.prefix_list_out:
        verdicts.append(policies.by_prefix_list(neighbor.prefix_list_out, prefix))
    if neighbor.route_map_out:
        verdicts.append(policies.by_route_map(neighbor.route_map_out, prefix, ""))
    decisions = {verdict.decision for verdict in verdicts}
    if Decision.DENIED in decisions:
        return False
    return None if Decision.NOT_EVALUATED in decisions else True
