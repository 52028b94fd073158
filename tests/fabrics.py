"""Fabrics for the tests of incidents: routers, prefixes and nodes as a network, with faults in it, and its audit."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from ecmpaudit.auditing.judge import judge
from ecmpaudit.incidents import incidents_of
from ecmpaudit.model import (
    Audit,
    AuditedPrefix,
    Ceiling,
    Expectation,
    Network,
    NextHop,
    NextHops,
    Node,
    Route,
    RouterState,
    UnparsedLine,
    fingerprints,
)
from ecmpaudit.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOM = 1024
"""The ceiling of a router without that fault."""


@dataclass
class Fabric:
    """A network in which every router should have every prefix via every node."""

    routers: int
    prefixes: int
    nodes: int
    is_dual_stack: bool = False
    """Every second prefix is of IPv6."""
    lacking: dict[tuple[int, int], set[int]] = field(default_factory=dict)
    """The nodes that are missing, by router and prefix."""
    ceilings: dict[int, int] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)
    """Why a router did not answer."""

    def lack(self, nodes: Iterable[int], routers: Iterable[int], prefixes: Iterable[int]) -> Fabric:
        """Plant a block of missing nodes."""
        places = list(prefixes)
        missing = set(nodes)
        for router in routers:
            for prefix in places:
                self.lacking.setdefault((router, prefix), set()).update(missing)
        return self

    def prefix(self, number: int) -> str:
        """Return a prefix."""
        if self.is_dual_stack and number % 2:
            return f"2001:db8:31::{number + 1:x}/128"
        return f"172.31.{number // 250}.{number % 250}/32"

    def node(self, number: int) -> Node:
        """Return a node with an address of each family."""
        return Node(f"worker-{number}", frozenset({_address(4, number), _address(6, number)}))

    def network(self, unparsed: Mapping[int, str] | None = None) -> Network:
        """Return what a run knows; `unparsed` are routers with a line that was not understood, and why."""
        nodes = tuple(self.node(number) for number in range(self.nodes))
        expectation = Expectation("the fabric", self.nodes, nodes)
        answering = [router for router in range(self.routers) if router not in self.failures]
        return Network(
            routers=tuple(self._state(router, (unparsed or {}).get(router)) for router in range(self.routers)),
            prefixes=tuple(
                self._view(router, prefix, expectation) for router in answering for prefix in range(self.prefixes)
            ),
        )

    def audit(self) -> Audit:
        """Return the audit, with its incidents."""
        network = self.network()
        findings = judge(network, all_rules())
        return Audit(network, findings, incidents=incidents_of(network, findings))

    def _state(self, router: int, unparsed: str | None) -> RouterState:
        name, failure = f"rtr{router}", self.failures.get(router)
        lines = (UnparsedLine(name, f"{name}.txt", 17, "B>*  [20/0] via", unparsed),) if unparsed else ()
        return RouterState(name, failure, failure is None, unparsed=lines, whole_families=frozenset({4, 6}))

    def _view(self, router: int, number: int, expectation: Expectation) -> AuditedPrefix:
        prefix = self.prefix(number)
        lacking = self.lacking.get((router, number), set())
        family = 6 if ":" in prefix else 4
        present = [node for node in range(self.nodes) if node not in lacking]
        ceiling = self.ceilings.get(router, ROOM)
        if len(present) > ceiling:  # which nodes are left differs from prefix to prefix
            present = sorted(present, key=lambda node: (node * 7919 + number * 104729) % 65537)[:ceiling]
        hops = _next_hops(family, tuple(sorted(present)))
        route = Route(prefix, "bgp", hops, distance=20, metric=0, is_selected=True)
        limit = Ceiling(ceiling, "maximum-paths in its configuration")
        return AuditedPrefix(f"rtr{router}", "default", prefix, (route,) if present else (), expectation, limit)


@cache
def _next_hops(family: int, nodes: tuple[int, ...]) -> NextHops:
    return NextHops(tuple(NextHop(_address(family, node), "eth1", is_installed=True) for node in nodes))


def _address(family: int, node: int) -> str:
    return f"2001:db8::{node + 1:x}" if family == 6 else f"192.0.{2 + node // 250}.{node % 250 + 1}"


def assert_every_finding_is_in_one_incident(audit: Audit) -> None:
    """Check the invariant of incidents: none is lost, none is in two."""
    grouped = [finding for incident in audit.incidents for finding in incident.findings]
    assert sorted(grouped) == sorted(fingerprints(audit.findings))


def assert_every_cell_is_faulty(audit: Audit) -> None:
    """Check that no incident of missing nodes names a node, router or prefix between which nothing is wrong."""
    missing = {(v.router, v.prefix): {node.name for node in v.missing} for v in audit.network.prefixes}
    for incident in audit.incidents:
        if incident.kind in {"missing", "no route"}:
            for router in incident.routers:
                for prefix in incident.prefixes:
                    assert missing[router, prefix] >= set(incident.nodes), incident.title
