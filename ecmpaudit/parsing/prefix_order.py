"""The order in which platforms print prefixes, and where a list is not in it."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Row = tuple[Any, ...]
    Key = Callable[[str], tuple[int, int]]

_IN_ORDER = 4
"""Routes to each place out of order, from which on a list is one that its platform has put in order."""
_REMEMBERED = 1 << 16
"""Prefixes whose place is kept: the routers of a fleet have the same ones."""


def inversions(rows: Sequence[Row], key: Key) -> list[tuple[Row, Row]]:
    """Return the neighbours in the wrong order; none of a list that somebody sorted or wrote in another order."""
    keys = [key(row[1]) for row in rows]
    places = [place for place, (above, below) in enumerate(pairwise(keys)) if below < above]
    return [(rows[p], rows[p + 1]) for p in places] if len(places) * _IN_ORDER <= len(rows) else []


@lru_cache(_REMEMBERED)
def _address_then_length(prefix: str) -> tuple[int, int]:
    """Return the order of FRR's table: a network, then the networks inside of it."""
    network = ip_network(prefix)
    return int(network.network_address), network.prefixlen


@lru_cache(_REMEMBERED)
def _as_the_kernel_walks(prefix: str) -> tuple[int, int]:
    """Return the order of Linux: in IPv4 by address (fib_trie), in IPv6 a network after those inside (ip6_fib)."""
    network = ip_network(prefix)
    address = network.network_address if network.version == 4 else network.broadcast_address  # noqa: PLR2004 - IP version
    return int(address), -network.prefixlen


ORDERS: dict[str, Key] = {"order of addresses": _address_then_length, "order of the kernel": _as_the_kernel_walks}
"""The orders in which prefixes are printed, by their names in `platform.toml`."""
