"""Which networks a scan asks for: the audited pools, as few as possible, and the networks around them.

Each is a command of its own on each host, and the kernel lists its whole table to `ip` for each. So of many pools those
that lie near each other are asked for as the network that has both; what else is in it is read, and not audited.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Network: TypeAlias = "IPv4Network | IPv6Network"

MOST_NETWORKS = 8
"""Networks of one family that are asked for, as long as pools lie near each other."""
_NEAR = {4: 12, 6: 24}
"""Leading bits that two pools must share to be asked for as one: a shorter network may have most of a table."""


def networks_of(pools: Iterable[str], family: int) -> list[Network]:
    """Return what is asked for in place of the pools of a family, sorted; none lies inside of another."""
    networks = _outermost([ip_network(pool) for pool in dict.fromkeys(pools)], family)
    while len(networks) > MOST_NETWORKS:
        shared = [_shared_bits(one, other) for one, other in pairwise(networks)]
        most = max(shared)
        if most < _NEAR[family]:
            break
        place = shared.index(most)
        networks = _outermost([*networks, networks[place].supernet(new_prefix=most)], family)
    return networks


def above(network: Network) -> Network | None:
    """Return the network around another one that is one bit shorter."""
    return network.supernet() if network.prefixlen else None


def around(networks: Sequence[Network]) -> list[Network]:
    """Return every network around these, each once, sorted from the shortest on."""
    found = {network.supernet(new_prefix=length) for network in networks for length in range(network.prefixlen)}
    return sorted(found, key=lambda network: (network.prefixlen, int(network.network_address)))


def _outermost(networks: Iterable[Network], family: int) -> list[Network]:
    """Return the networks of a family that are inside of no other, sorted."""
    kept: list[Network] = []
    for network in sorted({one for one in networks if one.version == family}, key=_key):
        if not kept or int(network.network_address) > int(kept[-1].broadcast_address):
            kept.append(network)
    return kept


def _key(network: Network) -> tuple[int, int]:
    return int(network.network_address), network.prefixlen


def _shared_bits(one: Network, other: Network) -> int:
    """Return how many leading bits two networks share."""
    differing = int(one.network_address) ^ int(other.network_address)
    return min(one.prefixlen, other.prefixlen, one.max_prefixlen - differing.bit_length())
