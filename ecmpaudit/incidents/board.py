"""The audited network with nodes, routers and prefixes as numbers, so that sets of them are the bits of integers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.incidents.atoms import Universe, bits, mask_of
from ecmpaudit.incidents.labels import named_sets
from ecmpaudit.model import name_key, prefix_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecmpaudit.model import AuditedPrefix, Finding, Network, Node

Router = tuple[str, str]
"""A router's name, and the VRF."""
Spot = tuple[int, int]
"""The numbers of a router and of a prefix."""

NO_PREFIX = ""
"""In place of a prefix, where a finding is about a router or about the whole request."""


@dataclass(slots=True)
class Board:
    """Numbers for everything that findings are about, and what is expected where."""

    routers: list[Router] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    views: dict[Spot, AuditedPrefix] = field(default_factory=dict)
    """Every audited prefix on every router."""
    expected: dict[Spot, int] = field(default_factory=dict)
    """The expected nodes by router and prefix."""
    universe: Universe = field(default_factory=Universe)
    """Of the expected nodes."""
    whole_network: Universe = field(default_factory=Universe)
    """Of what any audited prefix may have on any router, as bit 0."""
    named_sets: Mapping[int, str] = field(default_factory=dict)
    """Sets of nodes that have something in common, and what: `rack r7`."""
    _router_numbers: dict[Router, int] = field(default_factory=dict)
    _prefix_numbers: dict[str, int] = field(default_factory=dict)
    _node_numbers: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, network: Network, findings: Iterable[Finding]) -> Board:
        """Return the board of a run; routers and prefixes that only a finding names are on it too."""
        board = cls()
        keys = {view.key for view in network.prefixes} | {_key_of(finding) for finding in findings}
        board.routers = sorted({(router, vrf) for router, vrf, _ in keys}, key=lambda key: (name_key(key[0]), key[1]))
        board.prefixes = sorted({prefix for _, _, prefix in keys}, key=_prefix_order)
        nodes = {node.name for nodes in _lists(network) for node in nodes}
        board.nodes = sorted(nodes, key=name_key)
        board._router_numbers = {router: number for number, router in enumerate(board.routers)}
        board._prefix_numbers = {prefix: number for number, prefix in enumerate(board.prefixes)}
        board._node_numbers = {name: number for number, name in enumerate(board.nodes)}
        board._read(network)
        return board

    def _read(self, network: Network) -> None:
        masks: dict[int, int] = {}
        for view in network.prefixes:
            spot = self._router_numbers[view.router, view.vrf], self._prefix_numbers[view.prefix]
            self.views[spot] = view
            if view.expectation is None:
                continue
            nodes = view.expectation.nodes
            if id(nodes) not in masks:
                masks[id(nodes)] = mask_of(self._node_numbers[node.name] for node in nodes)
            self.expected[spot] = masks[id(nodes)]
        known = {node.name: node for nodes in _lists(network) for node in nodes}
        sets = {self.mask(together): name for name, together in reversed(named_sets(known.values()).items())}
        self.named_sets = sets
        self.universe = Universe.of(self.expected)
        self.whole_network = Universe.of(dict.fromkeys(self.views, 1))

    def spot_of(self, finding: Finding) -> Spot:
        """Return where a finding is."""
        router, vrf, prefix = _key_of(finding)
        return self._router_numbers[router, vrf], self._prefix_numbers[prefix]

    def mask(self, nodes: Iterable[Node]) -> int:
        """Return the nodes as bits."""
        return mask_of(self._node_numbers[node.name] for node in nodes)

    def number_of(self, name: str) -> int | None:
        """Return the number of a node; None for one that is expected nowhere."""
        return self._node_numbers.get(name)

    def node_names(self, mask: int) -> tuple[str, ...]:
        """Return the names, node2 before node10."""
        return tuple(self.nodes[number] for number in bits(mask))


def _key_of(finding: Finding) -> tuple[str, str, str]:
    return finding.router or "", finding.vrf or "default", finding.prefix or NO_PREFIX


def _prefix_order(prefix: str) -> tuple[object, ...]:
    return (1, *prefix_key(prefix)) if "/" in prefix else (0, prefix)


def _lists(network: Network) -> Iterable[tuple[Node, ...]]:
    return {id(v.expectation.nodes): v.expectation.nodes for v in network.prefixes if v.expectation}.values()
