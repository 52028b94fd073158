"""Addresses, prefixes and VRFs as text: their family, their kind, their order, and the name of the default VRF.

Parsers and the configuration give canonical text, so a colon means IPv6.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeAlias

DEFAULT_VRF = "default"

Place: TypeAlias = tuple[str, str, str]
"""Router, VRF and prefix: what identifies an audited prefix in every run."""

_CACHED_KEYS = 65536
"""How many sort keys are cached: many routers have the same addresses."""


def family_of(address_or_prefix: str) -> int:
    """Return the family of an address or a prefix, 4 or 6."""
    return 6 if is_ipv6(address_or_prefix) else 4


def is_address(text: str) -> bool:
    """Return whether a text is an IPv4 or IPv6 address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_ipv6(address_or_prefix: str) -> bool:
    """Return whether an address or a prefix is of IPv6."""
    return ":" in address_or_prefix


def is_link_local(address: str) -> bool:
    """Return whether an address is an IPv6 link-local one."""
    return address.startswith("fe80:")


def kind_of(address: str) -> str:
    """Return `IPv4`, `IPv6` or `link-local`: two next hops of different kinds can be one node's."""
    return "link-local" if is_link_local(address) else f"IPv{family_of(address)}"


def is_table_by_number(vrf: str) -> bool:
    """Return whether routes are in a table that has a number and no name: `100` (Linux), `default table 88` (FRR)."""
    return vrf.rpartition("table ")[2].isdecimal()


def in_vrf(vrf: str | None) -> str:
    """Return what follows a place in a message: ` (vrf red)`; nothing for the default VRF."""
    return "" if vrf is None or vrf == DEFAULT_VRF else f" (vrf {vrf})"


@lru_cache(maxsize=_CACHED_KEYS)
def address_key(address: str | None) -> tuple[int, int]:
    """Sort key of an address: family, then its value as a number; None first."""
    if address is None:
        return (0, 0)
    parsed = ip_address(address.partition("%")[0])
    return (parsed.version, int(parsed))


@lru_cache(maxsize=_CACHED_KEYS)
def prefix_key(prefix: str) -> tuple[int, int, int]:
    """Sort key of a prefix: family, network address as a number, length."""
    network: IPv4Network | IPv6Network = ip_network(prefix, strict=False)
    return (network.version, int(network.network_address), network.prefixlen)
