"""Addresses and prefixes as people type them, in their canonical form or refused with the remedy.

Shared by the configuration file and the command line's flags, so both say the same of the same mistake.
"""

from ipaddress import ip_address, ip_network

from ecmpaudit.model.addressing import is_address


def canonical_address(text: str) -> str:
    """Return the address in canonical form; ValueError says what is wrong with it and what to write."""
    bare, slash, _ = text.partition("/")
    if slash and is_address(bare):
        raise ValueError(f"expected an address without a length, found {text}: write {bare}")
    bare, zone, _ = text.partition("%")
    if zone and is_address(bare):
        raise ValueError(f"expected an address without its interface, found {text}: write {bare}")
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(f'expected an IPv4 or IPv6 address, found "{text}"') from None


def canonical_prefix(text: str) -> str:
    """Return the prefix in canonical form; ValueError says what is wrong with it and what to write."""
    address, slash, _ = text.partition("/")
    if not slash and is_address(address):
        raise ValueError(f"expected a prefix with its length, found {text}: write {_host_prefix(address)}")
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f'expected a prefix such as 198.51.100.0/24 or 2001:db8:31::/64, found "{text}"') from None
    if network.network_address != ip_address(address):
        raise ValueError(f"{text} has host bits set: write {network}, or {_host_prefix(address)} for that one address")
    return str(network)


def _host_prefix(address: str) -> str:
    return str(ip_network(address))
