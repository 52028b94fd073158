"""Expectations that are inferred from sibling prefixes, where none is given.

Prefixes of one pool on one router usually share one set of next hops, so a prefix with fewer is worth a check. Siblings
have the same family, length and protocol, are near each other, and share a next hop. An inferred expectation is always
called inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.model import Expectation, Node, prefix_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ecmpaudit.model import NextHop, Route

_NEAR = {4: 16, 6: 48}
"""Siblings with several next hops share this many leading bits."""
_NEAR_OF_SINGLE = {4: 24, 6: 64}
"""A prefix with one next hop is a sibling only within this many: most single-path routes are so by design."""
_WIDTH = {4: 32, 6: 128}
_NOT_ANNOUNCED = frozenset({"connected", "local", "kernel"})
"""Protocols of routes that no node announced."""

_Group = tuple[int, int, str, int, int]
"""Family, length, protocol, and the leading bits that are shared with how many they are."""


def infer(installed: Mapping[str, Sequence[NextHop]], protocols: Mapping[str, str]) -> dict[str, Expectation]:
    """Return an expectation for every prefix that looks load-balanced, by prefix, of one router and VRF.

    That is every prefix with several next hops, and every prefix with one whose sibling has several. A prefix that
    has as many as its siblings, or has none, is expected to have what it has.
    """
    near: dict[_Group, list[str]] = {}
    announced = [prefix for prefix in installed if installed[prefix] and protocols[prefix] not in _NOT_ANNOUNCED]
    several = [prefix for prefix in announced if len(installed[prefix]) > 1]
    for prefix in sorted(several, key=lambda prefix: (-len(installed[prefix]), prefix_key(prefix))):
        for bits in (_NEAR, _NEAR_OF_SINGLE):
            near.setdefault(_group(prefix, protocols[prefix], bits), []).append(prefix)
    expected = {}
    for prefix in announced:
        bits = _NEAR if len(installed[prefix]) > 1 else _NEAR_OF_SINGLE
        siblings = near.get(_group(prefix, protocols[prefix], bits), [])
        fullest = _fullest_sibling(prefix, siblings, installed)
        if fullest or len(installed[prefix]) > 1:
            expected[prefix] = _as_its_sibling(prefix, fullest, installed)
    return expected


def looks_announced(route: Route) -> bool:
    """Return whether a node may have announced the route; the router's own routes are not announced."""
    return route.protocol not in _NOT_ANNOUNCED


def _group(prefix: str, protocol: str, bits: Mapping[int, int]) -> _Group:
    version, first, length = prefix_key(prefix)
    shared = min(bits[version], length)
    return version, length, protocol, shared, first >> (_WIDTH[version] - shared)


def _fullest_sibling(prefix: str, siblings: Iterable[str], installed: Mapping[str, Sequence[NextHop]]) -> str | None:
    """Return the sibling with the most next hops, if it has more than this prefix and shares one with it."""
    own = installed[prefix]
    addresses = {hop.address for hop in own}
    for sibling in siblings:
        if len(installed[sibling]) <= len(own):
            return None
        if not addresses.isdisjoint(hop.address for hop in installed[sibling]):
            return sibling
    return None


def _as_its_sibling(prefix: str, sibling: str | None, installed: Mapping[str, Sequence[NextHop]]) -> Expectation:
    hops = installed[sibling or prefix]
    source = f"inferred from its sibling {sibling}" if sibling else "inferred: no sibling has more"
    nodes = tuple(Node(hop.address, frozenset({hop.address})) for hop in hops if hop.address is not None)
    return Expectation(source, len(hops), nodes if len(nodes) == len(hops) else (), is_inferred=True)
