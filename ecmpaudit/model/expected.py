"""The expected next hops of a prefix, as nodes or as a number, and the ceiling of a router."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecmpaudit.cached import cached_property
from ecmpaudit.digits import order_of
from ecmpaudit.model.addressing import address_key, family_of, is_link_local
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.model.routes import NextHop

KNOWN_DEFAULT_CEILINGS = (16, 32, 64)
"""Ceilings that routing software ships with; a set of exactly this size may have been cut off by one."""

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Node:
    """A node that should carry traffic, with its name and every address that it may be a next hop with."""

    name: str
    addresses: frozenset[str]
    labels: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    """What it has in common with others: `("rack", "r7")`, `("cluster", "prod")`."""
    is_stateful: bool = field(default=False, compare=False)
    """It keeps state for all flows of a client, which have to stay together."""

    def __str__(self) -> str:
        if self.addresses <= {self.name}:
            return self.name
        return f"{self.name} ({', '.join(sorted(self.addresses, key=lambda a: (address_key(a), a)))})"

    def has(self, hop: NextHop) -> bool:
        """Return whether a next hop has one of the node's addresses."""
        return hop.address in self.addresses

    def in_family_of(self, prefix: str) -> Node:
        """Return the node with only the addresses that can be shown as next hops of this prefix's family.

        IPv4 prefixes may have IPv6 next hops (RFC 8950), so this is for messages and never for matching.
        """
        wanted = [a for a in self.addresses if family_of(a) == family_of(prefix) and not is_link_local(a)]
        return Node(self.name, frozenset(wanted)) if wanted else self


@dataclass(frozen=True)
class Expectation:
    """The next hops that a prefix should have, and the source of that."""

    source: str
    """For messages: `pool 172.31.0.0/16 of cluster prod`, `--expect 5`, `inferred from its sibling 172.31.1.1/32`."""
    count: int
    """How many next hops are expected."""
    nodes: tuple[Node, ...] = ()
    """The nodes themselves, sorted by name; empty when only the number is known."""
    is_inferred: bool = False
    services: tuple[str, ...] = ()
    """The Kubernetes Services that have the prefix, as `namespace/name`, sorted; empty when none is known."""
    excluded: Sequence[tuple[Node, str]] = ()
    """Nodes that are not expected to announce the prefix, each with the reason: `no ready endpoint`."""
    possible: tuple[Node, ...] = ()
    """Nodes that may announce it or not, because that cannot be known: they are neither missing nor unexpected."""

    @cached_property
    def accepted(self) -> frozenset[str]:
        """Every address that is no unexpected next hop: those of the nodes, and of the possible ones."""
        return self.addresses.union(*(node.addresses for node in self.possible))

    @cached_property
    def addresses(self) -> frozenset[str]:
        """Every address of every node."""
        return frozenset(address for node in self.nodes for address in node.addresses)

    def nodes_without(self, in_use: frozenset[str | None]) -> tuple[Node, ...]:
        """Return the nodes that have none of these addresses."""
        if in_use not in self._nodes_without:
            self._nodes_without[in_use] = tuple(node for node in self.nodes if node.addresses.isdisjoint(in_use))
        return self._nodes_without[in_use]

    @cached_property
    def _nodes_without(self) -> dict[frozenset[str | None], tuple[Node, ...]]:
        """By addresses in use, the nodes that have none of them: most prefixes have the same ones."""
        return {}


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most next hops that a router will install for one prefix."""

    value: int
    source: str
    """For messages: `--max-paths`, `ecmpaudit.yaml: routers.tor1.max_paths`, `maximum-paths in its configuration`."""


@dataclass(frozen=True, slots=True)
class Growth:
    """By how much the sets of next hops will grow: a number of nodes, or a percentage."""

    amount: int
    is_percentage: bool = False

    def __str__(self) -> str:
        if self.is_percentage:
            return f"{self.amount}% more nodes"
        return counted(self.amount, "more node")

    def after(self, count: int) -> int:
        """Return the number of next hops after the growth, rounded up to whole nodes."""
        return count + (-(-count * self.amount // 100) if self.is_percentage else self.amount)


def name_key(name: str) -> tuple[tuple[int, str], ...]:
    """Return a sort key: node2 comes before node10."""
    return tuple(order_of(part) if part.isdecimal() else (0, part) for part in _DIGITS.split(name))
