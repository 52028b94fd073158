"""Pools and exceptions as scopes, and the longest match among them for one router.

A route table has hundreds of thousands of prefixes and a configuration perhaps a thousand exceptions, so scopes
are kept by their length and network number: a look-up costs one step per distinct length, not one per scope.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import ip_network
from typing import TYPE_CHECKING

from ecmpaudit.model import Expectation, Node
from ecmpaudit.model.addressing import family_of, is_ipv6

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_Key = tuple[int, int, int]
"""Version, length, and the network's leading bits as a number."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A pool or an exception: the routers that it holds for, and what is expected there."""

    prefix: str
    source: str
    """For messages: where the expectation was given."""
    nodes: tuple[Node, ...] = ()
    """Sorted; empty when only a number is expected."""
    count: int | None = None
    """Expected next hops where no nodes are listed; None when nothing is known."""
    routers: frozenset[str] | None = None
    """None means every router."""
    is_exception: bool = False
    is_ignored: bool = False
    is_complete: bool = False
    """A pool of which every prefix is named by an exception: another one inside it is an orphan."""
    is_default: bool = False
    """Neither nodes nor a number is given: all nodes are expected, unless Kubernetes names them."""
    is_stateful: bool = False
    """Its nodes keep state for all flows of a client, whatever each node says."""

    def holds_for(self, router: str | None) -> bool:
        """Return whether the scope holds for a router; one without a name may be any of those listed."""
        return router is None or self.routers is None or router in self.routers

    def expectation(self, version: int) -> Expectation | None:
        """Return what a prefix of this family should have; None where nothing is known."""
        if self.count is not None:
            return Expectation(self.source, self.count)
        if not self.nodes:
            return None
        expected = expected_in_family(self.nodes, version)
        if version == 6 and not any(has_address_of(node, version) for node in expected):  # noqa: PLR2004 - IPv6
            return Expectation(self.source, len(expected))
        return Expectation(self.source, len(expected), expected)


def expected_in_family(nodes: Sequence[Node], version: int) -> tuple[Node, ...]:
    """Return those of the nodes that a prefix of this family should have as next hops.

    Which nodes carry a family is not configured; it follows from their addresses.

    - A node that has an address of the family (a link-local one too) is expected.
    - If no node has one, all are: their addresses are not known, and no data is no reason to expect nothing.
    - A bare address of the other family (`--nodes LIST_OF_IPV4,LIST_OF_IPV6`) is not expected beside others
      that have one: the two lists are the same nodes, seen once per family.
    - A node with a name is still expected. Most often its address is what is missing, from the file or
      because the node could not be asked; leaving it out would turn a dead node into a smaller expectation.
      An installed next hop that fits no node may then be this one. A node that really carries one family only
      is said with a pool's `nodes`.

    Every node keeps the addresses of both families, since IPv4 prefixes may have IPv6 next hops (RFC 8950).
    """
    if not any(has_address_of(node, version) for node in nodes):
        return tuple(nodes)
    return tuple(node for node in nodes if has_address_of(node, version) or node.name not in node.addresses)


def has_address_of(node: Node, version: int) -> bool:
    """Return whether a node has an address of this family (4 or 6)."""
    return any(family_of(address) == version for address in node.addresses)


@dataclass(frozen=True, slots=True)
class Match:
    """What the matching scope expects of a prefix, computed once for both families."""

    is_ignored: bool
    ipv4: Expectation | None
    ipv6: Expectation | None
    is_default: bool
    is_exception: bool
    is_orphan: bool
    """No service has a prefix for which this match is the nearest."""
    is_stateful: bool
    """The nodes keep state for all flows of a client."""

    @classmethod
    def of(cls, scope: Scope) -> Match:
        """Return the match of a scope."""
        is_orphan = scope.is_complete and not scope.is_exception
        return cls(
            scope.is_ignored,
            scope.expectation(4),
            scope.expectation(6),
            scope.is_default,
            scope.is_exception,
            is_orphan,
            scope.is_stateful or any(node.is_stateful for node in scope.nodes),
        )

    def expectation(self, prefix: str) -> Expectation | None:
        """Return what is expected of a prefix of this family."""
        return self.ipv6 if is_ipv6(prefix) else self.ipv4


@dataclass(slots=True)
class ScopeIndex:
    """The scopes of one router, for longest-match look-ups."""

    exceptions: dict[_Key, Match] = field(default_factory=dict)
    """For exactly this prefix."""
    ranges: dict[_Key, Match] = field(default_factory=dict)
    """Pools and ignored prefixes, for everything inside them."""
    lengths: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Lengths of the ranges by version, longest first."""

    def match(self, prefix: str) -> Match | None:
        """Return the match of a prefix: its own exception, else the most specific pool or ignored prefix around it."""
        version, length, bits = key_of(prefix)
        own = self.exceptions.get((version, length, bits))
        if own is not None:
            return own
        for shorter in self.lengths.get(version, ()):
            if shorter <= length:
                found = self.ranges.get((version, shorter, bits >> (length - shorter)))
                if found is not None:
                    return found
        return None


class PrefixSet:
    """A set of prefixes that knows whether another prefix is in any of them."""

    def __init__(self, prefixes: Iterable[str]) -> None:
        self._keys = {key_of(prefix) for prefix in prefixes}
        self._lengths = {version: sorted({k[1] for k in self._keys if k[0] == version}) for version in (4, 6)}

    def holds(self, prefix: str) -> bool:
        """Return whether a prefix is one of these or lies in one."""
        version, length, bits = key_of(prefix)
        shorter = (other for other in self._lengths[version] if other <= length)
        return any((version, other, bits >> (length - other)) in self._keys for other in shorter)


def index_of(scopes: Iterable[Scope]) -> ScopeIndex:
    """Return the index of one router's scopes."""
    pools: dict[_Key, Scope] = {}
    ignored: dict[_Key, Scope] = {}
    exceptions: dict[_Key, Scope] = {}
    for scope in scopes:
        kind = ignored if scope.is_ignored else exceptions if scope.is_exception else pools
        key = key_of(scope.prefix)
        kind[key] = _common_expectation(kind[key], scope) if key in kind else scope
    ranges = {key: Match.of(scope) for key, scope in {**pools, **ignored}.items()}
    lengths = {version: tuple(sorted({k[1] for k in ranges if k[0] == version}, reverse=True)) for version in (4, 6)}
    return ScopeIndex({key: Match.of(scope) for key, scope in exceptions.items()}, ranges, lengths)


def _common_expectation(one: Scope, other: Scope) -> Scope:
    """Return one scope for a prefix of two clusters, on a router without a name: expect what both do, or nothing."""
    if (one.nodes, one.count) == (other.nodes, other.count):
        return one
    return replace(one, nodes=(), count=None)


@lru_cache(maxsize=65536)  # many routers have the same prefixes
def key_of(prefix: str) -> _Key:
    """Return a prefix as version, length and leading bits; ValueError if it is none."""
    network = ip_network(prefix, strict=False)
    return (
        network.version,
        network.prefixlen,
        int(network.network_address) >> (network.max_prefixlen - network.prefixlen),
    )
