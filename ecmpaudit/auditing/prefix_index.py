"""Which selected routes cover a prefix, and which lie inside it, for one router and VRF.

A table has up to a million prefixes and few are asked about, so networks are kept as numbers by their length: a
look-up costs one step per distinct length, and what lies inside is a slice of a sorted list.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from ipaddress import ip_network
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WIDTH = {4: 32, 6: 128}


class PrefixIndex:
    """Longest match among prefixes of both families."""

    def __init__(self, prefixes: Iterable[str]) -> None:
        self._by_length: dict[int, dict[int, dict[int, str]]] = {4: {}, 6: {}}
        """By family and length, the longest first."""
        self._sorted: dict[int, list[tuple[int, int, str]]] = {4: [], 6: []}
        for prefix in prefixes:
            version, length, first = _numbers(prefix)
            self._by_length[version].setdefault(length, {})[first] = prefix
            self._sorted[version].append((first, length, prefix))
        for version, networks in self._sorted.items():
            networks.sort()
            self._by_length[version] = dict(sorted(self._by_length[version].items(), reverse=True))

    def covering(self, prefix: str) -> str | None:
        """Return the longest less specific prefix around this one."""
        version, length, first = _numbers(prefix)
        for shorter, networks in self._by_length[version].items():
            if shorter < length:
                host_bits = _WIDTH[version] - shorter
                found = networks.get(first >> host_bits << host_bits)
                if found is not None:
                    return found
        return None

    def inside(self, prefix: str) -> Iterator[str]:
        """Yield the more specific prefixes inside this one, sorted by address."""
        version, length, first = _numbers(prefix)
        networks = self._sorted[version]
        last = first | ((1 << (_WIDTH[version] - length)) - 1)
        for number in range(bisect_left(networks, first, key=itemgetter(0)), len(networks)):
            network, other_length, other = networks[number]
            if network > last:
                return
            if other_length > length:
                yield other


@lru_cache(maxsize=65536)  # many routers have the same prefixes
def _numbers(prefix: str) -> tuple[int, int, int]:
    network = ip_network(prefix)
    return network.version, network.prefixlen, int(network.network_address)
